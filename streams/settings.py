"""Settings of the stream worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What `ioc worker` needs to know."""

    kafka: str
    """Bootstrap servers, comma-separated host:port."""
    database_url: str
    """PostgreSQL or TimescaleDB, as libpq reads it."""
    data_dir: Path
    """Where Faust keeps its own files; nothing in it matters."""
    partitions: int = 4
    """Partitions of the topic `observations`."""
    group: str = "ioc-rules"
    """Consumer group; all workers of a city share it."""
    instance: str | None = None
    """Static member id, unique among the workers of a group: on Kafka a restarted worker then
    gets its partitions back without a rebalance. The embedded log keeps static members waiting
    for 3 s more instead (measured: 7.8 s to the first partition, 4.7 s without)."""
    session_timeout_s: float = 6.0
    """How long the log waits for a silent worker before others get its partitions, 1 to 300 s.
    6 s is the least that Apache Kafka allows by default (group.min.session.timeout.ms)."""
    take: int = 256
    """Most records in one transaction, 1 to 1000."""
    within_ms: int = 20
    """How long a transaction waits for more records, ms, 1 to 1000."""
    minutes_kept_days: int = 730
    """How long roll-ups of a minute are kept, days, 1 to 36500; those of an hour and a day stay."""

    def __post_init__(self) -> None:
        """Check bounds.

        Raises:
            ValueError: a field is out of its bounds; the text names it.
        """
        bounds = {
            "partitions": (1, 10_000), "session_timeout_s": (1, 300), "take": (1, 1000),
            "within_ms": (1, 1000), "minutes_kept_days": (1, 36_500),
        }  # fmt: skip
        for field, (low, high) in bounds.items():
            value = getattr(self, field)
            if not low <= value <= high:
                raise ValueError(f"worker.{field} is {value}; it must be {low} to {high}")
