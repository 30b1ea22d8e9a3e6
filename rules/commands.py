"""What people tell the engine: the only inputs beside readings and ticks.

A command takes effect at a place in the log and is part of it from then on: a replay meets it
there again. Acknowledging and shelving are not among them: they change nothing of what is judged.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

SCOPES: Final = ("datastream", "device", "gateway", "place", "town", "rule")
"""What maintenance can be announced for; a wider one covers all within it."""


class Maintenance(msgspec.Struct, frozen=True, tag="maintenance"):
    """Somebody works there: alerts of it are suppressed from `from_us` to before `until_us`."""

    id: int
    """Of the command; later ones are larger. No two commands share one."""
    scope: str
    """One of `SCOPES`."""
    subject: str
    """Id within the scope."""
    from_us: int
    """µs since 1970, inclusive."""
    until_us: int
    """µs since 1970, exclusive."""


class MaintenanceEnd(msgspec.Struct, frozen=True, tag="maintenance_end"):
    """That maintenance is over now, whatever was announced."""

    id: int
    maintenance: int
    """Id of the command that announced it."""


class Reset(msgspec.Struct, frozen=True, tag="reset"):
    """A latched alert whose condition is gone may end (ISA-18.2: reset of a latched alarm)."""

    id: int
    alert: str
    """UUID."""


Command: TypeAlias = Maintenance | MaintenanceEnd | Reset

_decoder = msgspec.json.Decoder(list[Command])


def encode(commands: list[Command]) -> bytes:
    """Write commands.

    >>> decode(encode([Reset(1, "a")]))
    [Reset(id=1, alert='a')]
    """
    return msgspec.json.encode(commands)


def decode(value: bytes) -> list[Command]:
    """Read commands.

    Raises:
        msgspec.MsgspecError: these are none.
    """
    return _decoder.decode(value)
