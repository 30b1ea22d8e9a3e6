"""A gateway that has no room: it acknowledges nothing, says so, and recovers by itself."""

import json
from pathlib import Path

import pytest

from tests.ingest.test_gateway import (
    gateway,
    is_connected,
    packs,
    publish,
    publisher,
    read_log,
    wait_until,
)
from tests.streams.test_worker import worker

pytestmark = pytest.mark.every_engine

NO_ROOM = {"spool_reserve_mib": 1 << 20}
"""A reserve that no disk has: the disk counts as full."""


def facts_of(file: Path):
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError):
        return {}


def test_without_room_nothing_is_acknowledged_and_health_is_red(own_mqtt_broker, kafka, tmp_path):
    with gateway(own_mqtt_broker, kafka.bootstrap, tmp_path, **NO_ROOM) as (process, facts):
        wait_until(is_connected(facts), "gateway connects")
        with publisher(own_mqtt_broker) as client:
            for seq in range(20):
                publish(client, seq, 1.0 + seq / 10)
        wait_until(lambda: facts_of(facts).get("spool_trouble"), "the gateway says what is wrong")
        told = facts_of(facts)
        process.kill()
    assert not told["ok"]
    assert told["spool_trouble"].startswith("disk is full: ")
    assert told["spool_messages"] == 0
    # What nobody acknowledged the broker still has.
    with gateway(own_mqtt_broker, kafka.bootstrap, tmp_path):
        values = read_log(kafka.bootstrap, "observations", 4, lambda found: len(packs(found)) == 20)
    assert [seq for seq, _ in packs(values)] == list(range(20))


def test_a_full_spool_takes_messages_again_once_the_sink_has_some(
    own_mqtt_broker, kafka, own_database_url, tmp_path
):
    filler = b"x" * 15_000
    with gateway(own_mqtt_broker, kafka.bootstrap, tmp_path, own_database_url, spool_mib=1) as (
        _, facts,
    ):  # fmt: skip
        wait_until(is_connected(facts), "gateway connects")
        with publisher(own_mqtt_broker) as client:
            for seq in range(300):
                publish(client, seq, filler)
            wait_until(
                lambda: facts_of(facts).get("spool_trouble", "").startswith("spool is full: "),
                "4 MB do not fit into 1 MiB",
            )
            assert not facts_of(facts)["ok"]
            (tmp_path / "worker").mkdir()
            with worker(kafka.bootstrap, own_database_url, tmp_path / "worker"):
                wait_until(
                    lambda: (
                        (now := facts_of(facts)).get("messages") == 300
                        and now["spool_messages"] == 0
                        and now["ok"]
                        and not now["spool_trouble"]
                    ),
                    "all is taken, stored and trimmed, and health is green again",
                )
