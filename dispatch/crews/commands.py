"""What people tell a crew, or a crew tells us."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Do(StrEnum):
    """What is to happen.

    >>> Do.ACCEPT.zh
    '接单'
    """

    DISPATCH = "dispatch"
    """Send it to an incident."""
    ACCEPT = "accept"
    DECLINE = "decline"
    """The crew cannot; needs a reason."""
    DEPART = "depart"
    ARRIVE = "arrive"
    START = "start"
    """It begins to work there."""
    FINISH = "finish"
    RECALL = "recall"
    """The command side takes the task back; needs a reason."""
    READY = "ready"
    """It waits again for what comes."""

    @property
    def zh(self) -> str:
        """Chinese word, as people say it."""
        return _ZH[self]


_ZH = {
    Do.DISPATCH: "派遣", Do.ACCEPT: "接单", Do.DECLINE: "拒接", Do.DEPART: "出发",
    Do.ARRIVE: "到场", Do.START: "开始处置", Do.FINISH: "处置完成", Do.RECALL: "撤回",
    Do.READY: "待命",
}  # fmt: skip

NEEDS_REASON = frozenset({Do.DECLINE, Do.RECALL})
"""Who takes a task away says why."""

MOST_REASON = 500
"""Characters of a reason."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that somebody wants done with one crew."""

    do: Do
    seen: int
    """Version of the crew that the actor saw."""
    actor: str
    """Who wants it; never empty."""
    at_us: int
    """Now, µs since 1970."""
    reason: str = ""
    """Why; needed for what is in `NEEDS_REASON`."""
    incident: str = ""
    """Of a dispatch: where to."""
    assignment: str = ""
    """Of a dispatch: id of the assignment that it makes, new."""
