"""A handover 交接班记录 as a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from dispatch.handover import Handover, Section, Side, Signature
from dispatch.handover.facts import AlertLine, Facts
from dispatch.handover.words import SECTIONS, SIDES, STATUSES
from documents import numbers
from documents.blocks import Block, Document, Figure, Figures, Heading, Lang, Paragraph, Table
from documents.numbers import moment, priority, span
from documents.words import DOMAINS, SCOPES, STAGES, pick, word

_T = TypeVar("_T")


def handover(one: Handover, city: tuple[str, str], lang: Lang, operators: int = 1) -> Document:
    """Return a handover as a document.

    Args:
        one: as it stands; a draft says that it is one.
        city: its name, Chinese and English.
        lang: of the document. What people wrote stays as they wrote it.
        operators: how many people shared the alarms.
    """
    facts = one.content.facts
    shift = facts.shift
    title = word("handover", lang)
    where = f"{pick(city, lang)}{' ' if lang == 'en' else ''}{word('centre', lang)}"
    when = f"{shift.day} {pick(shift.name, lang)}"
    return Document(
        lang,
        title,
        f"{where} · {when}",
        f"{title} {one.key} · {word('version', lang)} {one.version} · "
        f"{pick(STATUSES[one.status], lang)}",
        max(facts.drafted_us, one.changed_us),
        tuple(_blocks(one, facts, lang, operators)),
    )


def _blocks(one: Handover, facts: Facts, lang: Lang, operators: int) -> Iterator[Block]:
    if not one.is_signed:
        yield Paragraph(word("draft_note", lang), is_quiet=True)
    yield _about(one, facts, lang)
    yield _figures(facts, lang)
    yield from _note(one, Section.SUMMARY, lang)
    yield from _note(one, Section.TASKS, lang)
    yield from _incidents(one, facts, lang)
    yield from _alerts(one, facts, lang)
    yield from _cases(one, facts, lang)
    yield from _crews(one, facts, lang)
    yield from _devices(one, facts, lang)
    yield from _maintenance(one, facts, lang)
    yield from numbers.alerts(facts.activity, lang)
    yield from numbers.work(facts.activity, lang)
    yield from numbers.plots(facts.activity, lang, operators)
    yield from _signatures(one, lang)


def _about(one: Handover, facts: Facts, lang: Lang) -> Table:
    shift = facts.shift
    rows = (
        ("shift", f"{pick(shift.name, lang)}  {span(shift.from_us, shift.until_us)}"),
        ("leader", pick(shift.leader, lang) or "–"),
        (
            "next_shift",
            f"{pick(shift.next_name, lang)}  {span(shift.until_us, shift.next_until_us)}",
        ),
        ("next_leader", pick(shift.next_leader, lang) or "–"),
        ("drafted", moment(facts.drafted_us, "%Y-%m-%d %H:%M")),
        ("status", f"{pick(STATUSES[one.status], lang)} · {word('version', lang)} {one.version}"),
    )
    return Table((), tuple((word(key, lang), value) for key, value in rows), (1.2, 4))


def _figures(facts: Facts, lang: Lang) -> Figures:
    found = facts.activity
    late = sum(one.is_late for one in facts.cases)
    ten = "–" if found.load is None else f"{found.load.per_ten_minutes:.2f}"
    waiting = len(facts.unacknowledged)
    return Figures((
        Figure(word("raised", lang), str(found.raised)),
        Figure(word("unacknowledged", lang), str(waiting), waiting > 0),
        Figure(word("incidents_open", lang), str(len(facts.incidents))),
        Figure(word("per_ten", lang), ten, found.load is not None
               and found.load.per_ten_minutes > 1),
        Figure(word("cases_due", lang), str(len(facts.cases))),
        Figure(word("cases_late", lang), str(late), late > 0),
        Figure(word("offline", lang), str(facts.offline), facts.offline > 0),
        Figure(word("expiring", lang), str(facts.expiring)),
    ))  # fmt: skip


def _incidents(one: Handover, facts: Facts, lang: Lang) -> Iterator[Block]:
    yield from _note(one, Section.INCIDENTS, lang)
    yield _table(
        ("incident", "place", "priority", "opened", "alerts_active", "crews"), lang,
        facts.incidents,
        lambda each: (
            each.title or each.id[:8], pick(each.place, lang) or "–",
            "–" if each.priority is None else priority(each.priority, lang),
            moment(each.opened_us), f"{each.alerts} ({each.active})", str(each.crews),
        ),
        (3, 2.4, 1.8, 1.7, 1.4, 1), {4, 5},
    )  # fmt: skip


def _alerts(one: Handover, facts: Facts, lang: Lang) -> Iterator[Block]:
    yield from _note(one, Section.ALERTS, lang)
    yield Heading(word("unacknowledged", lang))
    yield _table(
        ("priority", "domain", "message", "opened", "owner"), lang, facts.unacknowledged,
        lambda each: (*_alert(each, lang), each.owner or "–"), (1.8, 1, 4.6, 1.7, 1.4),
    )  # fmt: skip
    yield Heading(word("shelved", lang))
    yield _table(
        ("priority", "domain", "message", "until", "by", "reason"), lang, facts.shelved,
        lambda each: (
            *_alert(each, lang)[:3], moment(each.until_us), each.by or "–", each.reason or "–",
        ),
        (1.8, 1, 3.4, 1.6, 1.2, 2),
    )  # fmt: skip


def _alert(one: AlertLine, lang: Lang) -> tuple[str, str, str, str]:
    return (
        priority(one.priority, lang), pick(DOMAINS[one.domain], lang), pick(one.message, lang),
        moment(one.raised_us),
    )  # fmt: skip


def _cases(one: Handover, facts: Facts, lang: Lang) -> Iterator[Block]:
    yield from _note(one, Section.CASES, lang)

    def due(at_us: int, *, is_late: bool) -> str:
        return f"{moment(at_us)} {word('late', lang)}" if is_late else moment(at_us)

    yield _table(
        ("case", "category", "department", "stage", "due"), lang, facts.cases,
        lambda each: (
            each.number + (f" ({word('supervised', lang)})" if each.is_supervised else ""),
            pick(each.category, lang), pick(each.department, lang), pick(STAGES[each.stage], lang),
            due(each.due_us, is_late=each.is_late),
        ),
        (3, 2, 2, 1.4, 1.8),
    )  # fmt: skip


def _crews(one: Handover, facts: Facts, lang: Lang) -> Iterator[Block]:
    yield from _note(one, Section.CREWS, lang)
    titles = {each.id: each.title or each.id[:8] for each in facts.incidents}
    yield _table(
        ("crew", "status", "incident", "since", "sent_by"), lang, facts.crews,
        lambda each: (
            pick(each.name, lang), pick(each.status, lang),
            titles.get(each.incident, each.incident[:8]), moment(each.since_us), each.assigned_by,
        ),
        (2.4, 1.2, 3, 1.6, 1.4),
    )  # fmt: skip


def _devices(one: Handover, facts: Facts, lang: Lang) -> Iterator[Block]:
    yield from _note(one, Section.DEVICES, lang)
    yield _table(
        ("device", "device_name", "newest"), lang, facts.devices,
        lambda each: (
            each.id, pick(each.name, lang),
            word("never", lang) if each.newest_us is None
            else moment(each.newest_us, "%Y-%m-%d %H:%M"),
        ),
        (3, 4, 2),
    )  # fmt: skip
    if facts.offline > len(facts.devices):
        more = facts.offline - len(facts.devices)
        yield Paragraph(word("more_devices", lang, more), is_quiet=True)


def _maintenance(one: Handover, facts: Facts, lang: Lang) -> Iterator[Block]:
    yield from _note(one, Section.MAINTENANCE, lang)
    yield _table(
        ("subject", "from", "until", "by", "reason"), lang, facts.maintenance,
        lambda each: (
            f"{pick(SCOPES.get(each.scope, (each.scope,) * 2), lang)} {each.subject}",
            moment(each.from_us), moment(each.until_us), each.actor, each.reason,
        ),
        (3, 1.6, 1.6, 1.4, 2.6),
    )  # fmt: skip


def _signatures(one: Handover, lang: Lang) -> Iterator[Block]:
    def row(side: Side, signed: Signature | None) -> tuple[str, str, str, str]:
        who = pick(SIDES[side], lang)
        if signed is None:
            return (who, word("unsigned", lang), "–", "–")
        return (who, signed.by, moment(signed.at_us, "%Y-%m-%d %H:%M:%S"), signed.sha256)

    yield Heading(word("signatures", lang))
    yield Table(
        ("", word("name", lang), word("time", lang), "SHA-256"),
        (row(Side.OUTGOING, one.outgoing), row(Side.INCOMING, one.incoming)),
        (1.6, 1.6, 2, 4),
    )
    yield Paragraph(word("of_what", lang), is_quiet=True)
    yield Paragraph(word("source", lang), is_quiet=True)


def _note(one: Handover, section: Section, lang: Lang) -> Iterator[Block]:
    text = one.content.notes.get(section, "")
    yield Heading(pick(SECTIONS[section], lang))
    if text:
        yield Paragraph(text)
    elif section in (Section.SUMMARY, Section.TASKS):
        yield Paragraph(word("none_open", lang), is_quiet=True)


def _table(
    keys: tuple[str, ...],
    lang: Lang,
    lines: Sequence[_T],
    row: Callable[[_T], tuple[str, ...]],
    widths: tuple[float, ...],
    numeric: set[int] | None = None,
) -> Block:
    """Return a table of lines, or that there are none."""
    if not lines:
        return Paragraph(word("none", lang), is_quiet=True)
    head = tuple(word(key, lang) for key in keys)
    return Table(head, tuple(row(one) for one in lines), widths, frozenset(numeric or ()))
