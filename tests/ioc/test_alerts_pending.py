"""`ioc alerts pending`: from the engine's checkpoints in a real database."""

import asyncio
import json

from psycopg import AsyncConnection

from devices import record
from devices.partition import owned, partition_of
from ioc import alerts_pending
from ioc.settings import load
from rules import checkpoint, engine, state
from rules.language import parse
from storage import ledger, registry, rule_versions
from storage.commit import Checkpoint, Stretch, commit
from storage.ledger import Advance, Partition
from tests.rules.test_engine import reading, tick
from tests.small_city import RULES, SPEED, TEXTS, city

PARTITIONS = 4
OF_ROAD = partition_of("road", PARTITIONS)


def told(url, capsys, *, as_json):
    settings = load({"IOC_DATABASE_URL": url, "IOC_KAFKA_PARTITIONS": str(PARTITIONS)}, None)
    capsys.readouterr()
    alerts_pending.command(settings, as_json=as_json)
    return capsys.readouterr().out


def remember(url, *inputs):
    """Put city, rules and the engine's state after some inputs into the database."""

    async def run():
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            await registry.put(connection, 0, TEXTS, "test", "")
            await rule_versions.put(connection, 0, RULES, "test", "")
            rule_set = parse(RULES, city())
            mine = owned(city(), OF_ROAD, PARTITIONS)
            memory = engine.step(rule_set, state.empty(rule_set, mine), inputs).state
            partition = Partition("log-1", record.TOPIC, OF_ROAD)
            await ledger.read(connection, partition)
            step = Advance(partition, 0, 1)
            saved = Checkpoint(step, checkpoint.encode(rule_set, memory))
            await commit(connection, Stretch([step], checkpoints=[saved]))

    asyncio.run(run())


def test_an_engine_that_never_ran_has_nothing_to_tell(own_database_url, capsys):
    assert "the engine has not run yet" in told(own_database_url, capsys, as_json=False)


def test_a_delay_that_runs_is_pending_with_its_numbers(own_database_url, capsys):
    remember(own_database_url, reading(0, SPEED, 18), tick(60))
    (one,) = json.loads(told(own_database_url, capsys, as_json=True))["pending"]
    assert (one["rule"], one["subject"], one["severity"]) == ("slow", "radar/speed", "blue")
    assert (one["value"], one["limit"], one["unit"]) == (18.0, 20.0, "km/h")
    said = told(own_database_url, capsys, as_json=False)
    assert "蓝 blue" in said
    assert "1 条待定 pending" in said


def test_an_alert_is_not_pending_any_more(own_database_url, capsys):
    remember(own_database_url, reading(0, SPEED, 18), tick(130))
    assert json.loads(told(own_database_url, capsys, as_json=True))["pending"] == []
    assert "nothing is pending" in told(own_database_url, capsys, as_json=False)
