"""Response levels on a real database: one decides, the others are told who; all of it stays."""

from __future__ import annotations

import asyncio
import json

import psycopg
import pytest
from psycopg import AsyncConnection

from dispatch.incidents import Close
from dispatch.plans import Level, Response, Scope
from storage import responses
from storage.incidents import IncidentError
from storage.plans import PlanError
from tests.storage.episodes import in_database
from tests.storage.happenings import count, do, incident

FLOOD = Scope(matter="flood")


@pytest.fixture
def url(own_database_url) -> str:
    return own_database_url


def put(url, level, scope=FLOOD, actor="ann", reason="rain", **more):
    wanted = level and Level(level)
    return in_database(
        url, lambda one: responses.set_level(one, scope, wanted, actor, reason, **more)
    )


def of(url, scope=FLOOD):
    return in_database(url, lambda one: responses.of(one, scope))


def test_a_response_is_started_raised_lowered_and_ended_and_all_of_it_stays(url):
    assert of(url) == Response(FLOOD)
    for level in ("IV", "II", "III", None):
        after = put(url, level, reason=f"to {level}")
        assert of(url) == after
    happened = in_database(url, lambda one: responses.history(one, FLOOD))
    assert [
        (one.version, one.kind.value, one.level, one.actor, one.reason) for one in happened
    ] == [
        (1, "started", Level.IV, "ann", "to IV"), (2, "raised", Level.II, "ann", "to II"),
        (3, "lowered", Level.III, "ann", "to III"), (4, "ended", None, "ann", "to None"),
    ]  # fmt: skip
    assert count(url, "outbox", "topic = 'responses'") == 4


def test_of_many_at_once_one_decides_and_the_others_are_told_who(url):
    async def race(_):
        async def one(number):
            async with await AsyncConnection.connect(url, autocommit=True) as own:
                try:
                    await responses.set_level(own, FLOOD, Level.IV, f"d-{number}", "rain", seen=0)
                except PlanError as error:
                    return error.refusal
                return f"d-{number}"

        return await asyncio.gather(*(one(number) for number in range(20)))

    ended = in_database(url, race)
    (winner,) = [one for one in ended if isinstance(one, str)]
    assert {(one.code, one.facts["by"]) for one in ended if one != winner} == {
        ("stale_response", winner)
    }
    assert count(url, "response_event") == 1


def test_incidents_and_matters_of_the_district_stand_apart(url):
    where = Scope(incident(url))
    put(url, "III", where)
    put(url, "IV", Scope(matter="air"))
    put(url, "II")
    assert [one.scope.key for one in in_database(url, responses.current)] == [
        "district/flood", "district/air", where.key,
    ]  # fmt: skip
    levels = in_database(url, lambda one: responses.of_incidents(one, [where.incident]))
    assert levels == {where.incident: Level.III}
    put(url, None, where)
    assert in_database(url, lambda one: responses.of_incidents(one, [where.incident])) == {}
    assert len(in_database(url, responses.current)) == 2


def test_of_an_incident_that_is_over_a_response_can_only_be_ended(url):
    where = Scope(incident(url))
    put(url, "IV", where)
    do(url, Close(actor="ben", at_us=0, reason="dry", incident=where.incident, seen=1))
    with pytest.raises(IncidentError, match="was closed by ben"):
        put(url, "III", where)
    assert put(url, None, where).level is None
    with pytest.raises(IncidentError, match="there is no incident"):
        put(url, "IV", Scope("00000000-0000-0000-0000-000000000000"))


def test_a_refusal_leaves_nothing_behind(url):
    with pytest.raises(PlanError, match="needs a reason"):
        put(url, "IV", reason=" ")
    assert count(url, "response") == count(url, "response_event") == count(url, "outbox") == 0


@pytest.mark.parametrize("change", ["UPDATE {} SET actor = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_happened_is_never_changed(url, change):
    put(url, "IV")
    with (
        psycopg.connect(url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.RestrictViolation, match="rows are added, never changed"),
    ):
        connection.execute(change.format("response_event"))


def test_who_listens_learns_what_changed(url):
    with psycopg.connect(url, autocommit=True) as listening:
        listening.execute("LISTEN responses")
        put(url, "IV")
        (heard,) = listening.notifies(timeout=10, stop_after=1)
    assert json.loads(heard.payload) == ["district/flood"]
