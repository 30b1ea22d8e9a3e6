"""Where the worker asks whether the city has changed; `ioc` hands one in."""

from __future__ import annotations

from typing import Protocol

from rules.ruleset import RuleSet


class RuleSource(Protocol):
    """Knows the rules in force, compiled for the catalogue in force. For one caller at a time."""

    async def newer(self, rule_set: RuleSet) -> RuleSet | None:
        """Return the rules for the catalogue in force, or None if these are for it.

        Raises:
            devices.SourceError: it cannot be asked now.
        """
        ...
