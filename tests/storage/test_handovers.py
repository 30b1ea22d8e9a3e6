"""Handovers on a real PostgreSQL: one wins, and nothing changes what both signed."""

from __future__ import annotations

import asyncio
import hashlib

import msgspec
import psycopg
import pytest
from psycopg import AsyncConnection

from devices.crew import Roster
from dispatch.crews.commands import Do
from dispatch.handover import (
    Content,
    Draft,
    Edit,
    Handover,
    Refusal,
    RefusalCode,
    Reopen,
    Sign,
    apply,
    digest,
    shift_at,
)
from dispatch.handover.handover import Side
from storage import activities, handling, handovers, maintenance, shift_facts
from tests.dispatch.shifts import DAY, END, FULL, ROSTER, facts
from tests.small_city import city
from tests.storage.episodes import NOON, SECOND, Episode, in_database, row, told
from tests.storage.happenings import act as crew_act
from tests.storage.happenings import crew, incident

KEY = DAY.key


@pytest.fixture
def url(own_database_url):
    return own_database_url


def act(url, command, by="Ann", at_us=END, key=KEY):
    return in_database(url, lambda one: handovers.act(one, key, command, by, at_us=at_us))


def loaded(url):
    return in_database(url, lambda one: handovers.load(one, KEY))


def drafted(url):
    return act(url, Draft(0, facts(**FULL)))


def signed(url):
    drafted(url)
    act(url, Edit(1, "tasks", "复测\0水位"))
    act(url, Sign(2, Side.OUTGOING))
    return act(url, Sign(3, Side.INCOMING), "Ben", END + 1)


def test_what_both_signed_is_there_byte_by_byte(url):
    one = signed(url)
    stored = loaded(url)
    assert stored.handover == one
    assert stored.is_intact
    content, sha256, status = row(
        url, "SELECT content, sha256, status FROM handover WHERE key = %s", KEY
    )  # fmt: skip
    assert hashlib.sha256(content.encode()).hexdigest() == sha256 == one.outgoing.sha256
    assert sha256 == one.incoming.sha256 == digest(msgspec.json.decode(content, type=Content))
    assert status == "signed"
    assert "复测␀水位" in content


def test_it_is_what_its_events_made_of_it(url):
    one = signed(url)
    again = None
    for event in in_database(url, lambda connection: handovers.events(connection, KEY)):
        again = apply(again, event)
    assert again == one


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE handover SET content = content || ' '", id="content"),
        pytest.param("UPDATE handover SET version = version + 1", id="version"),
        pytest.param("DELETE FROM handover", id="delete"),
        pytest.param("TRUNCATE handover CASCADE", id="truncate"),
        pytest.param("UPDATE handover_event SET actor = 'x'", id="event"),
        pytest.param("DELETE FROM handover_event", id="delete-event"),
        pytest.param("TRUNCATE handover_event", id="truncate-events"),
    ],
)
def test_the_database_refuses_to_change_what_both_signed(url, statement):
    signed(url)
    with (
        psycopg.connect(url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.RestrictViolation),
    ):
        connection.execute(statement)
    assert loaded(url).is_intact


def test_the_database_holds_the_text_against_its_digest(url):
    drafted(url)
    act(url, Sign(1, Side.OUTGOING))
    with (
        psycopg.connect(url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.CheckViolation),
    ):
        connection.execute("UPDATE handover SET version = version + 1, content = content || ' '")


def test_of_many_at_once_one_wins_and_the_others_are_told_who(url):
    drafted(url)

    async def one(by):
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            return await handovers.act(connection, KEY, Edit(1, "tasks", by), by, at_us=END)

    async def all_of_them():
        return await asyncio.gather(*(one(f"person {n}") for n in range(12)))

    found = asyncio.run(all_of_them())
    (winner,) = [each for each in found if isinstance(each, Handover)]
    refused = [each for each in found if isinstance(each, Refusal)]
    assert {each.code for each in refused} == {RefusalCode.STALE_VERSION}
    assert {each.facts["by"] for each in refused} == {winner.changed_by}
    assert row(url, "SELECT count(*) FROM handover_event") == (2,)


def test_a_shift_has_one_handover(url):
    drafted(url)
    found = act(url, Draft(0, facts()))
    assert found.code is RefusalCode.STALE_VERSION
    assert act(url, Draft(0, facts()), key="other").code is RefusalCode.OTHER_SHIFT
    assert act(url, Edit(0, "tasks", "x"), key="none").facts == {"handover": "none"}


def test_a_p1_that_nobody_acknowledged_blocks_signatures_until_somebody_does(url):
    drafted(url)
    one = Episode()
    told(url, one.tell("raised", "red"))
    found = act(url, Sign(1, Side.OUTGOING))
    assert (found.code, found.facts["alerts"]) == (RefusalCode.UNACKNOWLEDGED_P1, [one.id])
    assert loaded(url).handover.version == 1
    in_database(url, lambda connection: handling.acknowledge(connection, {one.id: 0}, "Ann"))
    assert isinstance(act(url, Sign(1, Side.OUTGOING)), Handover)


def test_lesser_cleared_and_suppressed_alerts_block_nobody(url):
    drafted(url)
    lesser, cleared, quiet = Episode("a"), Episode("b"), Episode("c")
    told(url, lesser.tell("raised", "orange"), cleared.tell("raised", "red"),
         quiet.tell("raised", "red"))  # fmt: skip
    told(url, cleared.tell("cleared", at_s=1), quiet.tell("suppressed", at_s=1, reason="parent"))
    assert isinstance(act(url, Sign(1, Side.OUTGOING)), Handover)


def test_reopening_takes_the_signature_back_and_leaves_its_trace(url):
    drafted(url)
    act(url, Sign(1, Side.OUTGOING))
    act(url, Reopen(2, "漏写"))
    assert row(url, "SELECT status, outgoing, sha256 FROM handover") == ("draft", None, None)
    assert row(url, "SELECT count(*) FROM handover_event WHERE side = 'outgoing'") == (1,)


def test_who_listens_is_told(url):
    async def heard():
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute(f"LISTEN {handovers.CHANNEL}")
            await handovers.act(connection, KEY, Draft(0, facts()), "Ann", at_us=END)
            async for one in connection.notifies(timeout=5, stop_after=1):
                return one.payload

    assert msgspec.json.decode(asyncio.run(heard())) == [KEY]


# Facts and numbers


def test_facts_are_those_of_the_city(url):
    shift = shift_at(ROSTER, NOON)
    told(url, Episode("a").tell("raised", "red"))
    shelved = Episode("b")
    told(url, shelved.tell("raised", "blue"))
    where = incident(url, title="桥下积水")
    pumps = crew()
    crew_act(url, Do.DISPATCH, 0, incident=where)

    async def work(connection):
        until = NOON + 3600 * SECOND
        await maintenance.announce(connection, "place", "bridge", NOON, until, "Ann", "换泵")
        return await shift_facts.facts(
            connection, shift, NOON, city(), Roster(crews={pumps.id: pumps})
        )

    found = in_database(url, work)
    assert [one.priority for one in found.unacknowledged] == [1, 4]
    assert [(one.title, one.crews) for one in found.incidents] == [("桥下积水", 1)]
    assert [(one.id, one.status[0]) for one in found.crews] == [("pumps", "已派")]
    assert [one.reason for one in found.maintenance] == ["换泵"]
    assert found.offline == len(found.devices) == len(city().devices)
    assert found.activity.until_us == NOON


SQL = """
    SELECT count(*) FILTER (WHERE raised >= %(a)s AND raised < %(b)s),
           count(*) FILTER (WHERE cleared >= %(a)s AND cleared < %(b)s),
           count(*) FILTER (WHERE raised < %(b)s AND (cleared IS NULL OR cleared >= %(b)s))
    FROM alert
"""
"""The plain oracle of what an activity counts."""


def test_numbers_are_those_of_plain_sql(url):
    for number in range(40):
        one = Episode(f"rule-{number}", raised_s=number * 300)
        told(url, one.tell("raised", ("red", "orange", "yellow", "blue")[number % 4]))
        if number % 3 == 0:
            told(url, one.tell("cleared", at_s=900 + number))
    from_us, until_us = NOON + 1500 * SECOND, NOON + 9000 * SECOND
    found = in_database(url, lambda one: activities.read(one, from_us, until_us))
    with psycopg.connect(url) as connection:
        bounds = {
            "a": f"{_iso(from_us)}", "b": f"{_iso(until_us)}",
        }  # fmt: skip
        (plain,) = connection.execute(SQL, bounds).fetchall()
        by_colour = dict(
            connection.execute(
                "SELECT severity, count(*) FROM alert WHERE raised >= %(a)s AND raised < %(b)s "
                "GROUP BY severity", bounds,
            ).fetchall()
        )  # fmt: skip
        hours = connection.execute(
            "SELECT count(*) FROM alert WHERE raised >= %(a)s AND raised < %(b)s "
            "GROUP BY date_bin('1 hour', raised, %(a)s::timestamptz) "
            "ORDER BY date_bin('1 hour', raised, %(a)s::timestamptz)", bounds,
        ).fetchall()  # fmt: skip
    assert (found.raised, found.cleared, found.active) == plain
    colours = ("red", "orange", "yellow", "blue")
    assert {colours[one.priority - 1]: one.raised for one in found.counts} == by_colour
    assert [(sum(bar.by_priority),) for bar in found.bars] == hours
    assert found.load.alarms == found.raised


def _iso(time_us):
    from storage.instants import instant

    return instant(time_us).isoformat()
