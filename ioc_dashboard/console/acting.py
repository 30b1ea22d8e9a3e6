"""What people do at the console: one command, one transaction, done whole or not at all.

Who may do such a thing somewhere was judged at the door; here is judged whether they may do it to
these alerts, by town and department. An alert's department is that of its domain, a crew's its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from devices import Catalogue
from dispatch import Right, may
from dispatch.crews import Event
from dispatch.crews.commands import Do
from dispatch.incidents import Close, Command, Incident, Merge, Open, Remove, Split
from ioc_dashboard.admission import Admitted
from ioc_dashboard.console.ports import Advisor
from ioc_dashboard.console.refusals import Refusal
from ioc_dashboard.latest_answer import Connection
from storage import crews, handling, incidents, queries
from storage.queries import AlertRow

if TYPE_CHECKING:
    from storage.handling import Seen

ALERTS_MOST: Final = 500
"""Alerts handled at once: as many as an incident has."""

_Id = Annotated[str, msgspec.Meta(min_length=36, max_length=36)]
_Text = Annotated[str, msgspec.Meta(max_length=20_000)]
"""Who says too much is told so by the room that keeps it; this is far beyond what any keeps."""


class OnAlerts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something to be done with alerts."""

    do: Literal["acknowledge", "unacknowledge", "comment", "shelve", "unshelve", "reset", "verdict"]
    seen: Annotated[dict[_Id, int], msgspec.Meta(min_length=1, max_length=ALERTS_MOST)]
    """Version of each, as its actor saw it."""
    incident: str = ""
    """Which has all of them; needed for more than one."""
    text: _Text = ""
    """Comment or reason."""
    owner: _Text = ""
    """Of an acknowledgement; empty for whose it is, or else the actor."""
    minutes: Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)] = 0
    """How long to shelve, from now."""
    is_true: bool | None = None
    """Of a verdict."""


class OnCrew(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send a crew, or take its task back."""

    do: Literal["dispatch", "recall"]
    crew: str
    seen: int
    """Version of the crew, as its actor saw it."""
    incident: str = ""
    """Where to."""
    alert: str = ""
    """Where to, where the alert is in no incident yet: one is opened with it."""
    text: _Text = ""
    """Reason."""


class OnIncident(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something to be done with an incident."""

    do: Literal["close", "remove", "merge", "split"]
    incident: _Id
    seen: int
    alerts: Annotated[list[_Id], msgspec.Meta(max_length=ALERTS_MOST)] = []
    """To take out or to split off."""
    other: str = ""
    """Which is merged into it."""
    seen_other: int = 0
    text: _Text = ""
    """Reason."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Does what people say."""

    catalogue: Catalogue
    advisor: Advisor
    now_us: Callable[[], int]
    """µs since 1970."""

    async def alerts(
        self, connection: Connection, who: Admitted, wanted: OnAlerts
    ) -> list[AlertRow]:
        """Do something with alerts, and return them as they stand then.

        Raises:
            HandlingError: it cannot be done so; nothing was.
            Refusal: it may not be done by them, or not to several at once.
        """
        seen: Seen = wanted.seen
        self._check_each(who, await queries.alerts_by_id(connection, _uuids(seen)))
        if len(seen) > 1:
            await _check_together(connection, wanted)
        await self._handle(connection, who.name, wanted, seen)
        return await queries.alerts_by_id(connection, list(seen))

    async def _handle(
        self, connection: Connection, actor: str, wanted: OnAlerts, seen: Seen
    ) -> None:
        text = wanted.text
        match wanted.do:
            case "acknowledge":
                await handling.acknowledge(
                    connection, seen, actor, owner=wanted.owner, comment=text
                )
            case "unacknowledge":
                await handling.unacknowledge(connection, seen, actor, reason=text)
            case "comment":
                await handling.comment(connection, seen, actor, text)
            case "shelve":
                until_us = self.now_us() + wanted.minutes * 60_000_000
                await handling.shelve(connection, seen, actor, until_us, text)
            case "unshelve":
                await handling.unshelve(connection, seen, actor, reason=text)
            case "reset":
                await handling.reset(connection, seen, actor, reason=text)
            case "verdict":
                if wanted.is_true is None:
                    raise Refusal("no_verdict", {})
                await handling.verdict(connection, seen, actor, is_true=wanted.is_true, reason=text)

    async def crew(self, connection: Connection, who: Admitted, wanted: OnCrew) -> Event:
        """Send a crew or take its task back, and return what happened.

        Raises:
            CrewError, IncidentError: it cannot be done so; nothing was, nor was an incident opened.
            Refusal: it may not be done by them, or there is no such crew or alert.
        """
        crew = self.advisor.roster.crews.get(wanted.crew)
        if crew is None:
            raise Refusal("no_crew", {"crew": wanted.crew})
        async with connection.transaction():
            if wanted.do == "recall":
                self._check_crew(
                    who, crew.department, await self._town_of_task(connection, crew.id)
                )
                return await crews.act(
                    connection, crew, Do.RECALL, wanted.seen, who.name, reason=wanted.text
                )
            incident, place = await self._where(connection, who, wanted)
            self._check_crew(who, crew.department, self._town(place))
            return await crews.act(
                connection, crew, Do.DISPATCH, wanted.seen, who.name, reason=wanted.text,
                incident=incident,
            )  # fmt: skip

    async def incident(self, connection: Connection, who: Admitted, wanted: OnIncident) -> str:
        """Do something with an incident, and return the id of the one to look at then.

        Raises:
            IncidentError: it cannot be done so; nothing was.
            Refusal: it may not be done by them.
        """
        names = [one for one in (wanted.incident, wanted.other) if one]
        found = await incidents.by_id(connection, _uuids(names))
        for one in found.values():
            # It may have alerts of several domains: only a grant for all departments reaches it.
            if not may(who, Right.HANDLE, town=self._town(one.place)):
                raise Refusal("forbidden", {})
        actor, reason = who.name, wanted.text
        where, seen, alerts = wanted.incident, wanted.seen, tuple(wanted.alerts)
        result = where
        command: Command
        match wanted.do:
            case "close":
                command = Close(actor=actor, at_us=0, reason=reason, incident=where, seen=seen)
            case "remove":
                command = Remove(
                    actor=actor, at_us=0, reason=reason, incident=where, seen=seen, alerts=alerts
                )
            case "split":
                result = str(uuid.uuid4())
                command = Split(
                    actor=actor, at_us=0, reason=reason, incident=where, seen=seen, alerts=alerts,
                    new=result,
                )  # fmt: skip
            case "merge":
                command = Merge(
                    actor=actor, at_us=0, reason=reason, into=where, seen=seen,
                    other=wanted.other, seen_other=wanted.seen_other,
                )  # fmt: skip
        await incidents.act(connection, command)
        return result

    def rights(self, who: Admitted, slot: int, domain: str) -> Mapping[str, bool]:
        """Return what somebody may do with an alert: `handle` it, `dispatch` crews there."""
        town = self._town(self.catalogue.place_of(slot).id)
        return {
            "handle": may(who, Right.HANDLE, town=town, department=domain),
            "dispatch": any(
                may(who, Right.DISPATCH, town=town, department=crew.department)
                for crew in self.advisor.roster.crews.values()
            ),
        }

    async def _where(
        self, connection: Connection, who: Admitted, wanted: OnCrew
    ) -> tuple[str, str]:
        """Return incident and place to send a crew to; one is opened where there is none."""
        if wanted.incident:
            found = await incidents.by_id(connection, _uuids([wanted.incident]))
            if not found:
                raise Refusal("no_incident", {})
            return wanted.incident, found[wanted.incident].place
        members = await incidents.members(
            connection, _uuids([wanted.alert]), lambda slot: self.catalogue.place_of(slot).id
        )
        if not members:
            raise Refusal("no_incident", {})
        has = await incidents.having(connection, [wanted.alert])
        if wanted.alert in has:
            return has[wanted.alert], members[0].place
        made = str(uuid.uuid4())
        await incidents.act(
            connection,
            Open(actor=who.name, at_us=0, incident=made, members=tuple(members)),
        )
        return made, members[0].place

    async def _town_of_task(self, connection: Connection, crew: str) -> str | None:
        state = (await crews.states(connection, [crew]))[crew]
        if state.task is None:
            return None
        found = await incidents.by_id(connection, [state.task.incident])
        one: Incident | None = found.get(state.task.incident)
        return self._town(one.place) if one else None

    def _town(self, place: str) -> str | None:
        found = self.catalogue.places.get(place)
        return found.town if found else None

    def _check_each(self, who: Admitted, rows: Sequence[AlertRow]) -> None:
        for row in rows:
            town = self._town(self.catalogue.place_of(row.datastream).id)
            if not may(who, Right.HANDLE, town=town, department=row.domain):
                raise Refusal("forbidden", {})

    def _check_crew(self, who: Admitted, department: str, town: str | None) -> None:
        if not may(who, Right.DISPATCH, town=town, department=department):
            raise Refusal("forbidden", {})


async def _check_together(connection: Connection, wanted: OnAlerts) -> None:
    """Return if several alerts are all of the one incident that is named.

    Raises:
        Refusal: they are not: what belongs to nothing in common is looked at one by one.
    """
    having = await incidents.having(connection, list(wanted.seen))
    if not wanted.incident or {having.get(one) for one in wanted.seen} != {wanted.incident}:
        raise Refusal("not_together", {"alerts": len(wanted.seen)})


def _uuids(names: Mapping[str, int] | Sequence[str]) -> list[str]:
    """Return ids, which all are such.

    Raises:
        Refusal: one is none.
    """
    try:
        return [str(uuid.UUID(one)) for one in names]
    except ValueError:
        raise Refusal("malformed", {}) from None
