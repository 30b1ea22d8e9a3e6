"""Alert transitions into tables: the alert as it stands, its history, and the outbox.

The transition's version decides: an alert moves from version n to n + 1 or not at all. What people
did with the alert (`storage.handling`) has a version of its own. Transitions touch it in three
places only: what is told anew must be acknowledged anew, a higher level ends shelving, and what is
raised again takes over the shelving of the alert before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from rules.alerts import Transition, TransitionKind
from storage.instants import instant

CHANNEL = "alerts"
"""NOTIFY channel; the payload is a JSON list of alert ids, or empty for "read all again"."""

OUTBOX_TOPIC = "alerts"

_NOTIFY_LIMIT = 190
"""Ids in one notification: PostgreSQL takes less than 8000 bytes, an id needs 39."""

_ENGINE = "rules"
"""Actor of transitions that no person made."""

_TOLD_ANEW: Final = frozenset(
    {
        TransitionKind.ESCALATED,
        TransitionKind.REACTIVATED,
        TransitionKind.UNSUPPRESSED,
        TransitionKind.REALARMED,
    }
)
"""After these nobody has acknowledged the alert. Whose it was it still is."""


def _rank(severity: str) -> sql.Composed:
    """Return SQL for how grave a severity is: the higher, the graver."""
    return sql.SQL("array_position(ARRAY['blue', 'yellow', 'orange', 'red'], {})").format(
        sql.SQL(severity)
    )


_TAKE_OVER: Final = sql.SQL(
    "WITH before AS (SELECT id, severity, shelved_until, shelved_by, shelve_reason FROM alert "
    "WHERE rule = %(rule)s AND subject = %(subject)s AND id <> %(id)s "
    "ORDER BY raised DESC LIMIT 1), "
    "shelved AS (UPDATE alert AS now SET shelved_until = before.shelved_until, "
    "shelved_by = before.shelved_by, shelve_reason = before.shelve_reason, handled = 1 "
    "FROM before WHERE now.id = %(id)s AND before.shelved_until > clock_timestamp() "
    "AND {now} <= {before} "
    "RETURNING now.id, before.id AS before, now.shelved_until, now.shelved_by, now.shelve_reason) "
    "INSERT INTO alert_action (alert, number, kind, actor, reason, detail) "
    "SELECT id, 1, 'shelve', shelved_by, shelve_reason, "
    "jsonb_build_object('until', shelved_until, 'taken_over_from', before) FROM shelved"
).format(now=_rank("now.severity"), before=_rank("before.severity"))

_MOVE: Final = sql.SQL(
    "UPDATE alert SET severity = coalesce(%(severity)s, severity), active = %(active)s, "
    "cleared = %(cleared)s, changed = %(at)s, result = %(result)s, limit_value = %(limit)s, "
    "message_zh = %(zh)s, message_en = %(en)s, plan = %(plan)s, skill = %(skill)s, "
    "suppressed = CASE WHEN %(inhibition)s THEN %(reason)s ELSE suppressed END, "
    "flapping = (flapping OR %(flaps)s) AND %(active)s, "
    "returned = CASE WHEN %(returns)s THEN true WHEN %(again)s THEN false ELSE returned END, "
    "acknowledged = acknowledged AND NOT %(anew)s, "
    "acknowledged_by = CASE WHEN NOT %(anew)s THEN acknowledged_by END, "
    "acknowledged_at = CASE WHEN NOT %(anew)s THEN acknowledged_at END, "
    "shelved_until = CASE WHEN {graver} THEN NULL ELSE shelved_until END, "
    "shelved_by = CASE WHEN {graver} THEN NULL ELSE shelved_by END, "
    "shelve_reason = CASE WHEN {graver} THEN NULL ELSE shelve_reason END, "
    "version = %(version)s WHERE id = %(id)s AND version = %(version)s - 1 RETURNING suppressed"
).format(graver=sql.SQL("{} > {}").format(_rank("%(severity)s"), _rank("severity")))


class VersionError(RuntimeError):
    """A transition does not follow the alert's version: a broken assumption, stop."""


async def write(connection: AsyncConnection[TupleRow], transitions: Sequence[Transition]) -> None:
    """Apply transitions in their order, inside the transaction of the readings.

    Every transition goes to the outbox, with `suppressed` beside its own fields: the reason why
    it is not to be told, or null.

    Raises:
        VersionError: an alert is not at the version before its transition.
    """
    for one in transitions:
        suppressed = None
        if one.kind is TransitionKind.RAISED:
            await _raise(connection, one)
        else:
            suppressed = await _move(connection, one)
        evidence = msgspec.json.encode(one.evidence).decode()
        severity = None if one.is_end else one.severity.word
        await connection.execute(
            "INSERT INTO alert_transition (alert, version, kind, at, severity, actor, evidence, "
            "rule_version) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                one.alert, one.version, one.kind.value, instant(one.at_us), severity, _ENGINE,
                evidence, one.rule_version,
            ),
        )  # fmt: skip
        told = {**msgspec.structs.asdict(one), "suppressed": suppressed}
        await connection.execute(
            "INSERT INTO outbox (topic, key, payload) VALUES (%s, %s, %s)",
            (OUTBOX_TOPIC, one.alert, msgspec.json.encode(told).decode()),
        )
    await notify(connection, {one.alert for one in transitions})


async def notify(connection: AsyncConnection[TupleRow], ids: set[str]) -> None:
    """Tell who listens which alerts changed, once the caller's transaction is committed."""
    if not ids:
        return
    payload = msgspec.json.encode(sorted(ids)).decode() if len(ids) <= _NOTIFY_LIMIT else ""
    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))


async def _raise(connection: AsyncConnection[TupleRow], one: Transition) -> None:
    await connection.execute(
        "INSERT INTO alert (id, rule, rule_version, subject, datastream, domain, severity, "
        "active, first_exceeded, raised, changed, result, limit_value, message_zh, "
        "message_en, version, plan, skill) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, true, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            one.alert, one.rule, one.rule_version, one.subject, one.datastream, one.domain,
            one.severity.word, instant(one.first_exceeded_us), instant(one.raised_us),
            instant(one.at_us), one.evidence.result, one.evidence.limit, one.message_zh,
            one.message_en, one.version, one.plan, one.skill,
        ),
    )  # fmt: skip
    await _take_over_shelving(connection, one)


async def _take_over_shelving(connection: AsyncConnection[TupleRow], one: Transition) -> None:
    """Shelve what is raised as long as the alert before it was shelved for.

    Shelving is meant for a rule on a subject: an alert that comes and goes would be back with its
    next raise. One of a higher level is not what was shelved.
    """
    await connection.execute(
        _TAKE_OVER,
        {"rule": one.rule, "subject": one.subject, "id": one.alert},
    )


async def _move(connection: AsyncConnection[TupleRow], one: Transition) -> str | None:
    """Move an alert, and return why it is suppressed now; None where it is not."""
    cursor = await connection.execute(
        _MOVE,
        {
            "severity": None if one.is_end else one.severity.word,
            "active": not one.is_end,
            "cleared": instant(one.at_us) if one.is_end else None,
            "at": instant(one.at_us),
            "result": one.evidence.result,
            "limit": one.evidence.limit,
            "zh": one.message_zh,
            "en": one.message_en,
            "plan": one.plan,
            "skill": one.skill,
            "inhibition": one.kind in (TransitionKind.SUPPRESSED, TransitionKind.UNSUPPRESSED),
            "reason": one.evidence.reason if one.kind is TransitionKind.SUPPRESSED else None,
            "flaps": one.kind is TransitionKind.FLAPPING,
            "returns": one.kind is TransitionKind.RETURNED,
            "again": one.kind is TransitionKind.REACTIVATED or one.is_end,
            "anew": one.kind in _TOLD_ANEW,
            "version": one.version,
            "id": one.alert,
        },
    )
    row = await cursor.fetchone()
    if row is None:
        raise VersionError(
            f"alert {one.alert} is not at version {one.version - 1}, "
            f"which {one.kind.value} of {one.subject} by {one.rule} follows"
        )
    suppressed: str | None = row[0]
    return suppressed
