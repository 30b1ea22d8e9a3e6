"""`crews.yaml`: a city's crews as people write them, and what is wrong with them, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Annotated, Final

from pydantic import Field, ValidationError

from devices import DOMAINS, Catalogue
from devices.crew import Crew, Roster, Shift, Step
from rules.language.explain import explain_fields
from rules.language.fields import Id, Message, Model, ScheduleField, SomeTime
from rules.language.mistakes import RuleError, nearest
from rules.language.yaml_lines import At, Path, load

FILE: Final = "crews.yaml"


class _StepField(Model):
    to: Id
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]
    after: SomeTime


class _CrewField(Model):
    id: Id
    name: Message
    department: Id
    home: Id
    towns: list[Id] = Field(default=[])
    skills: Annotated[list[Id], Field(min_length=1)]
    shifts: Annotated[list[ScheduleField], Field(min_length=1)]
    chain: Id


class CrewFile(Model):
    """The whole file."""

    skills: dict[Id, Message]
    """What crews can do."""
    needs: dict[str, Id] = Field(default={})
    """Skill by domain, for alerts whose rule names none."""
    departments: dict[Id, Message]
    chains: dict[Id, Annotated[list[_StepField], Field(min_length=1)]]
    """Who is told, one after the other, while a crew does not accept."""
    crews: list[_CrewField]


def read(text: str, catalogue: Catalogue, name: str = FILE) -> Roster:
    """Return what the file says.

    Args:
        text: YAML.
        catalogue: knows places and towns, and which terminals a crew has.
        name: of the file, for mistakes.

    Raises:
        rules.language.RuleError: the first mistake: file, line, field, and what would be right.
    """
    source = load(name, text)
    try:
        file = CrewFile.model_validate(source.data)
    except ValidationError as error:
        raise explain_fields(source, error.errors(include_url=False), CrewFile) from error
    at = At(source)
    for domain, skill in file.needs.items():
        _known(at, ("needs", domain), domain, DOMAINS)
        _known(at, ("needs", domain), skill, file.skills)
    chains = {key: _chain(key, steps, at) for key, steps in file.chains.items()}
    crews: dict[str, Crew] = {}
    for number, one in enumerate(file.crews):
        here = at.within("crews", number)
        if one.id in crews:
            raise here.error(("id",), f"{one.id} occurs twice; ids are unique")
        _known(here, ("department",), one.department, file.departments)
        _known(here, ("home",), one.home, catalogue.places)
        _known(here, ("chain",), one.chain, chains)
        for index, town in enumerate(one.towns):
            _known(here, ("towns", index), town, catalogue.towns)
        for index, skill in enumerate(one.skills):
            _known(here, ("skills", index), skill, file.skills)
        crews[one.id] = Crew(
            id=one.id,
            name=(one.name.zh, one.name.en),
            department=one.department,
            home=one.home,
            towns=tuple(dict.fromkeys(one.towns)),
            skills=tuple(dict.fromkeys(one.skills)),
            shifts=tuple(Shift(tuple(s.days), s.begin, s.end) for s in one.shifts),
            chain=chains[one.chain],
        )
    for terminal in catalogue.terminals.values():
        if terminal.crew not in crews:
            raise RuleError(
                "terminals.csv",
                f"crew: {terminal.id} belongs to {terminal.crew!r}"
                f"{nearest(terminal.crew, list(crews))}",
            )
    return Roster(
        crews,
        {key: (one.zh, one.en) for key, one in file.skills.items()},
        {key: (one.zh, one.en) for key, one in file.departments.items()},
        dict(file.needs),
    )


def _chain(key: str, steps: Sequence[_StepField], at: At) -> tuple[Step, ...]:
    for number, (before, after) in enumerate(pairwise(steps), start=1):
        if after.after <= before.after:
            raise at.error(
                ("chains", key, number, "after"),
                f"{after.after:g} s is not after {before.after:g} s of {before.to}; "
                "each step counts from the assignment and comes later than the one before it",
            )
    return tuple(Step(one.to, (one.zh, one.en), round(one.after * 1e6)) for one in steps)


def _known(at: At, field: Path, word: str, known: Iterable[str]) -> None:
    words = list(known)
    if word not in words:
        raise at.error(field, f"{word!r}{nearest(word, words)}")
