"""A feed (Atom) of CAP messages, so that others can fetch what is told.

Each entry holds its whole message: who reads the feed needs no second question.

Source:
    RFC 4287, 4.1.1 (feed), 4.1.2 (entry), 4.1.3.3 (content of an XML media type).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from dispatch.cap import MEDIA_TYPE as CAP_MEDIA_TYPE
from dispatch.cap import NAMESPACE as CAP
from dispatch.cap import Message, element, storable, time_text

NAMESPACE: Final = "http://www.w3.org/2005/Atom"

MEDIA_TYPE: Final = "application/atom+xml"

# Names of prefixes only: without them documents would say ns0 and ns1, and mean the same.
register_namespace("atom", NAMESPACE)
register_namespace("cap", CAP)


@dataclass(frozen=True, slots=True)
class Feed:
    """What stands above the messages."""

    id: str
    """The same for ever, an IRI: `urn:…` or an address."""
    title: str
    author: str
    address: str = ""
    """Where it is fetched; empty where it is not (a file)."""


def xml(feed: Feed, messages: Iterable[Message], at_us: int, zone: timedelta) -> bytes:
    """Return a feed as XML in UTF-8.

    Args:
        feed: what stands above.
        messages: each identifier once; told with the newest first, ties by identifier.
        at_us: now, µs since 1970: the feed's time where it has no message.
        zone: offset of its times, east of UTC, whole minutes.

    Raises:
        dispatch.cap.CapError: an offset that a time cannot have.
        ValueError: two messages of one identifier.
    """
    ordered = sorted(messages, key=lambda one: (-one.sent_us, one.identifier))
    seen: set[str] = set()
    for one in ordered:
        if one.identifier in seen:
            raise ValueError(f"two messages are {one.identifier}; identifiers are unique")
        seen.add(one.identifier)
    root = Element(_name("feed"))
    _put(root, "id", feed.id)
    _put(root, "title", feed.title)
    _put(root, "updated", _time(ordered[0].sent_us if ordered else at_us, zone))
    _put(SubElement(root, _name("author")), "name", feed.author)
    if feed.address:
        SubElement(root, _name("link"), rel="self", type=MEDIA_TYPE, href=feed.address)
    for one in ordered:
        _put_entry(SubElement(root, _name("entry")), one, zone)
    return tostring(root, encoding="utf-8", xml_declaration=True)


def _put_entry(into: Element, one: Message, zone: timedelta) -> None:
    first = one.infos[0] if one.infos else None
    _put(into, "id", f"urn:cap:{one.sender}:{one.identifier}")
    _put(into, "title", (first and (first.headline or first.event)) or one.identifier)
    _put(into, "updated", _time(one.sent_us, zone))
    content = SubElement(into, _name("content"), type=CAP_MEDIA_TYPE)
    content.append(element(one, zone))


def _put(into: Element, tag: str, text: str) -> None:
    SubElement(into, _name(tag)).text = storable(text)


def _time(at_us: int, zone: timedelta) -> str:
    """Return a time as RFC 3339 has it; -00:00 would say there that nobody knows the zone."""
    text = time_text(at_us, zone)
    return f"{text.removesuffix('-00:00')}+00:00" if not zone else text


def _name(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"
