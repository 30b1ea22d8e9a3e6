"""How the lobby reads: for a person at a terminal, and as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ioc.devices_text import time_text
from ioc.quarantine_text import hexdump, plain

if TYPE_CHECKING:
    from ioc.suggestion import Suggestion
    from storage.contacts import Contact


def facts(
    waiting: Sequence[tuple[Contact, Sequence[Suggestion], str]],
) -> list[dict[str, Any]]:
    """Return unknown devices as JSON."""
    return [
        {
            "gateway": one.gateway,
            "device": one.device,
            "codec": one.codec,
            "first_seen": time_text(one.first_seen_us),
            "last_seen": time_text(one.last_seen_us),
            "messages": one.messages,
            "topic": one.topic,
            "last_payload": one.last_payload.decode(errors="replace"),
            "place": place or None,
            "mapping": [
                {
                    "key": each.key, "code": each.code, "statistic": each.statistic or None,
                    "unit": each.unit or None, "property": each.property or None, "why": each.why,
                }
                for each in suggested
            ],
        }
        for one, suggested, place in waiting
    ]  # fmt: skip


def table(waiting: Sequence[tuple[Contact, Sequence[Suggestion], str]]) -> str:
    """Return unknown devices for a person, each with what it sent and what it may be."""
    if not waiting:
        return "nobody waits in the lobby"
    told = []
    for one, suggested, place in waiting:
        told += [
            f"{plain(one.device) or '(it does not name itself)'} behind {plain(one.gateway)}: "
            f"{one.messages} messages as {plain(one.codec)}, last {time_text(one.last_seen_us)}",
            *(f"    {line}" for line in _payload(one.last_payload)),
        ]
        for each in suggested:
            unit = f" in {plain(each.unit)}" if each.unit else ""
            told.append(f"  {plain(each.key)}{unit} → {each.property or '?'}  ({plain(each.why)})")
        word = _quoted(one.device)
        told += [
            f"  ioc devices adopt {_quoted(one.gateway)} {word} --as ID --place {place or 'PLACE'}",
            "",
        ]
    return "\n".join([*told, f"{len(waiting)} devices wait"])


def _payload(raw: bytes) -> list[str]:
    """Return the beginning of a payload, three lines at most."""
    try:
        text = raw[:400].decode()
    except UnicodeDecodeError:
        return list(hexdump(raw[:48]))
    text = plain(" ".join(text.split()))
    return [text[at : at + 120] for at in range(0, len(text), 120)][:3]


def _quoted(word: str) -> str:
    """Return a word as a shell takes it.

    >>> _quoted("a b"), _quoted("gw-1")
    ("'a b'", 'gw-1')
    """
    return shlex.quote(plain(word))
