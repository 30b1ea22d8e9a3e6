"""What a district has settled for its cases: categories with their limits, departments, hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from devices.working_hours import WorkingHours
from dispatch.cases.clock import ClockName
from dispatch.cases.limits import Limit
from dispatch.cases.numbers import Numbering

Name: TypeAlias = tuple[str, str]
"""Chinese and English."""


@dataclass(frozen=True, slots=True)
class Department:
    """Who handles (责任单位)."""

    id: str
    name: Name


@dataclass(frozen=True, slots=True)
class Category:
    """What cases are about (案卷类别)."""

    id: str
    name: Name
    is_component: bool
    """部件, a thing that stands somewhere; else 事件, something that happens."""
    department: str
    """Id of the department that is responsible for it."""
    limits: Mapping[ClockName, Limit]
    """What has none runs without a clock; handling has one always."""
    rework: Limit
    """Of handling, once a case was sent back (返工)."""
    amber_share: float
    """Of each limit, above 0 and at most 1: from then on it is amber."""


@dataclass(frozen=True, slots=True)
class Sameness:
    """When two reports are likely of the same thing."""

    within_m: float
    """So far apart at most, metres."""
    within_us: int
    """So long after each other at most, µs."""


@dataclass(frozen=True, slots=True)
class CasePolicy:
    """All of it, for one district."""

    departments: Mapping[str, Department]
    """By id."""
    categories: Mapping[str, Category]
    """By id."""
    hours: WorkingHours
    numbering: Numbering
    sameness: Sameness
