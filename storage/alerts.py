"""Alert transitions into tables: the alert as it stands, its history, and the outbox.

The transition's version decides: an alert moves from version n to n + 1 or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from rules.alerts import Severity, Transition, TransitionKind
from storage.instants import instant

CHANNEL = "alerts"
"""NOTIFY channel; the payload is a JSON list of alert ids, or empty for "read all again"."""

OUTBOX_TOPIC = "alerts"

_NOTIFY_LIMIT = 190
"""Ids in one notification: PostgreSQL takes less than 8000 bytes, an id needs 39."""

_ENGINE = "rules"
"""Actor of transitions that no person made."""


class VersionError(RuntimeError):
    """A transition does not follow the alert's version: a broken assumption, stop."""


async def write(connection: AsyncConnection[TupleRow], transitions: Sequence[Transition]) -> None:
    """Apply transitions in their order, inside the transaction of the readings.

    Raises:
        VersionError: an alert is not at the version before its transition.
    """
    for one in transitions:
        if one.kind is TransitionKind.RAISED:
            await connection.execute(
                "INSERT INTO alert (id, rule, rule_version, subject, datastream, domain, severity, "
                "active, first_exceeded, raised, changed, result, limit_value, message_zh, "
                "message_en, version) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, true, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    one.alert, one.rule, one.rule_version, one.subject, one.datastream, one.domain,
                    one.severity.word, instant(one.first_exceeded_us), instant(one.raised_us),
                    instant(one.at_us), one.evidence.result, one.evidence.limit, one.message_zh,
                    one.message_en, one.version,
                ),
            )  # fmt: skip
        else:
            await _move(connection, one)
        evidence = msgspec.json.encode(one.evidence).decode()
        severity = None if one.severity == Severity.NONE else one.severity.word
        await connection.execute(
            "INSERT INTO alert_transition (alert, version, kind, at, severity, actor, evidence) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (
                one.alert, one.version, one.kind.value, instant(one.at_us), severity, _ENGINE,
                evidence,
            ),
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO outbox (topic, key, payload) VALUES (%s, %s, %s)",
            (OUTBOX_TOPIC, one.alert, msgspec.json.encode(one).decode()),
        )
    if transitions:
        ids = sorted({one.alert for one in transitions})
        payload = msgspec.json.encode(ids).decode() if len(ids) <= _NOTIFY_LIMIT else ""
        await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))


async def _move(connection: AsyncConnection[TupleRow], one: Transition) -> None:
    cleared = one.severity == Severity.NONE
    cursor = await connection.execute(
        "UPDATE alert SET severity = coalesce(%s, severity), active = %s, cleared = %s, "
        "changed = %s, result = %s, limit_value = %s, message_zh = %s, message_en = %s, "
        "version = %s WHERE id = %s AND version = %s",
        (
            None if cleared else one.severity.word, not cleared,
            instant(one.at_us) if cleared else None, instant(one.at_us), one.evidence.result,
            one.evidence.limit, one.message_zh, one.message_en, one.version, one.alert,
            one.version - 1,
        ),
    )  # fmt: skip
    if cursor.rowcount != 1:
        raise VersionError(
            f"alert {one.alert} is not at version {one.version - 1}, "
            f"which {one.kind.value} of {one.subject} by {one.rule} follows"
        )
