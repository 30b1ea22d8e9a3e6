"""`ioc incidents`: alerts that are one happening, and what people do with them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ioc.command import AsJson, Config, asked, check_word, read_settings, refusal, show

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from devices import Catalogue
    from dispatch.incidents import Command, Event, Incident, Member
    from ioc.settings import Settings
    from storage.crews import Assigned
    from storage.incidents import Happened
    from storage.queries import AlertRow

    _Connection = psycopg.AsyncConnection[TupleRow]

app = typer.Typer(
    help="事件 · Incidents: list, show, collect; new, add, remove, merge, split, part, close.",
    no_args_is_help=True,
)

Id = Annotated[
    str, typer.Argument(metavar="INCIDENT", help="Of an incident; its beginning is enough.")
]
Alerts = Annotated[
    list[str], typer.Argument(metavar="ALERT...", help="Of alerts; their beginnings are enough.")
]
Actor = Annotated[str | None, typer.Option(help="Who does it; default the user of this program.")]
Reason = Annotated[str, typer.Option(help="Why.")]
NeededReason = Annotated[str, typer.Option(help="Why; needed.")]


@app.command("list")
def list_incidents(
    config: Config = None,
    only_open: Annotated[
        bool, typer.Option("--open/--all", help="Only open ones, worst first; or the newest.")
    ] = True,
    limit: Annotated[int, typer.Option(min=1, help="Most incidents listed.")] = 500,
    as_json: AsJson = False,
) -> None:
    """List incidents."""
    from ioc import incidents_text as text
    from storage import crews, incidents

    settings = read_settings(config)
    known = _catalogue(settings)

    async def ask(connection: _Connection) -> tuple[list[Incident], list[Assigned]]:
        rows = await (incidents.open_incidents if only_open else incidents.recent)(
            connection, limit
        )
        return rows, await crews.assigned_to(connection, [one.id for one in rows])

    rows, assigned = asked(settings, ask)
    facts = [
        text.incident_facts(one, known, [each for each in assigned if each.incident == one.id])
        for one in rows
    ]
    show({"incidents": facts}, text.incidents(facts), as_json)


@app.command("show")
def show_incident(incident: Id, config: Config = None, as_json: AsJson = False) -> None:
    """Show an incident: its alerts, parts, crews, and what happened to it."""
    from ioc import incidents_text as text
    from ioc.devices_text import time_text
    from storage import crews, incidents, queries

    settings = read_settings(config)
    known = _catalogue(settings)

    async def ask(
        connection: _Connection,
    ) -> tuple[Incident, list[AlertRow], list[Incident], list[Assigned], list[Happened]]:
        (one,) = await found(connection, [incident])
        return (
            one,
            await queries.alerts_by_id(connection, list(one.members)),
            await incidents.parts(connection, one.id),
            await crews.assigned_to(connection, [one.id]),
            await incidents.history(connection, one.id),
        )

    one, alerts, parts, assigned, happened = asked(settings, ask)
    alerts.sort(key=lambda each: (not each.active, each.raised_us, each.id))
    facts = text.incident_facts(one, known, assigned)
    children = [text.incident_facts(each, known) for each in parts]
    show(
        {
            **facts,
            "members": [
                {
                    "id": each.id, "severity": each.severity, "active": each.active,
                    "raised": time_text(each.raised_us),
                    "message": [each.message_zh, each.message_en],
                }
                for each in alerts
            ],
            "parts": [each["id"] for each in children],
            "assigned": text.assigned_facts(assigned),
            "history": text.history_facts(happened),
        },
        text.incident(facts, alerts, children, assigned, happened),
        as_json,
    )  # fmt: skip


@app.command()
def collect(config: Config = None) -> None:
    """Put open alerts into incidents that are in none: one place within a while is one incident."""
    from dispatch.incidents import EventKind
    from ioc import incident_keeper
    from storage import incidents

    settings = read_settings(config)
    place_of = incident_keeper.place_of(_catalogue(settings))

    async def run(connection: _Connection) -> list[Event]:
        return await incidents.collect(connection, place_of)

    events = asked(settings, run)
    new = sum(one.kind is EventKind.OPENED for one in events)
    typer.echo(
        f"已归并 {len(events)} 条告警，新建 {new} 个事件 · "
        f"{len(events)} alerts taken up, {new} incidents opened"
    )


@app.command()
def new(
    alerts: Annotated[list[str] | None, typer.Argument(metavar="[ALERT...]")] = None,
    config: Config = None,
    title: Annotated[str, typer.Option(help="As people call it; needed where no alert is.")] = "",
    place: Annotated[str | None, typer.Option(help="Id of the place.")] = None,
    actor: Actor = None,
    reason: Reason = "",
) -> None:
    """Open an incident by hand."""
    from dispatch.incidents import Open

    settings = read_settings(config)
    known = _catalogue(settings)
    check_word("--place", place, list(known.places))

    async def make(connection: _Connection) -> Command:
        return Open(
            actor=_who(actor), at_us=0, reason=reason, incident=str(uuid.uuid4()), title=title,
            place=place or "", members=await _members(connection, alerts or [], known),
        )  # fmt: skip

    _do(settings, "已建立 opened", make)


@app.command()
def add(
    incident: Id, alerts: Alerts, config: Config = None, actor: Actor = None, reason: Reason = ""
) -> None:
    """Take alerts into an incident."""
    from dispatch.incidents import Add

    settings = read_settings(config)
    known = _catalogue(settings)

    async def make(connection: _Connection) -> Command:
        (one,) = await found(connection, [incident])
        return Add(
            actor=_who(actor), at_us=0, reason=reason, incident=one.id, seen=one.version,
            members=await _members(connection, alerts, known),
        )  # fmt: skip

    _do(settings, "已并入告警 extended", make)


@app.command()
def remove(
    incident: Id,
    alerts: Alerts,
    reason: NeededReason,
    config: Config = None,
    actor: Actor = None,
) -> None:
    """Take alerts out of an incident; they stay out of those that make themselves."""
    from dispatch.incidents import Remove

    async def make(connection: _Connection) -> Command:
        (one,) = await found(connection, [incident])
        return Remove(
            actor=_who(actor), at_us=0, reason=reason, incident=one.id, seen=one.version,
            alerts=tuple(await _alert_ids(connection, alerts)),
        )  # fmt: skip

    _do(read_settings(config), "已移出告警 reduced", make)


@app.command()
def merge(
    into: Id,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="Which is closed.")],
    reason: NeededReason,
    config: Config = None,
    actor: Actor = None,
) -> None:
    """Move all alerts of another incident into one, its crews and parts too, and close it."""
    from dispatch.incidents import Merge

    async def make(connection: _Connection) -> Command:
        first, *rest = await found(connection, [into, other])
        second = rest[0] if rest else first
        return Merge(
            actor=_who(actor), at_us=0, reason=reason, into=first.id, seen=first.version,
            other=second.id, seen_other=second.version,
        )  # fmt: skip

    _do(read_settings(config), "已合并 merged", make)


@app.command()
def split(
    incident: Id,
    alerts: Alerts,
    reason: NeededReason,
    config: Config = None,
    actor: Actor = None,
) -> None:
    """Move some alerts of an incident into a new one."""
    from dispatch.incidents import Split

    async def make(connection: _Connection) -> Command:
        (one,) = await found(connection, [incident])
        return Split(
            actor=_who(actor), at_us=0, reason=reason, incident=one.id, seen=one.version,
            alerts=tuple(await _alert_ids(connection, alerts)), new=str(uuid.uuid4()),
        )  # fmt: skip

    _do(read_settings(config), "已拆分 split", make)


@app.command()
def part(
    incident: Id,
    of: Annotated[
        str | None, typer.Argument(metavar="[PARENT]", help="Of which; left out: of none.")
    ] = None,
    config: Config = None,
    actor: Actor = None,
    reason: Reason = "",
) -> None:
    """Make an incident a part of another one, or of none any more."""
    from dispatch.incidents import SetParent

    async def make(connection: _Connection) -> Command:
        one, *parents = await found(connection, [incident, *([of] if of else [])])
        parent = (parents[0] if parents else one).id if of else ""
        return SetParent(
            actor=_who(actor), at_us=0, reason=reason, incident=one.id, seen=one.version,
            parent=parent,
        )  # fmt: skip

    _do(read_settings(config), "已调整上级事件 moved", make)


@app.command()
def close(incident: Id, reason: NeededReason, config: Config = None, actor: Actor = None) -> None:
    """End an incident whose alerts are all over and whose crews are done."""
    from dispatch.incidents import Close

    async def make(connection: _Connection) -> Command:
        (one,) = await found(connection, [incident])
        return Close(actor=_who(actor), at_us=0, reason=reason, incident=one.id, seen=one.version)

    _do(read_settings(config), "已关闭 closed", make)


async def found(connection: _Connection, words: Sequence[str]) -> list[Incident]:
    """Return the incidents that the beginnings of ids mean, in their order and each once.

    Raises:
        typer.Exit: one means none or several, which has been told.
    """
    from storage import incidents

    wanted = await _ids(connection, words, incidents.ids, "incident", "ioc incidents list --all")
    known = await incidents.by_id(connection, wanted)
    return [known[one] for one in wanted]


def _do(settings: Settings, done: str, make: Callable[[_Connection], Awaitable[Command]]) -> None:
    """Do what a command says, and tell which incidents it touched."""
    from ioc.alerts_text import short
    from storage import incidents

    async def run(connection: _Connection) -> list[Event]:
        return await incidents.act(connection, await make(connection))

    try:
        events = asked(settings, run)
    except incidents.IncidentError as error:
        raise refusal(error) from None
    touched = dict.fromkeys(short(one.incident) for one in events)
    typer.echo(f"{done}: {', '.join(touched)}")


async def _members(
    connection: _Connection, words: Sequence[str], known: Catalogue
) -> tuple[Member, ...]:
    from ioc import incident_keeper
    from storage import incidents

    alerts = await _alert_ids(connection, words)
    return tuple(await incidents.members(connection, alerts, incident_keeper.place_of(known)))


async def _alert_ids(connection: _Connection, words: Sequence[str]) -> list[str]:
    from storage import alert_life

    return await _ids(connection, words, alert_life.ids, "alert", "ioc alerts list --all")


async def _ids(
    connection: _Connection,
    words: Sequence[str],
    look_up: Callable[[_Connection, str], Awaitable[list[str]]],
    what: str,
    lists: str,
) -> list[str]:
    """Return the ids that beginnings mean, in their order and each once."""
    meant: dict[str, None] = {}
    for word in words:
        beginning = word.strip().lower()
        if not re.fullmatch(r"[0-9a-f-]{1,36}", beginning):
            raise refusal(f"{word!r} is no id of an {what}; `{lists}` shows them")
        ids = await look_up(connection, beginning)
        if not ids:
            raise refusal(f"there is no {what} {word}; `{lists}` shows those there are")
        if len(ids) > 1:
            raise refusal(f"{word} begins several ids, {', '.join(ids)} …; say more of it")
        meant[ids[0]] = None
    return list(meant)


def _catalogue(settings: Settings) -> Catalogue:
    """Return the catalogue in force.

    Raises:
        typer.Exit: there is a mistake in the city's files, which has been told.
    """
    from ioc import catalogue_source

    try:
        return catalogue_source.at_start(settings)
    except ValueError as error:
        raise refusal(error) from None


def _who(actor: str | None) -> str:
    from ioc import registry

    return registry.actor() if actor is None else actor
