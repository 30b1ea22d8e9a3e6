"""A simulated city that speaks four protocols, through the whole line: every reading by id."""

from __future__ import annotations

import json
import signal
import subprocess

import psycopg

from benchmarks.line import REPOSITORY, Line
from tests.line.test_ledger import acknowledged, wait_until

PROTOCOLS = {"senml", "senml-cbor", "thingsboard", "hj212"}


def test_what_a_mixed_city_sent_is_stored_or_quarantined(line: Line) -> None:
    journal = line.folder / "journal.db"
    with (line.folder / "simulator.log").open("wb") as log:
        simulator = subprocess.Popen(
            line.command("simulate", "--speed", "60", "--journal", str(journal)),
            cwd=REPOSITORY, stdout=log, stderr=log,
            env=line.environment | {"IOC_SIMULATOR_PROTOCOLS": "mixed"},
        )  # fmt: skip
        try:
            wait_until(lambda: acknowledged(line) > 1000, "1000 acknowledged packs", line)
            wait_until(lambda: dirty(line) >= PROTOCOLS, "dirt in every protocol", line)
        finally:
            simulator.send_signal(signal.SIGTERM)
            assert simulator.wait(60) == 0
    told = line.run("ledger", "--journal", str(journal), "--wait", "60", "--json")
    assert told.returncode == 0, told.stdout + told.stderr
    facts = json.loads(told.stdout)
    assert facts["acknowledged"]["stored"] == facts["acknowledged"]["readings"] > 5_000


def dirty(line: Line) -> set[str]:
    """Return the protocols in which something was refused."""
    with psycopg.connect(line.settings.database_url) as connection:
        rows = connection.execute("SELECT DISTINCT split_part(source, '/', 3) FROM quarantine")
        return {name for (name,) in rows.fetchall()}
