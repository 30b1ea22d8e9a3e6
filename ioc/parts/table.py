"""The table of parts: what runs on one machine, and who needs whom."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from ioc.parts import kafka, mqtt, postgres
from ioc.parts.part import Part, PartError
from ioc.parts.programs import program
from ioc.settings import Settings

_log = structlog.get_logger()


def parts(settings: Settings, simulate: Sequence[str] | None) -> list[Part]:
    """Return the parts of `ioc up`.

    Args:
        settings: an engine that is named there (an address, a URL) is not started here.
        simulate: options of `ioc simulate`; None leaves the simulator out.
    """
    embedded: dict[str, Part] = {}
    if not settings.mqtt.host:
        embedded["mqtt"] = mqtt.part(settings.mqtt_port, settings.run_dir)
    if not settings.kafka.servers:
        embedded["kafka"] = kafka.part(
            settings.kafka_port,
            settings.kafka.partitions,
            memory_limit_mib=settings.kafka.memory_mib,
        )
    if not settings.database.url:
        bare = postgres.part(settings.database_port, settings.data_dir)

        from storage.migrate import MigrationError

        was_prepared = False

        async def settle() -> None:
            nonlocal was_prepared
            await bare.settle()
            try:
                await asyncio.to_thread(prepare_database, settings)
            except (ValueError, MigrationError) as error:  # trying again does not help
                if not was_prepared:
                    raise PartError(f"database: {error}") from error
                # Files that are being edited are no reason to end a city that runs.
                _log.warning("the city's files are not taken over", why=str(error))
            was_prepared = True

        embedded["database"] = dataclasses.replace(bare, settle=settle)

    def here(*names: str) -> list[str]:
        return [name for name in names if name in embedded]

    config = ["--config", str(settings.file)] if settings.file is not None else []
    run_dir = settings.run_dir
    programs = [
        # Stopped in the order of the flow, so that what was collected is still written.
        program(
            "gateway", ["gateway", *config], run_dir,
            needs=here("mqtt", "kafka"), restarts_with=here("kafka"), stop_turn=1,
        ),
        program(
            "worker", ["worker", *config], run_dir,
            needs=here("kafka", "database"), restarts_with=here("kafka"), stop_turn=2,
        ),
        program(
            "wall", ["wall", *config], run_dir,
            needs=here("kafka", "database"), stop_turn=2, port=settings.wall_port,
        ),
    ]  # fmt: skip
    if simulate is not None:
        # Only once the gateway has subscribed: a broker forgets what nobody asked for.
        programs.append(
            program(
                "simulator", ["simulate", *config, *simulate], run_dir,
                needs=[*here("mqtt"), "gateway"], stop_turn=0,
            )
        )  # fmt: skip
    return [*embedded.values(), *programs]


def prepare_database(settings: Settings) -> list[str]:
    """Bring the database to this version's schema and this city; return the migrations applied.

    Idempotent, blocking.

    Raises:
        ValueError: the city's files are wrong, or contradict what the database holds.
        psycopg.Error: the database refused.
    """
    import psycopg

    from ioc import registry
    from storage import partitions
    from storage.migrate import migrate

    applied = migrate(settings.database_url)
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        partitions.ensure(connection, datetime.now(UTC).date())
    asyncio.run(registry.take_files(settings.database_url, settings.city))
    return applied


async def prepare_engines(settings: Settings) -> None:
    """Make topics and schema on engines that are not ours to start.

    Raises:
        PartError: the log refused.
        ValueError: see `prepare_database`.
        psycopg.Error: the database refused.
    """
    if settings.kafka.servers:
        await kafka.create_topics(settings.kafka.servers, kafka.topics(settings.kafka.partitions))
    if settings.database.url:
        await asyncio.to_thread(prepare_database, settings)
