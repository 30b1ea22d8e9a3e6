"""Settings of the wall, each checked when built."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WallSettings:
    """How the wall is served and where it reads."""

    kafka: str
    """Bootstrap servers of the log, `host:port[,host:port]`."""

    database_url: str
    """PostgreSQL URL of a role that may read."""

    host: str = "127.0.0.1"
    """Address to listen on; `0.0.0.0` or `::` for every interface."""

    port: int = 8050
    """TCP port, 1–65535."""

    trend_hours: float = 2.0
    """Length of the trend charts, hours, 0.1–48."""

    def __post_init__(self) -> None:
        """Check every bound.

        Raises:
            ValueError: naming the field, its value and what would be right.
        """
        if not self.kafka:
            raise ValueError("wall.kafka is empty; it must be host:port of the log")
        if not self.database_url.startswith(("postgresql://", "postgres://")):
            raise ValueError(
                "wall.database_url does not start with postgresql://; "
                "it must be like postgresql://user@host:5432/ioc"
            )
        if not self.host:
            raise ValueError("wall.host is empty; it must be an address such as 127.0.0.1")
        if not 1 <= self.port <= 65535:
            raise ValueError(f"wall.port is {self.port}; it must be 1 to 65535")
        if not 0.1 <= self.trend_hours <= 48:
            raise ValueError(f"wall.trend_hours is {self.trend_hours:g}; it must be 0.1 to 48 h")
