"""Told to stop, each program ends by itself with status 0, whatever state the world is in.

That it takes no more than 10 s needs no clock here: `ioc.stopping` ends by force after 8 s what
has not ended by itself, and says so; these tests look for what it says.
"""

import asyncio
import signal
from pathlib import Path

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from ioc.settings import load
from tests.stopping.conftest import DEADLINE_S, PROGRAMS, until

BY_FORCE = "it ends by force"

AWAY, STOPPED = "killed", "stopped"

WORLDS = {
    "healthy": ((), ()),
    "database away": (["database"], AWAY),
    "database stopped": (["database"], STOPPED),
    "log away": (["kafka"], AWAY),
    "log stopped": (["kafka"], STOPPED),
    "MQTT broker away": (["mqtt"], AWAY),
    "MQTT broker stopped": (["mqtt"], STOPPED),
    "everything away": (["database", "kafka", "mqtt"], AWAY),
    "everything stopped": (["database", "kafka", "mqtt"], STOPPED),
}


@pytest.mark.parametrize(("engines", "harm"), WORLDS.values(), ids=WORLDS)
def test_each_program_ends_with_status_0(world, engines, harm):
    world.start(*PROGRAMS)
    for name in engines:
        world.engines[name].kill() if harm == AWAY else world.pause(name)
    if engines == ["database"] and harm == AWAY:
        until(lambda: not world.facts("worker")["ok"], "the worker notices")
    for name in PROGRAMS:
        assert world.tell_to_stop(name) == 0, world.said(name)
    # A transaction under way in a database that stands still has no end to wait for.
    may_need_force = {"worker"} if "database" in engines and harm == STOPPED else set()
    forced = {name for name in PROGRAMS if BY_FORCE in world.said(name)}
    assert forced <= may_need_force, "\n".join(world.said(name) for name in forced)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_program_that_is_still_starting_ends_at_once(world, name, number):
    process = world.launch(name)
    until(lambda: blocks(process.pid, number), "it is on guard")
    process.send_signal(number)
    assert process.wait(DEADLINE_S) == 0, world.said(name)
    assert BY_FORCE not in world.said(name)


@pytest.mark.parametrize("name", ["worker", "wall"])
def test_a_program_that_starts_against_a_stopped_world_ends(world, name):
    for engine in ("database", "kafka"):
        world.pause(engine)
    process = world.launch(name)
    until(lambda: blocks(process.pid, signal.SIGTERM), "it is on guard")
    assert world.tell_to_stop(name) == 0, world.said(name)


def test_a_worker_stopped_within_a_transaction_rolls_it_back_and_acknowledges_nothing(world):
    world.start("gateway", "worker", "simulator")
    until(lambda: world.ask("SELECT count(*) FROM reading")[0] > 0, "readings are stored")
    with psycopg.connect(world.url) as holding:
        holding.execute("LOCK TABLE latest IN ACCESS EXCLUSIVE MODE")
        until(
            lambda: world.ask(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE application_name = 'ioc worker' AND wait_event_type = 'Lock'"
            ) == (1,),
            "the worker waits within its transaction",
        )  # fmt: skip
        before = ledger_of(world)
        assert world.tell_to_stop("worker") == 0, world.said("worker")
        assert BY_FORCE not in world.said("worker")
    assert ledger_of(world) == before
    assert all(offset <= before.get(number, 0) for number, offset in committed(world).items())
    world.start("worker")
    until(
        lambda: all(offset > before.get(number, 0) for number, offset in ledger_of(world).items()),
        "the next worker goes on",
    )
    # Whatever came twice is counted, and comes from a publisher or a gateway that sent it again; of
    # the transaction that was rolled back nothing is counted, and nothing acknowledged is missing.
    assert world.tell_to_stop("simulator") == 0
    balanced = world.run("ledger", "--wait", "30")
    assert balanced.returncode == 0, balanced.stdout + balanced.stderr
    assert world.ask(
        "SELECT count(*) FROM (SELECT FROM reading GROUP BY datastream, phenomenon_time "
        "HAVING count(*) > 1)"
    ) == (0,)  # fmt: skip
    (duplicate,) = world.ask("SELECT sum(duplicate) FROM intake")
    again = world.facts("simulator")["sent_again_packs"] + world.facts("gateway")["sent_again"]
    assert duplicate == 0 or again > 0


def ledger_of(world) -> dict[int, int]:
    """Return what the database has of this life of the log: next offset by partition."""
    return dict(
        world.ask_all(
            "SELECT partition, next_offset FROM ledger "
            f"WHERE topic = 'observations' AND log = '{world.facts('worker')['log']}'"
        )
    )


def committed(world) -> dict[int, int]:
    """Return what the group of the workers has committed to the log, by partition."""

    async def ask() -> dict[int, int]:
        settings = load({"IOC_KAFKA_PORT": str(world.engines["kafka"].part.port.number)})
        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka_servers, group_id=settings.worker.group,
            enable_auto_commit=False,
        )  # fmt: skip
        await consumer.start()
        try:
            found = {
                number: await consumer.committed(TopicPartition("observations", number))
                for number in range(settings.worker.partitions)
            }
        finally:
            await consumer.stop()
        return {number: offset for number, offset in found.items() if offset is not None}

    return asyncio.run(ask())


def blocks(pid: int, number: signal.Signals) -> bool:
    """Whether the main thread of a process has blocked a signal: its guard is up."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigBlk:"):
            return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False
