"""Settings of the wall, each checked when built."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from storage.sessions import Limits

ADMISSIONS: Final = ("token", "open")


@dataclass(frozen=True, slots=True)
class WallSettings:
    """How the wall is served and where it reads."""

    kafka: str
    """Bootstrap servers of the log, `host:port[,host:port]`."""

    database_url: str
    """PostgreSQL URL of a role that may read, and write the tables of people and
    screens (`account…`, `one_time_token`, `sign_in_delay`, `audit_trail`, `display_token`)."""

    host: str = "127.0.0.1"
    """Address to listen on; `0.0.0.0` or `::` for every interface."""

    port: int = 8050
    """TCP port, 1–65535."""

    trend_hours: float = 2.0
    """Length of the trend charts, hours, 0.1–48."""

    admission: str | None = None
    """Who is let in: `token` only screens with a display token, `open` everybody. Not given: `open`
    where only this machine reaches the wall (a loopback address), `token` everywhere else."""

    open_to_the_whole_network: bool = False
    """Needed beside `admission = "open"` on any address that other machines reach."""

    behind_trusted_proxy: bool = False
    """Whether nobody reaches the wall but through a proxy of ours: only then are its headers
    X-Forwarded-Proto and X-Forwarded-For believed."""

    reload_from: str = "04:00"
    """From when screens load their page anew each night, HH:MM in the city (UTC+8), inclusive."""

    reload_until: str = "04:30"
    """Until when, exclusive; may lie beyond midnight. The same as `reload_from`: never."""

    session_idle_minutes: int = 60
    """After so long without a request somebody who signed in must do so again, minutes, 5–720."""

    session_hours: int = 14
    """After so long they must, whatever they do, hours, 1–24; a shift of twelve and its handover
    fit."""

    @property
    def session_limits(self) -> Limits:
        """How long sessions last."""
        return Limits(
            timedelta(minutes=self.session_idle_minutes), timedelta(hours=self.session_hours)
        )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the wall."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def is_open(self) -> bool:
        """Whether everybody who reaches the wall is let in."""
        return self.is_loopback if self.admission is None else self.admission == "open"

    @property
    def reload_minutes(self) -> tuple[int, int]:
        """From and until when pages are loaded anew, minutes since midnight in the city."""
        return _minutes(self.reload_from), _minutes(self.reload_until)

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
        if self.admission is not None and self.admission not in ADMISSIONS:
            raise ValueError(f"wall.admission is {self.admission!r}; it must be token or open")
        if self.admission == "open" and not (self.is_loopback or self.open_to_the_whole_network):
            raise ValueError(
                f"wall.admission is open, and other machines reach {self.host}: everybody there "
                "would see the wall. Say token, or open_to_the_whole_network = true beside it"
            )
        if not 5 <= self.session_idle_minutes <= 720:
            raise ValueError(
                f"wall.session_idle_minutes is {self.session_idle_minutes}; it must be 5 to 720"
            )
        if not 1 <= self.session_hours <= 24:
            raise ValueError(f"wall.session_hours is {self.session_hours}; it must be 1 to 24 h")
        for name, value in (("from", self.reload_from), ("until", self.reload_until)):
            if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
                raise ValueError(f"wall.reload_{name} is {value!r}; it must be like 04:00")


def _minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])
