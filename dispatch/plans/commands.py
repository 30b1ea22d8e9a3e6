"""What people, or rules, do with plans. Each names the version of the run that its actor saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dispatch.plans.plan import Plan

MOST_TEXT = 500
"""Characters of a note or a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Command:
    actor: str
    """Who wants it; never empty."""
    at_us: int
    """Now, µs since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start(_Command):
    """Start a plan in an incident."""

    run: str
    """Id of the run that it makes, new."""
    plan: Plan
    incident: str
    alert: str = ""
    """Id of the alert whose rule names the plan; empty where somebody starts it by hand."""
    text: str = ""
    """Why; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfItem(_Command):
    seen: int
    """Version of the run that the actor saw."""
    item: str
    """Id."""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Do(_OfItem):
    """An item is done; the text says what was done and may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip(_OfItem):
    """An item need not be done; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen(_OfItem):
    """An item was not done or skipped after all; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(_Command):
    """The incident was merged into another one, which takes the run over."""

    incident: str
    """Id of the other."""


Command: TypeAlias = Start | Do | Skip | Reopen | Move
