"""`ioc response`: the response level 应急响应 of an incident, or of the district in some matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ioc.command import AsJson, Config, asked, check_word, read_settings, refusal, show

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from dispatch.plans import PlanBook, Response, Scope
    from dispatch.plans.response import ResponseEvent

    _Connection = psycopg.AsyncConnection[TupleRow]

app = typer.Typer(
    help="应急响应 · Response levels Ⅰ–Ⅳ: show, set. Not the warning colours.", no_args_is_help=True
)

Matter = Annotated[
    str | None, typer.Option(help="Of the whole district, e.g. flood, as in plans.yaml.")
]
Incident = Annotated[
    str | None, typer.Option(help="Of an incident; the beginning of its id is enough.")
]


@app.command("show")
def show_response(
    config: Config = None,
    matter: Matter = None,
    incident: Incident = None,
    as_json: AsJson = False,
) -> None:
    """Show the responses that are on; or one of them, and what happened to it."""
    from ioc import plans_text as text
    from ioc.plans import read_book
    from storage import responses

    settings = read_settings(config)
    book = read_book(settings)
    if matter is None and incident is None:
        facts = [text.response_facts(one, book) for one in asked(settings, responses.current)]
        show({"responses": facts}, text.responses(facts), as_json)
        return
    _check(matter, incident, book)

    async def ask(connection: _Connection) -> tuple[Response, list[ResponseEvent]]:
        scope = await _scope(connection, matter, incident)
        return await responses.of(connection, scope), await responses.history(connection, scope)

    one, events = asked(settings, ask)
    said, past = text.response_facts(one, book), text.response_history_facts(events)
    told = "\n".join(filter(None, (text.response(said), text.response_history(past, events))))
    show({**said, "history": past}, told, as_json)


@app.command("set")
def set_response(
    level: Annotated[str, typer.Argument(metavar="I|II|III|IV|none", help="none ends it.")],
    reason: Annotated[str, typer.Option(help="Why; needed.")],
    config: Config = None,
    matter: Matter = None,
    incident: Incident = None,
    actor: Annotated[
        str | None, typer.Option(help="Who says so; default the user of this program.")
    ] = None,
    seen: Annotated[
        int | None, typer.Option(help="Version that was seen; default as it stands now.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start, raise, lower or end a response, whichever it is."""
    from dispatch.plans import Level
    from ioc import plans_text as text
    from ioc import registry
    from ioc.plans import read_book
    from storage import responses
    from storage.incidents import IncidentError
    from storage.plans import PlanError

    settings = read_settings(config)
    book = read_book(settings)
    _check(matter, incident, book)
    try:
        wanted = None if level.lower() == "none" else Level.of(level)
    except ValueError as error:
        raise refusal(f"{error}, or none to end it") from None

    async def run(connection: _Connection) -> Response:
        scope = await _scope(connection, matter, incident)
        name = registry.actor() if actor is None else actor
        return await responses.set_level(connection, scope, wanted, name, reason, seen=seen)

    try:
        one = asked(settings, run)
    except (PlanError, IncidentError) as error:
        raise refusal(error) from None
    facts = text.response_facts(one, book)
    show(facts, text.response(facts), as_json)


def _check(matter: str | None, incident: str | None, book: PlanBook) -> None:
    """Return if just one of both is named, and is known."""
    if (matter is None) == (incident is None):
        raise refusal(
            "说明对象 · say of what: --matter for the whole district, or --incident and an id"
        )
    check_word("--matter", matter, list(book.matters))


async def _scope(connection: _Connection, matter: str | None, incident: str | None) -> Scope:
    from dispatch.plans import Scope
    from ioc import incidents

    if incident is None:
        return Scope(matter=matter or "")
    (found,) = await incidents.found(connection, [incident])
    return Scope(incident=found.id)
