"""What `ioc status` shows: the parts, the balance, quarantine, alerts, ledger."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import psycopg

from ingest.clocks import BEYOND_S
from ioc import balance, flood, health, refusal_alarm, run_state
from ioc.parts import programs
from ioc.settings import Settings

_PROGRAMS = ("gateway", "worker", "wall", "simulator")


async def collect(settings: Settings) -> dict[str, Any]:
    """Return all facts as plain JSON; `healthy` is their sum."""
    running = run_state.is_held(settings.run_dir)
    state = run_state.read(settings.run_dir) if running else None
    parts = _parts(settings, state)
    database = await _database(settings)
    wall = running and await programs.answers(settings.wall_port)
    return {
        "healthy": bool(
            running
            and wall
            and all(one["healthy"] for one in parts)
            and database["reachable"]
            and database["balanced"] is not False
        ),
        "running": running,
        "supervisor_pid": state.pid if state else None,
        "wall": {"url": settings.wall_url, "answers": wall},
        "up_after_s": state.up_after_s if state else None,
        "parts": parts,
        **database,
    }


def _parts(settings: Settings, state: run_state.RunState | None) -> list[dict[str, Any]]:
    now_us = time.time_ns() // 1000
    found = []
    for one in state.parts if state else []:
        beat = health.read(settings.run_dir, one.name) if one.name in _PROGRAMS else None
        age_s = beat.age_s(now_us) if beat is not None and beat.pid == one.pid else None
        beats = one.name not in _PROGRAMS or (age_s is not None and age_s <= health.FRESH_S)
        works = beat is None or bool(beat.facts.get("ok", True))
        found.append(
            {
                "name": one.name,
                "state": one.state,
                "healthy": one.state == "ready" and beats and works,
                "pid": one.pid,
                "uptime_s": round((now_us - one.ready_us) / 1e6, 1) if one.ready_us else None,
                "restarts": one.restarts,
                "last_exit": one.last_exit,
                "heartbeat_age_s": None if age_s is None else round(age_s, 1),
                "facts": beat.facts if beat is not None else {},
            }
        )
    return found


async def _database(settings: Settings) -> dict[str, Any]:
    """Ask the database; everything is None or empty where it does not answer."""
    from storage import queries

    facts: dict[str, Any] = {
        "reachable": False,
        "balanced": None,
        "balance": {},
        "closed_through_s": None,
        "quarantine": {},
        "quarantine_rate": None,
        "open_alerts": {},
        "hidden_alerts": {},
        "ledger": [],
    }
    try:
        async with await psycopg.AsyncConnection.connect(
            settings.database_url, autocommit=True, connect_timeout=3
        ) as connection:
            facts["quarantine"] = await queries.quarantine_counts(connection)
            facts["quarantine_rate"] = await refusal_alarm.facts(connection, settings.quarantine)
            facts["open_alerts"] = await queries.open_counts(connection)
            facts["hidden_alerts"] = await queries.hidden_counts(connection)
            facts["ledger"] = [
                {"log": log, "topic": topic, "partition": partition, "next_offset": offset}
                for log, topic, partition, offset in await queries.ledger(connection)
            ]
            facts |= await _balance(settings, connection)
    except psycopg.Error as error:
        return facts | {"database_error": str(error).strip()}
    return facts | {"reachable": True}


async def _balance(settings: Settings, connection: psycopg.AsyncConnection[Any]) -> dict[str, Any]:
    from storage import queries

    beat = health.read(settings.run_dir, "gateway")
    intake = beat.facts.get("intake") if beat is not None else None
    if intake is None:
        return {}
    through_s = intake["closed_through_s"]
    counted = await queries.intake(connection, intake["collector"], through_s)
    lines = balance.compare(intake["readings"], counted)
    return {
        "balanced": all(line.in_flight == 0 for line in lines.values()),
        "balance": {
            name: {**asdict(line), "in_flight": line.in_flight} for name, line in lines.items()
        },
        "closed_through_s": through_s,
    }


def render(facts: dict[str, Any]) -> str:
    """Return the facts for a person at a terminal."""
    if not facts["running"]:
        return "nothing runs; start it with: ioc up"
    lines = [
        f"wall  {facts['wall']['url']}  {'answers' if facts['wall']['answers'] else 'IS SILENT'}",
        "",
        f"  {'part':<10} {'state':<12} {'pid':>8} {'uptime':>9} {'restarts':>8} {'heartbeat':>9}"
        "  last exit",
    ]
    for one in facts["parts"]:
        beat = "-" if one["heartbeat_age_s"] is None else f"{one['heartbeat_age_s']:.1f} s"
        uptime = "-" if one["uptime_s"] is None else f"{one['uptime_s']:.0f} s"
        lines.append(
            f"{'✓' if one['healthy'] else '✗'} {one['name']:<10} {one['state']:<12} "
            f"{one['pid'] or '-':>8} {uptime:>9} {one['restarts']:>8} {beat:>9}  "
            f"{one['last_exit'] or '-'}"
        )
    lines += [line for one in facts["parts"] for line in flood.render(one["facts"])]
    lines += _clocks(facts["parts"])
    if not facts["reachable"]:
        return "\n".join([*lines, "", f"✗ database: {facts['database_error']}"])
    lines += ["", f"  {'domain':<10}" + "".join(f"{name:>13}" for name in _COLUMNS)]
    lines += [
        f"{'✓' if line['in_flight'] == 0 else '✗'} {domain:<10}"
        + "".join(f"{line[name]:>13}" for name in _COLUMNS)
        for domain, line in facts["balance"].items()
    ]
    if facts["balanced"] is None:
        lines.append("  no balance yet: the gateway has not reported")
    lines += [
        "",
        f"quarantine   {_counts(facts['quarantine'])}",
        refusal_alarm.render(facts["quarantine_rate"]),
        f"open alerts  {_counts(facts['open_alerts'])}{_hidden(facts['hidden_alerts'])}",
        "ledger       "
        + _counts({f"{one['topic']}/{one['partition']}": one["next_offset"]
                   for one in facts["ledger"]}),
    ]  # fmt: skip
    return "\n".join(lines)


def _clocks(parts: list[dict[str, Any]]) -> list[str]:
    """Return a line about field gateways whose clocks are wrong; none while all are right."""
    offsets = {
        gateway: offset_s
        for one in parts
        for gateway, offset_s in one["facts"].get("clock_offsets_s", {}).items()
        if abs(offset_s) > BEYOND_S
    }
    named = ", ".join(
        f"{gateway} {abs(offset_s):.1f} s {'ahead' if offset_s > 0 else 'behind'}"
        for gateway, offset_s in offsets.items()
    )
    return [f"! clocks  {named}; set their clocks by NTP"] if named else []


_COLUMNS = ("received", "stored", "quarantined", "duplicate", "in_flight")


def _hidden(counts: dict[str, int]) -> str:
    return f"; not told: {_counts(counts)}" if counts else ""


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
