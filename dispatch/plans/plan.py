"""A plan 预案 as the district has settled it: a list of items, each with its owner and its time."""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.city import Name


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is to be done."""

    id: str
    """Unique within its plan."""
    name: Name
    """What is to be done."""
    owner: str
    """Id of a post or role: it is always manned, a person is not."""
    owner_name: Name
    within_us: int | None
    """Must be done so long after the plan was started, µs, above 0; None where it has no limit."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done in incidents of some kind."""

    id: str
    """As rules name it with `plan`."""
    name: Name
    domains: tuple[str, ...]
    """Domains of the alerts for which people may think of it, at least one."""
    items: tuple[Item, ...]
    """In the order in which people read them; at least one."""


@dataclass(frozen=True, slots=True)
class PlanBook:
    """All plans of a city."""

    plans: dict[str, Plan] = field(default_factory=dict)
    """By id, in the order of the file."""
    matters: dict[str, Name] = field(default_factory=dict)
    """What the district's response levels are of (flood, air …), name by id."""

    def of_domain(self, domain: str) -> tuple[Plan, ...]:
        """Return the plans that are meant for alerts of a domain, in their order."""
        return tuple(one for one in self.plans.values() if domain in one.domains)
