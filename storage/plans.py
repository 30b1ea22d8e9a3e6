"""Plans 预案 in tables: commands decided by `dispatch.plans`, one transaction each.

The row of an incident is held while a plan is started in it, the row of a run while one of its
items changes: of many at once one wins and the others are told who. What happened is written once,
goes to the outbox, and is notified.

All take a psycopg AsyncConnection in autocommit. Times are of the database's clock.
"""

from __future__ import annotations

import difflib
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from dispatch.incidents.machine import Refusal as IncidentRefusal
from dispatch.plans import (
    Do,
    Event,
    Item,
    ItemState,
    Move,
    Overdue,
    Plan,
    PlanBook,
    Refusal,
    Reopen,
    Run,
    RunItem,
    Skip,
    Start,
    decide,
    due,
    evolve,
)
from dispatch.plans.words import refusal as told
from storage.incidents import IncidentError
from storage.instants import instant, to_us
from storage.texts import storable

CHANNEL: Final = "plans"
"""NOTIFY channel; the payload is a JSON list of ids of runs."""

OUTBOX_TOPIC: Final = "plans"
"""What owners of items are to be told: plans that start, what becomes of items, what is overdue."""

ENGINE: Final = "rules"
"""Actor of what no person did."""

_Connection = AsyncConnection[TupleRow]


class PlanError(ValueError):
    """A command was refused; nothing was done.

    Attributes:
        refusal: code and facts, for the reader's language.
    """

    def __init__(self, refusal: Refusal) -> None:
        """Say what and what would be right, Chinese and English."""
        super().__init__(" · ".join(told(refusal)))
        self.refusal = refusal


class Happened(msgspec.Struct, frozen=True):
    """An event of a run, as it is stored."""

    number: int
    kind: str
    """As `dispatch.plans.EventKind`."""
    at_us: int
    actor: str
    text: str
    item: str
    """Empty where none changed."""
    incident: str
    """Whose the run was after it."""


_RUN: Final = sql.SQL(
    "SELECT plan_run.id::text, plan_run.plan, plan_run.incident::text, plan_run.version, "
    "{started}, started_by, coalesce(plan_run.alert::text, ''), {changed}, plan_run.changed_by, "
    "plan_run.changed_how FROM plan_run JOIN incident ON incident.id = plan_run.incident "
).format(started=to_us("started"), changed=to_us("plan_run", "changed"))

_ITEMS: Final = sql.SQL(
    "SELECT run::text, item, name_zh, name_en, owner, owner_zh, owner_en, within_us, state, "
    "version, changed_by, {changed}, note, told FROM plan_item WHERE run = ANY(%s::uuid[]) "
    "ORDER BY run, number"
).format(changed=to_us("changed"))


def plan_named(book: PlanBook, name: str) -> Plan:
    """Return a plan of a city.

    Raises:
        PlanError: there is none of that id.
    """
    if name not in book.plans:
        near = difflib.get_close_matches(name, book.plans, n=1)
        facts = {"plan": name, "known": ", ".join(book.plans), "near": near[0] if near else ""}
        raise PlanError(Refusal("unknown_plan", facts))
    return book.plans[name]


async def start(
    connection: _Connection, plan: Plan, incident: str, actor: str, *, text: str = ""
) -> Run:
    """Start a plan in an incident by hand, and return its run.

    Raises:
        PlanError: it was started there already, or nobody starts it.
        IncidentError: there is no such incident, or it is over.
    """
    return await _start(connection, plan, incident, actor, text, "")


async def act(
    connection: _Connection,
    incident: str,
    plan: str,
    do: type[Do | Skip | Reopen],
    item: str,
    actor: str,
    *,
    seen: int | None = None,
    text: str = "",
) -> Run:
    """Do something with an item of a started plan, and return the run after it.

    Args:
        connection: where to.
        incident: id.
        plan: id of a plan that was started there.
        do: what.
        item: id.
        actor: who does it.
        seen: version of the run that the actor saw; None for the one it has now.
        text: note or reason.

    Raises:
        PlanError: it is refused; the refusal says who was first.
        IncidentError: there is no such incident, or it is over.
    """
    async with connection.transaction():
        await check_open(connection, incident)
        run = await _of(connection, incident, plan, hold=True)
        if run is None:
            raise PlanError(Refusal("unknown_run", {"incident": incident, "plan": plan}))
        command = do(
            actor=storable(actor), at_us=await now_us(connection), item=item, text=storable(text),
            seen=run.version if seen is None else seen,
        )  # fmt: skip
        return await _done(connection, run, decide(run, command))


async def collect(connection: _Connection, book: PlanBook) -> list[Run]:
    """Start what rules ask for: the plan that an active alert names, once in its incident.

    Runs of incidents that were merged go along first, so that nothing begins anew there. Suppressed
    alerts start nothing. Idempotent; several may call it at once.

    Args:
        connection: where to.
        book: the city's plans; alerts that name another one are left alone, see `unknown`.

    Returns:
        What was started now.
    """
    await follow_merges(connection)
    cursor = await connection.execute(
        _WANTED + sql.SQL("AND alert.plan = ANY(%s) ") + _WANTED_ORDER, (list(book.plans),)
    )
    started = []
    for incident, plan, alert in await cursor.fetchall():
        try:
            one = await _start(connection, book.plans[plan], incident, ENGINE, "", alert)
        except (PlanError, IncidentError):  # somebody was faster, or it has just ended
            continue
        started.append(one)
    return started


async def unknown(connection: _Connection, book: PlanBook) -> set[str]:
    """Return the plans that active alerts name and the city has not."""
    cursor = await connection.execute(
        _WANTED + sql.SQL("AND NOT alert.plan = ANY(%s) ") + _WANTED_ORDER, (list(book.plans),)
    )
    return {row[1] for row in await cursor.fetchall()}


async def follow_merges(connection: _Connection) -> list[Run]:
    """Hand runs over to the incidents into which theirs were merged, and return them.

    A run stays where it is if the plan was started in both: its items are waited for no longer.
    """
    moved: list[Run] = []
    while True:
        async with connection.transaction():
            # One at a time: it takes two incidents and a run, and merging is rare.
            cursor = await connection.execute(
                "SELECT run.id::text, old.merged_into::text FROM plan_run AS run "
                "JOIN incident AS old ON old.id = run.incident WHERE old.merged_into IS NOT NULL "
                "AND NOT EXISTS (SELECT FROM plan_run AS other WHERE other.plan = run.plan "
                "AND other.incident = old.merged_into) ORDER BY run.started, run.id LIMIT 1"
            )
            row = await cursor.fetchone()
            if row is None:
                return moved
            name, into = row
            await connection.execute("SELECT FROM incident WHERE id = %s FOR UPDATE", (into,))
            (run,) = await _load(connection, "WHERE plan_run.id = %s", name, hold=True)
            if run.incident == into or await _of(connection, into, run.plan) is not None:
                continue  # somebody was faster
            command = Move(actor=ENGINE, at_us=await now_us(connection), incident=into)
            moved.append(await _done(connection, run, decide(run, command)))


async def tell_overdue(connection: _Connection) -> tuple[Overdue, ...]:
    """Tell the owners of items that were not done in time, and return them; each item once.

    Items of closed incidents are waited for no longer. Several may call it at once.
    """
    async with connection.transaction():
        # Rows are held: who does the item, or tells it, at this moment comes before or after.
        cursor = await connection.execute(
            "SELECT plan_item.run::text FROM plan_item JOIN plan_run ON plan_run.id = run "
            "JOIN incident ON incident.id = plan_run.incident WHERE state = 'open' AND NOT told "
            "AND due < clock_timestamp() AND closed IS NULL "
            "ORDER BY run, number FOR UPDATE OF plan_item"
        )
        late = list(dict.fromkeys(row[0] for row in await cursor.fetchall()))
        if not late:
            return ()
        runs = await _load(connection, "WHERE plan_run.id = ANY(%s::uuid[])", late)
        found = due(runs, await now_us(connection))
        for one in found:
            await connection.execute(
                "INSERT INTO plan_overdue (run, item, post, due, told) "
                "VALUES (%s, %s, %s, %s, clock_timestamp())",
                (one.run, one.item, one.to, instant(one.due_us)),
            )
            await connection.execute(
                "UPDATE plan_item SET told = true WHERE run = %s AND item = %s", (one.run, one.item)
            )
            await _tell(connection, one.run, {"kind": "overdue", **asdict(one)})
        if found:
            await _notify(connection, {one.run for one in found})
    return found


async def of_incidents(connection: _Connection, incidents: Collection[str]) -> list[Run]:
    """Return the plans that were started in some incidents, the oldest first."""
    return await _load(
        connection, "WHERE plan_run.incident = ANY(%s::uuid[]) ORDER BY started, plan_run.id",
        list(incidents),
    )  # fmt: skip


async def open_runs(connection: _Connection, most: int = 500) -> list[Run]:
    """Return the plans that run in open incidents, the oldest first."""
    return await _load(
        connection, "WHERE incident.closed IS NULL ORDER BY started, plan_run.id LIMIT %s", most
    )


async def recent(connection: _Connection, most: int = 500) -> list[Run]:
    """Return plans that were started, also in incidents that are over, the newest first."""
    return await _load(connection, "ORDER BY started DESC, plan_run.id LIMIT %s", most)


async def history(connection: _Connection, run: str) -> list[Happened]:
    """Return what happened to a run, in order."""
    cursor = await connection.execute(
        sql.SQL(
            "SELECT number, kind, {at}, actor, reason, item, incident::text FROM plan_event "
            "WHERE run = %s ORDER BY number"
        ).format(at=to_us("at")),
        (run,),
    )
    return [Happened(*row) for row in await cursor.fetchall()]


_WANTED: Final = sql.SQL(
    "SELECT DISTINCT ON (member.incident, alert.plan) member.incident::text, alert.plan, "
    "alert.id::text FROM incident_member AS member JOIN alert ON alert.id = member.alert "
    "WHERE member.departed IS NULL AND NOT member.closed AND alert.plan <> '' AND alert.active "
    "AND alert.suppressed IS NULL AND NOT EXISTS (SELECT FROM plan_run AS run "
    "WHERE run.incident = member.incident AND run.plan = alert.plan) "
)
_WANTED_ORDER: Final = sql.SQL("ORDER BY member.incident, alert.plan, alert.raised, alert.id")


async def _start(
    connection: _Connection, plan: Plan, incident: str, actor: str, text: str, alert: str
) -> Run:
    async with connection.transaction():
        await check_open(connection, incident, lock="UPDATE")
        standing = await _of(connection, incident, plan.id)
        command = Start(
            actor=storable(actor), at_us=await now_us(connection), run=str(uuid.uuid4()),
            plan=plan, incident=incident, alert=alert, text=storable(text),
        )  # fmt: skip
        events = decide(standing, command)
        return await _done(connection, None, events)


async def _done(
    connection: _Connection, before: Run | None, events: tuple[Event, ...] | Refusal
) -> Run:
    """Store events and the run that they make, within the caller's transaction.

    Raises:
        PlanError: they are a refusal.
    """
    if isinstance(events, Refusal):
        raise PlanError(events)
    run = before
    for event in events:
        run = evolve(run, event)
        await _write(connection, run, event)
        facts = {key: value for key, value in asdict(event).items() if key != "items"}
        await _tell(connection, run.id, facts)
    assert run is not None  # noqa: S101 (a decision has an event)
    await _notify(connection, {run.id})
    return run


async def _write(connection: _Connection, run: Run, event: Event) -> None:
    at = instant(event.at_us)
    if event.version == 1:
        await connection.execute(
            "INSERT INTO plan_run (id, plan, incident, version, started, started_by, alert, "
            "changed, changed_by, changed_how) VALUES (%s, %s, %s, 1, %s, %s, %s, %s, %s, %s)",
            (
                run.id, run.plan, run.incident, at, event.actor, run.alert or None, at, event.actor,
                event.kind.value,
            ),
        )  # fmt: skip
        for number, one in enumerate(run.items):
            await connection.execute(
                "INSERT INTO plan_item (run, number, item, name_zh, name_en, owner, owner_zh, "
                "owner_en, within_us, due) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    run.id, number, one.item.id, *one.item.name, one.item.owner,
                    *one.item.owner_name, one.item.within_us, _due(run, one),
                ),
            )  # fmt: skip
    else:
        cursor = await connection.execute(
            "UPDATE plan_run SET version = %s, incident = %s, changed = %s, changed_by = %s, "
            "changed_how = %s WHERE id = %s AND version = %s",
            (
                event.version, run.incident, at, event.actor, event.kind.value, run.id,
                event.version - 1,
            ),
        )  # fmt: skip
        if cursor.rowcount != 1:
            raise RuntimeError(f"run {run.id} is not at version {event.version - 1}")
    for one in run.items:
        if one.item.id == event.item:
            await connection.execute(
                "UPDATE plan_item SET state = %s, version = %s, changed = %s, changed_by = %s, "
                "note = %s WHERE run = %s AND item = %s",
                (one.state.value, one.version, at, one.by, one.text, run.id, one.item.id),
            )
    await connection.execute(
        "INSERT INTO plan_event (run, number, kind, at, actor, reason, item, incident) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            event.run, event.version, event.kind.value, at, event.actor, event.text, event.item,
            event.incident,
        ),
    )  # fmt: skip


def _due(run: Run, one: RunItem) -> Any:  # noqa: ANN401 # a moment or None
    due_us = one.due_us(run.started_us)
    return None if due_us is None else instant(due_us)


async def _of(
    connection: _Connection, incident: str, plan: str, *, hold: bool = False
) -> Run | None:
    found = await _load(
        connection, "WHERE plan_run.incident = %s AND plan_run.plan = %s", incident, plan, hold=hold
    )
    return found[0] if found else None


async def _load(
    connection: _Connection,
    which: str,
    *values: Any,  # noqa: ANN401 # whatever the condition needs
    hold: bool = False,
) -> list[Run]:
    """Return runs with their items, of a condition written here and not by anybody else.

    Args:
        connection: where to ask.
        which: the condition.
        values: of the condition.
        hold: keep the rows of the runs until the transaction ends.
    """
    lock = sql.SQL(" FOR UPDATE OF plan_run" if hold else "")
    cursor = await connection.execute(_RUN + sql.SQL(which) + lock, values)
    rows = await cursor.fetchall()
    # A statement of its own: what waited for a row saw older items.
    cursor = await connection.execute(_ITEMS, ([row[0] for row in rows],))
    items: dict[str, list[RunItem]] = {row[0]: [] for row in rows}
    for run, *columns in await cursor.fetchall():
        items[run].append(_item(columns))
    return [
        Run(
            id=row[0], plan=row[1], incident=row[2], version=row[3], started_us=row[4],
            started_by=row[5], items=tuple(items[row[0]]), alert=row[6], changed_us=row[7],
            changed_by=row[8], changed_how=row[9],
        )
        for row in rows
    ]  # fmt: skip


def _item(row: Sequence[Any]) -> RunItem:
    name, zh, en, owner, owner_zh, owner_en, within_us, state, version, by, at_us, note, told = row
    item = Item(name, (zh, en), owner, (owner_zh, owner_en), within_us)
    return RunItem(item, ItemState(state), version, by, at_us, note, told)


async def check_open(
    connection: _Connection, incident: str, *, lock: str = "SHARE", may_be_over: bool = False
) -> None:
    """Return if an incident is open; it stays so until the transaction ends.

    Args:
        connection: in a transaction.
        incident: id.
        lock: SHARE, or UPDATE for one at a time.
        may_be_over: it is enough that there is one.

    Raises:
        IncidentError: there is none, or it is over.
    """
    cursor = await connection.execute(
        sql.SQL(
            "SELECT closed IS NULL, coalesce(merged_into::text, ''), changed_by FROM incident "
            "WHERE id = %s FOR {}"
        ).format(sql.SQL(lock)),
        (incident,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise IncidentError(IncidentRefusal("unknown", {"incident": incident}))
    if not (row[0] or may_be_over):
        code = "merged" if row[1] else "closed"
        facts = {"incident": incident, "into": row[1], "by": row[2]}
        raise IncidentError(IncidentRefusal(code, facts))


async def now_us(connection: _Connection) -> int:
    """Return the time of the database's clock, µs since 1970."""
    cursor = await connection.execute(
        "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    )
    (row,) = await cursor.fetchall()
    found: int = row[0]
    return found


async def _tell(connection: _Connection, run: str, payload: Mapping[str, object]) -> None:
    await connection.execute(
        "INSERT INTO outbox (topic, key, payload) VALUES (%s, %s, %s)",
        (OUTBOX_TOPIC, run, Jsonb(dict(payload))),
    )


async def _notify(connection: _Connection, changed: Iterable[str]) -> None:
    payload = msgspec.json.encode(sorted(changed)).decode()
    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))
