"""Who may do what to a case, and when: the whole machine in one table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dispatch.cases.case import EventKind, Outcome, Role, Stage
from dispatch.cases.clock import ClockName


class CommandKind(StrEnum):
    """What somebody wants to do to a case."""

    FILE = "file"
    """立案."""
    REJECT = "reject"
    """不予立案."""
    DISPATCH = "dispatch"
    """派遣."""
    ACCEPT = "accept"
    """受理: the department takes it."""
    RETURN = "return"
    """退回: a department to the command side, that to the supervision side."""
    REPORT_BACK = "report-back"
    """处理反馈."""
    VERIFY = "verify"
    """核查通过."""
    SEND_BACK = "send-back"
    """返工."""
    CLOSE = "close"
    """结案."""
    EVALUATE = "evaluate"
    """综合评价."""
    ASK_EXTENSION = "ask-extension"
    """申请延期."""
    GRANT_EXTENSION = "grant-extension"
    """同意延期."""
    DENY_EXTENSION = "deny-extension"
    """不同意延期."""
    SUSPEND = "suspend"
    """挂账."""
    RESUME = "resume"
    """恢复."""
    SUPERVISE = "supervise"
    """督办."""
    URGE = "urge"
    """催办."""
    VOID = "void"
    """作废."""


class ClockChange(StrEnum):
    """What a step does to the clock."""

    KEEP = "keep"
    END = "end"
    """It ends, and is late if its limit is over; another one may start."""
    DROP = "drop"
    """It ends, and nobody asks whether it was late."""
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"


@dataclass(frozen=True, slots=True)
class Step:
    """One way to do one thing."""

    by: frozenset[Role]
    at: frozenset[Stage]
    event: EventKind
    to: Stage | None = None
    """Stage after it; None where it stays."""
    outcome: Outcome | None = None
    """How the case ends with it; None where it does not."""
    clock: ClockChange = ClockChange.KEEP
    starts: ClockName | None = None
    """Which clock starts; only where one ends."""
    needs: frozenset[str] = frozenset()
    """Fields of the command that must be given: `text`, `department`, `limit`, `mark`."""
    may: frozenset[str] = frozenset({"text"})
    """Fields that may be given besides."""
    while_suspended: bool = False


_BEFORE_THE_END: Final = frozenset(set(Stage) - {Stage.EVALUATION})
_AT_WORK: Final = frozenset({Stage.DISPATCH, Stage.HANDLING})
_SUPERVISION: Final = frozenset({Role.SUPERVISION})
_COMMAND: Final = frozenset({Role.COMMAND})
_HANDLING: Final = frozenset({Role.HANDLING})
_TEXT: Final = frozenset({"text"})


def _at(*stages: Stage) -> frozenset[Stage]:
    return frozenset(stages)


STEPS: Final[dict[CommandKind, tuple[Step, ...]]] = {
    CommandKind.FILE: (
        Step(_SUPERVISION, _at(Stage.COLLECTION), EventKind.FILED, Stage.FILING,
             clock=ClockChange.END, starts=ClockName.DISPATCH),
    ),
    CommandKind.REJECT: (
        Step(_SUPERVISION, _at(Stage.COLLECTION), EventKind.REJECTED,
             outcome=Outcome.REJECTED, clock=ClockChange.END, needs=_TEXT),
    ),
    CommandKind.DISPATCH: (
        Step(_COMMAND, _at(Stage.FILING), EventKind.DISPATCHED, Stage.DISPATCH,
             clock=ClockChange.END, starts=ClockName.HANDLING,
             may=frozenset({"text", "department"})),
    ),
    CommandKind.ACCEPT: (
        Step(_HANDLING, _at(Stage.DISPATCH), EventKind.ACCEPTED, Stage.HANDLING),
    ),
    CommandKind.RETURN: (
        Step(_HANDLING, _AT_WORK, EventKind.RETURNED, Stage.FILING,
             clock=ClockChange.END, starts=ClockName.DISPATCH, needs=_TEXT),
        Step(_COMMAND, _at(Stage.FILING), EventKind.RETURNED, Stage.COLLECTION,
             clock=ClockChange.END, starts=ClockName.FILING, needs=_TEXT),
    ),
    CommandKind.REPORT_BACK: (
        Step(_HANDLING, _at(Stage.HANDLING), EventKind.REPORTED_BACK, Stage.FEEDBACK,
             clock=ClockChange.END, starts=ClockName.VERIFICATION, needs=_TEXT),
    ),
    CommandKind.VERIFY: (
        Step(_SUPERVISION, _at(Stage.FEEDBACK), EventKind.VERIFIED, Stage.VERIFICATION),
    ),
    CommandKind.SEND_BACK: (
        Step(_SUPERVISION, _at(Stage.FEEDBACK, Stage.VERIFICATION), EventKind.SENT_BACK,
             Stage.HANDLING, clock=ClockChange.END, starts=ClockName.HANDLING, needs=_TEXT),
    ),
    CommandKind.CLOSE: (
        Step(_SUPERVISION, _at(Stage.VERIFICATION), EventKind.CLOSED,
             outcome=Outcome.CLOSED, clock=ClockChange.END),
    ),
    CommandKind.EVALUATE: (
        Step(_SUPERVISION, _at(Stage.VERIFICATION), EventKind.EVALUATED, Stage.EVALUATION,
             needs=frozenset({"mark"})),
    ),
    CommandKind.ASK_EXTENSION: (
        Step(_HANDLING, _AT_WORK, EventKind.EXTENSION_ASKED, needs=frozenset({"text", "limit"})),
    ),
    CommandKind.GRANT_EXTENSION: (
        Step(_COMMAND, _AT_WORK, EventKind.EXTENSION_GRANTED, clock=ClockChange.EXTEND),
    ),
    CommandKind.DENY_EXTENSION: (
        Step(_COMMAND, _AT_WORK, EventKind.EXTENSION_DENIED, needs=_TEXT),
    ),
    CommandKind.SUSPEND: (
        Step(_COMMAND, _AT_WORK, EventKind.SUSPENDED, clock=ClockChange.PAUSE, needs=_TEXT),
    ),
    CommandKind.RESUME: (
        Step(_COMMAND, _AT_WORK, EventKind.RESUMED, clock=ClockChange.RESUME,
             while_suspended=True),
    ),
    CommandKind.SUPERVISE: (
        Step(_SUPERVISION, _BEFORE_THE_END, EventKind.SUPERVISED, needs=_TEXT,
             while_suspended=True),
    ),
    CommandKind.URGE: (
        Step(_SUPERVISION | _COMMAND, _BEFORE_THE_END, EventKind.URGED),
    ),
    CommandKind.VOID: (
        Step(_SUPERVISION, _BEFORE_THE_END, EventKind.VOIDED, outcome=Outcome.VOIDED,
             clock=ClockChange.DROP, needs=_TEXT, while_suspended=True),
    ),
}  # fmt: skip
"""By command; of several ways the one of the actor's role counts."""

MOST_TEXT: Final = 500
"""Characters of a reason: a paragraph. What is longer belongs into a document."""

MARKS: Final = (1, 5)
"""Least and most of a mark, 5 the best."""
