"""The questions about cases 案卷. Reading only; one function, one question.

All take a psycopg AsyncConnection in autocommit. Times are µs since 1970.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from dispatch.cases import Case, CaseEvent
from dispatch.cases.scores import Month
from storage.instants import instant

_Connection = AsyncConnection[TupleRow]

_CASE: Final = msgspec.json.Decoder(Case)
_EVENT: Final = msgspec.json.Decoder(CaseEvent)


class StageCount(msgspec.Struct, frozen=True):
    """How the open cases of one stage stand; each is in `open`, and in one other at most."""

    stage: str
    open: int
    amber: int
    """Their limit is nearly over (预警)."""
    red: int
    """Their limit is over (超期)."""
    paused: int
    """Suspended (挂账) before it was over."""


async def open_cases(
    connection: _Connection,
    limit: int,
    *,
    stage: str | None = None,
    department: str | None = None,
    town: str | None = None,
) -> list[Case]:
    """Return open cases: those whose limit ends first, then those without one, the oldest first.

    Args:
        connection: where to ask.
        limit: return no more than these.
        stage: only of this one.
        department: id; only whose it is.
        town: id; only there.
    """
    return await _cases(
        connection,
        "outcome IS NULL AND (%(stage)s::text IS NULL OR stage = %(stage)s) "
        "AND (%(department)s::text IS NULL OR department = %(department)s) "
        "AND (%(town)s::text IS NULL OR town = %(town)s) "
        "ORDER BY due NULLS LAST, opened, id LIMIT %(limit)s",
        limit=limit, stage=stage, department=department, town=town,
    )  # fmt: skip


async def recent_cases(connection: _Connection, limit: int) -> list[Case]:
    """Return cases, open or not, the newest first."""
    return await _cases(connection, "true ORDER BY opened DESC, id DESC LIMIT %(n)s", n=limit)


async def breached(connection: _Connection, at_us: int, limit: int) -> list[Case]:
    """Return open cases whose limit is over at a time, the longest over first."""
    return await _cases(
        connection,
        "outcome IS NULL AND due < %(at)s ORDER BY due, id LIMIT %(limit)s",
        at=instant(at_us), limit=limit,
    )  # fmt: skip


async def lately_changed(connection: _Connection, since_us: int, limit: int) -> list[Case]:
    """Return open cases, and those that ended since, by their last change, the newest first."""
    return await _cases(
        connection,
        "outcome IS NULL OR ended >= %(since)s ORDER BY changed DESC, id DESC LIMIT %(limit)s",
        since=instant(since_us), limit=limit,
    )  # fmt: skip


async def ran_out(connection: _Connection, from_us: int, until_us: int) -> int:
    """Return how many limits of cases ran out in a time, each clock of each case once.

    Those that are still over count, and those that were over when their clock ended. Of voided
    cases none is: nobody is late with them.

    Args:
        connection: where to ask.
        from_us: inclusive.
        until_us: exclusive, at or before now.
    """
    cursor = await connection.execute(
        "SELECT (SELECT count(*) FROM case_file "
        "        WHERE outcome IS NULL AND due >= %(from)s AND due < %(until)s) "
        "+ (SELECT count(*) FROM case_file "
        "   JOIN case_event AS ended ON ended.case_file = case_file.id "
        "   JOIN case_event AS before ON before.case_file = ended.case_file "
        "   AND before.version = ended.version - 1 "
        "   WHERE (outcome IS NULL OR outcome <> 'voided' AND case_file.ended >= %(from)s) "
        "   AND ended.at >= %(from)s AND ended.body ? 'late' "
        "   AND (before.body->'clock'->>'due_us')::bigint >= %(from_us)s "
        "   AND (before.body->'clock'->>'due_us')::bigint < %(until_us)s)",
        {
            "from": instant(from_us), "until": instant(until_us),
            "from_us": from_us, "until_us": until_us,
        },
    )  # fmt: skip
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 (a SELECT without FROM gives a row)
    found: int = row[0]
    return found


async def case_of(connection: _Connection, word: str) -> Case | None:
    """Return the case with this id or number; None where there is none."""
    is_id = word.isascii() and word.isdecimal() and len(word) <= len(str(2**62))
    found = await _cases(
        connection,
        "number = %(word)s OR id = %(id)s ORDER BY number = %(word)s DESC LIMIT 1",
        word=word, id=int(word) if is_id else None,
    )  # fmt: skip
    return found[0] if found else None


async def timeline(connection: _Connection, case: int) -> list[CaseEvent]:
    """Return what was done to a case, in its order."""
    cursor = await connection.execute(
        "SELECT body::text FROM case_event WHERE case_file = %s ORDER BY version", (case,)
    )
    return [_EVENT.decode(row[0]) for row in await cursor.fetchall()]


async def counts(connection: _Connection, at_us: int) -> list[StageCount]:
    """Return how the open cases stand at a time, by stage; stages without one are left out."""
    cursor = await connection.execute(
        "SELECT stage, count(*), "
        "count(*) FILTER (WHERE amber <= %(at)s AND NOT due < %(at)s AND NOT paused), "
        "count(*) FILTER (WHERE due < %(at)s), "
        "count(*) FILTER (WHERE paused AND due IS NULL) "
        "FROM (SELECT stage, amber, due, (state->>'is_suspended')::boolean AS paused "
        "      FROM case_file WHERE outcome IS NULL) AS open "
        "GROUP BY stage ORDER BY array_position(ARRAY['collection', 'filing', 'dispatch', "
        "'handling', 'feedback', 'verification'], stage)",
        {"at": instant(at_us)},
    )
    return [StageCount(*row) for row in await cursor.fetchall()]


async def of_month(connection: _Connection, month: Month) -> list[Case]:
    """Return all cases that can count for the scores of a month."""
    return await _cases(
        connection,
        "opened >= %(from)s AND opened < %(until)s OR ended >= %(from)s AND ended < %(until)s "
        "OR handling_due >= %(from)s AND handling_due < %(until)s ORDER BY id",
        **{"from": instant(month.from_us), "until": instant(month.until_us)},
    )


async def of_category(connection: _Connection, category: str, since_us: int) -> list[Case]:
    """Return cases of a category that are open or were reported since."""
    return await _cases(
        connection,
        "category = %(category)s AND (outcome IS NULL OR opened >= %(since)s) ORDER BY id",
        category=category, since=instant(since_us),
    )  # fmt: skip


async def held(connection: _Connection, case: int) -> Case | None:
    """Return a case and hold it for the caller's transaction; None where there is none."""
    found = await _cases(connection, "id = %(id)s FOR UPDATE", id=case)
    return found[0] if found else None


async def _cases(connection: _Connection, which: str, **values: Any) -> list[Case]:  # noqa: ANN401 # SQL's
    cursor = await connection.execute(
        b"SELECT state::text FROM case_file WHERE " + which.encode(), values
    )
    return [_CASE.decode(row[0]) for row in await cursor.fetchall()]
