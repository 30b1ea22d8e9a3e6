"""Cases 案卷 on the wall: how many stand where, whose limit ends first, and what changed last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from dispatch.cases import Case, Light, Stage
from ioc_dashboard.arrangements import Arrangements
from ioc_dashboard.sections.naming import Name, Naming, Where

if TYPE_CHECKING:
    from storage.dispatch_picture import Picture

OPEN_STAGES: Final = tuple(one.word for one in Stage if one is not Stage.EVALUATION)
"""Those in which a case is open, in their order."""


class StageLine(msgspec.Struct, frozen=True):
    """How the open cases of one stage stand."""

    stage: str
    open: int
    amber: int
    """Their limit is nearly over (预警)."""
    red: int
    """Their limit is over (超期)."""
    paused: int
    """Suspended (挂账) before it was over."""


class DueLine(msgspec.Struct, frozen=True):
    """An open case and its limit."""

    id: int
    """Never shown; a row is known by it."""
    number: str
    """案卷号, as people call it."""
    category: Name | None
    """None: the city does not know it any more."""
    where: Where
    department: Name | None
    stage: str
    light: str
    """As `dispatch.cases.Light`: how it stands now."""
    due_ms: int
    """When the limit is or was over."""
    is_supervised: bool
    """督办."""


class News(msgspec.Struct, frozen=True):
    """A case and what happened to it last."""

    id: int
    """Never shown."""
    category: Name | None
    where: Where
    happened: str
    """As `dispatch.cases.EventKind`."""
    changed_ms: int
    stage: str
    outcome: str | None
    """As `dispatch.cases.Outcome`; None while it is open."""
    light: str | None
    """How its limit stands now; None where none runs."""


def stage_lines(picture: Picture) -> list[StageLine]:
    """Return all stages in which a case is open, also those with none."""
    known = {one.stage: one for one in picture.stages}
    return [
        StageLine(stage, one.open, one.amber, one.red, one.paused)
        if (one := known.get(stage))
        else StageLine(stage, 0, 0, 0, 0)
        for stage in OPEN_STAGES
    ]


def due_lines(
    picture: Picture, arrangements: Arrangements, naming: Naming, now_us: int
) -> list[DueLine]:
    """Return open cases with a limit: the longest over it first, then the nearest to it."""
    lines = []
    for one in picture.due:
        assert one.clock is not None  # noqa: S101 (the picture holds none without)
        assert one.clock.due_us is not None  # noqa: S101 (likewise)
        lines.append(
            DueLine(
                id=one.id,
                number=one.number,
                category=arrangements.category(one.report.category),
                where=naming.where(one.report.place, one.report.town),
                department=arrangements.department(one.department),
                stage=one.stage.word,
                light=one.clock.light(now_us).value,
                due_ms=one.clock.due_us // 1000,
                is_supervised=one.is_supervised,
            )
        )
    return lines


def news(picture: Picture, arrangements: Arrangements, naming: Naming, now_us: int) -> list[News]:
    """Return the newest changes of cases, the newest first."""
    return [
        News(
            id=one.id,
            category=arrangements.category(one.report.category),
            where=naming.where(one.report.place, one.report.town),
            happened=one.changed.value,
            changed_ms=one.changed_us // 1000,
            stage=one.stage.word,
            outcome=one.outcome and one.outcome.value,
            light=_light(one, now_us),
        )
        for one in picture.news
    ]


def _light(one: Case, now_us: int) -> str | None:
    if one.clock is None or one.outcome is not None:
        return None
    light: Light = one.clock.light(now_us)
    return light.value
