"""Too much refused is seen: in `ioc status`, in the worker's heartbeat and in its log."""

import asyncio
import time

import psycopg
import pytest
from psycopg import AsyncConnection
from structlog.testing import capture_logs

from ioc import refusal_alarm
from ioc.settings import QuarantineSettings, load
from ioc.status import collect

SETTINGS = QuarantineSettings(alarm_percent=5, alarm_minutes=5, alarm_least=100)


def receive(url, *, stored, refused, ago_s=20, gateway="gw-bridge"):
    """Account for readings received some time ago, as the sink does."""
    now_s = int(time.time()) - ago_s
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO intake AS old VALUES ('gw-0:x', %s, 'water', %s, %s, 0) "
            "ON CONFLICT (collector, received_s, domain) DO UPDATE SET "
            "stored = old.stored + excluded.stored, "
            "quarantined = old.quarantined + excluded.quarantined",
            (now_s // 10 * 10, stored, refused),
        )
        if refused:
            connection.execute(
                "INSERT INTO quarantine (reason, detail, source, raw, domain, readings, received, "
                'collector, gateway, boot, seq, log, topic, partition, "offset") VALUES '
                "('wrong_unit', '', '', '', 'water', %s, to_timestamp(%s), '', %s, 'b', 0, '', '', "
                "0, 0)",
                (refused, now_s, gateway),
            )


def facts(url):
    async def ask():
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            return await refusal_alarm.facts(connection, SETTINGS)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("stored", "refused", "alarm", "gateways"),
    [
        pytest.param(1000, 0, False, [], id="nothing_refused"),
        pytest.param(950, 50, False, [], id="at_the_limit"),
        pytest.param(940, 60, True, [], id="beyond_the_limit_of_all"),
        pytest.param(30, 60, False, [], id="too_few_readings"),
        pytest.param(100_000, 100, True, ["gw-bridge"], id="one_gateway_all_refused"),
    ],
)
def test_the_condition(own_database_url, stored, refused, alarm, gateways):
    receive(own_database_url, stored=stored, refused=refused)
    found = facts(own_database_url)
    assert (found["alarm"], [one["gateway"] for one in found["gateways"]]) == (alarm, gateways)
    assert (found["readings"], found["refused"]) == (stored + refused, refused)


def test_what_is_over_is_no_alarm(own_database_url):
    receive(own_database_url, stored=0, refused=500, ago_s=330)
    assert facts(own_database_url)["alarm"] is False


def test_status_names_the_gateway(own_database_url, tmp_path):
    receive(own_database_url, stored=700, refused=300, gateway="gw-road")
    settings = load({"IOC_DATABASE_URL": own_database_url, "IOC_DATA_DIR": str(tmp_path)})
    rate = asyncio.run(collect(settings))["quarantine_rate"]
    assert refusal_alarm.render(rate) == (
        "! refusals   30 % refused of 1000 readings of the last 5 min; more than 5 % is too much: "
        "gw-road 100 % of 300"
    )
    calm = {**rate, "alarm": False}
    assert refusal_alarm.render(calm).startswith("refusals     30 % refused of 1000")


def test_the_watch_tells_once_when_it_begins_and_once_when_it_ends(own_database_url):
    watch = refusal_alarm.Watch(own_database_url, SETTINGS, every_s=0.02)
    beats = []
    beat = watch.telling(beats.append)
    with capture_logs() as logs:
        watch.start()
        wait_until(lambda: watch.latest is not None and not watch.latest["alarm"])
        receive(own_database_url, stored=0, refused=200)
        wait_until(lambda: watch.latest is not None and watch.latest["alarm"])
        beat({"ok": True})
        receive(own_database_url, stored=100_000, refused=0)
        with psycopg.connect(own_database_url, autocommit=True) as connection:
            connection.execute("UPDATE quarantine SET received = received - interval '1 hour'")
        wait_until(lambda: watch.latest is not None and not watch.latest["alarm"])
        wait_until(lambda: len(logs) == 2)
        watch.end()
    assert [(one["event"], one["log_level"]) for one in logs] == [
        ("too much is refused", "warning"), ("refusals are few again", "info"),
    ]  # fmt: skip
    assert (beats[0]["ok"], beats[0]["quarantine_rate"]["percent"]) == (True, 100.0)


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.01)
