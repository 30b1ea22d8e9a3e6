"""Plans on a real database: started once, done by one, told once; what happened stays."""

from __future__ import annotations

import asyncio
import json

import psycopg
import pytest
from psycopg import AsyncConnection

from dispatch.incidents import Close, Merge
from dispatch.plans import Do, ItemState, Reopen, Skip, read
from storage import plans
from storage.incidents import IncidentError
from storage.plans import PlanError
from tests.dispatch.test_plan_file import PLANS
from tests.storage.episodes import Episode, in_database, told
from tests.storage.happenings import collect, count, do, incident, load

BOOK = read(PLANS)


@pytest.fixture
def url(own_database_url) -> str:
    return own_database_url


def alert(url, raised_s=0, plan="closure", suppressed=False, **more):
    one = Episode(raised_s=raised_s, **more)
    steps = [one.tell("raised", "yellow", plan=plan)]
    if suppressed:
        steps.append(one.tell("suppressed", plan=plan, reason="maintenance"))
    told(url, *steps)
    return one


def start(url, where, plan="closure", actor="ann"):
    return in_database(url, lambda one: plans.start(one, BOOK.plans[plan], where, actor))


def act(url, where, kind, item, actor="ben", plan="closure", **more):
    return in_database(url, lambda one: plans.act(one, where, plan, kind, item, actor, **more))


def keep(url, book=BOOK):
    return in_database(url, lambda one: plans.collect(one, book))


def tell(url):
    return in_database(url, plans.tell_overdue)


def runs(url, *where):
    return in_database(url, lambda one: plans.of_incidents(one, where))


def earlier(url, minutes):
    """As if plans had been started earlier."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "UPDATE plan_run SET started = started - make_interval(mins => %s)", (minutes,)
        )
        connection.execute("UPDATE plan_item SET due = due - make_interval(mins => %s)", (minutes,))


def test_a_plan_is_worked_off_and_every_step_is_kept(url):
    where = incident(url)
    run = start(url, where)
    assert [one.item for one in run.items] == list(BOOK.plans["closure"].items)
    act(url, where, Do, "look", text="20 cm")
    act(url, where, Skip, "close", "cid", text="closed by the town")
    act(url, where, Reopen, "look", "cid", text="other one")
    after = act(url, where, Do, "look", seen=4)
    assert runs(url, where) == [after]
    assert [one.state for one in after.items] == [
        ItemState.DONE, ItemState.SKIPPED, ItemState.OPEN,
    ]  # fmt: skip
    happened = in_database(url, lambda one: plans.history(one, run.id))
    assert [(one.number, one.kind, one.actor, one.item, one.text) for one in happened] == [
        (1, "started", "ann", "", ""), (2, "done", "ben", "look", "20 cm"),
        (3, "skipped", "cid", "close", "closed by the town"),
        (4, "reopened", "cid", "look", "other one"), (5, "done", "ben", "look", ""),
    ]  # fmt: skip
    assert count(url, "outbox", f"topic = 'plans' AND key = '{run.id}'") == 5


def test_of_many_who_do_the_same_item_one_wins_and_the_others_are_told_who(url):
    where = incident(url)
    start(url, where)

    async def race(_):
        async def one(number):
            async with await AsyncConnection.connect(url, autocommit=True) as own:
                try:
                    await plans.act(own, where, "closure", Do, "look", f"d-{number}", seen=1)
                except PlanError as error:
                    return error
                return f"d-{number}"

        return await asyncio.gather(*(one(number) for number in range(20)))

    ended = in_database(url, race)
    (winner,) = [one for one in ended if isinstance(one, str)]
    losers = [one.refusal for one in ended if isinstance(one, PlanError)]
    assert len(losers) == 19
    assert {(one.code, one.facts["by"]) for one in losers} == {("not_open", winner)}
    assert count(url, "plan_event", "kind = 'done'") == 1


def test_many_who_do_different_items_at_once_are_not_held_up(url):
    where = incident(url)
    start(url, where)

    async def race(_):
        async def one(item):
            async with await AsyncConnection.connect(url, autocommit=True) as own:
                return await plans.act(own, where, "closure", Do, item, "ben", seen=1)

        return await asyncio.gather(*(one(item) for item in ("look", "close", "reopen")))

    assert sorted(one.version for one in in_database(url, race)) == [2, 3, 4]
    assert runs(url, where)[0].is_finished


def test_of_many_who_start_a_plan_one_does(url):
    where = incident(url)

    async def race(_):
        async def one(number):
            async with await AsyncConnection.connect(url, autocommit=True) as own:
                try:
                    run = await plans.start(own, BOOK.plans["closure"], where, f"d-{number}")
                except PlanError as error:
                    return error.refusal
                return run.started_by

        return await asyncio.gather(*(one(number) for number in range(20)))

    ended = in_database(url, race)
    (winner,) = [one for one in ended if isinstance(one, str)]
    assert {(one.code, one.facts["by"]) for one in ended if one != winner} == {("already", winner)}
    assert count(url, "plan_run") == 1


def test_an_alert_whose_rule_names_a_plan_starts_it_once_in_its_incident(url):
    first = alert(url)
    alert(url, raised_s=60, rule="rise")
    assert keep(url) == []  # before it is in an incident
    collect(url)
    (run,) = keep(url)
    assert (run.plan, run.alert, run.started_by) == ("closure", first.id, "rules")
    assert keep(url) == []
    assert count(url, "plan_run") == 1


@pytest.mark.parametrize(
    "more", [{"plan": ""}, {"plan": "unheard-of"}, {"plan": "closure", "suppressed": True}]
)
def test_other_alerts_start_nothing(url, more):
    where = incident(url, alert(url, **more))
    assert keep(url) == []
    assert runs(url, where) == []
    unknown = in_database(url, lambda one: plans.unknown(one, BOOK))
    assert unknown == ({"unheard-of"} if more["plan"] == "unheard-of" else set())


def test_a_cleared_alert_starts_nothing(url):
    one = alert(url)
    told(url, one.tell("cleared", at_s=60, plan="closure"))
    incident(url, one)
    assert keep(url) == []


def test_many_keepers_at_once_start_a_plan_once(url):
    for number in range(5):
        incident(url, alert(url, subject=f"place-{number}"))

    async def race(_):
        async def one():
            async with await AsyncConnection.connect(url, autocommit=True) as own:
                return await plans.collect(own, BOOK)

        return await asyncio.gather(*(one() for _ in range(8)))

    assert sum(len(found) for found in in_database(url, race)) == 5
    assert count(url, "plan_run") == 5


def merge(url, into, other):
    one, two = load(url, into), load(url, other)
    do(url, Merge(actor="ann", at_us=0, reason="one water", into=into, seen=one.version,
                  other=other, seen_other=two.version))  # fmt: skip


def test_a_merged_incident_takes_its_plan_along_with_what_was_done(url):
    old, new, newest = (incident(url, alert(url, rule=f"rule-{n}")) for n in range(3))
    start(url, old)
    act(url, old, Do, "look")
    merge(url, new, old)
    merge(url, newest, new)
    keep(url)
    (run,) = runs(url, newest)
    assert (run.started_by, run.items[0].state) == ("ann", ItemState.DONE)
    assert [one.kind for one in in_database(url, lambda one: plans.history(one, run.id))] == [
        "started", "done", "moved", "moved",
    ]  # fmt: skip
    assert act(url, newest, Do, "close").version == 5


def test_a_plan_that_both_have_stays_where_it_was_and_is_waited_for_no_longer(url):
    old, new = (incident(url, alert(url, rule=f"rule-{n}")) for n in range(2))
    start(url, old)
    start(url, new, actor="ben")
    merge(url, new, old)
    assert keep(url) == []
    assert [one.started_by for one in runs(url, new)] == ["ben"]
    earlier(url, 60)
    assert {one.incident for one in tell(url)} == {new}


def test_an_item_that_is_late_is_told_once_to_its_owner(url):
    where = incident(url)
    run = start(url, where)
    act(url, where, Do, "close")
    assert tell(url) == ()
    earlier(url, 60)
    (late,) = tell(url)
    assert (late.item, late.to, late.incident) == ("look", "dispatcher", where)
    assert tell(url) == ()
    assert runs(url, where)[0].items[0].is_told
    assert count(url, "plan_overdue") == 1
    with psycopg.connect(url) as connection:
        (payload,) = connection.execute(
            "SELECT payload FROM outbox WHERE payload ->> 'kind' = 'overdue'"
        ).fetchone()
    assert (payload["run"], payload["to"]) == (run.id, "dispatcher")


def test_many_who_tell_at_once_tell_each_item_once(url):
    start(url, incident(url))
    start(url, incident(url), "jam")
    earlier(url, 60)

    async def race(_):
        async def one():
            async with await AsyncConnection.connect(url, autocommit=True) as own:
                return await plans.tell_overdue(own)

        return await asyncio.gather(*(one() for _ in range(8)))

    items = sorted(one.item for found in in_database(url, race) for one in found)
    assert items == ["close", "look", "look"]


def test_in_an_incident_that_is_over_nothing_is_started_done_or_told(url):
    where, empty = incident(url), incident(url)
    start(url, where)
    for one in (where, empty):
        do(url, Close(actor="ann", at_us=0, reason="dry", incident=one, seen=1))
    earlier(url, 60)
    assert tell(url) == ()
    with pytest.raises(IncidentError, match="was closed by ann"):
        act(url, where, Do, "look")
    with pytest.raises(IncidentError, match="was closed by ann"):
        start(url, empty)
    assert count(url, "plan_event") == 1


def test_what_is_not_there_is_told(url):
    where = incident(url)
    with pytest.raises(PlanError, match="was not started in incident"):
        act(url, where, Do, "look")
    with pytest.raises(PlanError, match="no plan closur; did you mean closure"):
        plans.plan_named(BOOK, "closur")
    with pytest.raises(IncidentError, match="there is no incident"):
        start(url, "00000000-0000-0000-0000-000000000000")


def test_a_refusal_leaves_nothing_behind(url):
    where = incident(url)
    run = start(url, where)
    before = [count(url, table) for table in ("plan_event", "outbox", "plan_item")]
    with pytest.raises(PlanError, match="needs a reason"):
        act(url, where, Skip, "look", text=" ")
    assert [count(url, table) for table in ("plan_event", "outbox", "plan_item")] == before
    assert runs(url, where) == [run]


def test_plans_keep_their_items_as_they_were_when_they_were_started(url):
    where = incident(url)
    start(url, where)
    changed = read(PLANS.replace("within: 5min", "within: 9min"))
    assert changed.plans["closure"] != BOOK.plans["closure"]
    in_database(url, lambda one: plans.collect(one, changed))
    assert runs(url, where)[0].items[1].item.within_us == 300_000_000


@pytest.mark.parametrize("table", ["plan_event", "plan_overdue"])
@pytest.mark.parametrize("change", ["UPDATE {} SET run = run", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_happened_is_never_changed(url, table, change):
    start(url, incident(url))
    earlier(url, 60)
    tell(url)
    with (
        psycopg.connect(url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.RestrictViolation, match="rows are added, never changed"),
    ):
        connection.execute(change.format(table))
    assert count(url, table) > 0


def test_who_listens_learns_which_run_changed(url):
    where = incident(url)
    with psycopg.connect(url, autocommit=True) as listening:
        listening.execute("LISTEN plans")
        run = start(url, where)
        (heard,) = listening.notifies(timeout=10, stop_after=1)
    assert json.loads(heard.payload) == [run.id]


def test_lists_have_what_runs_and_what_ran(url):
    first, second = incident(url), incident(url)
    start(url, first)
    start(url, second, "jam")
    do(url, Close(actor="ann", at_us=0, reason="dry", incident=first, seen=1))
    assert [one.plan for one in in_database(url, plans.open_runs)] == ["jam"]
    assert [one.plan for one in in_database(url, plans.recent)] == ["jam", "closure"]
