"""What stands beside an alert or an incident: to decide by, read when somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from devices import PROPERTIES, Catalogue
from dispatch import order
from dispatch.crews import words as crew_words
from dispatch.crews.advice import Advice, Reason
from dispatch.incidents import Incident, Member
from dispatch.incidents import words as incident_words
from dispatch.incidents.machine import EventKind
from ioc_dashboard.admission import Admitted
from ioc_dashboard.console.acting import Acting
from ioc_dashboard.console.lines import AlertLine, CrewAt, IncidentLine, Pair, Writer
from ioc_dashboard.console.neighbours import Neighbour, Surroundings
from ioc_dashboard.latest_answer import Connection
from storage import alert_context, crews, incidents, queries
from storage.alert_context import Picture, Record

PICTURE_US: Final = 24 * 3600 * 1_000_000
"""An older picture says nothing of what an alert is about."""


class NeighbourTold(msgspec.Struct, frozen=True):
    """A datastream near the alert's; its values come over the socket."""

    slot: int
    device: Pair
    observed: Pair
    symbol: str
    decimals: int
    km: float


class Context(msgspec.Struct, frozen=True):
    """An alert, and all that stands beside it."""

    alert: AlertLine
    rights: Mapping[str, bool]
    record: Record
    neighbours: list[NeighbourTold]
    picture: Picture | None
    incident: IncidentLine | None


class Happened(msgspec.Struct, frozen=True):
    """What happened to an incident."""

    time_ms: int
    told: Pair
    actor: str
    reason: str
    alerts: int


class Choice(msgspec.Struct, frozen=True):
    """A crew, with what speaks for or against it."""

    crew: str
    name: Pair
    version: int
    eta_s: int | None
    """None for one that should not be sent."""
    reasons: list[Pair]


class Advised(msgspec.Struct, frozen=True):
    """Who should go."""

    at_ms: int
    choices: list[Choice]
    rejections: list[Choice]
    sent: list[CrewAt]
    """Who is on the way or there."""
    is_placed: bool
    """Whether it is known where to."""


class IncidentTold(msgspec.Struct, frozen=True):
    """An incident with its alerts."""

    incident: IncidentLine
    members: list[AlertLine]
    """In the order of the queue, cleared ones last."""
    happened: list[Happened]
    """The newest first."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads it."""

    catalogue: Catalogue
    surroundings: Surroundings
    writer: Writer
    acting: Acting
    now_us: Callable[[], int]

    async def alert(self, connection: Connection, who: Admitted, alert: str) -> Context | None:
        """Return an alert with what stands beside it; None where there is none of that id."""
        rows = await queries.alerts_by_id(connection, [alert])
        if not rows or rows[0].datastream >= len(self.catalogue.datastreams):
            return None
        row, now_us = rows[0], self.now_us()
        found = await self._incident_of(connection, alert)
        return Context(
            alert=self.writer.alert(row, now_us, found),
            rights=self.acting.rights(who, row.datastream, row.domain),
            record=await alert_context.record(connection, row.rule, row.subject, row.id),
            neighbours=[self._neighbour(one) for one in self.surroundings.of(row.datastream)],
            picture=await alert_context.picture(
                connection, self.surroundings.cameras(row.datastream), now_us - PICTURE_US
            ),
            incident=await self._line(connection, found) if found else None,
        )

    async def incident(self, connection: Connection, incident: str) -> IncidentTold | None:
        """Return an incident with its alerts; None where there is none of that id."""
        found = (await incidents.by_id(connection, [incident])).get(incident)
        if found is None:
            return None
        rows = order(await queries.alerts_by_id(connection, list(found.members)))
        now_us = self.now_us()
        return IncidentTold(
            await self._line(connection, found),
            [
                self.writer.alert(row, now_us, found)
                for row in rows
                if row.datastream < len(self.catalogue.datastreams)
            ],
            [
                Happened(
                    one.at_us // 1000, incident_words.EVENTS[EventKind(one.kind)], one.actor,
                    one.reason, len(one.came) + len(one.went),
                )
                for one in reversed(await incidents.history(connection, incident))
            ],
        )  # fmt: skip

    async def advice(self, connection: Connection, alert: str, incident: str) -> Advised | None:
        """Return who should go to an incident, or where an alert is; None where there is none."""
        advisor = self.acting.advisor
        found = await self._asked(connection, alert, incident)
        if found is None:
            return None
        now_us = self.now_us()
        given = await advisor.advise(connection, found, now_us)
        standing = await advisor.standing(connection, now_us)
        sent = [
            self.writer.crew(one)
            for one in standing.values()
            if found.id and one.task and one.task.incident == found.id and not one.status.is_free
        ]
        choices, rejections = self._choices(given) if given else ([], [])
        return Advised(now_us // 1000, choices, rejections, sent, given is not None)

    async def _asked(self, connection: Connection, alert: str, incident: str) -> Incident | None:
        """Return the incident, the alert's, or one made of the alert alone that is not stored."""
        if incident:
            return (await incidents.by_id(connection, [incident])).get(incident)
        if found := await self._incident_of(connection, alert):
            return found
        members: list[Member] = await incidents.members(
            connection, [alert], lambda slot: self.catalogue.place_of(slot).id
        )
        if not members:
            return None
        return Incident("", place=members[0].place, members={alert: members[0]})

    async def _incident_of(self, connection: Connection, alert: str) -> Incident | None:
        having = await incidents.having(connection, [alert])
        if alert not in having:
            return None
        return (await incidents.by_id(connection, [having[alert]])).get(having[alert])

    async def _line(self, connection: Connection, found: Incident) -> IncidentLine:
        rows = await queries.alerts_by_id(connection, list(found.members))
        advisor = self.acting.advisor
        standing = await crews.states(connection, advisor.roster.crews)
        at = [
            one
            for one in standing.values()
            if one.task and one.task.incident == found.id and not one.status.is_free
        ]
        return self.writer.incident(found, rows, at, is_expanded=True)

    def _neighbour(self, one: Neighbour) -> NeighbourTold:
        stream = self.catalogue.datastreams[one.slot]
        about = PROPERTIES[stream.observed_property]
        return NeighbourTold(
            one.slot, self.catalogue.devices[stream.device].name, (about.zh, about.en),
            about.symbol, about.decimals, one.km,
        )  # fmt: skip

    def _choices(self, given: Advice) -> tuple[list[Choice], list[Choice]]:
        known = self.acting.advisor.roster.crews

        def told(reasons: tuple[Reason, ...]) -> list[Pair]:
            return [self._said(one) for one in reasons]

        return (
            [
                Choice(one.crew, known[one.crew].name, one.version, one.eta_s, told(one.reasons))
                for one in given.choices
            ],
            [
                Choice(one.crew, known[one.crew].name, 0, None, told(one.reasons))
                for one in given.rejections
            ],
        )

    def _said(self, one: Reason) -> Pair:
        """Return a reason in words, with skills by their names."""
        skills = self.acting.advisor.roster.skills
        pairs = []
        for at in (0, 1):
            facts = dict(one.facts)
            for key in ("skill", "has"):
                if key in facts:
                    ids = str(facts[key]).split()
                    facts[key] = ("、", ", ")[at].join(
                        skills[i][at] if i in skills else i for i in ids
                    )
            pairs.append(crew_words.reason(Reason(one.code, facts))[at])
        return pairs[0], pairs[1]
