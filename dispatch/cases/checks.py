"""What can be wrong with a command or a report before anybody looks at the case's clock."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from typing import Final

from dispatch.cases.case import Case, Report, Role, Who
from dispatch.cases.commands import FIELDS, Command
from dispatch.cases.limits import Unit
from dispatch.cases.policy import CasePolicy
from dispatch.cases.refusals import Fact, Refusal, RefusalCode
from dispatch.cases.steps import MARKS, MOST_TEXT, Step

MOST_DESCRIPTION: Final = 2000
"""Characters of what a report says."""

MOST_NAME: Final = 100
"""Characters of a name or an id."""

_REPORT_TEXTS: Final = {
    "description": MOST_DESCRIPTION, "category": MOST_NAME, "place": MOST_NAME, "town": MOST_NAME,
    "component": MOST_NAME, "alert": MOST_NAME,
}  # fmt: skip


def unfit_who(who: Who, policy: CasePolicy) -> Refusal | None:
    """Return what is wrong with somebody, whatever they want."""
    if not who.name.strip():
        return Refusal(RefusalCode.MISSING, "who")
    if refused := _too_long("who", who.name, MOST_NAME):
        return refused
    if who.role is Role.HANDLING:
        if not who.department:
            return Refusal(RefusalCode.MISSING, "who.department")
        if who.department not in policy.departments:
            return unknown("who.department", who.department, policy.departments)
    return None


def unfit_report(report: Report, policy: CasePolicy) -> Refusal | None:
    """Return what is wrong with a report."""
    if not report.description.strip():
        return Refusal(RefusalCode.MISSING, "description")
    for field, most in _REPORT_TEXTS.items():
        if refused := _too_long(field, getattr(report, field), most):
            return refused
    if report.category not in policy.categories:
        return unknown("category", report.category, policy.categories)
    if (report.lon is None) != (report.lat is None):
        return Refusal(RefusalCode.MISSING, "lon" if report.lon is None else "lat")
    for field, value, most in (("lon", report.lon, 180), ("lat", report.lat, 90)):
        if value is not None and not -most <= value <= most:
            return _out_of_range(field, value, -most, most)
    return None


def unfit_department(case: Case, who: Who) -> Refusal | None:
    """Return why a case is not this department's."""
    if who.role is Role.HANDLING and who.department != case.department:
        facts: dict[str, Fact] = {"department": who.department, "right": case.department}
        return Refusal(RefusalCode.OTHER_DEPARTMENT, "who.department", facts)
    return None


def unfit_fields(case: Case, command: Command, step: Step, policy: CasePolicy) -> Refusal | None:
    """Return what is wrong with the fields of a command."""
    for field in FIELDS:
        if command.gives(field) and field not in step.needs | step.may:
            return Refusal(RefusalCode.UNUSED, field, {"right": sorted(step.needs | step.may)})
        if not command.gives(field) and field in step.needs:
            return Refusal(RefusalCode.MISSING, field)
    if refused := _too_long("text", command.text, MOST_TEXT):
        return refused
    if command.department and command.department not in policy.departments:
        return unknown("department", command.department, policy.departments)
    least, most = MARKS
    if command.mark is not None and not least <= command.mark <= most:
        return _out_of_range("mark", command.mark, least, most)
    if command.limit is not None:
        is_working = case.clock is not None and case.clock.is_working
        if command.limit.unit.is_working != is_working:
            right = [unit for unit in Unit if unit.is_working == is_working]
            facts: dict[str, Fact] = {"unit": command.limit.unit, "right": right}
            return Refusal(RefusalCode.OTHER_TIME, "limit", facts)
    return None


def wrong_role(who: Who, right: Iterable[Role]) -> Refusal:
    """Say that somebody's role does not do this, and whose does."""
    return Refusal(RefusalCode.WRONG_ROLE, "who.role", {"role": who.role, "right": sorted(right)})


def unknown(field: str, word: str, valid: Collection[str]) -> Refusal:
    """Say that a word is not known, and which is near."""
    near = difflib.get_close_matches(word, valid, n=1, cutoff=0.3)
    facts: dict[str, Fact] = {
        "word": word[:MOST_NAME], "near": near[0] if near else None, "right": sorted(valid),
    }  # fmt: skip
    return Refusal(RefusalCode.UNKNOWN_WORD, field, facts)


def _too_long(field: str, text: str, most: int) -> Refusal | None:
    if len(text) <= most:
        return None
    return Refusal(RefusalCode.TOO_LONG, field, {"length": len(text), "most": most})


def _out_of_range(field: str, value: float, least: float, most: float) -> Refusal:
    facts: dict[str, Fact] = {"value": value, "least": least, "most": most}
    return Refusal(RefusalCode.OUT_OF_RANGE, field, facts)
