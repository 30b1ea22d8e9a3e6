"""Workers of one group join and leave under load on Apache Kafka; nothing is lost or doubled."""

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from ioc import health
from rules.language import parse
from tests.small_city import RULES, city
from tests.streams.load import Load

DEADLINE_S = 120
"""Only ends a test that hangs; nothing is measured by it."""
CHANGES = 10
"""Times that a worker joins or leaves."""
STORED = 600
"""Records that are stored between two changes: some seconds."""

# Numbers the rows as they are inserted. Transactions that store one datastream wait for each other
# at the ledger's row, so the numbers of its rows stand in the order of the commits.
AUDIT = """
CREATE TABLE stored (
    number bigserial PRIMARY KEY, datastream int, phenomenon_time timestamptz, result float8
);
CREATE FUNCTION number_reading() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stored (datastream, phenomenon_time, result)
    VALUES (NEW.datastream, NEW.phenomenon_time, NEW.result);
    RETURN NULL;
END $$;
CREATE TRIGGER number_reading AFTER INSERT ON reading
    FOR EACH ROW EXECUTE FUNCTION number_reading();
"""


class Group:
    """Real worker processes of one consumer group."""

    def __init__(self, servers, url, folder: Path, members: int, chance: random.Random):
        self.servers, self.url, self.folder, self.chance = servers, url, folder, chance
        self.processes: dict[str, subprocess.Popen[bytes] | None] = {
            f"worker-{number}": None for number in range(members)
        }
        self.paused: set[str] = set()
        self.ways = itertools.cycle(chance.sample(["term", "kill", "pause"], 3))
        self.told: list[str] = []
        """What was done, for the message of a failure."""

    def active(self):
        return [name for name, one in self.processes.items() if one and name not in self.paused]

    def change(self):
        """Let one join or leave, any of them; one at least stays."""
        active = self.active()
        idle = [name for name in self.processes if name not in active]
        if idle and (len(active) == 1 or self.chance.random() < 0.5):
            self.join(self.chance.choice(idle))
        else:
            self.leave(self.chance.choice(active), next(self.ways))

    def join(self, name):
        self.told.append(f"{name} joins")
        if name in self.paused:
            self.paused.discard(name)
            self.processes[name].send_signal(signal.SIGCONT)
            return
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        with (folder / "worker.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "tests.streams.small_worker", self.servers, self.url,
                 str(folder), str(folder / "facts.json"), name],
                env={**os.environ, "PYTHONPATH": str(Path.cwd())}, stdout=log, stderr=log,
            )  # fmt: skip

    def leave(self, name, how):
        self.told.append(f"{name} leaves: {how}")
        process = self.processes[name]
        if how == "pause":
            # Longer than its session it is a zombie: it wakes up with the work of others in hand.
            self.paused.add(name)
            process.send_signal(signal.SIGSTOP)
            return
        beat = health.read(self.folder / name, "facts")
        is_up = beat is not None and beat.pid == process.pid
        process.send_signal(signal.SIGTERM if how == "term" else signal.SIGKILL)
        ended = process.wait(DEADLINE_S)
        self.processes[name] = None
        # One that is still starting has nothing to end in order.
        if how == "term" and is_up and ended != 0:
            pytest.fail(f"{name} ended with {ended} at SIGTERM: {self.report()}")

    def check(self):
        """Nobody may end by itself."""
        for name, process in self.processes.items():
            if process is not None and (ended := process.poll()) is not None:
                pytest.fail(f"{name} ended with {ended} by itself: {self.report()}")

    def log(self, name):
        return (self.folder / name / "worker.log").read_text()

    def report(self):
        return "\n".join(
            [*self.told, *(f"--- {name}\n{self.log(name)[-3000:]}" for name in self.processes)]
        )

    def end(self):
        for process in self.processes.values():
            if process is not None:
                process.kill()
                process.wait()


def ledger(connection):
    return dict(
        connection.execute(
            "SELECT partition, next_offset FROM ledger WHERE topic = 'observations'"
        ).fetchall()
    )


def wait_until(group, condition, what):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        group.check()
        if time.monotonic() > deadline:
            pytest.fail(f"never happened: {what}: {group.report()}")
        time.sleep(0.05)


@pytest.mark.parametrize("kafka", ["apache"], indirect=True)
@pytest.mark.parametrize("members", [2, 3])
def test_workers_that_join_and_leave_store_each_reading_once_in_order(
    kafka, own_database_url, tmp_path, members
):
    seed = members
    group = Group(kafka.bootstrap, own_database_url, tmp_path, members, random.Random(seed))
    load = Load(kafka.bootstrap, own_database_url, seed)
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute(AUDIT)
        try:
            for name in group.processes:
                group.join(name)
            load.start()
            for _ in range(CHANGES):
                before = sum(ledger(connection).values())
                wait_until(
                    group,
                    lambda: sum(ledger(connection).values()) >= before + STORED,  # noqa: B023
                    "workers go on",
                )
                group.change()
            load.end()
            for name in set(group.processes) - set(group.active()):
                group.join(name)
            wait_until(group, lambda: ledger(connection) == load.ends, "all is stored")
        finally:
            group.end()
        stored = {}
        for slot, at, result in connection.execute(
            "SELECT datastream, (extract(epoch FROM phenomenon_time) * 1000000)::bigint, result "
            "FROM stored ORDER BY number"
        ):
            stored.setdefault(slot, []).append((at, result))
        assert connection.execute(
            "SELECT (SELECT count(*) FROM reading) = (SELECT count(*) FROM stored)"
        ).fetchone() == (True,)
        found = connection.execute(
            "SELECT alert::text, version, kind, (extract(epoch FROM at) * 1000000)::bigint "
            "FROM alert_transition ORDER BY alert::text, version"
        ).fetchall()
    # A comparison of whole lists would print millions of them.
    wanted = load.readings()
    assert {slot: len(rows) for slot, rows in stored.items()} == {
        slot: len(rows) for slot, rows in wanted.items()
    }, group.told
    for slot, rows in wanted.items():
        wrong = [
            at for at, (one, two) in enumerate(zip(stored[slot], rows, strict=True)) if one != two
        ]
        assert wrong == [], group.told
    transitions = load.transitions(parse(RULES, city()))
    assert transitions
    assert found == transitions
    # Or the group stood still, and nothing was tried: 5 partitions are taken over at first.
    assert sum(group.log(name).count("partition taken over") for name in group.processes) > 5
