"""Apache Kafka from its Maven artifacts: one KRaft node, broker and controller in one process.

The log is on disk: a killed broker comes back with what it had, unlike the embedded log. The
cluster id is given when the folder is formatted, so a new folder is a new log.
"""

from __future__ import annotations

import secrets
import subprocess
from pathlib import Path

from benchmarks.engines.class_path import class_path
from benchmarks.engines.missing import program
from ioc.parts import kafka
from ioc.parts.part import Launch, Part, PartError, Port

_CONFIGURATION = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://{broker},CONTROLLER://{controller}
advertised.listeners=PLAINTEXT://{advertised}
controller.listener.names=CONTROLLER
controller.quorum.voters=1@{controller}
log.dirs={folder}
auto.create.topics.enable=false
# There is one node to keep everything.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
# The first member of a group need not wait for others to come.
group.initial.rebalance.delay.ms=0
# A killed broker may register again when its last session is over: measured 14 s to the first
# answer with the default of 9 s, 2.5 s with 1 s, 4.5 s with 3 s. With 1 s a busy machine fences it.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=200
# 128 MiB, the default, is half of the heap.
log.cleaner.dedupe.buffer.size=4194304
"""

_JAVA = (
    "-Xms64m",
    "-Xmx256m",
    # Starts in 1.3 s on two cores; the server compiler would take them for itself.
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)


def part(
    port: Port,
    controller: Port,
    data_dir: Path,
    partitions: int,
    *,
    name: str = "apache-kafka",
    advertised: Port | None = None,
) -> Part:
    """Return the broker as a part; it is ready when the topics are there.

    Args:
        port: where it listens for clients.
        controller: where its controller listens, for itself.
        data_dir: keeps the log and its id; without it the next start is another log.
        partitions: of the topic `observations`.
        name: of the part.
        advertised: where clients are told to go, if that is not `port`: a proxy.

    Raises:
        EngineMissingError: Java or Maven is missing, or Maven cannot get Kafka.
    """
    java, jars = program("java", "openjdk-17-jre-headless"), class_path()
    servers, told = _address(port), _address(advertised or port)
    log, configuration = data_dir / "log", data_dir / "server.properties"

    def command(main: str, *words: str) -> list[str]:
        return [str(java), *_JAVA, "-cp", jars, main, *words]

    def launch() -> Launch:
        data_dir.mkdir(parents=True, exist_ok=True)
        configuration.write_text(
            _CONFIGURATION.format(
                broker=servers, advertised=told, controller=_address(controller), folder=log
            )
        )
        if not (log / "meta.properties").exists():
            # Kafka takes 16 bytes in base64 for an id; one that begins with `-` is an option.
            cluster = "k" + secrets.token_urlsafe(16)[1:]
            _run(
                command(
                    "kafka.tools.StorageTool", "format",
                    "--cluster-id", cluster, "--config", str(configuration),
                )
            )  # fmt: skip
        return Launch(command("kafka.Kafka", str(configuration)))

    async def settle() -> None:
        await kafka.create_topics(servers, kafka.topics(partitions))

    async def is_ready(_pid: int) -> bool:
        return await kafka.cluster_id(servers) is not None

    return Part(
        name=name,
        launch=launch,
        is_ready=is_ready,
        settle=settle,
        port=port,
        stop_turn=9,
        stop_grace_s=10.0,
    )


def _address(port: Port) -> str:
    return f"{port.host}:{port.number}"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # ours
    if done.returncode != 0:
        raise PartError(f"Kafka's folder cannot be formatted: {done.stderr or done.stdout}")
