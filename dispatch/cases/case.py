"""A case 案卷 as it stands, and the events that brought it there."""

from __future__ import annotations

from enum import IntEnum, StrEnum

import msgspec

from dispatch.cases.clock import Clock, ClockName
from dispatch.cases.limits import Limit


class Stage(IntEnum):
    """The seven stages of 数字城管; a case stands at the one that was reached last."""

    COLLECTION = 1
    """信息采集: somebody reported it; it waits to be filed."""
    FILING = 2
    """案卷建立: it is filed; it waits for a department."""
    DISPATCH = 3
    """任务派遣: a department was told; it has not taken it yet."""
    HANDLING = 4
    """任务处理: the department has taken it."""
    FEEDBACK = 5
    """处理反馈: the department says that it is done."""
    VERIFICATION = 6
    """核查结案: somebody looked and found it done; it is closed, or will be."""
    EVALUATION = 7
    """综合评价: it was closed and has its mark."""

    @property
    def word(self) -> str:
        """Name in lower case."""
        return self.name.lower()


class Outcome(StrEnum):
    """How a case ended."""

    CLOSED = "closed"
    """结案: done and found done."""
    REJECTED = "rejected"
    """不予立案: it never became one."""
    VOIDED = "voided"
    """作废: it should not have been one."""


class Role(StrEnum):
    """For whom somebody acts. Who supervises never dispatches, who dispatches never closes."""

    SUPERVISION = "supervision"
    """监督: collects, files, verifies, closes and marks."""
    COMMAND = "command"
    """指挥: dispatches, and decides on extensions and suspensions."""
    HANDLING = "handling"
    """处置: the department that does the work."""


class Who(msgspec.Struct, frozen=True):
    """Who does something."""

    name: str
    role: Role
    department: str = ""
    """Id; needed of whoever handles, of others it counts for nothing."""


class Report(msgspec.Struct, frozen=True):
    """What somebody saw, and where."""

    category: str
    """Id, as in the city's `cases.yaml`."""
    description: str
    place: str = ""
    """Id of a place of the catalogue; empty where it is none of them."""
    town: str = ""
    """Id; empty where nobody says."""
    component: str = ""
    """部件: id of the lamp, the cover, the bin; empty where it is unknown or an event 事件."""
    lon: float | None = None
    """Degrees east, WGS-84; None where nobody says."""
    lat: float | None = None
    """Degrees north, WGS-84."""
    alert: str = ""
    """UUID of the alert it comes from; empty where people saw it."""


class EventKind(StrEnum):
    """What happened to a case."""

    COLLECTED = "collected"
    FILED = "filed"
    REJECTED = "rejected"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    REPORTED_BACK = "reported_back"
    VERIFIED = "verified"
    SENT_BACK = "sent_back"
    CLOSED = "closed"
    EVALUATED = "evaluated"
    EXTENSION_ASKED = "extension_asked"
    EXTENSION_GRANTED = "extension_granted"
    EXTENSION_DENIED = "extension_denied"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    SUPERVISED = "supervised"
    URGED = "urged"
    VOIDED = "voided"


class CaseEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step in the life of a case: all that `apply` needs, and all that is kept of it."""

    case: int
    version: int
    """Of the case after it; the first is 1."""
    kind: EventKind
    at_us: int
    """µs since 1970; never before that of the event before it."""
    who: Who
    stage: Stage
    """After it."""
    text: str = ""
    """Reason, or what was done; empty where there was nothing to say."""
    outcome: Outcome | None = None
    """After it; None while the case is open."""
    clock: Clock | None = None
    """After it; None where none runs."""
    late: ClockName | None = None
    """Which clock ended with it, too late; None where none did."""
    number: str = ""
    """Of the case; of its first event only."""
    report: Report | None = None
    """Likewise."""
    department: str = ""
    """Id of whose it is from now on; empty where that stays."""
    limit: Limit | None = None
    """How much longer was asked for."""
    mark: int | None = None
    """1 to 5."""


class Case(msgspec.Struct, frozen=True):
    """A case as its events left it."""

    id: int
    number: str
    """案卷号, as people call it."""
    version: int
    """Of its newest event."""
    report: Report
    stage: Stage
    outcome: Outcome | None
    """None while it is open."""
    department: str
    """Id: the category's before it is dispatched, then who has it or had it last."""
    clock: Clock | None
    """What runs; None where nothing does."""
    opened_us: int
    """When it was reported, µs since 1970."""
    changed_us: int
    """Of its newest event."""
    changed_by: Who
    changed: EventKind
    filed_us: int | None = None
    """When it was filed first; None where it was not."""
    dispatched_us: int | None = None
    """When it was dispatched last."""
    reported_back_us: int | None = None
    """When it was reported back last."""
    ended_us: int | None = None
    """When it was closed, rejected or voided."""
    handling_due_us: int | None = None
    """When the handling limit of its last round is or was over, pauses and extensions counted; None
    before it is dispatched and while it is paused."""
    extension: Limit | None = None
    """How much longer the department asked for; None where nothing is asked."""
    is_suspended: bool = False
    """挂账."""
    is_supervised: bool = False
    """督办."""
    urged: int = 0
    """How often 催办."""
    sent_back: int = 0
    """How often 返工."""
    returned: int = 0
    """How often a department gave it back (退回)."""
    extended: int = 0
    """How often it got more time (延期)."""
    late: tuple[ClockName, ...] = ()
    """Clocks that ended too late, each once; handling only as far as the present department is to
    blame, not one that had the case before it."""
    mark: int | None = None
    """1 to 5; None before it is evaluated."""

    @property
    def is_open(self) -> bool:
        """Whether somebody has to do something with it; marking it is not that."""
        return self.outcome is None
