"""How handovers and reports read at a terminal, and as JSON.

What came from people is never sent to a terminal as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from dispatch.handover import Event, Refusal
from dispatch.handover.roster import OnDuty
from dispatch.handover.words import EVENTS, SECTIONS, SIDES, STATUSES
from documents.blocks import Bars, Block, Document, Figures, Heading, Paragraph, Table
from ioc.devices_text import table, time_text
from ioc.quarantine_text import plain

if TYPE_CHECKING:
    from dispatch.handover import Activity, Handover
    from storage.handovers import Stored


def facts(stored: Stored, life: Sequence[Event] = ()) -> dict[str, Any]:
    """Return a handover as JSON: times in ISO 8601 with offset."""
    one = stored.handover
    return {
        "key": one.key, "version": one.version, "status": one.status,
        "changed": time_text(one.changed_us), "changed_by": one.changed_by,
        "sha256": stored.sha256, "intact": stored.is_intact,
        **{side: told(signature) for side, signature in
           (("outgoing", one.outgoing), ("incoming", one.incoming))},
        "notes": told(one.content.notes), "facts": told(one.content.facts),
        "life": [_event(event) for event in life],
    }  # fmt: skip


def summary(stored: Stored) -> dict[str, Any]:
    """Return a handover as JSON without what it says."""
    return {key: value for key, value in facts(stored).items()
            if key not in ("facts", "notes", "life")}  # fmt: skip


def report_facts(kind: str, first: str, last: str, found: Activity) -> dict[str, Any]:
    """Return the numbers of a report as JSON."""
    return {"report": kind, "first": first, "last": last, **told(found)}


def told(value: Any) -> Any:  # noqa: ANN401 # as JSON is
    """Return facts as JSON; names that end with `_us` are times, and are told as such."""
    return _plain(msgspec.to_builtins(value))


def listed(found: Sequence[Stored]) -> str:
    """Return handovers as a table, one line each."""
    if not found:
        return "没有交接班记录 · no handovers"
    head = (
        "班次 shift",
        "状态 status",
        "版本 version",
        "交班 outgoing",
        "接班 incoming",
        "改动 changed",
    )
    rows = [
        (
            one.handover.key, _both(STATUSES[one.handover.status]), str(one.handover.version),
            _name(one.handover, "outgoing"), _name(one.handover, "incoming"),
            f"{time_text(one.handover.changed_us)} {plain(one.handover.changed_by)}",
        )
        for one in found
    ]  # fmt: skip
    return table(head, rows)


def life(events: Sequence[Event]) -> str:
    """Return what was done to a handover, one line for each event."""
    return "\n".join(_life_line(one) for one in events)


def done(one: Handover) -> str:
    """Return what was done just now."""
    return (
        f"{_both(EVENTS[one.changed])}: {one.key}, 版本 version {one.version}, "
        f"{_both(STATUSES[one.status])}"
    )


def refusal_facts(found: Refusal) -> dict[str, Any]:
    """Return a refusal as JSON: code, field and facts."""
    return {"refused": msgspec.to_builtins(found)}


def duty_facts(found: OnDuty, posts: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Return who is on duty as JSON."""
    return {
        "shift": found.shift.id, "shift_name": list(found.shift.name), "day": str(found.day),
        "from": time_text(found.from_us), "until": time_text(found.until_us),
        "team": found.team.id, "team_name": list(found.team.name),
        "leader": {"id": found.leader.id, "name": list(found.leader.name)},
        "people": [
            {"post": post, "post_name": list(posts[post]), "id": one.id, "name": list(one.name)}
            for post, one in found.people
        ],
    }  # fmt: skip


def duty(facts: Mapping[str, Any]) -> str:
    """Return the same for a person."""
    lines = [
        f"{_both(facts['shift_name'])}  {facts['from']} – {facts['until']}  "
        f"{_both(facts['team_name'])}",
        f"值班长 duty leader  {_both(facts['leader']['name'])}",
        *(f"{_both(one['post_name'])}  {_both(one['name'])}" for one in facts["people"]),
    ]
    return "\n".join(lines)


def render(document: Document) -> str:
    """Return a document as text for a terminal; plots are left to paper."""
    lines = [document.title, document.subtitle]
    for block in document.blocks:
        lines += ["", *_block(block)] if isinstance(block, Heading) else _block(block)
    return "\n".join(lines)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(text):
            yield f"【{plain(text)}】"
        case Paragraph(text):
            yield from (plain(line) for line in text.split("\n"))
        case Figures(figures):
            yield "  ".join(f"{one.label} {one.value}" for one in figures)
        case Table(head, rows):
            cells = [tuple(plain(cell) for cell in row) for row in rows]
            yield table(head, cells) if head else table(cells[0], cells[1:])
        case Bars():
            yield from ()


def _life_line(one: Event) -> str:
    more = ""
    if one.section is not None:
        more = f"  {_both(SECTIONS[one.section])}"
    elif one.signature is not None:
        more = f"  {_both(SIDES[one.signature.side])}  {one.signature.sha256[:16]}"
    elif one.text:
        more = f": {plain(one.text)}"
    return f"{time_text(one.at_us)}  {_both(EVENTS[one.kind])}  {plain(one.by)}{more}"


def _event(one: Event) -> dict[str, Any]:
    found: dict[str, Any] = told(one)
    return {key: value for key, value in found.items() if key not in ("facts", "handover")}


def _name(one: Handover, side: str) -> str:
    signature = getattr(one, side)
    return plain(signature.by) if signature else "–"


def _both(pair: Sequence[str]) -> str:
    return " ".join(pair)


def _plain(value: Any, name: str = "") -> Any:  # noqa: ANN401 # as JSON is
    if isinstance(value, dict):
        return {str(key).removesuffix("_us"): _plain(one, str(key)) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if name.endswith("_us") and value is not None:
        return time_text(value)
    return value
