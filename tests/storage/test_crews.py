"""Crews on a real database: one wins, everybody else is told who; what happened stays."""

from __future__ import annotations

import asyncio
import json

import psycopg
import pytest
from psycopg import AsyncConnection

from dispatch.crews import Position, Status
from dispatch.crews.commands import Do
from dispatch.incidents import Close, Merge
from storage import crews
from storage.crews import CrewError
from storage.incidents import IncidentError
from tests.storage.episodes import SECOND, in_database, row
from tests.storage.happenings import (
    act,
    count,
    crew,
    do,
    incident,
    load,
    raised,
    state,
    terminal_says,
)

HOUR = 3600 * SECOND


@pytest.fixture
def url(own_database_url) -> str:
    return own_database_url


def now_us(url):
    return row(url, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")[0]


def test_a_crew_goes_the_whole_way_and_every_step_is_kept(url):
    where = incident(url, title="路面塌陷")
    assert state(url).status is Status.IDLE
    for version, word in enumerate(
        ["dispatch", "accept", "depart", "arrive", "start", "finish", "ready"]
    ):
        act(url, word, version, incident=where)
    after = state(url)
    assert (after.version, after.status, after.task) == (7, Status.IDLE, None)
    history = in_database(url, lambda one: crews.history(one, "pumps"))
    assert [(one.number, one.kind, one.status) for one in reversed(history)] == [
        (1, "dispatched", "assigned"), (2, "accepted", "accepted"), (3, "departed", "en_route"),
        (4, "arrived", "on_scene"), (5, "started", "handling"), (6, "finished", "done"),
        (7, "readied", "idle"),
    ]  # fmt: skip
    assert {one.incident for one in history} == {where}
    (assigned,) = in_database(url, lambda one: crews.assigned_to(one, [where]))
    assert (assigned.outcome, assigned.assigned_by) == ("finished", "ann")
    assert assigned.assigned_us < assigned.accepted_us < assigned.ended_us
    assert count(url, "outbox", "topic = 'crews' AND key = 'pumps'") == 7


def test_of_a_hundred_dispatches_at_once_one_wins_and_the_others_are_told_who(url):
    """The engine takes 60 connections: fifty at once, two dispatches on each."""
    where = [incident(url, title=f"call {n}") for n in range(3)]
    act(url, "dispatch", 0, incident=where[0])  # a crew that nobody ever sent is held by its insert
    act(url, "recall", 1, reason="a drill")

    async def race(_):
        begin = asyncio.Event()
        ready = asyncio.Semaphore(0)

        async def pair(number):
            async with await AsyncConnection.connect(url, autocommit=True) as own:
                ready.release()
                await begin.wait()
                found = []
                for half in range(2):
                    name = f"dispatcher-{number}-{half}"
                    try:
                        await crews.act(
                            own, crew(), Do.DISPATCH, 2, name, incident=where[number % 3]
                        )
                        found.append(name)
                    except CrewError as error:
                        found.append(error)
                return found

        tasks = [asyncio.create_task(pair(n)) for n in range(50)]
        for _ in tasks:
            await ready.acquire()
        begin.set()
        return [one for found in await asyncio.gather(*tasks) for one in found]

    ended = in_database(url, race)
    assert len(ended) == 100
    (winner,) = [one for one in ended if isinstance(one, str)]
    losers = [one for one in ended if isinstance(one, CrewError)]
    assert len(losers) == 99
    assert {one.refusal.code for one in losers} == {"busy"}
    assert {one.refusal.facts["assigned_by"] for one in losers} == {winner}
    assert all(f"was dispatched by {winner} to incident" in str(one) for one in losers)
    after = state(url)
    assert (after.version, after.task.assigned_by) == (3, winner)
    assert count(url, "assignment", "ended IS NULL") == 1
    assert count(url, "crew_event", f"actor = '{winner}'") == 1
    assert count(url, "crew_event") == count(url, "outbox", "topic = 'crews'") == 3


def test_who_saw_an_older_version_changes_nothing(url):
    act(url, "dispatch", 0, incident=incident(url))
    act(url, "accept", 1, "pumps-phone")
    with pytest.raises(CrewError, match="was accepted by pumps-phone") as error:
        act(url, "recall", 1, "ben", reason="another one is nearer")
    assert error.value.refusal.code == "stale"
    assert state(url).version == 2


def test_the_database_itself_knows_one_open_task_for_a_crew(url):
    where = incident(url)
    act(url, "dispatch", 0, incident=where)
    with (
        psycopg.connect(url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.UniqueViolation, match="assignment_one_open"),
    ):
        connection.execute(
            "INSERT INTO assignment (id, crew, incident, assigned, assigned_by, chain) "
            "SELECT gen_random_uuid(), crew, incident, assigned, 'eve', chain FROM assignment"
        )


@pytest.mark.parametrize("table", ["crew_event", "incident_event", "escalation"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET number = number + 7", "DELETE FROM {}", "TRUNCATE {}"]
)
def test_what_happened_cannot_be_changed(url, table, statement):
    act(url, "dispatch", 0, incident=incident(url))
    with (
        psycopg.connect(url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.RestrictViolation, match=f"{table} keeps what happened"),
    ):
        connection.execute(statement.format(table))


@pytest.mark.parametrize(
    ("end", "code", "why"),
    [
        pytest.param(None, "unknown", "there is no incident", id="unknown"),
        pytest.param("close", "closed", "was closed by ben", id="closed"),
        pytest.param("merge", "merged", "use that", id="merged"),
    ],
)
def test_nobody_is_sent_to_an_incident_that_is_over(url, end, code, why):
    where, other = incident(url), incident(url)
    who = {"actor": "ben", "at_us": 0, "reason": "over"}
    if end == "close":
        do(url, Close(incident=where, seen=1, **who))
    elif end == "merge":
        do(url, Merge(into=other, seen=1, other=where, seen_other=1, **who))
    else:
        where = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(IncidentError, match=why) as error:
        act(url, "dispatch", 0, incident=where)
    assert error.value.refusal.code == code
    assert state(url).version == 0


def test_a_crew_at_work_follows_its_incident_into_another_and_keeps_it_open(url):
    where, other = incident(url), incident(url)
    act(url, "dispatch", 0, incident=where)
    who = {"actor": "ben", "at_us": 0, "reason": "one water"}
    do(url, Merge(into=other, seen=1, other=where, seen_other=1, **who))
    assert state(url).task.incident == other
    with pytest.raises(IncidentError, match="crews pumps are still at incident"):
        do(url, Close(incident=other, seen=2, **who))
    act(url, "recall", 1, reason="it is dry")
    do(url, Close(incident=other, seen=2, **who))
    assert not load(url, other).is_open


def rewind(url, minutes):
    """Let an assignment be older: the database's clock is not ours to turn."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "UPDATE assignment SET assigned = assigned - make_interval(mins => %s)", (minutes,)
        )


def escalate(url):
    return [one.to for one in in_database(url, crews.escalate)]


def test_an_assignment_that_nobody_accepts_is_told_along_its_chain_each_step_once(url):
    act(url, "dispatch", 0, incident=incident(url))
    assert escalate(url) == []
    rewind(url, 3)
    assert escalate(url) == ["leader"]
    assert escalate(url) == []
    rewind(url, 60)
    assert escalate(url) == ["duty"]
    assert escalate(url) == []
    assert count(url, "escalation") == 2
    told = row(url, "SELECT array_agg(payload->>'to' ORDER BY id) FROM outbox "
                    "WHERE payload->>'kind' = 'escalated'")  # fmt: skip
    assert told == (["leader", "duty"],)


@pytest.mark.parametrize("word", ["accept", "decline", "recall"])
def test_what_is_accepted_or_over_is_told_to_nobody(url, word):
    act(url, "dispatch", 0, incident=incident(url))
    act(url, word, 1, reason="a flat tyre")
    rewind(url, 60)
    assert escalate(url) == []


def test_two_who_tell_at_once_tell_each_step_once(url):
    act(url, "dispatch", 0, incident=incident(url))
    rewind(url, 60)

    async def race(_):
        async def one():
            async with await AsyncConnection.connect(url, autocommit=True) as own:
                return await crews.escalate(own)

        return await asyncio.gather(*(one() for _ in range(8)))

    told = [each.to for found in in_database(url, race) for each in found]
    assert sorted(told) == ["duty", "leader"]


def move(url, at_us, lon=120.1, lat=32.4, by="ann"):
    return in_database(url, lambda one: crews.move(one, "pumps", Position(lon, lat, at_us), by))


def test_a_newer_position_replaces_an_older_one_and_never_the_other_way_round(url):
    now = now_us(url)
    assert move(url, now - 60 * SECOND)
    assert move(url, now, 120.2)
    assert not move(url, now - 1, 120.3)
    assert not move(url, now, 120.3)
    assert state(url).position == Position(120.2, 32.4, now)
    assert state(url).version == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"lon": 181.0}, "lon 181 is no longitude", id="lon"),
        pytest.param({"lat": float("nan")}, "lat nan is no latitude", id="lat"),
        pytest.param({"by": " "}, "an actor is needed", id="actor"),
        pytest.param({"ahead_us": HOUR}, "is in the future", id="future"),
    ],
)
def test_a_position_that_cannot_be_is_refused(url, change, why):
    at_us = now_us(url) + change.pop("ahead_us", 0)
    with pytest.raises(ValueError, match=why):
        move(url, at_us, **change)
    assert state(url).position is None


def test_terminals_say_where_their_crew_is_the_newest_counts(url):
    terminal_says(url, "phone", 120.1, 1000 * SECOND)
    terminal_says(url, "phone", 120.2, 3000 * SECOND)
    terminal_says(url, "vehicle", 120.3, 2000 * SECOND)
    terminal_says(url, "vehicle", None, 4000 * SECOND, lat=None)
    terminal_says(url, "vehicle", 120.4, 4000 * SECOND, kind="heartbeat")
    terminal_says(url, "other", 120.5, 5000 * SECOND)
    crew_of = {"phone": "pumps", "vehicle": "pumps", "tablet": "eyes"}

    def heard(since_s, until_s):
        return in_database(
            url, lambda one: crews.heard(one, crew_of, since_s * SECOND, until_s * SECOND)
        )

    assert heard(0, 9000) == {"pumps": Position(120.2, 32.5, 3000 * SECOND)}
    assert heard(0, 2999) == {"pumps": Position(120.3, 32.5, 2000 * SECOND)}
    assert heard(3001, 9000) == {}


def test_the_workload_counts_tasks_of_the_last_hours_but_not_those_declined(url):
    where = incident(url)
    for version in range(0, 4, 2):
        act(url, "dispatch", version, incident=where)
        act(url, "recall", version + 1, reason="x")
    act(url, "dispatch", 4, incident=where)
    act(url, "decline", 5, reason="x")
    assert in_database(url, crews.workloads) == {"pumps": 2}
    rewind(url, 13 * 60)
    assert in_database(url, crews.workloads) == {}


def test_who_listens_is_told_which_crew_changed(url):
    where = incident(url)

    async def work(connection):
        await connection.execute("LISTEN crews")
        await crews.act(connection, crew(), Do.DISPATCH, 0, "ann", incident=where)
        return [one async for one in connection.notifies(timeout=5, stop_after=1)]

    (told,) = in_database(url, work)
    assert json.loads(told.payload) == ["pumps"]


def test_an_alert_of_an_incident_goes_on_whatever_crews_do(url):
    one = raised(url)
    act(url, "dispatch", 0, incident=incident(url, one))
    assert row(url, "SELECT version, handled FROM alert") == (1, 0)


def test_what_postgresql_cannot_hold_is_shown_as_a_picture(url):
    act(url, "dispatch", 0, "a\0nn", incident=incident(url))
    assert state(url).changed_by == "a␀nn"
