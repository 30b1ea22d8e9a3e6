"""Open a spooled message: its rows, what of it is refused, and what else it tells.

Pure. Where the registry does not know a device, the message introduces it (`ContactReport`): that
is how unknown devices come into the lobby.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from devices import Batch, Catalogue
from devices.record import columns
from devices.refusal import Reason
from devices.reports import (
    DEVIANT,
    MESSAGES,
    ContactReport,
    EventReport,
    FindingReport,
    Report,
    SnapshotReport,
)
from ingest import snapshot
from ingest.clocks import newest_us
from ingest.codecs import Decoded, Finding, Measurements
from ingest.identity import address
from ingest.judge import UNKNOWN_DOMAIN, Judge, Refused
from ingest.spooled import Spooled, decode_noted
from ingest.unpacking import decode, usable

SNAPSHOT: Final = "snapshot"
"""What the topic of a picture has in place of a codec: `up/{gateway}/snapshot/{id}`."""

_STRICT: Final = frozenset({"senml", "senml-cbor"})
"""Formats that are right or no message at all: their messages are not counted by device."""

HEARTBEAT: Final = "heartbeat"

_INTRODUCED: Final = 20
"""Unknown devices that one message introduces at most."""

_NAMES: Final = 50
"""Measured names that an introduction lists at most."""

_PAYLOAD: Final = 4096
"""Bytes of the message that an introduction shows; all of it is in quarantine."""

_TEXT: Final = 300
"""Characters of names and examples that are kept."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a message turned out to be."""

    batch: Batch
    refused: Sequence[Refused] = ()
    reports: Sequence[Report] = field(default=())
    """All with `pack` 0: whoever packs them knows the number."""
    newest_us: int | None = None
    """Latest phenomenon time among the measurements, µs since 1970; None without any."""


class Opener:
    """Opens messages by one catalogue."""

    def __init__(self, catalogue: Catalogue, future_tolerance_s: float) -> None:
        """Prepare; arguments as those of `ingest.judge.Judge`."""
        self._catalogue = catalogue
        self._judge = Judge(catalogue, future_tolerance_s)

    def open(self, message: Spooled) -> Opened:
        """Decode and judge a message."""
        if message.withheld:  # what it says comes with the message that completes its set
            return Opened(columns([]))
        if address(message.topic)[1] == SNAPSHOT:
            return self._picture(message)
        decoded = decode(self._catalogue, message.topic, message.payload, message.received_us)
        told = usable(self._catalogue, message.topic, decoded)
        if isinstance(told, Refused):
            return Opened(columns([]), [told], tuple(self._reports_of_nobody(message, decoded)))
        noted = decode_noted(message.noted)
        told = replace(
            told, findings=[*noted.findings, *told.findings], events=[*told.events, *noted.events]
        )
        judged = self._judge.judge(message.gateway, told.measurements, message.received_us)
        reports = [
            *self._events(message.gateway, told),
            *self._findings(message.gateway, [*told.findings, *judged.findings]),
        ]
        if address(message.topic)[1] not in _STRICT:
            reports += self._messages(message.gateway, told)
        for one in judged.refused:
            if one.reason is Reason.UNKNOWN_DATASTREAM:
                reports += _contacts(message, told.measurements, one.rows)
        return Opened(judged.batch, judged.refused, reports, newest_us(told.measurements))

    def _picture(self, message: Spooled) -> Opened:
        """Check a picture; one of an unknown gateway is refused as any message of it."""
        told = usable(self._catalogue, message.topic, Decoded())
        if isinstance(told, Refused):
            return Opened(columns([]), [told])
        taken = snapshot.take(message.topic.rpartition("/")[2], message.payload)
        if isinstance(taken, snapshot.NoSnapshot):
            refused = Refused(Reason.UNDECODABLE, UNKNOWN_DOMAIN, [taken.reason])
            finding = FindingReport(0, "", "snapshot-refused", 1, taken.reason[:_TEXT])
            return Opened(columns([]), [refused], [finding])
        report = SnapshotReport(0, taken.id, taken.jpeg, taken.width, taken.height)
        return Opened(columns([]), reports=[report])

    def _reports_of_nobody(self, message: Spooled, told: Decoded | None) -> Iterator[Report]:
        """Yield what can be said of a message that is refused as a whole."""
        if told is None:
            return
        if told.unusable:
            yield FindingReport(0, "", "not-decodable", 1, told.unusable[:_TEXT])
        elif message.gateway not in self._catalogue.gateways:
            rows = range(told.measurements.n)
            found = list(_contacts(message, told.measurements, rows))
            _, codec = address(message.topic)
            topic = message.topic[:_TEXT]
            yield from found or [
                ContactReport(0, "", codec[:_TEXT], topic, message.payload[:_PAYLOAD], {})
            ]

    def _device(self, gateway: str, sent_as: str) -> str:
        return self._catalogue.device_of.get(gateway, {}).get(sent_as, "")

    def _events(self, gateway: str, told: Decoded) -> Iterator[Report]:
        for number, one in enumerate(told.events):
            if one.kind == HEARTBEAT:
                continue  # says that the device lives, not that something happened
            device = self._device(gateway, one.device) or one.device[:_TEXT]
            yield EventReport(
                0, number, device, one.device[:_TEXT], one.kind, one.time_us, one.priority,
                dict(one.attributes),
            )  # fmt: skip

    def _findings(self, gateway: str, findings: Sequence[Finding]) -> Iterator[Report]:
        found: dict[tuple[str, str], list[str]] = {}
        for code, sent_as, detail in findings:
            device = self._device(gateway, sent_as) or sent_as[:_TEXT]
            found.setdefault((device, code), []).append(detail)
        for (device, code), details in found.items():
            yield FindingReport(0, device, code, len(details), details[0][:_TEXT])
        for device in sorted({device for device, _ in found}):
            yield FindingReport(0, device, DEVIANT, 1, "")

    def _messages(self, gateway: str, told: Decoded) -> Iterator[Report]:
        """Yield one count for each device that a message is of: what shares are counted from."""
        names = {key.rpartition("/")[0] for key in told.measurements.key}
        names |= {one.device for one in told.events} | {one.device for one in told.findings}
        for device in sorted({self._device(gateway, one) or one[:_TEXT] for one in names}):
            yield FindingReport(0, device, MESSAGES, 1, "")


def numbered(reports: Sequence[Report], pack: int) -> Iterator[Report]:
    """Yield reports with the number of their pack."""
    for one in reports:
        yield msgspec.structs.replace(one, pack=pack)


def _contacts(message: Spooled, told: Measurements, rows: Sequence[int]) -> Iterator[Report]:
    """Yield one introduction for each device that some measurements are of."""
    _, codec = address(message.topic)
    devices: dict[str, dict[str, str]] = {}
    for row in rows:
        key = told.key[row]
        device = key.rpartition("/")[0]
        if device not in devices and len(devices) == _INTRODUCED:
            continue
        names = devices.setdefault(device, {})
        if len(names) < _NAMES:
            names[key[:_TEXT]] = told.unit[row][:_TEXT]
    payload, topic = message.payload[:_PAYLOAD], message.topic[:_TEXT]
    for device, names in devices.items():
        yield ContactReport(0, device[:_TEXT], codec[:_TEXT], topic, payload, names)
