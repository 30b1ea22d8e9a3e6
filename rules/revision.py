"""From one version of the rule files to the next: what differs, and whose version was not raised.

Pure: texts in, facts out. What a rule is compared by is its data: comments, layout and the file it
stands in are nothing to judge by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules.language.mistakes import RuleError
from rules.language.yaml_lines import At, load


@dataclass(frozen=True, slots=True)
class Change:
    """One rule, or one text that holds none (a calendar), that differs between two versions."""

    id: str
    """Of the rule; for other texts their file name."""
    kind: str
    """`added`, `changed` or `removed`."""
    where: str
    """`file:line` in the newer texts; in the older ones where it was removed."""
    before: int | None
    """Version of the rule; None where it was not there, and for other texts."""
    after: int | None


@dataclass(frozen=True, slots=True)
class _Found:
    where: str
    version: int | None
    data: Any


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """Return what differs between two versions, rules first, by id.

    Raises:
        RuleError: a text is no YAML.
    """
    old, new = _read(before), _read(after)
    changes = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was and now and was.data == now.data:
            continue
        kind = "added" if was is None else "removed" if now is None else "changed"
        there = now or was
        assert there is not None  # noqa: S101 (the key is one of either's)
        changes.append(
            Change(
                key[1],
                kind,
                there.where,
                was.version if was else None,
                now.version if now else None,
            )
        )
    return changes


def not_raised(changes: Sequence[Change]) -> list[RuleError]:
    """Return a mistake for each changed rule whose version is not above what it was.

    Alerts carry the version: two meanings under one could never be told apart.
    """
    return [
        RuleError(
            one.where,
            f"version: {one.id} was changed and its version {one.after} is not above "
            f"{one.before}, which is in force; raise it to {one.before + 1}",
        )
        for one in changes
        if one.before is not None and one.after is not None and one.after <= one.before
    ]


def _read(texts: Mapping[str, str]) -> dict[tuple[bool, str], _Found]:
    """Return rules by (False, id) and other texts by (True, file name)."""
    found = {}
    for name, text in sorted(texts.items()):
        source = load(name, text)
        rules = source.data.get("rules") if isinstance(source.data, dict) else None
        if not isinstance(rules, list):
            found[True, name] = _Found(name, None, source.data)
            continue
        for index, rule in enumerate(rules):
            if isinstance(rule, dict) and isinstance(rule.get("id"), str):
                version = rule.get("version")
                found[False, rule["id"]] = _Found(
                    At(source, ("rules", index)).where(("id",)),
                    version if isinstance(version, int) else None,
                    rule,
                )
    return found
