"""What HJ 212 wants answered: 9014 for data and heartbeats whose Flag asks for it.

Each packet that asks is answered; a set of packets of one request number has one answer, and none
while one of them came hurt, so that the device sends the set again.

The edition of the device decides where the answer names what it answers: since 2017 by QN before
the parameters, in 2005 by QN and CN within them. There QN stands in both places, for devices that
keep the frame of 2005 and look where 2017 has it.

Source:
    HJ 212-2017, table 4 (Flag), 6.6.4 (9014 data answer), annex C.25 to C.40. HJ/T 212-2005,
    annex C: `ST=91;CN=9014;CP=&&QN=20040516010101001;CN=2051&&`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ingest.codecs.decoded import Reply
from ingest.codecs.hj212_frame import frame
from ingest.codecs.hj212_segment import EDITIONS, Segment

_VERSION_BITS: Final = 0xFC

_LOGS: Final = frozenset({"3015", "3019", "3020", "3021"})
"""Commands by which a device also uploads on its own, dated by DataTime."""


def answers(segments: Sequence[Segment]) -> list[Reply]:
    """Return the answers that the packets of one payload want, each once, in their order."""
    if len(segments) == 1:
        one = segments[0]
        return [_answer(one)] if one.is_intact and _asks(one) else []
    hurt = {(one.mn, one.qn) for one in segments if not one.is_intact}
    wanted = dict.fromkeys(
        _answer(one) for one in segments if (one.mn, one.qn) not in hurt and _asks(one)
    )
    return list(wanted)


def _asks(one: Segment) -> bool:
    """Whether it is an upload that wants an answer, and no request or answer of ours."""
    if not one.wants_answer or (one.st == "91" and one.cn != "9015"):
        return False
    if one.cn == "9015":
        return True
    if one.cn in _LOGS:
        return "DataTime=" in one.data
    return one.cn.startswith("2") and "=" in one.data and "BeginTime=" not in one.data


def _answer(one: Segment) -> Reply:
    qn = f"QN={one.qn};" if one.qn else ""
    said = f"{qn}CN={one.cn}" if one.edition == EDITIONS[0] else ""
    flag = one.flag & _VERSION_BITS
    text = f"{qn}ST=91;CN=9014;PW={one.pw};MN={one.mn};Flag={flag};CP=&&{said}&&"
    return Reply(frame(text.encode()))
