"""`ioc plans`: what is to be done in incidents, by whom, and how far it is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ioc.command import AsJson, Config, asked, check_word, read_settings, refusal, show

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

    from dispatch.plans import PlanBook, Run
    from ioc.settings import Settings
    from storage.plans import Happened

    _Connection = psycopg.AsyncConnection[TupleRow]

app = typer.Typer(help="预案 · Plans: list, show, start, do, skip, reopen.", no_args_is_help=True)

Incident = Annotated[
    str, typer.Argument(metavar="INCIDENT", help="Of an incident; its beginning is enough.")
]
PlanId = Annotated[str, typer.Argument(metavar="PLAN", help="Id of a plan.")]
ItemId = Annotated[str, typer.Argument(metavar="ITEM", help="Id of an item of the plan.")]
Actor = Annotated[str | None, typer.Option(help="Who does it; default the user of this program.")]
NeededReason = Annotated[str, typer.Option(help="Why; needed.")]
Seen = Annotated[int | None, typer.Option(help="Version that was seen; default as it stands now.")]


@app.command("list")
def list_plans(
    config: Config = None,
    all_runs: Annotated[
        bool, typer.Option("--all", help="Also of incidents that are over, the newest first.")
    ] = False,
    known: Annotated[
        bool, typer.Option("--known", help="The plans that the city has, instead.")
    ] = False,
    domain: Annotated[str | None, typer.Option(help="Of --known only those for it.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most started plans listed.")] = 500,
    as_json: AsJson = False,
) -> None:
    """List the plans that run, or those that there are."""
    from devices import DOMAINS
    from ioc import plans_text as text
    from storage import plans

    settings = read_settings(config)
    book = read_book(settings)
    check_word("--domain", domain, DOMAINS)
    if known:
        wanted = book.of_domain(domain) if domain else book.plans.values()
        facts = [text.plan_facts(one) for one in wanted]
        show({"plans": facts}, text.plans(facts), as_json)
        return
    if domain:
        raise refusal("--domain goes with --known")
    found = asked(settings, lambda one: (plans.recent if all_runs else plans.open_runs)(one, limit))
    facts = [text.run_facts(one, book, _now_us()) for one in found]
    show({"runs": facts}, text.runs(facts), as_json)


@app.command("show")
def show_plans(incident: Incident, config: Config = None, as_json: AsJson = False) -> None:
    """Show the plans of an incident, item by item, and what happened to them."""
    from ioc import incidents
    from ioc import plans_text as text
    from storage import plans

    settings = read_settings(config)
    book = read_book(settings)

    async def ask(connection: _Connection) -> list[tuple[Run, list[Happened]]]:
        (found,) = await incidents.found(connection, [incident])
        return [
            (one, await plans.history(connection, one.id))
            for one in await plans.of_incidents(connection, [found.id])
        ]

    found = asked(settings, ask)
    facts, texts = [], []
    for one, happened in found:
        past = text.history_facts(happened)
        facts.append({**text.run_facts(one, book, _now_us()), "history": past})
        texts.append(text.run(facts[-1], past))
    show({"runs": facts}, "\n\n".join(texts) or text.runs([]), as_json)


@app.command()
def start(
    incident: Incident,
    plan: PlanId,
    config: Config = None,
    actor: Actor = None,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: AsJson = False,
) -> None:
    """Start a plan in an incident; once per incident."""
    from ioc import incidents
    from ioc import plans_text as text
    from storage import plans
    from storage.incidents import IncidentError

    settings = read_settings(config)
    book = read_book(settings)

    async def run(connection: _Connection) -> Run:
        (found,) = await incidents.found(connection, [incident])
        wanted = plans.plan_named(book, plan)
        return await plans.start(connection, wanted, found.id, _who(actor), text=reason)

    try:
        one = asked(settings, run)
    except (plans.PlanError, IncidentError) as error:
        raise refusal(error) from None
    facts = text.run_facts(one, book, _now_us())
    show(facts, f"已启动 started: {text.run(facts, [])}", as_json)


@app.command("do")
def do_item(
    incident: Incident,
    plan: PlanId,
    item: ItemId,
    config: Config = None,
    note: Annotated[str, typer.Option(help="What was done.")] = "",
    actor: Actor = None,
    seen: Seen = None,
    as_json: AsJson = False,
) -> None:
    """Say that an item is done."""
    _act(config, "Do", incident, plan, item, actor, seen, note, as_json=as_json)


@app.command()
def skip(
    incident: Incident,
    plan: PlanId,
    item: ItemId,
    reason: NeededReason,
    config: Config = None,
    actor: Actor = None,
    seen: Seen = None,
    as_json: AsJson = False,
) -> None:
    """Say that an item need not be done, and why."""
    _act(config, "Skip", incident, plan, item, actor, seen, reason, as_json=as_json)


@app.command()
def reopen(
    incident: Incident,
    plan: PlanId,
    item: ItemId,
    reason: NeededReason,
    config: Config = None,
    actor: Actor = None,
    seen: Seen = None,
    as_json: AsJson = False,
) -> None:
    """Say that an item was not done or skipped after all, and why."""
    _act(config, "Reopen", incident, plan, item, actor, seen, reason, as_json=as_json)


def read_book(settings: Settings) -> PlanBook:
    """Return the city's plans.

    Raises:
        typer.Exit: there is a mistake in them, which has been told.
    """
    from ioc import city

    try:
        return city.plan_book(settings.city)
    except ValueError as error:
        raise refusal(error) from None


def _act(
    config: Path | None,
    do: str,
    incident: str,
    plan: str,
    item: str,
    actor: str | None,
    seen: int | None,
    said: str,
    *,
    as_json: bool,
) -> None:
    """Do something with an item, and tell what became of it."""
    import dispatch.plans
    from ioc import incidents
    from ioc import plans_text as text
    from storage import plans
    from storage.incidents import IncidentError

    settings = read_settings(config)
    book = read_book(settings)

    async def run(connection: _Connection) -> Run:
        (found,) = await incidents.found(connection, [incident])
        return await plans.act(
            connection, found.id, plan, getattr(dispatch.plans, do), item, _who(actor), seen=seen,
            text=said,
        )  # fmt: skip

    try:
        one = asked(settings, run)
    except (plans.PlanError, IncidentError) as error:
        raise refusal(error) from None
    show(text.run_facts(one, book, _now_us()), text.done(one, item), as_json)


def _who(actor: str | None) -> str:
    from ioc import registry

    return registry.actor() if actor is None else actor


def _now_us() -> int:
    return time.time_ns() // 1000
