"""Out of quarantine, on a real PostgreSQL: in the transaction of the readings, and never twice."""

import asyncio

import psycopg
import pytest
from psycopg import AsyncConnection

from devices.record import Release
from devices.refusal import Reason, Refusal
from storage import held, ledger, quarantine, queries, refusal_rate, register
from storage.commit import Stretch, commit
from storage.held import Choice
from storage.ledger import Progress
from storage.quarantine import Quarantined
from storage.refusal_rate import Share
from tests.small_city import city

NOON = 1_790_000_000_000_000
SECOND = 1_000_000


def refusal(seq, reason=Reason.WRONG_UNIT, rows=(0,), gateway="gw-bridge", received_us=NOON):
    return Quarantined(
        Refusal(
            reason, "detail", "up/gw-bridge/senml", b"raw", "water", len(rows or "1"), received_us,
            "gw-0:x", received_us // 10_000_000 * 10, gateway, "b", seq, rows=rows,
        ),
        "log-1", "quarantine", 0, seq,
    )  # fmt: skip


def in_database(url, work):
    async def run():
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            return await work(connection)

    return asyncio.run(run())


def state(url):
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT reason, indexes, readings, released, resolved IS NOT NULL FROM quarantine "
            "ORDER BY id"
        ).fetchall()


def write(url, *rows):
    in_database(url, lambda connection: commit(connection, Stretch([], refusals=rows)))
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM quarantine ORDER BY id")]


def release(url, *releases):
    in_database(url, lambda connection: commit(connection, Stretch([], releases=releases)))


def test_released_readings_leave_their_row_once(own_database_url):
    (row,) = write(own_database_url, refusal(0, rows=(1, 4, 6)))
    release(own_database_url, Release(row, 4), Release(row, 4), Release(row, 5))
    assert state(own_database_url) == [("wrong_unit", [1, 6], 2, 1, False)]
    release(own_database_url, Release(row, 4), Release(row, 1), Release(row, 6))
    release(own_database_url, Release(row, 6))
    assert state(own_database_url) == [("wrong_unit", [], 0, 3, True)]


def test_a_reading_leaves_every_row_of_its_message(own_database_url):
    first, _, _ = write(
        own_database_url,
        refusal(0, Reason.UNKNOWN_DATASTREAM, rows=(0, 1)),
        refusal(0, Reason.OUT_OF_PHYSICAL_RANGE, rows=(1,)),
        refusal(1, rows=(1,)),
    )
    release(own_database_url, Release(first, 1))
    assert state(own_database_url) == [
        ("unknown_datastream", [0], 1, 1, False),
        ("out_of_physical_range", [], 0, 1, True),
        ("wrong_unit", [1], 1, 0, False),
    ]


def test_rows_that_name_no_readings_are_left_alone(own_database_url):
    rows = write(
        own_database_url,
        refusal(0, Reason.UNDECODABLE, rows=()),
        refusal(1, rows=None),
    )
    release(own_database_url, *(Release(row, 0) for row in rows), Release(9_999, 0))
    assert state(own_database_url) == [
        ("undecodable", [], 1, 0, False), ("wrong_unit", None, 1, 0, False),
    ]  # fmt: skip


def test_a_message_as_a_whole_unfolds_once(own_database_url):
    whole, part = write(
        own_database_url, refusal(0, Reason.UNKNOWN_GATEWAY, rows=()), refusal(1, rows=(3,))
    )

    async def unfold(connection):
        for row in (whole, part):
            await quarantine.unfold(connection, row, 2)

    in_database(own_database_url, unfold)
    release(own_database_url, Release(whole, 0))
    in_database(own_database_url, unfold)
    assert state(own_database_url) == [
        ("unknown_gateway", [1], 1, 1, False), ("wrong_unit", [3], 1, 0, False),
    ]  # fmt: skip
    release(own_database_url, Release(whole, 1))
    in_database(own_database_url, unfold)
    assert state(own_database_url)[0] == ("unknown_gateway", [], 0, 2, True)


def test_a_refusal_that_comes_again_does_not_fill_a_row_that_was_left(own_database_url):
    (row,) = write(own_database_url, refusal(0))
    release(own_database_url, Release(row, 0))
    write(own_database_url, refusal(0))
    assert state(own_database_url) == [("wrong_unit", [], 0, 1, True)]

    async def ask(connection):
        counted = await quarantine.count(connection, [("gw-bridge", "b", 0)])
        return counted, await queries.quarantine_counts(connection)

    # The spool still learns that its refusal is stored; the account shows nothing held.
    assert in_database(own_database_url, ask) == ({("gw-bridge", "b", 0): 1}, {})


def test_rows_are_chosen_newest_first_and_counted_beyond_the_limit(own_database_url):
    first, second, third, fourth = write(
        own_database_url,
        refusal(0, rows=(0, 1)),
        refusal(1, Reason.FUTURE, received_us=NOON + 5 * SECOND),
        refusal(2, gateway="gw-lock", received_us=NOON + 2 * SECOND),
        refusal(3),
    )
    release(own_database_url, Release(fourth, 0))

    def chosen(**choice):
        async def ask(connection):
            return [one.id for one in await held.lines(connection, Choice(**choice), 10)]

        return in_database(own_database_url, ask)

    async def totals(connection):
        lines = await held.lines(connection, Choice(), 1)
        return [one.id for one in lines], await held.totals(connection, Choice())

    assert chosen() == [second, third, first]
    assert chosen(reason=Reason.WRONG_UNIT) == [third, first]
    assert chosen(gateway="gw-lock") == [third]
    assert chosen(since_us=NOON + 2 * SECOND) == [second, third]
    assert chosen(since_us=NOON + 2 * SECOND + 1) == [second]
    assert chosen(resolved=True, reason=Reason.WRONG_UNIT) == [third, fourth, first]
    assert chosen(ids=[first, fourth]) == [first]
    assert chosen(gateway="'; DROP TABLE quarantine; --") == []
    assert in_database(own_database_url, totals) == (
        [second], {"wrong_unit": (2, 3), "future": (1, 1)},
    )  # fmt: skip


def test_a_row_comes_back_as_it_was_refused(own_database_url):
    one = refusal(0, rows=(2, 5))
    (row,) = write(own_database_url, one)
    (found,) = in_database(own_database_url, lambda connection: held.rows(connection, [row, 77]))
    assert (found.quarantined, found.released, found.resolved_us) == (one, 0, None)


def test_names_that_postgres_cannot_hold_find_their_progress_again(own_database_url):
    async def work(connection):
        key = ("gw\0x", "b\0")
        await ledger.write_progress(connection, {key: Progress(3)}, {})
        return await ledger.read_progress(connection, [key])

    assert in_database(own_database_url, work) == {("gw\0x", "b\0"): Progress(3)}


def account(url, *rows):
    with psycopg.connect(url, autocommit=True) as connection:
        for second, stored, quarantined in rows:
            connection.execute(
                "INSERT INTO intake VALUES ('c', %s, 'water', %s, %s, 7)",
                (NOON // SECOND + second, stored, quarantined),
            )


@pytest.mark.parametrize(
    ("rows", "share"),
    [
        pytest.param([], Share(0, 0), id="nothing"),
        pytest.param([(-1, 50, 50), (0, 90, 10), (10, 0, 5)], Share(105, 15), id="since_inclusive"),
        pytest.param([(0, 0, 3)], Share(3, 3), id="all_refused"),
    ],
)
def test_the_share_of_all_counts_windows_since(own_database_url, rows, share):
    account(own_database_url, *rows)
    found = in_database(
        own_database_url, lambda connection: refusal_rate.overall(connection, NOON // SECOND)
    )
    assert found == share


@pytest.mark.parametrize(
    ("stored", "refused", "beyond"),
    [
        pytest.param(95, 5, {}, id="at_the_limit"),
        pytest.param(94, 6, {"gw-bridge": Share(100, 6)}, id="beyond_the_limit"),
        pytest.param(93, 6, {}, id="too_few_readings"),
        pytest.param(5000, 6, {}, id="far_within"),
        pytest.param(0, 100, {"gw-bridge": Share(100, 100)}, id="all_refused"),
    ],
)
def test_a_gateway_is_named_when_too_much_of_it_is_refused(
    own_database_url, stored, refused, beyond
):
    register.register(own_database_url, city())
    write(
        own_database_url,
        refusal(0, rows=tuple(range(refused))),
        refusal(1, rows=tuple(range(500)), gateway="gw-lock", received_us=NOON - 1),
    )
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO reading SELECT 0, to_timestamp(%s), 1, 0 FROM generate_series(1, %s)",
            (NOON // SECOND, stored),
        )
    found = in_database(
        own_database_url,
        lambda connection: refusal_rate.by_gateway(connection, NOON // SECOND, 5.0, 100),
    )
    assert found == beyond
