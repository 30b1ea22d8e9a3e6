"""事件与调度: open incidents and who is sent there, cases, crews, who does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from devices import Catalogue
from ioc_dashboard.arrangements import Arrangements
from ioc_dashboard.ports import History
from ioc_dashboard.sections.dispatch_cases import DueLine, StageLine, due_lines, stage_lines
from ioc_dashboard.sections.dispatch_crews import STATES, CrewLine, Told, crew_lines, told_lines
from ioc_dashboard.sections.naming import Name, Naming, Title, Where
from ioc_dashboard.sections.section import REFRESH_S, Now

if TYPE_CHECKING:
    from dispatch.incidents import Incident
    from storage.dispatch_picture import Picture


class Sent(msgspec.Struct, frozen=True):
    """A crew at an incident."""

    name: Name | None
    state: int
    """Index in `STATES`."""


class IncidentLine(msgspec.Struct, frozen=True):
    """An open incident."""

    id: str
    """Never shown; a row is known by it."""
    priority: int | None
    """1–4, of its worst active alert; None: none is active any more."""
    title: Title
    where: Where
    active: int
    """Of its alerts, those that are active."""
    members: int
    began_ms: int
    """When its first alert was raised; when it was opened where it has none."""
    parts: int
    """Open incidents that are parts of it, as far as they are shown."""
    crews: list[Sent]


class Standing(msgspec.Struct, frozen=True):
    """Everything of one moment."""

    incidents: list[IncidentLine]
    """The most urgent first, those without an active alert last; the oldest first."""
    incidents_total: int
    stages: list[StageLine]
    due: list[DueLine]
    ran_out: int
    """Limits of cases that ran out since midnight."""
    crews: list[CrewLine]
    told: list[Told]


class Dispatch(msgspec.Struct, frozen=True):
    """The page's part."""

    read_ms: int | None
    """When the database told it last; None: it has not yet."""
    standing: Standing | None
    """None before it did."""
    states: tuple[str, ...] = STATES


class DispatchSection:
    """Implements `Section`."""

    page = "dispatch"
    every_s = 1
    refresh_s = REFRESH_S

    def __init__(self, catalogue: Catalogue, arrangements: Arrangements) -> None:
        """Take the city and what it calls things."""
        self._arrangements = arrangements
        self._naming = Naming(catalogue, arrangements)

    async def refresh(self, history: History, now_us: int) -> None:
        """Ask nothing: what is shown comes with `Now`."""

    def show(self, now: Now) -> Dispatch:
        """Return how everything stands, by the picture of the database that is the newest."""
        if now.dispatch is None:
            return Dispatch(None, None)
        picture, naming, arrangements = now.dispatch, self._naming, self._arrangements
        crews = crew_lines(picture, arrangements, naming, now.us)
        state_of = {one.id: one.state for one in crews}
        parts: dict[str, int] = {}
        for one in picture.incidents:
            parts[one.parent] = parts.get(one.parent, 0) + 1
        return Dispatch(
            now.dispatch_us // 1000,
            Standing(
                incidents=[
                    self._line(one, picture, state_of, parts.get(one.id, 0))
                    for one in picture.incidents
                ],
                incidents_total=picture.incidents_total,
                stages=stage_lines(picture),
                due=due_lines(picture, arrangements, naming, now.us),
                ran_out=picture.ran_out,
                crews=crews,
                told=told_lines(picture, naming),
            ),
        )

    def _line(
        self, one: Incident, picture: Picture, state_of: dict[str, int], parts: int
    ) -> IncidentLine:
        return IncidentLine(
            id=one.id,
            priority=one.priority and int(one.priority),
            title=self._naming.title(one, picture),
            where=self._naming.where(one.place),
            active=sum(member.active for member in one.members.values()),
            members=len(one.members),
            began_ms=one.span_us[0] // 1000,
            parts=parts,
            crews=[
                Sent(self._naming.crew(each.crew), state_of[each.crew])
                for each in picture.crews.values()
                if each.task and each.task.incident == one.id
            ],
        )
