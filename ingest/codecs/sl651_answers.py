"""What the centre answers: that a message is received.

Source:
    SL 651-2014, 6.3.1.2: M2 confirms each message, M3 a set of packets once; M1 wants no answer,
    and no frame says whether it is M1, so that every message is confirmed. What is broken is not
    answered: the station sends it again. 6.6.4.2: a keep-alive has no answer.
"""

from __future__ import annotations

from typing import Final

from ingest.codecs.decoded import Heard
from ingest.codecs.sl651_bcd import pack_moment
from ingest.codecs.sl651_body import FUNCTIONS, HEAD_BYTES, KEEP_ALIVE
from ingest.codecs.sl651_frame import ACK, EOT, ETB, Check, build
from ingest.codecs.sl651_messages import Message

DONE: Final = EOT
"""How the last answer ends: the station may leave. ESC in its place would keep its modem on for ten
minutes to wait for commands, and we have none."""


def answer(message: Message, heard: Heard) -> bytes | None:
    """Return the confirmation of a message; None where none is due.

    It has the message's serial number and our time, which stations may set their clocks by: that
    of receipt, or the message's own where that is unknown.
    """
    first = message.frames[0]
    is_due = first.function in FUNCTIONS and first.function != KEEP_ALIVE
    if not is_due or not message.is_intact or len(message.body) < HEAD_BYTES:
        return None
    time = message.body[2:HEAD_BYTES]
    if heard.received_us > 0:
        time = pack_moment(heard.received_us, heard.utc_offset_min, 6)
    more_follow = not first.total and first.end == ETB
    return build(
        first._replace(
            is_down=True,
            number=first.total,
            body=message.body[:2] + time,
            end=ACK if more_follow else DONE,
            check=Check.RIGHT,
        )
    )
