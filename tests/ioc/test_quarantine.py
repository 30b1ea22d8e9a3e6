"""`ioc quarantine` as an operator uses it: messages refused, the city repaired, replayed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ioc import health
from tests.small_city import BRIDGE, PONDING, RAIN, RULES, SPEED, TEXTS

ROOT = Path(__file__).parents[2]
DEADLINE_S = 60
"""Only ends a test that hangs; nothing is measured by it."""

NARROW = {
    **TEXTS,
    "gateways.csv": "\n".join(TEXTS["gateways.csv"].splitlines()[:3]) + "\n",
    "devices.csv": "\n".join(TEXTS["devices.csv"].splitlines()[:3]) + "\n",
    "datastreams.csv": "\n".join(TEXTS["datastreams.csv"].splitlines()[:3]) + "\n",
}
"""The city before somebody entered the road and the rain gauge."""

RULE_TEXTS = {"rules.yaml": RULES["rules.yaml"].split("  - id: slow")[0]}


class Site:
    """Gateway, worker and command line on one folder, one broker, one log, one database."""

    def __init__(self, folder: Path, broker, servers: str, url: str) -> None:
        self.folder = folder
        self.url = url
        self.broker = broker.part.port
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("IOC_")},
            "IOC_CITY": str(folder / "city"),
            "IOC_DATA_DIR": str(folder / "var"),
            "IOC_MQTT_HOST": self.broker.host,
            "IOC_MQTT_PORT": str(self.broker.number),
            "IOC_KAFKA_SERVERS": servers,
            "IOC_DATABASE_URL": url,
            "TZ": "Asia/Shanghai",
        }
        self.write_city(NARROW)

    def write_city(self, texts: dict[str, str]) -> None:
        (self.folder / "city" / "rules").mkdir(parents=True, exist_ok=True)
        files = {**texts, "base.json": '{"type": "FeatureCollection", "features": []}'}
        files |= {f"rules/{name}": text for name, text in RULE_TEXTS.items()}
        for name, text in files.items():
            (self.folder / "city" / name).write_text(text)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "ioc", *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words), cwd=ROOT, env=self.environment, text=True, capture_output=True,
            timeout=DEADLINE_S, check=False,
        )  # fmt: skip

    def json(self, *words: str):
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @contextmanager
    def program(self, name: str):
        """Run `ioc gateway` or `ioc worker` until the block ends; ready when it is yielded."""
        beat_of = lambda: health.read(self.folder / "var" / "run", name)  # noqa: E731
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                self.command(name), cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
            try:
                wait_until(
                    lambda: (
                        (beat := beat_of()) is not None
                        and beat.pid == process.pid
                        and (name == "worker" or beat.facts["mqtt_connected"])
                    ),
                    f"{name} is there",
                    self,
                )
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def publish(self, *messages: tuple[str, int, object]) -> None:
        """Send (gateway, seq, payload) as one boot."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, "field", protocol=mqtt.MQTTv5)
        client.connect(self.broker.host, self.broker.number)
        client.loop_start()
        for gateway, seq, payload in messages:
            properties = Properties(PacketTypes.PUBLISH)
            properties.UserProperty = [("boot", "b"), ("seq", str(seq))]
            raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
            client.publish(
                f"up/{gateway}/senml", raw, qos=1, properties=properties
            ).wait_for_publish()
        client.disconnect()
        client.loop_stop()

    def query(self, statement: str, *values):
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement, values).fetchall()

    def readings(self):
        return self.query("SELECT datastream, result FROM reading ORDER BY datastream, result")


def wait_until(condition, what, site):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            logs = "\n".join(one.read_text()[-3000:] for one in site.folder.glob("*.log"))
            pytest.fail(f"never happened: {what}\n{logs}")
        time.sleep(0.05)


@pytest.fixture
def site(own_mqtt_broker, kafka, own_database_url, tmp_path) -> Site:
    one = Site(tmp_path, own_mqtt_broker, kafka.bootstrap, own_database_url)
    assert one.run("db", "migrate").returncode == 0
    assert one.run("quarantine", "list").stdout == "nothing in quarantine\n"
    return one


def level(value, name="bridge-gauge/water_level", **more):
    return {"n": name, "v": value, "t": time.time(), **more}


ROAD = ("gw-road", 0, [level(50, "radar/speed"), level(0.2, "camera/ponding"), level(1, "x/y")])
MIXED = ("gw-bridge", 0, [level(1.0), level(1.5, "bridge-gauge/rain_1h"), level(300, u="kg")])
NOISE = ("gw-bridge", 1, b"\x1b[2Jnonsense\xff")


@pytest.fixture
def refused(site: Site) -> Site:
    """The site after the gateway and the worker of a narrow city have met the field."""
    with site.program("gateway"), site.program("worker"):
        site.publish(ROAD, MIXED, NOISE)
        wait_until(lambda: counts(site) == (4, 1), "all refused or stored", site)
    return site


def counts(site):
    ((held, stored),) = site.query(
        "SELECT (SELECT count(*) FROM quarantine), (SELECT count(*) FROM reading)"
    )
    return held, stored


def repair(site):
    """Enter what was missing, and tell the database; gateway and worker start again with it."""
    site.write_city(TEXTS)
    assert site.run("db", "migrate").returncode == 0


ALL = [(BRIDGE, 1.0), (SPEED, 50.0), (PONDING, 0.2), (RAIN, 1.5)]


def test_what_was_refused_is_replayed_once_the_city_is_repaired(refused):
    before = refused.json("quarantine", "list")
    assert {reason: one["readings"] for reason, one in before["totals"].items()} == {
        "unknown_gateway": 1, "unknown_datastream": 1, "wrong_unit": 1, "undecodable": 1,
    }  # fmt: skip
    nothing = refused.json("quarantine", "replay", "--reason", "unknown_gateway", "--dry-run")
    assert (nothing["released"], nothing["still"][0]["reason"]) == (0, "unknown_gateway")

    repair(refused)
    would = refused.json("quarantine", "replay", "--reason", "unknown_gateway", "--dry-run")
    assert (would["released"], would["dry_run"]) == (2, True)
    assert refused.json("quarantine", "list") == before

    with refused.program("gateway"), refused.program("worker"):
        # A publisher that sends its message again changes nothing, before or after.
        refused.publish(ROAD, MIXED)
        first = refused.json("quarantine", "replay", "--reason", "unknown_gateway")
        assert (first["rows"], first["released"]) == (1, 2)
        assert [(one["reason"], one["readings"]) for one in first["still"]] == [
            ("unknown_datastream", 1)
        ]
        said = refused.run(
            "quarantine", "replay", "--reason", "unknown_datastream", "--gateway", "gw-bridge"
        ).stdout
        assert "1 rows looked at; 1 readings of 1 rows released and stored" in said
        assert "still refused: none" in said
        again = refused.json("quarantine", "replay", "--reason", "unknown_gateway")
        assert (again["rows"], again["released"]) == (1, 0)
        refused.publish(ROAD, MIXED, ("gw-bridge", 2, [level(2.0)]))
        wait_until(
            lambda: (BRIDGE, 2.0) in refused.readings(), "the line goes on behind them", refused
        )
    assert refused.readings() == sorted([*ALL, (BRIDGE, 2.0)])
    assert refused.json("quarantine", "list")["totals"] == {
        "undecodable": {"rows": 1, "readings": 1},
        # Of the road's message, which came again when its gateway was known.
        "unknown_datastream": {"rows": 1, "readings": 1},
        "unknown_gateway": {"rows": 1, "readings": 1},
        "wrong_unit": {"rows": 1, "readings": 1},
    }
    gone = refused.json("quarantine", "list", "--all", "--gateway", "gw-bridge")["rows"]
    gone = [one for one in gone if one["resolved"]]
    assert [(one["reason"], one["readings"], one["released"]) for one in gone] == [
        ("unknown_datastream", 0, 1)
    ]
    assert gone[0]["resolved"].endswith("+08:00")


def test_two_replays_at_once_store_each_reading_once(refused):
    repair(refused)
    words = [("--reason", "unknown_gateway"), ("--reason", "unknown_datastream")] * 2
    with refused.program("worker"):
        running = [
            subprocess.Popen(
                refused.command("quarantine", "replay", *one, "--json"), cwd=ROOT,
                env=refused.environment, stdout=subprocess.PIPE, text=True,
            )
            for one in words
        ]  # fmt: skip
        for one in running:
            one.communicate(timeout=DEADLINE_S)
            assert one.returncode == 0
    assert refused.readings() == sorted(ALL)
    assert refused.query("SELECT sum(released)::int FROM quarantine") == [(3,)]


def test_a_worker_that_is_late_or_dies_stores_each_reading_once(refused):
    refused.write_city(TEXTS)
    # Files are not in force before a start or an import.
    early = refused.json("quarantine", "replay", "--reason", "unknown_datastream")
    assert (early["released"], early["still"][0]["reason"]) == (0, "unknown_datastream")
    repair(refused)
    alone = refused.run("quarantine", "replay", "--reason", "unknown_gateway", "--patience", "0.5")
    assert alone.returncode == 1
    assert "2 readings are in the log and the worker has stored none of them" in alone.stderr
    assert "Nothing is lost; replay again" in alone.stderr
    again = subprocess.Popen(
        refused.command("quarantine", "replay", "--reason", "unknown_gateway"), cwd=ROOT,
        env=refused.environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with refused.program("worker") as worker:
        worker.kill()
        worker.wait()
    with refused.program("worker"):
        again.communicate(timeout=DEADLINE_S)
        assert again.returncode == 0
        wait_until(lambda: len(refused.readings()) == 3, "stored by the next worker", refused)
        refused.json("quarantine", "replay", "--reason", "unknown_datastream")
    assert refused.readings() == sorted(ALL)


def test_the_list_a_row_and_its_bytes_can_be_read(refused):
    table = refused.run("quarantine", "list", "--limit", "2").stdout.splitlines()
    assert table[0].split() == ["id", "received", "reason", "gateway", "readings", "detail"]
    assert len(table) == 5
    assert table[-1].startswith("4 rows (2 shown), 4 readings: ")
    one = refused.json("quarantine", "list", "--reason", "wrong_unit", "--gateway", "gw-bridge")
    (row,) = one["rows"]
    assert re.fullmatch(r"20\d\d-\S+\+08:00", row["received"])
    shown = refused.run("quarantine", "show", str(row["id"])).stdout
    assert "source       up/gw-bridge/senml\n" in shown
    assert "[2] bridge-gauge/water_level is in 'kg'; send 'm'" in shown
    assert "indexes      2\n" in shown
    assert '"bridge-gauge/rain_1h"' in shown
    assert re.search(r"position     quarantine-0 offset \d+\n", shown)
    assert refused.json("quarantine", "list", "--since", "1d")["rows"]
    assert not refused.json("quarantine", "list", "--since", "2999-01-01T00:00+08:00")["rows"]
    # Raw bytes come back as they came, and never reach a terminal.
    ((row,),) = refused.query("SELECT id FROM quarantine WHERE reason = 'undecodable'")
    raw = subprocess.run(
        refused.command("quarantine", "show", str(row), "--raw"), cwd=ROOT,
        env=refused.environment, capture_output=True, check=True,
    )  # fmt: skip
    assert raw.stdout == NOISE[2]
    shown = refused.run("quarantine", "show", str(row)).stdout
    assert "\x1b" not in shown
    assert "00000000  1b 5b 32 4a 6e 6f" in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(
            ["list", "--reason", "wrong-unit"],
            "ioc: --reason: 'wrong-unit' is no reason; did you mean wrong_unit?", id="near_reason",
        ),
        pytest.param(
            ["list", "--reason", "zzz"], "'zzz' is no reason; there are: undecodable,",
            id="no_reason",
        ),
        pytest.param(
            ["list", "--since", "soon"], "'soon' is neither like 30m, 1h, 2d", id="since",
        ),
        pytest.param(
            ["list", "--since", "2026-01-01T00:00"],
            "has no offset; say e.g. 2026-01-01T00:00+08:00", id="naive_time",
        ),
        pytest.param(["show", "99"], "ioc: quarantine has no row 99;", id="unknown_row"),
        pytest.param(["replay"], "say what to replay: --reason, or --id", id="nothing_said"),
        pytest.param(["replay", "--id", "99"], "quarantine has no row 99;", id="unknown_id"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_one_line(database_url, tmp_path, words, told):
    done = subprocess.run(
        [sys.executable, "-m", "ioc", "quarantine", *words], cwd=ROOT, text=True,
        env={**os.environ, "IOC_DATABASE_URL": database_url, "IOC_DATA_DIR": str(tmp_path)},
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
