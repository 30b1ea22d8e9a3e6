"""`duty.yaml`: who is on duty when, as people write it, and what is wrong with it, line by line.

posts:
  dispatcher: {zh: 调度员, en: Dispatcher}
shifts:                                   # together they fill the day
  - {id: day, name: {zh: 白班, en: Day shift}, from: "08:00", to: "20:00"}
  - {id: night, name: {zh: 夜班, en: Night shift}, from: "20:00", to: "08:00"}
people:
  chen-yihe: {zh: 陈一禾, en: Chen Yihe}
  lin-er: {zh: 林二, en: Lin Er}
teams:
  - {id: a, name: {zh: 一值, en: Team 1}, leader: chen-yihe, posts: {dispatcher: [lin-er]}}
rotation:
  begins: "2026-01-01"
  cycle: [{day: a, night: a}]             # day by day, and then again
swaps:
  - {day: "2026-10-01", shift: night, team: a}
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, Field, ValidationError

from dispatch.handover.roster import DutyRoster, Person, ShiftTime, Team
from rules.language.explain import explain_fields
from rules.language.fields import Id, Message, Model, TimeOfDay
from rules.language.mistakes import nearest
from rules.language.yaml_lines import At, Path, load

FILE: Final = "duty.yaml"
"""In a city's folder."""

_DAY_S: Final = 86_400


def _day(value: str) -> str:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is no day; write it in quotes, e.g. '2026-10-01'") from None
    return value


DayText = Annotated[str, AfterValidator(_day)]


class _ShiftField(Model):
    id: Id
    name: Message
    begin: Annotated[TimeOfDay, Field(alias="from")]
    end: Annotated[TimeOfDay, Field(alias="to")]


class _TeamField(Model):
    id: Id
    name: Message
    leader: Id
    posts: dict[Id, Annotated[list[Id], Field(min_length=1)]]


class _Rotation(Model):
    begins: DayText
    cycle: Annotated[list[dict[Id, Id]], Field(min_length=1)]


class _Swap(Model):
    day: DayText
    shift: Id
    team: Id


class DutyFile(Model):
    """The whole file."""

    posts: dict[Id, Message]
    """What people on duty do, but for leading."""
    shifts: Annotated[list[_ShiftField], Field(min_length=1)]
    people: dict[Id, Message]
    teams: Annotated[list[_TeamField], Field(min_length=1)]
    rotation: _Rotation
    swaps: list[_Swap] = Field(default=[])


def read(text: str, name: str = FILE) -> DutyRoster:
    """Return what the file says.

    Args:
        text: YAML.
        name: of the file, for mistakes.

    Raises:
        rules.language.RuleError: the first mistake: file, line, field, and what would be right.
    """
    source = load(name, text)
    try:
        file = DutyFile.model_validate(source.data)
    except ValidationError as error:
        raise explain_fields(source, error.errors(include_url=False), DutyFile) from error
    at = At(source)
    shifts = _shifts(file, at)
    teams = _teams(file, at)
    ids = [one.id for one in shifts]
    for number, turns in enumerate(file.rotation.cycle):
        where: Path = ("rotation", "cycle", number)
        for shift, team in turns.items():
            _known(at, (*where, shift), shift, ids)
            _known(at, (*where, shift), team, teams)
        if missing := [one for one in ids if one not in turns]:
            raise at.error(
                where, f"day {number + 1} has no team for {', '.join(missing)}; name one for each"
            )
    return DutyRoster(
        shifts,
        {key: (one.zh, one.en) for key, one in file.posts.items()},
        {key: Person(key, (one.zh, one.en)) for key, one in file.people.items()},
        teams,
        date.fromisoformat(file.rotation.begins),
        tuple(dict(one) for one in file.rotation.cycle),
        _swaps(file, at, ids, teams),
    )


def _shifts(file: DutyFile, at: At) -> tuple[ShiftTime, ...]:
    """Return the shifts by begin; they must fill the day."""
    seen: set[str] = set()
    for number, one in enumerate(file.shifts):
        if one.id in seen:
            raise at.error(("shifts", number, "id"), f"{one.id} occurs twice; ids are unique")
        seen.add(one.id)
    ordered = sorted(enumerate(file.shifts), key=lambda pair: pair[1].begin)
    for place, (number, one) in enumerate(ordered):
        _, after = ordered[(place + 1) % len(ordered)]
        if one.end % _DAY_S != after.begin:
            raise at.error(
                ("shifts", number, "to"),
                f"{one.id} ends at {_clock(one.end)}, {after.id} begins at {_clock(after.begin)}; "
                "each shift begins where the one before it ends",
            )
    length_s = sum((one.end - one.begin) % _DAY_S or _DAY_S for one in file.shifts)
    if length_s != _DAY_S:
        raise at.error(
            ("shifts",), f"all shifts together have {length_s / 3600:g} h; they must fill 24 h"
        )
    return tuple(
        ShiftTime(one.id, (one.name.zh, one.name.en), one.begin, one.end) for _, one in ordered
    )


def _teams(file: DutyFile, at: At) -> dict[str, Team]:
    teams: dict[str, Team] = {}
    for number, one in enumerate(file.teams):
        here = at.within("teams", number)
        if one.id in teams:
            raise here.error(("id",), f"{one.id} occurs twice; ids are unique")
        _known(here, ("leader",), one.leader, file.people)
        busy = {one.leader: "leads"}
        for post, people in one.posts.items():
            _known(here, ("posts", post), post, file.posts)
            for index, person in enumerate(people):
                where: Path = ("posts", post, index)
                _known(here, where, person, file.people)
                if person in busy:
                    raise here.error(
                        where, f"{person} {busy[person]} already; one person has one post"
                    )
                busy[person] = f"is {post}"
        teams[one.id] = Team(
            one.id, (one.name.zh, one.name.en), one.leader,
            {post: tuple(people) for post, people in one.posts.items()},
        )  # fmt: skip
    return teams


def _swaps(
    file: DutyFile, at: At, shifts: Iterable[str], teams: Iterable[str]
) -> dict[tuple[date, str], str]:
    swaps: dict[tuple[date, str], str] = {}
    for number, one in enumerate(file.swaps):
        here = at.within("swaps", number)
        _known(here, ("shift",), one.shift, shifts)
        _known(here, ("team",), one.team, teams)
        key = (date.fromisoformat(one.day), one.shift)
        if key in swaps:
            raise here.error(("day",), f"{one.shift} of {one.day} is swapped twice; keep one")
        swaps[key] = one.team
    return swaps


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}"


def _known(at: At, field: Path, word: str, known: Iterable[str]) -> None:
    words = list(known)
    if word not in words:
        raise at.error(field, f"{word!r}{nearest(word, words)}")
