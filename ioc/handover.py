"""`ioc handover`: what one shift tells the next, from the draft to both signatures."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from ioc.command import AsJson, Config, asked, check_word, moment_of, read_settings, refusal, show

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from dispatch.handover import Command, DutyRoster, Event, Facts, Handover, Refusal, Shift
    from documents import Document, Fonts
    from ioc.city import City
    from ioc.settings import Settings
    from storage.handovers import Stored

    _Connection = psycopg.AsyncConnection[TupleRow]

app = typer.Typer(
    help="交接班 · Shift handover: duty, draft, list, show, edit, sign, reopen, export.",
    no_args_is_help=True,
)

Key = Annotated[
    str | None,
    typer.Argument(metavar="SHIFT", help="Like 2026-10-01-day; default that of the newest shift."),
]
KeyNeeded = Annotated[str, typer.Argument(metavar="SHIFT", help="Like 2026-10-01-day.")]
Actor = Annotated[str | None, typer.Option(help="Who does it; default the user of this program.")]
Seen = Annotated[int | None, typer.Option("--version", help="That you saw; default as it is now.")]
Language = Annotated[str, typer.Option("--lang", help="zh or en.")]
Operators = Annotated[int, typer.Option(min=1, help="People who share the alarms.")]
PdfFile = Annotated[Path | None, typer.Option("--pdf", help="File to write.")]
DocxFile = Annotated[Path | None, typer.Option("--docx", help="File to write.")]

FONTS: Final = Path(__file__).parents[1] / "ioc_dashboard/assets/vendor/fonts"
"""Of the wall: documents are set in the same."""

_LATELY_US: Final = 2 * 3_600_000_000
"""So long after it has begun one still hands over the shift before, µs."""

_LANGUAGES: Final = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Desk:
    """What commands about shifts need."""

    settings: Settings
    city: City
    duty: DutyRoster


@app.command("duty")
def show_duty(
    config: Config = None,
    at: Annotated[str | None, typer.Option(help="ISO time with offset; default now.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show who is on duty."""
    from dispatch.handover import on_duty
    from ioc import handover_text as text

    desk = read(config)
    at_us = time.time_ns() // 1000 if at is None else moment_of("--at", at)
    facts = text.duty_facts(on_duty(desk.duty, at_us, desk.city.calendar), desk.duty.posts)
    show(facts, text.duty(facts), as_json)


@app.command()
def draft(
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="SHIFT",
            help="Like 2026-10-01-day; default the one on duty, or for two hours the one before.",
        ),
    ] = None,
    config: Config = None,
    version: Seen = None,
    actor: Actor = None,
    operators: Operators = 1,
    as_json: AsJson = False,
) -> None:
    """Let the system write its part, or write it anew; what people wrote stays."""
    from dispatch.handover import Draft
    from ioc import city
    from storage import handovers, shift_facts

    desk = read(config)
    try:
        roster = city.roster(desk.settings.city, desk.city.catalogue)
    except ValueError as error:
        raise refusal(error) from None
    at_us = time.time_ns() // 1000
    shift = _shift(desk, key, at_us)

    async def run(connection: _Connection) -> Stored | Refusal:
        facts: Facts = await shift_facts.facts(
            connection, shift, at_us, desk.city.catalogue, roster, desk.city.case_policy, operators
        )
        there = await handovers.load(connection, shift.key)
        seen = there.handover.version if there else 0
        command = Draft(seen if version is None else version, facts)
        return await _act(connection, shift.key, command, actor)

    _tell(asked(desk.settings, run), as_json=as_json)


@app.command("list")
def list_handovers(
    config: Config = None,
    limit: Annotated[int, typer.Option(min=1, help="Most that are listed.")] = 30,
    as_json: AsJson = False,
) -> None:
    """List handovers, those of the newest shifts first."""
    from ioc import handover_text as text
    from storage import handovers

    settings = read_settings(config)
    found = asked(settings, lambda one: handovers.recent(one, limit))
    show({"handovers": [text.summary(one) for one in found]}, text.listed(found), as_json)


@app.command("show")
def show_handover(
    key: Key = None, config: Config = None, lang: Language = "zh", as_json: AsJson = False
) -> None:
    """Show what a handover says, who signed it, and what was done to it."""
    from ioc import handover_text as text
    from storage import handovers

    desk = read(config)

    async def ask(connection: _Connection) -> tuple[Stored, list[Event]]:
        found = await _found(connection, key)
        return found, await handovers.events(connection, found.handover.key)

    found, events = asked(desk.settings, ask)
    _check_intact(found)
    document = _document(desk, found.handover, lang)
    show(text.facts(found, events), f"{text.render(document)}\n\n{text.life(events)}", as_json)


@app.command()
def edit(
    key: KeyNeeded,
    section: Annotated[
        str,
        typer.Argument(
            help="summary, incidents, alerts, cases, devices, crews, maintenance or tasks."
        ),
    ],
    text: Annotated[str, typer.Argument(help="What stands there from now on; '' takes it away.")],
    config: Config = None,
    version: Seen = None,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Write to a section."""
    from dispatch.handover import Edit

    _do(config, key, version, actor, lambda seen: Edit(seen, section, text), as_json=as_json)


@app.command()
def sign(
    key: KeyNeeded,
    side: Annotated[str, typer.Option("--as", help="outgoing 交班, or incoming 接班.")],
    config: Config = None,
    version: Seen = None,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Sign a handover; once both have, it never changes again."""
    from dispatch.handover import Side, Sign

    check_word("--as", side, list(Side))
    _do(config, key, version, actor, lambda seen: Sign(seen, Side(side)), as_json=as_json)


@app.command()
def reopen(
    key: KeyNeeded,
    reason: Annotated[str, typer.Option(help="Why.")],
    config: Config = None,
    version: Seen = None,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Take the first signature back, so that it can be edited."""
    from dispatch.handover import Reopen

    _do(config, key, version, actor, lambda seen: Reopen(seen, reason), as_json=as_json)


@app.command()
def export(
    key: Key = None,
    config: Config = None,
    pdf: PdfFile = None,
    docx: DocxFile = None,
    lang: Language = "zh",
    as_json: AsJson = False,
) -> None:
    """Write a handover as PDF, as DOCX, or both."""
    desk = read(config)
    found = asked(desk.settings, lambda connection: _found(connection, key))
    _check_intact(found)
    written(_document(desk, found.handover, lang), pdf, docx, as_json=as_json)


def read(config: Path | None) -> Desk:
    """Return settings, city and duty roster.

    Raises:
        typer.Exit: there is a mistake in a file, or no roster; it has been told.
    """
    from dispatch.handover import duty_file
    from ioc import catalogue_source, city

    settings = read_settings(config)
    try:
        found = city.load(settings.city, catalogue_source.at_start(settings))
        duty = city.duty(settings.city)
    except ValueError as error:
        raise refusal(error) from None
    if duty is None:
        raise refusal(
            f"{settings.city / duty_file.FILE}: is missing; docs/handover.md says what stands in it"
        )
    return Desk(settings, found, duty)


def written(document: Document, pdf: Path | None, docx: Path | None, *, as_json: bool) -> None:
    """Write a document into files, and tell which.

    Raises:
        typer.Exit: no file is named, or one cannot be written; it has been told.
    """
    import documents

    if pdf is None and docx is None:
        raise refusal("say where to: --pdf FILE, --docx FILE or both")
    fonts: Fonts = documents.Fonts(FONTS)
    made = {}
    for name, file, form in (("pdf", pdf, documents.pdf), ("docx", docx, documents.docx)):
        if file is None:
            continue
        try:
            data = form(document, fonts)
            file.write_bytes(data)
        except (OSError, documents.FontError) as error:
            raise refusal(f"--{name}: {error}") from None
        made[name] = {"file": str(file), "bytes": len(data)}
    lines = [f"已写 written: {one['file']} ({one['bytes']:,} B)" for one in made.values()]
    show({"written": made}, "\n".join(lines), as_json)


def language(lang: str) -> Literal["zh", "en"]:
    """Return the language of a document.

    Raises:
        typer.Exit: there is no such language; it has been told.
    """
    check_word("--lang", lang, _LANGUAGES)
    return "zh" if lang == "zh" else "en"


def _document(desk: Desk, one: Handover, lang: str) -> Document:
    import documents

    load = one.content.facts.activity.load
    operators = load.operators if load else 1
    return documents.handover(one, desk.city.catalogue.name, language(lang), operators)


def _shift(desk: Desk, key: str | None, at_us: int) -> Shift:
    """Return the shift that is meant."""
    from dispatch.handover import shift_at

    calendar = desk.city.calendar
    if key is None:
        now = shift_at(desk.duty, at_us, calendar)
        is_fresh = at_us - now.from_us < _LATELY_US
        return shift_at(desk.duty, now.from_us - 1, calendar) if is_fresh else now
    day, _, name = key[:10], key[10:11], key[11:]
    check_word("SHIFT", name, [one.id for one in desk.duty.shifts])
    try:
        start_us = calendar.start_us(date.fromisoformat(day))
    except ValueError:
        raise refusal(f"SHIFT: {key!r} has no day; write it like 2026-10-01-{name}") from None
    (shift,) = [one for one in desk.duty.shifts if one.id == name]
    return shift_at(desk.duty, start_us + shift.from_s * 1_000_000, calendar)


async def _found(connection: _Connection, key: str | None) -> Stored:
    from storage import handovers

    if key is None:
        newest = await handovers.recent(connection, 1)
        if not newest:
            raise refusal("没有交接班记录，请先起草 · there are no handovers; draft one")
        return newest[0]
    found = await handovers.load(connection, key)
    if found is None:
        raise refusal(
            f"没有 {key} 的交接班记录 · there is no handover {key}; `ioc handover list` shows them"
        )
    return found


def _do(
    config: Path | None,
    key: str,
    version: int | None,
    actor: str | None,
    command: Callable[[int], Command],
    *,
    as_json: bool,
) -> None:
    """Do something with a handover, of the version that was seen."""
    settings = read_settings(config)

    async def run(connection: _Connection) -> Stored | Refusal:
        seen = version
        if seen is None:
            seen = (await _found(connection, key)).handover.version
        return await _act(connection, key, command(seen), actor)

    _tell(asked(settings, run), as_json=as_json)


async def _act(
    connection: _Connection, key: str, command: Command, actor: str | None
) -> Stored | Refusal:
    from dispatch.handover import Refusal
    from ioc import registry
    from storage import handovers

    by = registry.actor() if actor is None else actor
    outcome = await handovers.act(connection, key, command, by)
    return outcome if isinstance(outcome, Refusal) else await _found(connection, key)


def _tell(outcome: Stored | Refusal, *, as_json: bool) -> None:
    """Print what was done, or why nothing was.

    Raises:
        typer.Exit: nothing was done.
    """
    from dispatch.handover import Refusal
    from dispatch.handover.words import refusal as sentences
    from ioc import handover_text as text
    from ioc.quarantine_text import plain

    if isinstance(outcome, Refusal):
        if not as_json:
            raise refusal(" · ".join(plain(one) for one in sentences(outcome)))
        show(text.refusal_facts(outcome), "", as_json=True)
        raise typer.Exit(2)
    show(text.facts(outcome), text.done(outcome.handover), as_json)


def _check_intact(found: Stored) -> None:
    """Return if a handover is what was signed.

    Raises:
        typer.Exit: it is not; it has been told.
    """
    if not found.is_intact:
        raise refusal(
            f"{found.handover.key}: 内容与签字摘要不符 · what is stored is not what was signed; "
            "restore the database from a backup"
        )
