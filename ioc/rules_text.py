"""How rules read: for a person at a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import yaml

from ioc.devices_text import table
from rules.alerts import LEVELS
from rules.language.yaml_lines import load
from rules.revision import Change
from rules.ruleset import CompiledRule, RuleSet

_SUBJECTS_SHOWN = 40
"""Subjects of one rule told one by one; JSON has all."""

_MARKS = {"added": "+", "changed": "~", "removed": "-"}


def rules_facts(rule_set: RuleSet) -> list[dict[str, Any]]:
    """Return rules as JSON; a fold is a line of its own."""
    return [
        {
            "id": one.id,
            "version": one.version,
            "domain": one.domain,
            "kind": one.kind,
            "subjects": one.n,
            "levels": _levels(one),
            "unit": one.value_unit,
            "falling": one.falling,
            "plan": one.plan or None,
            "skill": one.skill or None,
        }
        for one in rule_set.rules
    ]


def rules(facts: Sequence[Mapping[str, Any]]) -> str:
    """Return the same for a person."""
    head = ("id", "version", "domain", "kind", "subjects", "levels")
    rows = [
        (
            one["id"], str(one["version"]), one["domain"], one["kind"], str(one["subjects"]),
            _levels_text(one),
        )
        for one in facts
    ]  # fmt: skip
    return table(head, rows)


def rule_facts(rule_set: RuleSet, id_: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return a rule as it is written, and its subjects with their limits."""
    subjects = []
    for one in rule_set.rules:
        if one.id == id_:
            for at in range(one.n):
                limits = one.on[one.limits[at]].tolist()
                subjects.append(
                    {
                        "subject": one.subject(at, rule_set.catalogue),
                        "kind": one.kind,
                        "limits": {
                            level.word: limit
                            for level, limit in zip(LEVELS, limits, strict=True)
                            if limit == limit
                        },
                    }
                )
    found = next(one for one in rules_facts(rule_set) if one["id"] == id_)
    return {**found, "written": _written(id_, texts), "watches": subjects}


def rule(facts: Mapping[str, Any]) -> str:
    """Return the same for a person."""
    watches = facts["watches"]
    rows = [
        (
            one["subject"], one["kind"],
            " ".join(f"{level} {limit:g}" for level, limit in one["limits"].items()),
        )
        for one in watches[:_SUBJECTS_SHOWN]
    ]  # fmt: skip
    told = [facts["written"].rstrip(), "", table(("subject", "kind", "limits"), rows)]
    if more := len(watches) - len(rows):
        told.append(f"and {more} more")
    return "\n".join(told)


def changes_facts(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return what differs as JSON."""
    return [
        {
            "id": one.id, "kind": one.kind, "where": one.where, "before": one.before,
            "after": one.after,
        }
        for one in changes
    ]  # fmt: skip


def changes(found: Sequence[Change]) -> str:
    """Return what differs for a person.

    >>> print(changes([Change("level", "changed", "a.yaml:3", 1, 2)]))
    ~ level: version 1 → 2
    """
    told = []
    for one in found:
        versions = [str(number) for number in (one.before, one.after) if number is not None]
        version = f": version {' → '.join(versions)}" if versions else ""
        told.append(f"{_MARKS[one.kind]} {one.id}{version}")
    return "\n".join(told) or "no rule differs"


def _levels(one: CompiledRule) -> dict[str, dict[str, Any]]:
    """Return the levels that some subject has, with the smallest and the largest limit."""
    found = {}
    for level, limits, name in zip(LEVELS, one.on.T, one.limit_names, strict=True):
        known = limits[~np.isnan(limits)]
        if known.size:
            found[level.word] = {"least": known.min(), "most": known.max(), "from": name}
    return found


def _levels_text(facts: Mapping[str, Any]) -> str:
    if facts["kind"] == "boolean":
        return ", ".join(facts["levels"])  # their limits are conditions
    sign = "≤" if facts["falling"] else "≥"
    told = []
    for level, one in facts["levels"].items():
        limits = f"{one['least']:g}"
        if one["most"] != one["least"]:
            limits += f"…{one['most']:g}"
        unit = f" {facts['unit']}" if facts["unit"] else ""
        source = "" if one["from"] in ("", "rule") else f" ({one['from']})"
        told.append(f"{level} {sign} {limits}{unit}{source}")
    return ", ".join(told)


def _written(id_: str, texts: Mapping[str, str]) -> str:
    """Return a rule as YAML, from its data: layout and comments stand in the files."""
    for name, text in texts.items():
        data = load(name, text).data
        for one in (data.get("rules") or ()) if isinstance(data, dict) else ():
            if one["id"] == id_:
                return yaml.safe_dump(one, allow_unicode=True, sort_keys=False)
    return ""
