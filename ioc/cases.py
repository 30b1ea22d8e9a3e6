"""`ioc cases`: cases 案卷 from the report to their mark, and how well departments did."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ioc.command import AsJson, Config, asked, check_word, read_settings, refusal, show

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from dispatch.cases import Case, CaseEvent, CasePolicy, Limit, Refusal, Role
    from ioc.city import City
    from ioc.settings import Settings
    from storage.case_lists import StageCount

    _Connection = psycopg.AsyncConnection[TupleRow]

app = typer.Typer(help="案卷 · Cases: list, show, new, do, scores.", no_args_is_help=True)

Word = Annotated[str, typer.Argument(metavar="CASE", help="Id or number of a case.")]
Actor = Annotated[str | None, typer.Option(help="Who does it; default the user of this program.")]

_MANY = 200
"""Cases listed where nothing else is said."""


@app.command("list")
def list_cases(
    config: Config = None,
    only_open: Annotated[
        bool, typer.Option("--open/--all", help="Only open ones, by due time; or the newest.")
    ] = True,
    late: Annotated[bool, typer.Option("--late", help="Only those whose limit is over.")] = False,
    stage: Annotated[str | None, typer.Option(help="Only at this stage, e.g. handling.")] = None,
    department: Annotated[str | None, typer.Option(help="Only of this department.")] = None,
    town: Annotated[str | None, typer.Option(help="Only in this town.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most cases listed.")] = _MANY,
    as_json: AsJson = False,
) -> None:
    """List cases and how their limits stand, and count the open ones by stage."""
    from dispatch.cases import Stage
    from ioc import cases_text as text
    from storage import case_lists

    settings, city, policy = _read(config)
    check_word("--stage", stage, [one.word for one in Stage])
    check_word("--department", department, list(policy.departments))
    check_word("--town", town, list(city.catalogue.towns))
    if (late or not only_open) and (stage or department or town):
        raise refusal("--stage, --department and --town go with open cases, not --late or --all")
    now_us = time.time_ns() // 1000

    async def ask(connection: _Connection) -> tuple[list[Case], list[StageCount]]:
        if late:
            found = await case_lists.breached(connection, now_us, limit)
        elif only_open:
            found = await case_lists.open_cases(
                connection, limit, stage=stage, department=department, town=town
            )
        else:
            found = await case_lists.recent_cases(connection, limit)
        return found, await case_lists.counts(connection, now_us)

    found, counts = asked(settings, ask)
    facts = [text.case_facts(one, now_us, policy) for one in found]
    show({"cases": facts, "stages": text.count_facts(counts)},
         text.cases(facts, counts), as_json)  # fmt: skip


@app.command("show")
def show_case(case: Word, config: Config = None, as_json: AsJson = False) -> None:
    """Show a case as it stands, and its life."""
    from ioc import cases_text as text
    from storage import case_lists

    settings, _, policy = _read(config)

    async def ask(connection: _Connection) -> tuple[Case, list[CaseEvent]]:
        found = await _found(connection, case)
        return found, await case_lists.timeline(connection, found.id)

    found, events = asked(settings, ask)
    facts = text.case_facts(found, time.time_ns() // 1000, policy)
    life = text.life_facts(events)
    show({**facts, "life": life}, f"{text.case(facts)}\n\n{text.life(life, policy)}", as_json)


@app.command()
def new(
    category: Annotated[str, typer.Argument(help="What it is about, e.g. exposed-garbage.")],
    description: Annotated[str, typer.Argument(help="What somebody saw.")],
    config: Config = None,
    place: Annotated[str, typer.Option(help="Id of a place of the city.")] = "",
    lon: Annotated[float | None, typer.Option(help="Degrees east, WGS-84.")] = None,
    lat: Annotated[float | None, typer.Option(help="Degrees north, WGS-84.")] = None,
    town: Annotated[str, typer.Option(help="Default that of the place, or the nearest.")] = "",
    component: Annotated[str, typer.Option(help="Id of the lamp, cover, bin.")] = "",
    alert: Annotated[str, typer.Option(help="Id of the alert it comes from.")] = "",
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also where it was likely reported already.")
    ] = False,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Report something: a new case, unless it is likely one already."""
    from dispatch.cases import Refusal, Report, Role, Who
    from ioc import cases_text as text
    from storage import cases

    settings, city, policy = _read(config)
    check_word("--place", place or None, list(city.catalogue.places))
    check_word("--town", town or None, list(city.catalogue.towns))
    known = city.catalogue.places.get(place)
    if known is not None and lon is None and lat is None:
        lon, lat = known.lon, known.lat
    where = town or (known.town if known else _town_at(city, lon, lat))
    report = Report(category, description, place, where, component, lon, lat, alert)
    who = Who(_name(actor), Role.SUPERVISION)
    found = asked(
        settings, lambda one: cases.report(one, report, who, policy, anyway=anyway)
    )  # fmt: skip
    if isinstance(found, Refusal):
        raise _refused(found, policy, as_json=as_json)
    facts = text.case_facts(found, time.time_ns() // 1000, policy)
    show(facts, text.done(found), as_json)


@app.command("do")
def do_command(
    case: Word,
    command: Annotated[str, typer.Argument(help="file, dispatch, accept, report-back, verify …")],
    config: Config = None,
    role: Annotated[
        str | None,
        typer.Option("--as", help="supervision, command or handling; needed where two could."),
    ] = None,
    department: Annotated[
        str | None, typer.Option(help="For which one handles; default whose the case is.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, or what was done.")] = "",
    to: Annotated[str, typer.Option(help="Department that gets it, of dispatch.")] = "",
    by: Annotated[
        str | None, typer.Option(help="How much longer, of ask-extension; e.g. '2 工作时'.")
    ] = None,
    mark: Annotated[int | None, typer.Option(help="1 to 5, of evaluate.")] = None,
    version: Annotated[
        int | None, typer.Option(help="Of the case as you saw it; default as it is now.")
    ] = None,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Do something with a case, in a role."""
    from dispatch.cases import Command, CommandKind, Refusal, Role, Who
    from ioc import cases_text as text
    from storage import cases

    settings, _, policy = _read(config)
    check_word("COMMAND", command, list(CommandKind))
    kind = CommandKind(command)
    acting = _role(kind, role)
    longer = _limit(by)

    async def run(connection: _Connection) -> Case | Refusal:
        seen = await _found(connection, case)
        mine = ""
        if acting is Role.HANDLING:
            mine = seen.department if department is None else department
        wanted = Command(
            kind, seen.version if version is None else version, reason, to, longer, mark
        )
        return await cases.act(connection, seen.id, wanted, Who(_name(actor), acting, mine), policy)

    found = asked(settings, run)
    if isinstance(found, Refusal):
        raise _refused(found, policy, as_json=as_json)
    facts = text.case_facts(found, time.time_ns() // 1000, policy)
    show(facts, text.done(found), as_json)


@app.command("scores")
def show_scores(
    config: Config = None,
    month: Annotated[str | None, typer.Option(help="Like 2026-10; default this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how well each department did in a month, as shares with their parts."""
    from dispatch.cases.scores import month_of, scores
    from ioc import cases_text as text
    from storage import case_lists

    settings, city, policy = _read(config)
    now_us = time.time_ns() // 1000
    asked_for = month or city.calendar.local_day(now_us).isoformat()[:7]
    try:
        span = month_of(asked_for, city.calendar)
    except ValueError as error:
        raise refusal(f"--month: {error}") from None
    found = asked(settings, lambda connection: case_lists.of_month(connection, span))
    facts = text.score_facts(asked_for, scores(found, span, now_us))
    show(facts, text.scores(facts, policy), as_json)


def _read(config: Path | None) -> tuple[Settings, City, CasePolicy]:
    """Return the settings, the city, and what it has settled for its cases."""
    from ioc import city

    settings = read_settings(config)
    try:
        found = city.load(settings.city)
    except ValueError as error:
        raise refusal(error) from None
    if found.case_policy is None:
        raise refusal(
            f"{settings.city / 'cases.yaml'}: is missing; docs/cases.md says what stands in it"
        )
    return settings, found, found.case_policy


async def _found(connection: _Connection, word: str) -> Case:
    from storage import case_lists

    found = await case_lists.case_of(connection, word.strip())
    if found is None:
        raise refusal(
            f"没有案卷 {word} · there is no case {word}; `ioc cases list --all` shows them"
        )
    return found


def _role(kind: Any, word: str | None) -> Role:  # noqa: ANN401 # CommandKind, which is slow to import
    """Return in which role a command is given: the one that was said, or the only one that can."""
    from dispatch.cases import Role
    from dispatch.cases.steps import STEPS

    check_word("--as", word, list(Role))
    if word is not None:
        return Role(word)
    able = sorted({role for step in STEPS[kind] for role in step.by})
    if len(able) > 1:
        raise refusal(f"say as whom: {' or '.join(f'--as {one}' for one in able)}")
    return able[0]


def _limit(by: str | None) -> Limit | None:
    from dispatch.cases import parse_limit

    try:
        return None if by is None else parse_limit(by)
    except ValueError as error:
        raise refusal(f"--by: {error}") from None


def _town_at(city: City, lon: float | None, lat: float | None) -> str:
    """Return the town with the nearest centre; nothing where there is no position."""
    from devices.geo import distance_km

    if lon is None or lat is None:
        return ""
    towns = city.catalogue.towns.values()
    return min(towns, key=lambda one: (float(distance_km(lon, lat, one.lon, one.lat)), one.id)).id


def _refused(found: Refusal, policy: CasePolicy, *, as_json: bool) -> typer.Exit:
    """Tell why nothing was done, and return what ends the command."""
    from ioc import cases_refusals as text

    if not as_json:
        return refusal(text.refusal(found, policy))
    show({"refused": text.facts(found)}, "", as_json=True)
    return typer.Exit(2)


def _name(actor: str | None) -> str:
    from ioc import registry

    return registry.actor() if actor is None else actor
