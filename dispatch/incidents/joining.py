"""Alerts of one place within a window are one incident: a cloudburst's forty become one per place.

The only rule so far. Others (neighbours, downstream, across domains) will stand beside it and
answer with the same three words.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from dispatch.incidents.state import DEFAULT, Incident, Member, Settings

_NAMESPACE: Final = uuid.UUID("5b0ed1a3-0a52-5d7e-9a0f-3f2a3a0c7f11")


@dataclass(frozen=True, slots=True)
class Join:
    """The alert belongs to an open incident."""

    incident: str


@dataclass(frozen=True, slots=True)
class New:
    """The alert begins an incident."""

    incident: str
    """Its id, made from the alert: the same alert begins the same incident."""


@dataclass(frozen=True, slots=True)
class Stays:
    """The alert is a member already."""

    incident: str


Joining: TypeAlias = Join | New | Stays


def join_or_open(
    incidents: Iterable[Incident],
    alert: Member,
    settings: Settings = DEFAULT,
) -> Joining:
    """Return where a new alert belongs.

    It joins an open incident of its place if it was raised within the window around its members,
    the incident does not get longer than the longest, and there is room. Of several that would do
    the one with the newest member takes it; ties go to the smaller id. An alert whose place nobody
    knows begins an incident of its own.

    Args:
        incidents: those that are open, in any order; closed ones count for nothing.
        alert: the new one.
        settings: window and bounds.
    """
    able = [one for one in incidents if one.is_open]
    for one in able:
        if alert.alert in one.members:
            return Stays(one.id)
    fitting = [one for one in able if _fits(one, alert, settings)]
    if not fitting:
        return New(incident_id(alert.alert))
    return Join(min(fitting, key=lambda one: (-one.span_us[1], one.id)).id)


def incident_id(alert: str) -> str:
    """Return the id of the incident that an alert begins."""
    return str(uuid.uuid5(_NAMESPACE, alert))


def _fits(one: Incident, alert: Member, settings: Settings) -> bool:
    first_us, last_us = one.span_us
    return (
        alert.place in one.places
        and first_us - settings.window_us <= alert.raised_us <= last_us + settings.window_us
        and max(last_us, alert.raised_us) - min(first_us, alert.raised_us) <= settings.longest_us
        and len(one.members) < settings.most
    )
