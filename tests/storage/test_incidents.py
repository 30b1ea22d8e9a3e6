"""Incidents on a real database: alerts find together, people move them, nothing is lost."""

from __future__ import annotations

import asyncio
import json
import uuid

import psycopg
import pytest
from psycopg import AsyncConnection

from dispatch import Priority
from dispatch.incidents import (
    Add,
    Close,
    Incident,
    Merge,
    Open,
    Remove,
    SetParent,
    Split,
    evolve,
)
from storage import incidents
from storage.incidents import IncidentError
from tests.storage.episodes import in_database, row, told
from tests.storage.happenings import collect, count, do, incident, load, place_of, raised

WHO = {"actor": "ben", "at_us": 0, "reason": "the same water"}


@pytest.fixture
def url(own_database_url) -> str:
    return own_database_url


def member_of(url, one):
    return in_database(url, lambda own: incidents.members(own, [one.id], place_of))[0]


def alerts_of(url, name):
    return sorted(load(url, name).members)


def ids(*episodes):
    return sorted(one.id for one in episodes)


def test_a_cloudburst_is_one_incident_for_each_place(url):
    bridge = [raised(url, f"r{n}", raised_s=n * 60) for n in range(20)]
    lock = [raised(url, f"r{n}", "red", n * 60, "lock-gauge/x") for n in range(20)]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE alert SET datastream = 1 WHERE subject = 'lock-gauge/x'")
    assert len(collect(url)) == 40
    first, second = in_database(url, incidents.open_incidents)
    assert (first.place, first.priority, sorted(first.members)) == (
        "lock", Priority.P1, ids(*lock),
    )  # fmt: skip
    assert (second.place, second.priority, sorted(second.members)) == (
        "bridge", Priority.P3, ids(*bridge),
    )  # fmt: skip
    assert collect(url) == []


def test_an_alert_of_later_joins_what_is_open_and_one_much_later_does_not(url):
    first = raised(url)
    collect(url)
    near, far = raised(url, "near", raised_s=1800), raised(url, "far", raised_s=3601)
    collect(url)
    found = in_database(url, lambda own: incidents.recent(own))
    assert sorted(sorted(one.members) for one in found) == sorted([ids(first, near), ids(far)])


def test_what_is_suppressed_waits_and_what_was_taken_out_stays_out(url):
    one, other = raised(url), raised(url, "other")
    told(url, other.tell("suppressed", reason="maintenance"))
    collect(url)
    (only,) = in_database(url, incidents.open_incidents)
    assert sorted(only.members) == [one.id]
    told(url, other.tell("unsuppressed"))
    collect(url)
    assert alerts_of(url, only.id) == ids(one, other)
    do(url, Remove(incident=only.id, seen=2, alerts=(other.id,), **WHO))
    assert collect(url) == []
    assert alerts_of(url, only.id) == [one.id]


def test_several_who_collect_at_once_make_each_incident_once(url):
    for number in range(12):
        raised(url, f"r{number}")

    async def race(_):
        async def one():
            async with await AsyncConnection.connect(url, autocommit=True) as own:
                return await incidents.collect(own, place_of)

        return await asyncio.gather(*(one() for _ in range(6)))

    assert sum(map(len, in_database(url, race))) == 12
    assert count(url, "incident") == 1
    assert count(url, "incident_member") == 12


def test_priority_follows_the_alerts_as_they_are_now(url):
    one = raised(url)
    where = incident(url, one)
    assert load(url, where).priority is Priority.P3
    told(url, one.tell("escalated", "red"))
    assert load(url, where).priority is Priority.P1
    told(url, one.tell("cleared"))
    assert load(url, where).priority is None
    assert load(url, where).version == 1


def test_commands_change_what_they_say_and_the_history_tells_it(url):
    a, b, c = raised(url), raised(url, "b"), raised(url, "c")
    one, two = incident(url, a), incident(url, b)
    do(url, Add(incident=one, seen=1, members=(member_of(url, c),), **WHO))
    do(url, Merge(into=two, seen=1, other=one, seen_other=2, **WHO))
    assert alerts_of(url, two) == ids(a, b, c)
    assert (load(url, one).merged_into, load(url, one).members) == (two, {})
    new = str(uuid.uuid4())
    do(url, Split(incident=two, seen=2, alerts=(a.id,), new=new, **WHO))
    assert (alerts_of(url, two), alerts_of(url, new)) == (ids(b, c), [a.id])
    do(url, SetParent(incident=new, seen=1, parent=two, **WHO))
    assert [each.id for each in in_database(url, lambda own: incidents.parts(own, two))] == [new]
    history = in_database(url, lambda own: incidents.history(own, two))
    assert [(each.kind, sorted(each.came), each.went, each.other) for each in history] == [
        ("opened", [b.id], [], None),
        ("merged_in", ids(a, c), [], one),
        ("split_off", [], [a.id], new),
    ]
    assert {each.actor for each in history} == {"ann", "ben"}
    assert count(url, "incident_member", "departed IS NULL AND NOT closed") == 3


def test_a_closed_incident_keeps_its_alerts_and_leaves_them_free(url):
    one = raised(url)
    where = incident(url, one)
    with pytest.raises(IncidentError, match="has 1 active alerts"):
        do(url, Close(incident=where, seen=1, **WHO))
    told(url, one.tell("cleared"))
    do(url, Close(incident=where, seen=1, **WHO))
    assert alerts_of(url, where) == [one.id]
    again = incident(url, one)
    assert alerts_of(url, again) == [one.id]


def test_an_alert_is_in_one_open_incident(url):
    one = raised(url)
    where = incident(url, one)
    with pytest.raises(IncidentError, match="remove it there first") as error:
        incident(url, one)
    assert error.value.refusal.facts["incident"] == where
    with (
        psycopg.connect(url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.UniqueViolation, match="incident_member_one_open"),
    ):
        connection.execute(
            "INSERT INTO incident_member (incident, alert, place, joined) "
            "SELECT incident, alert, place, joined FROM incident_member"
        )


def test_of_many_who_merge_the_same_two_one_wins_and_the_others_are_told_who(url):
    one, two = incident(url, raised(url)), incident(url, raised(url, "b"))

    async def race(_):
        async def merge(number):
            into, other = (one, two) if number % 2 else (two, one)
            async with await AsyncConnection.connect(url, autocommit=True) as own:
                who = {**WHO, "actor": f"d{number}"}
                await incidents.act(own, Merge(into=into, seen=1, other=other, seen_other=1, **who))
                return f"d{number}"

        return await asyncio.gather(*(merge(n) for n in range(20)), return_exceptions=True)

    ended = in_database(url, race)
    (winner,) = [each for each in ended if isinstance(each, str)]
    losers = [each for each in ended if isinstance(each, IncidentError)]
    assert len(losers) == 19
    assert {each.refusal.facts["by"] for each in losers} == {winner}
    assert count(url, "incident_event", "kind = 'merged_in'") == 1


def test_a_refused_command_leaves_nothing_behind(url):
    one = raised(url)
    where = incident(url, one)
    before = row(url, "SELECT count(*), max(number) FROM incident_event")
    with pytest.raises(IncidentError, match="all 1 alerts would go"):
        do(url, Split(incident=where, seen=1, alerts=(one.id,), new=str(uuid.uuid4()), **WHO))
    with pytest.raises(IncidentError, match="you saw 7"):
        do(url, Remove(incident=where, seen=7, alerts=(one.id,), **WHO))
    assert row(url, "SELECT count(*), max(number) FROM incident_event") == before
    assert load(url, where).version == 1


def test_what_is_loaded_is_what_its_events_made(url):
    """The tables are the state; the events say the same."""
    a, b = raised(url), raised(url, "b")
    where = str(uuid.uuid4())
    events = do(
        url,
        Open(incident=where, members=(member_of(url, a),), title="桥", actor="ann", at_us=0),
    )
    events += do(url, Add(incident=where, seen=1, members=(member_of(url, b),), **WHO))
    made = Incident(where)
    for event in events:
        made = evolve(made, event)
    assert load(url, where) == made


def test_who_listens_is_told_which_incidents_changed(url):
    one, two = incident(url), incident(url)

    async def work(connection):
        await connection.execute("LISTEN incidents")
        await incidents.act(connection, Merge(into=one, seen=1, other=two, seen_other=1, **WHO))
        return [each async for each in connection.notifies(timeout=5, stop_after=1)]

    (told_,) = in_database(url, work)
    assert json.loads(told_.payload) == sorted([one, two])


def test_an_incident_is_found_by_the_beginning_of_its_id(url):
    one = incident(url)
    assert in_database(url, lambda own: incidents.ids(own, one[:8])) == [one]
    assert in_database(url, lambda own: incidents.ids(own, "zz")) == []
