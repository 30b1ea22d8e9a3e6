"""What an event makes of a case."""

from __future__ import annotations

from typing import Final

import msgspec

from dispatch.cases.case import Case, CaseEvent, EventKind, Role, Stage
from dispatch.cases.clock import ClockName


class EventError(ValueError):
    """An event does not follow its case: a broken assumption, stop."""


def apply(case: Case | None, event: CaseEvent) -> Case:
    """Return the case after an event; the case given is unchanged.

    Args:
        case: before it; None before its first event.
        event: the next one.

    Raises:
        EventError: it is not the next of this case.
    """
    if case is None:
        if event.version != 1 or event.report is None:
            raise EventError(
                f"event {event.kind} is version {event.version} of case {event.case}, and nothing "
                "was before it; the first is version 1 and has the report"
            )
        return Case(
            event.case, event.number, 1, event.report, event.stage, event.outcome,
            event.department, event.clock, event.at_us, event.at_us, event.who, event.kind,
        )  # fmt: skip
    if (event.case, event.version) != (case.id, case.version + 1):
        raise EventError(
            f"event {event.kind} is version {event.version} of case {event.case}; version "
            f"{case.version + 1} of case {case.id} comes next"
        )
    kind, clock = event.kind, event.clock
    department = event.department or case.department
    late = case.late
    if event.late is not None and event.late not in late:
        late = (*late, event.late)
    if department != case.department:
        late = tuple(one for one in late if one is not ClockName.HANDLING)
    handling_due_us = case.handling_due_us
    if clock is not None and clock.name is ClockName.HANDLING:
        handling_due_us = clock.due_us
    elif event.stage <= Stage.FILING:
        handling_due_us = None
    by_department = kind is EventKind.RETURNED and event.who.role is Role.HANDLING
    asked = event.limit if kind is EventKind.EXTENSION_ASKED else case.extension
    if kind in _ENDS_ASKING or event.stage not in (Stage.DISPATCH, Stage.HANDLING):
        asked = None
    return msgspec.structs.replace(
        case,
        version=event.version,
        stage=event.stage,
        outcome=event.outcome,
        department=department,
        clock=clock,
        changed_us=event.at_us,
        changed_by=event.who,
        changed=kind,
        filed_us=case.filed_us or (event.at_us if kind is EventKind.FILED else None),
        dispatched_us=event.at_us if kind is EventKind.DISPATCHED else case.dispatched_us,
        reported_back_us=event.at_us if kind is EventKind.REPORTED_BACK else case.reported_back_us,
        ended_us=event.at_us if case.outcome is not event.outcome else case.ended_us,
        handling_due_us=handling_due_us,
        extension=asked,
        is_suspended=clock is not None and clock.is_paused,
        is_supervised=case.is_supervised or kind is EventKind.SUPERVISED,
        urged=case.urged + (kind is EventKind.URGED),
        sent_back=case.sent_back + (kind is EventKind.SENT_BACK),
        returned=case.returned + by_department,
        extended=case.extended + (kind is EventKind.EXTENSION_GRANTED),
        late=late,
        mark=event.mark if event.mark is not None else case.mark,
    )


_ENDS_ASKING: Final = frozenset(
    {EventKind.EXTENSION_GRANTED, EventKind.EXTENSION_DENIED, EventKind.VOIDED}
)
"""After these no extension is asked for. Nor is it once the case has left its department."""
