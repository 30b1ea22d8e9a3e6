"""`ioc alerts pending`: what will be an alert unless it is gone before its on-delay is over.

Read from the engine's newest checkpoints, so it is what the engine itself goes by, some second old.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from devices import catalogue, record
from devices.partition import owned
from ioc import registry, rule_registry
from ioc.alerts_text import SEVERITIES
from ioc.command import asked, refusal, show
from ioc.devices_text import table, time_text
from ioc.quarantine_text import plain
from rules import checkpoint, explaining
from rules.explaining import Pending
from rules.language import parse
from storage.commit import Saved, read_checkpoint

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from ioc.settings import Settings


def command(settings: Settings, *, as_json: bool) -> None:
    """Print every level whose on-delay runs.

    Raises:
        typer.Exit: the database is away, or what it holds is not of this version; it has been told.
    """
    try:
        rule_set = parse(
            rule_registry.in_force(settings).texts,
            catalogue.build(registry.in_force(settings).texts),
        )
        found: list[Pending] = []
        clock_us = None
        for number in range(settings.kafka.partitions):
            saved = asked(settings, partial(_saved, number=number))
            if saved is None:
                continue
            mine = owned(rule_set.catalogue, number, settings.kafka.partitions)
            memory, _ = checkpoint.decode(rule_set, saved.state, mine)
            found += explaining.pending(rule_set, memory)
            clock_us = max(clock_us or memory.clock_us, memory.clock_us)
    except ValueError as error:
        raise refusal(error) from None
    found.sort(key=lambda one: one.due_us)
    at = None if clock_us is None else time_text(clock_us)
    show({"at": at, "pending": [_facts(one) for one in found]}, _text(found, at), as_json)


async def _saved(connection: psycopg.AsyncConnection[TupleRow], number: int) -> Saved | None:
    return await read_checkpoint(connection, record.TOPIC, number)


def _facts(one: Pending) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "subject": one.subject,
        "severity": one.level,
        "value": None if one.value != one.value else one.value,
        "limit": one.limit,
        "unit": one.value_unit,
        "since": time_text(one.since_us),
        "due": time_text(one.due_us),
    }


def _text(found: list[Pending], at: str | None) -> str:
    if at is None:
        return "引擎还没有运行过 · the engine has not run yet"
    if not found:
        return f"没有待定告警 · nothing is pending, as of {at}"
    head = ("级别 severity", "届时 due", "值 value", "限值 limit", "规则 rule", "对象 subject")
    rows = [
        (
            f"{SEVERITIES[one.level]} {one.level}", time_text(one.due_us), f"{one.value:g}",
            f"{one.limit:g} {one.value_unit}".strip(), one.rule, plain(one.subject),
        )
        for one in found
    ]  # fmt: skip
    return f"{table(head, rows)}\n\n{len(found)} 条待定 pending, as of {at}"
