"""交接班: what one shift tells the next, signed by both; and who is on duty when.

`draft` chooses from what is known, `decide` makes events of commands or says why not, `apply` makes
the next handover of an event. Knows no clock, no database and no language of its readers: times and
facts come in, refusals go out as a code with facts. A change of `facts` changes what signatures of
stored handovers are of: add fields with defaults, and leave the old ones as they are.
"""

from dispatch.handover.activity import Activity, PastAlert, StageCount, Work, activity
from dispatch.handover.drafting import Given, OpenAlert, draft
from dispatch.handover.facts import Facts, Shift
from dispatch.handover.handover import (
    Content,
    Event,
    EventKind,
    Handover,
    Section,
    Side,
    Signature,
    digest,
    sealed,
)
from dispatch.handover.machine import Command, Draft, Edit, Reopen, Sign, apply, decide
from dispatch.handover.refusals import Refusal, RefusalCode
from dispatch.handover.roster import DutyRoster, OnDuty, on_duty, shift_at

__all__ = [
    "Activity",
    "Command",
    "Content",
    "Draft",
    "DutyRoster",
    "Edit",
    "Event",
    "EventKind",
    "Facts",
    "Given",
    "Handover",
    "OnDuty",
    "OpenAlert",
    "PastAlert",
    "Refusal",
    "RefusalCode",
    "Reopen",
    "Section",
    "Shift",
    "Side",
    "Sign",
    "Signature",
    "StageCount",
    "Work",
    "activity",
    "apply",
    "decide",
    "digest",
    "draft",
    "on_duty",
    "sealed",
    "shift_at",
]
