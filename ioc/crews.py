"""`ioc crews`: who is where, who should go, and what is done with them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ioc.command import AsJson, Config, asked, check_word, moment_of, read_settings, refusal, show

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

    from dispatch.crews import Advice, CrewState, Escalation
    from dispatch.crews.advice import Need
    from ioc.crew_advice import Ground
    from ioc.settings import Settings
    from storage.crews import Happened

    _Connection = psycopg.AsyncConnection[TupleRow]

app = typer.Typer(
    help="处置队伍 · Crews: list, show, advise, dispatch, do, move, due.", no_args_is_help=True
)

CrewId = Annotated[str, typer.Argument(metavar="CREW", help="Id of a crew.")]
Actor = Annotated[str | None, typer.Option(help="Who does it; default the user of this program.")]
Reason = Annotated[str, typer.Option(help="Why.")]
Seen = Annotated[
    int | None,
    typer.Option(help="Version of the crew that was seen; default as it stands now."),
]


@app.command("list")
def list_crews(
    config: Config = None,
    free: Annotated[bool, typer.Option("--free", help="Only who is on shift and free.")] = False,
    skill: Annotated[str | None, typer.Option(help="Only with this skill.")] = None,
    as_json: AsJson = False,
) -> None:
    """List crews as they stand."""
    from ioc import crew_advice
    from ioc import crews_text as text
    from storage import crews

    settings, now_us = read_settings(config), _now_us()
    ground = _ground(settings)
    check_word("--skill", skill, list(ground.roster.skills))

    async def ask(connection: _Connection) -> tuple[dict[str, CrewState], dict[str, int]]:
        return (
            await crew_advice.standing(connection, ground, now_us),
            await crews.workloads(connection),
        )

    stand, loads = asked(settings, ask)
    facts = [
        text.crew_facts(
            one, stand[one.id], now_us, on_shift=crew_advice.on_shift(ground, one.id, now_us),
            workload=loads.get(one.id, 0),
        )
        for one in ground.roster.crews.values()
        if skill is None or skill in one.skills
    ]  # fmt: skip
    if free:
        facts = [one for one in facts if one["on_shift"] and stand[one["id"]].status.is_free]
    show({"crews": facts}, text.crews(facts), as_json)


@app.command("show")
def show_crew(crew: CrewId, config: Config = None, as_json: AsJson = False) -> None:
    """Show a crew as it stands, and what it did last."""
    from ioc import crew_advice
    from ioc import crews_text as text
    from storage import crews

    settings, now_us = read_settings(config), _now_us()
    ground = _ground(settings)
    _check_crew(ground, crew)

    async def ask(
        connection: _Connection,
    ) -> tuple[dict[str, CrewState], dict[str, int], list[Happened]]:
        return (
            await crew_advice.standing(connection, ground, now_us),
            await crews.workloads(connection),
            await crews.history(connection, crew),
        )

    stand, loads, happened = asked(settings, ask)
    facts = text.crew_facts(
        ground.roster.crews[crew], stand[crew], now_us,
        on_shift=crew_advice.on_shift(ground, crew, now_us), workload=loads.get(crew, 0),
    )  # fmt: skip
    past = text.history_facts(happened)
    show({**facts, "history": past}, text.crew(facts, ground.roster, past), as_json)


@app.command()
def advise(
    incident: Annotated[
        str | None,
        typer.Argument(metavar="INCIDENT", help="Of which; the beginning of its id is enough."),
    ] = None,
    config: Config = None,
    place: Annotated[str | None, typer.Option(help="Id of a place, instead.")] = None,
    skill: Annotated[str | None, typer.Option(help="What is needed; default as the alert.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say who should go, the best first, and why the others not."""
    from dataclasses import replace

    from ioc import crew_advice, incidents
    from ioc import crews_text as text

    if (incident is None) == (place is None):
        raise refusal("say where: an incident, or --place and the id of a place")
    settings, now_us = read_settings(config), _now_us()
    ground = _ground(settings)
    check_word("--skill", skill, list(ground.roster.skills))

    async def ask(connection: _Connection) -> tuple[Need, Advice]:
        if incident is not None:
            (found,) = await incidents.found(connection, [incident])
            at = place or found.place
            need = await crew_advice.need_of(connection, ground, replace(found, place=at))
            need = replace(need, skill=skill or need.skill)
        else:
            need = crew_advice.need_at(ground, place or "", skill or "")
        return need, await crew_advice.advice(connection, ground, need, now_us)

    try:
        need, given = asked(settings, ask)
    except crew_advice.NowhereError as error:
        raise refusal(error) from None
    show(text.advice_facts(given, need), text.advice(given, need, ground.roster), as_json)


@app.command()
def dispatch(
    crew: CrewId,
    incident: Annotated[
        str, typer.Argument(metavar="INCIDENT", help="Where to; the beginning of its id.")
    ],
    config: Config = None,
    actor: Actor = None,
    reason: Reason = "",
    seen: Seen = None,
) -> None:
    """Send a crew to an incident."""
    _act(config, crew, "dispatch", actor, reason, seen, incident)


@app.command("do")
def do_something(
    crew: CrewId,
    what: Annotated[
        str,
        typer.Argument(
            metavar="accept|decline|depart|arrive|start|finish|ready|recall",
            help="接单、拒接、出发、到场、开始处置、处置完成、待命、撤回。",
        ),
    ],
    config: Config = None,
    actor: Actor = None,
    reason: Reason = "",
    seen: Seen = None,
) -> None:
    """Say what a crew does; decline and recall need a reason."""
    from dispatch.crews.commands import Do

    check_word("WHAT", what, [one.value for one in Do if one is not Do.DISPATCH])
    _act(config, crew, what, actor, reason, seen, None)


@app.command(context_settings={"ignore_unknown_options": True})
def move(
    crew: CrewId,
    lon: Annotated[float, typer.Argument(help="Degrees east, WGS-84.")],
    lat: Annotated[float, typer.Argument(help="Degrees north, WGS-84.")],
    config: Config = None,
    at: Annotated[
        str | None, typer.Option(help="When it was there: ISO time with offset; default now.")
    ] = None,
    actor: Actor = None,
) -> None:
    """Say where a crew was, for one whose terminals do not."""
    from dispatch.crews import Position
    from storage import crews

    settings = read_settings(config)
    _check_crew(_ground(settings), crew)
    position = Position(lon, lat, moment_of("--at", at) if at else _now_us())
    try:
        news = asked(
            settings, lambda connection: crews.move(connection, crew, position, _who(actor))
        )
    except ValueError as error:
        raise refusal(error) from None
    typer.echo(
        f"已记录位置 position noted: {crew}" if news
        else f"已有更新的位置 a newer position is known: {crew}"
    )  # fmt: skip


@app.command()
def due(config: Config = None, as_json: AsJson = False) -> None:
    """Tell along the chain which crews have not accepted in time; each step once."""
    from dataclasses import asdict

    from ioc import crews_text as text
    from storage import crews

    found: tuple[Escalation, ...] = asked(read_settings(config), crews.escalate)
    show({"escalations": [asdict(one) for one in found]}, text.escalations(found), as_json)


def _act(
    config: Path | None,
    crew: str,
    what: str,
    actor: str | None,
    reason: str,
    seen: int | None,
    incident: str | None,
) -> None:
    """Do something with a crew, and tell it."""
    from dispatch.crews import Event
    from dispatch.crews.commands import Do
    from dispatch.crews.words import EVENTS
    from ioc import incidents
    from ioc.alerts_text import short
    from storage import crews
    from storage.incidents import IncidentError

    settings = read_settings(config)
    ground = _ground(settings)
    _check_crew(ground, crew)

    async def run(connection: _Connection) -> Event:
        where = ""
        if incident is not None:
            (found,) = await incidents.found(connection, [incident])
            where = found.id
        version = seen
        if version is None:
            version = (await crews.states(connection, [crew]))[crew].version
        return await crews.act(
            connection, ground.roster.crews[crew], Do(what), version, _who(actor),
            reason=reason, incident=where,
        )  # fmt: skip

    try:
        event = asked(settings, run)
    except (crews.CrewError, IncidentError) as error:
        raise refusal(error) from None
    zh, en = EVENTS[event.kind]
    at = f" → 事件 {short(event.incident)}" if event.incident else ""
    status = f"{event.status.zh} {event.status.en}"
    typer.echo(f"{zh} {en}: {crew}{at} · {status} · 版本 version {event.version}")


def _ground(settings: Settings) -> Ground:
    """Return the city's ground.

    Raises:
        typer.Exit: there is a mistake in its files, which has been told.
    """
    from ioc import crew_advice

    try:
        return crew_advice.read(settings)
    except ValueError as error:
        raise refusal(error) from None


def _check_crew(ground: Ground, crew: str) -> None:
    check_word("CREW", crew, list(ground.roster.crews))


def _who(actor: str | None) -> str:
    from ioc import registry

    return registry.actor() if actor is None else actor


def _now_us() -> int:
    return time.time_ns() // 1000
