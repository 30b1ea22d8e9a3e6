"""Writes camera events in our own JSON form: for simulators and tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import msgspec

from ingest.codecs.decoded import BEIJING_MIN, Event

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BEIJING: Final = timezone(timedelta(minutes=BEIJING_MIN))


def encode(events: Sequence[Event]) -> bytes:
    """Write events as one JSON list, times with the offset of Beijing.

    >>> encode([Event("c1", "ponding", 0, 2, {"confidence": 0.9})])[:60]
    b'[{"device":"c1","kind":"ponding","time":"1970-01-01T08:00:00'
    """
    return msgspec.json.encode([_object(one) for one in events])


def _object(event: Event) -> dict[str, object]:
    time = (_EPOCH + timedelta(microseconds=event.time_us)).astimezone(_BEIJING)
    priority = {"priority": event.priority} if event.priority else {}
    head = {"device": event.device, "kind": event.kind, "time": time.isoformat()}
    return {**head, **priority, **event.attributes}
