"""`plans.yaml`: a city's plans as people write them, and what is wrong with them, line by line.

matters:
  flood: {zh: 防汛, en: Flood}
owners:
  duty-leader: {zh: 值班长, en: Duty leader}
plans:
  - id: underpass-closure
    name: {zh: 下穿立交积水封闭, en: Closing an underpass}
    domains: [water, camera]
    items:
      - {id: close, owner: duty-leader, within: 5min, zh: 通知交警封闭, en: Have it closed}
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, ValidationError

from devices import DOMAINS
from dispatch.plans.plan import Item, Plan, PlanBook
from rules.language.explain import explain_fields
from rules.language.fields import Id, Message, Model, SomeTime, Text
from rules.language.mistakes import nearest
from rules.language.yaml_lines import At, load

FILE: Final = "plans.yaml"
"""In a city's folder."""


class _ItemField(Model):
    id: Id
    zh: Text
    en: Text
    owner: Id
    within: SomeTime | None = None


class _PlanField(Model):
    id: Id
    name: Message
    domains: Annotated[list[Id], Field(min_length=1)]
    items: Annotated[list[_ItemField], Field(min_length=1)]


class PlanFile(Model):
    """The whole file."""

    matters: dict[Id, Message] = Field(default={})
    """What the district's response levels are of."""
    owners: dict[Id, Message]
    """Posts and roles that have something to do."""
    plans: list[_PlanField]


def read(text: str, name: str = FILE) -> PlanBook:
    """Return what the file says.

    Args:
        text: YAML, as above.
        name: of the file, for mistakes.

    Raises:
        rules.language.RuleError: the first mistake: file, line, field, and what would be right.
    """
    source = load(name, text)
    try:
        file = PlanFile.model_validate(source.data)
    except ValidationError as error:
        raise explain_fields(source, error.errors(include_url=False), PlanFile) from error
    at = At(source).within("plans")
    plans: dict[str, Plan] = {}
    for number, one in enumerate(file.plans):
        here = at.within(number)
        if one.id in plans:
            raise here.error(("id",), f"{one.id} occurs twice; ids are unique")
        for index, domain in enumerate(one.domains):
            if domain not in DOMAINS:
                raise here.error(("domains", index), f"{domain!r}{nearest(domain, DOMAINS)}")
        plans[one.id] = Plan(
            one.id,
            (one.name.zh, one.name.en),
            tuple(dict.fromkeys(one.domains)),
            _items(one, here, file),
        )
    return PlanBook(plans, {key: (each.zh, each.en) for key, each in file.matters.items()})


def _items(plan: _PlanField, here: At, file: PlanFile) -> tuple[Item, ...]:
    items: dict[str, Item] = {}
    for number, one in enumerate(plan.items):
        there = here.within("items", number)
        if one.id in items:
            raise there.error(("id",), f"{one.id} occurs twice in {plan.id}; ids are unique")
        if one.owner not in file.owners:
            raise there.error(("owner",), f"{one.owner!r}{nearest(one.owner, list(file.owners))}")
        owner = file.owners[one.owner]
        items[one.id] = Item(
            one.id, (one.zh, one.en), one.owner, (owner.zh, owner.en),
            None if one.within is None else round(one.within * 1e6),
        )  # fmt: skip
    return tuple(items.values())
