"""Where crews are, for the map."""

from __future__ import annotations

import msgspec

from devices.crew import Roster
from ioc_dashboard.frames import Movers
from storage.dispatch_picture import Picture


def movers(picture: Picture, roster: Roster) -> Movers:
    """Return the crews whose position is known; who stands in no file any more is left out.

    Args:
        picture: how crews stand.
        roster: what they are called.
    """
    known = [
        (roster.crews[one.crew], one, one.position)
        for one in picture.crews.values()
        if one.position is not None and one.crew in roster.crews
    ]
    return Movers(
        at_ms=picture.at_us // 1000,
        id=[crew.id for crew, _, _ in known],
        kind=["crew"] * len(known),
        name=[crew.name for crew, _, _ in known],
        lon=[at.lon for _, _, at in known],
        lat=[at.lat for _, _, at in known],
        state=[state.status.value for _, state, _ in known],
        time_ms=[at.at_us // 1000 for _, _, at in known],
    )


def is_same(one: Movers, other: Movers) -> bool:
    """Return whether two say the same, whenever they were said."""
    return msgspec.structs.replace(one, at_ms=other.at_ms) == other
