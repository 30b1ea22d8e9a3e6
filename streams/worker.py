"""The worker: a Faust agent over the log, with the write path that loses nothing.

Take without acknowledging, store in one transaction, acknowledge in order. Whatever is unexpected
ends the process before any acknowledgement; the ledger lets the next one go on exactly there.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import faust
import psycopg
import structlog
import uvloop
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from faust.types import TP
from faust.worker import Worker
from mode import Service

from devices import record, refusal
from rules.ruleset import RuleSet
from storage import partitions, retention
from storage.database import Database
from streams import log_range
from streams.driver import Transport
from streams.gaps import GaplessSink, GaplessStore
from streams.roller import Roller
from streams.rule_source import RuleSource
from streams.settings import WorkerSettings
from streams.sink import Sink, Where
from streams.store import Store
from streams.stretch import Entry

Health = Callable[[Mapping[str, Any]], None]

EXIT_BROKEN = 70
"""Exit status after a broken assumption (sysexits.h EX_SOFTWARE)."""

_LOOK_EVERY_S = 3.0
"""How often a worker that commits nothing asks whether the log is still the same."""

_log = structlog.get_logger()


async def log_id(servers: str) -> str:
    """Return the Kafka cluster id: which log this is.

    Raises:
        aiokafka.errors.KafkaError: the broker cannot be asked.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=5000)
    try:
        await admin.start()
        return str((await admin.describe_cluster())["cluster_id"])
    finally:
        await admin.close()


async def _find_log(servers: str, health: Health) -> str:
    """Wait until the log is there with its topics, and return its id.

    Faust ignores a topic that is missing when it joins, and never hears of it.
    """
    while True:
        try:
            admin = AIOKafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=5000)
            try:
                await admin.start()
                missing = {record.TOPIC, refusal.TOPIC} - set(await admin.list_topics())
                if not missing:
                    return str((await admin.describe_cluster())["cluster_id"])
            finally:
                await admin.close()
            why = f"log {servers} has no topic {' and no topic '.join(sorted(missing))}"
        except (KafkaError, OSError) as error:
            why = f"log {servers}: {error!r}"
        _log.warning("waiting for the log", why=why)
        health({"ok": False, "waiting": why})
        await asyncio.sleep(0.5)


def run(
    rule_set: RuleSet,
    settings: WorkerSettings,
    health: Health,
    store: Store | None = None,
    rules: RuleSource | None = None,
) -> None:
    """Judge and store until SIGTERM or SIGINT.

    Args:
        rule_set: the rules in force, with the catalogue they are compiled for.
        settings: see `WorkerSettings`.
        health: called about once a second with this process's facts.
        store: where stretches go; None for the database of the settings.
        rules: asked for the rules of a newer catalogue; None for a city that never changes.
    """
    log = asyncio.run(_find_log(settings.kafka, health))
    gapless = GaplessStore(store or Database(settings.database_url))
    sink = Sink(
        rule_set, gapless, log, lambda: log_id(settings.kafka), rules=rules,
        partitions=settings.partitions,
    )  # fmt: skip
    app = _app(settings)

    async def read(where: Where, start: int, end: int) -> Sequence[Entry]:
        return await log_range.read(settings.kafka, where, start, end)

    async def skip(where: Where, start: int, end: int) -> None:
        await app.consumer.skip(TP(*where), start, end)

    _agent(app, GaplessSink(sink, gapless, read, skip), settings)
    roller = _roller(app, settings)
    _reporter(app, sink, roller, settings, health, log)
    _tend_tables(settings, forget=False)  # may take long; readings wait for the partitions
    uvloop.install()
    worker = Worker(app, loglevel=logging.WARNING, quiet=True, redirect_stdouts=False)
    # It draws with terminal codes, also into a log file.
    worker.spinner = None
    worker.execute_from_commandline()


def _app(settings: WorkerSettings) -> faust.App:
    app = faust.App(
        settings.group,
        broker=f"aiokafka://{settings.kafka}",
        datadir=str(settings.data_dir),
        key_serializer="raw",
        value_serializer="raw",
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance,
        consumer_max_fetch_size=8 << 20,
        stream_buffer_maxsize=256,
        stream_wait_empty=False,
        broker_commit_interval=1.0,
        broker_session_timeout=settings.session_timeout_s,
        broker_rebalance_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=min(1.0, settings.session_timeout_s / 4),
    )
    app.transport = Transport(app.conf.broker, app, loop=app.loop)
    return app


def _agent(app: faust.App, sink: GaplessSink, settings: WorkerSettings) -> None:
    topic = app.topic(record.TOPIC, refusal.TOPIC, value_type=bytes, key_type=bytes)

    async def observe(stream: faust.StreamT) -> None:
        taking = stream.noack().noack_take(settings.take, within=settings.within_ms / 1000)
        async for events in taking:
            try:
                await sink.store(_by_partition(events))
            except asyncio.CancelledError:
                raise
            except BaseException:
                # Faust would acknowledge on the way out, and what it acknowledges is gone.
                _log.exception("worker stops before it acknowledges")
                os._exit(EXIT_BROKEN)
            for event in events:
                event.ack()

    app.agent(topic, concurrency=1, name="observe")(observe)

    @app.on_partitions_revoked.connect
    async def revoked(*_: object, **__: object) -> None:
        sink.forget()


def _by_partition(events: list[Any]) -> dict[Where, list[Entry]]:
    entries: dict[Where, list[Entry]] = {}
    for event in events:
        message = event.message
        where = (message.tp.topic, message.tp.partition)
        entries.setdefault(where, []).append(
            Entry(
                message.offset,
                bytes(message.value),
                int(message.timestamp * 1e6),
                log_range.log_of(message.headers),
            )
        )
    return entries


def _roller(app: faust.App, settings: WorkerSettings) -> Roller:
    roller = Roller(settings.database_url)

    @app.service
    class Rolling(Service):
        @Service.task
        async def roll(self) -> None:
            await roller.run(lambda: self.should_stop, self.sleep)

    return roller


def _reporter(
    app: faust.App, sink: Sink, roller: Roller, settings: WorkerSettings, health: Health, log: str
) -> None:
    @app.service
    class Reporter(Service):
        @Service.task
        async def report(self) -> None:
            next_partitions = time.monotonic() + 3600
            next_look, commits = time.monotonic() + _LOOK_EVERY_S, 0
            while not self.should_stop:
                assigned = sorted(tuple(tp) for tp in app.consumer.assignment())
                health(
                    {
                        "ok": bool(assigned) and sink.connected,
                        "log": log,
                        "assigned": assigned,
                        "database_connected": sink.connected,
                        "catalogue": sink.catalogue[:12],
                        "rollups": roller.facts,
                        **sink.counts,
                    }
                )
                if time.monotonic() > next_look:
                    # Ticks come every second: nothing to commit is no ordinary life.
                    if sink.counts["commits"] == commits:
                        await _check_log(settings.kafka, log)
                    commits = sink.counts["commits"]
                    next_look = time.monotonic() + _LOOK_EVERY_S
                if time.monotonic() > next_partitions:
                    await asyncio.to_thread(_tend_tables, settings)
                    next_partitions += 3600
                await self.sleep(1.0)


async def _check_log(servers: str, log: str) -> None:
    """End the process if the log is another one.

    Its topics may have been missing when Faust looked, which then waits for ever.
    """
    try:
        now = await log_id(servers)
    except (KafkaError, OSError):
        return  # away: nothing is known
    if now != log:
        _log.error("the log was replaced", was=log, now=now)
        os._exit(EXIT_BROKEN)


def _tend_tables(settings: WorkerSettings, *, forget: bool = True) -> None:
    """Make the day partitions, and forget what is old; a failure is told and tried again."""
    try:
        with psycopg.connect(settings.database_url, autocommit=True, connect_timeout=5) as one:
            partitions.ensure(one, datetime.now(UTC).date())
            partitions.ensure_minutes(one, datetime.now(UTC).date())
            if forget:
                retention.forget(one, datetime.now(UTC))
                kept = timedelta(days=settings.minutes_kept_days)
                retention.forget_minutes(one, datetime.now(UTC), kept)
    except psycopg.Error as error:
        _log.warning("tables not tended", error=str(error).strip())
