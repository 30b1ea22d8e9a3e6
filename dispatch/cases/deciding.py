"""Commands become case events, with the clock given; or a refusal, and nothing is done."""

from __future__ import annotations

from collections.abc import Mapping

from dispatch.cases import clock as clocks
from dispatch.cases.case import Case, CaseEvent, EventKind, Outcome, Report, Role, Stage, Who
from dispatch.cases.checks import (
    unfit_department,
    unfit_fields,
    unfit_report,
    unfit_who,
    unknown,
    wrong_role,
)
from dispatch.cases.clock import Clock, ClockName
from dispatch.cases.commands import Command
from dispatch.cases.limits import Limit
from dispatch.cases.policy import CasePolicy, Category
from dispatch.cases.refusals import Fact, Refusal, RefusalCode
from dispatch.cases.steps import STEPS, ClockChange, CommandKind, Step


def collect(
    case: int, number: str, report: Report, at_us: int, who: Who, policy: CasePolicy
) -> tuple[CaseEvent, ...] | Refusal:
    """Return what a report begins: a new case, or a refusal.

    Args:
        case: id that no other case has.
        number: 案卷号.
        report: what somebody saw.
        at_us: now, µs since 1970.
        who: who reports.
        policy: the district's.
    """
    if refused := unfit_who(who, policy):
        return refused
    if who.role is not Role.SUPERVISION:
        return wrong_role(who, [Role.SUPERVISION])
    if refused := unfit_report(report, policy):
        return refused
    category = policy.categories[report.category]
    return (
        CaseEvent(
            case, 1, EventKind.COLLECTED, at_us, who, Stage.COLLECTION,
            clock=_started(ClockName.FILING, category.limits, category, at_us, policy),
            number=number, report=report, department=category.department,
        ),
    )  # fmt: skip


def decide(
    case: Case, command: Command, at_us: int, who: Who, policy: CasePolicy
) -> tuple[CaseEvent, ...] | Refusal:
    """Return what a command does to a case: its events, at present always one, or a refusal.

    The same arguments give the same answer; nothing is changed.

    Args:
        case: as it stands now.
        command: what is wanted, with the version its author saw.
        at_us: now, µs since 1970. A clock that was put back counts as standing still: no event is
            before the one it follows.
        who: who wants it.
        policy: the district's, as it is now. Limits that run already stay as they were.
    """
    at_us = max(at_us, case.changed_us)
    if refused := unfit_who(who, policy):
        return refused
    if command.version != case.version:
        return _stale(case, command)
    step = _step(case, command.kind, who)
    if isinstance(step, Refusal):
        return step
    if refused := unfit_department(case, who) or unfit_fields(case, command, step, policy):
        return refused
    category = policy.categories.get(case.report.category)
    if category is None and step.starts is not None:
        return unknown("category", case.report.category, policy.categories)
    late, running = _clock(case, step, category, at_us, policy)
    department, limit = "", command.limit
    if command.kind is CommandKind.DISPATCH and category is not None:
        department = command.department or category.department
    if command.kind is CommandKind.GRANT_EXTENSION:
        limit = case.extension
    return (
        CaseEvent(
            case.id, case.version + 1, step.event, at_us, who,
            case.stage if step.to is None else step.to, command.text.strip(),
            case.outcome if step.outcome is None else step.outcome, running, late,
            department=department, limit=limit, mark=command.mark,
        ),
    )  # fmt: skip


def possible(case: Case, who: Who) -> tuple[CommandKind, ...]:
    """Return the commands that somebody could give to a case as it stands, their fields aside."""
    if unfit_department(case, who):
        return ()
    return tuple(kind for kind in CommandKind if isinstance(_step(case, kind, who), Step))


def _stale(case: Case, command: Command) -> Refusal:
    """Say who was first."""
    facts: dict[str, Fact] = {
        "seen": command.version, "version": case.version, "by": case.changed_by.name,
        "role": case.changed_by.role, "done": case.changed, "at_us": case.changed_us,
    }  # fmt: skip
    return Refusal(RefusalCode.STALE_VERSION, "version", facts)


def _step(case: Case, kind: CommandKind, who: Who) -> Step | Refusal:
    """Return the way in which a command is given to this case by this role."""
    ways = STEPS[kind]
    mine = [one for one in ways if who.role in one.by]
    if not mine:
        return wrong_role(who, {role for one in ways for role in one.by})
    if kind is CommandKind.EVALUATE:
        if case.outcome is not Outcome.CLOSED:
            return Refusal(RefusalCode.NOT_CLOSED, facts={"outcome": case.outcome})
    elif case.outcome is not None:
        return Refusal(RefusalCode.ENDED, facts={"outcome": case.outcome, "at_us": case.ended_us})
    step = next((one for one in mine if case.stage in one.at), None)
    if step is None:
        right = [one.word for one in sorted({stage for one in mine for stage in one.at})]
        return Refusal(RefusalCode.WRONG_STAGE, facts={"stage": case.stage.word, "right": right})
    if case.is_suspended and not step.while_suspended:
        able = [one for one in STEPS if any(way.while_suspended for way in STEPS[one])]
        return Refusal(RefusalCode.SUSPENDED, facts={"right": able})
    if kind is CommandKind.RESUME and not case.is_suspended:
        return Refusal(RefusalCode.NOT_SUSPENDED)
    if kind is CommandKind.ASK_EXTENSION and case.extension is not None:
        return Refusal(RefusalCode.EXTENSION_ASKED, facts={"limit": case.extension.zh})
    answers = kind in (CommandKind.GRANT_EXTENSION, CommandKind.DENY_EXTENSION)
    if answers and case.extension is None:
        return Refusal(RefusalCode.NO_EXTENSION_ASKED)
    return step


def _clock(
    case: Case, step: Step, category: Category | None, at_us: int, policy: CasePolicy
) -> tuple[ClockName | None, Clock | None]:
    """Return which clock ends too late, and what runs after a step."""
    now, hours = case.clock, policy.hours
    match step.clock:
        case ClockChange.END:
            late = now.name if now is not None and now.is_late(at_us) else None
            if step.starts is None or category is None:
                return late, None
            limits = category.limits
            if step.event is EventKind.SENT_BACK:
                limits = {**limits, ClockName.HANDLING: category.rework}
            return late, _started(step.starts, limits, category, at_us, policy)
        case ClockChange.DROP:
            return None, None
        case ClockChange.PAUSE if now is not None:
            return None, clocks.pause(now, at_us, hours)
        case ClockChange.RESUME if now is not None:
            return None, clocks.resume(now, at_us, hours)
        case ClockChange.EXTEND if now is not None and case.extension is not None:
            return None, clocks.extend(now, case.extension, hours)
    return None, now


def _started(
    name: ClockName,
    limits: Mapping[ClockName, Limit],
    category: Category,
    at_us: int,
    policy: CasePolicy,
) -> Clock | None:
    limit = limits.get(name)
    if limit is None:
        return None
    return clocks.start(name, limit, category.amber_share, at_us, policy.hours)
