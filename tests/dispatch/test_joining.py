"""Alerts of one place within a window make one incident."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.incidents import (
    Add,
    Incident,
    Join,
    Member,
    New,
    Open,
    Settings,
    Stays,
    decide,
    evolve_all,
    join_or_open,
)

MINUTE = 60_000_000
NOON = 1_790_000_000_000_000


def alert(name, minute=0.0, place="bridge"):
    return Member(name, "yellow", True, NOON + round(minute * MINUTE), place)


def incident(name, *members, **more):
    return Incident(
        name, 1, "bridge", members={one.alert: one for one in members}, opened_us=NOON, **more
    )


OPEN = incident("one", alert("a"), alert("b", 10))


@pytest.mark.parametrize(
    ("new", "joins"),
    [
        pytest.param(alert("x", 5), True, id="between"),
        pytest.param(alert("x", 40), True, id="at_the_end_of_the_window"),
        pytest.param(alert("x", 40.001), False, id="after_the_window"),
        pytest.param(alert("x", -30), True, id="at_its_beginning"),
        pytest.param(alert("x", -30.001), False, id="before_the_window"),
        pytest.param(alert("x", 5, "lock"), False, id="another_place"),
        pytest.param(alert("x", 5, ""), False, id="a_place_that_nobody_knows"),
    ],
)
def test_an_alert_joins_an_incident_of_its_place_within_the_window(new, joins):
    told = join_or_open([OPEN], new)
    assert isinstance(told, Join if joins else New)


def test_a_member_stays():
    assert join_or_open([incident("zero"), OPEN], alert("a")) == Stays("one")


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        pytest.param([incident("two", alert("c", 12))], "two", id="the_newest_member"),
        pytest.param([incident("two", alert("c", 10))], "one", id="ties_by_id"),
        pytest.param([incident("two", alert("c", 12), closed_us=NOON)], "one", id="not_a_closed"),
        pytest.param([incident("two", alert("c", 12, "lock"))], "two", id="a_merged_place"),
    ],
)
def test_of_several_that_would_do_one_is_chosen(others, expected):
    for standing in ([OPEN, *others], [*others, OPEN]):
        assert join_or_open(standing, alert("x", 15)) == Join(expected)


def test_an_incident_grows_neither_too_long_nor_too_large():
    long = incident("long", alert("a"), alert("b", 700))
    assert join_or_open([long], alert("x", 720)) == Join("long")
    assert isinstance(join_or_open([long], alert("x", 720.001)), New)
    assert isinstance(join_or_open([OPEN], alert("x", 5), Settings(most=2)), New)


def test_the_same_alert_begins_the_same_incident():
    assert join_or_open([], alert("x")) == join_or_open([], alert("x", 99, "lock"))
    assert join_or_open([], alert("x")) != join_or_open([], alert("y"))


def take_up(alerts, settings):
    """Do with alerts what the rule says, one after the other."""
    standing = {}
    for number, one in enumerate(alerts):
        who = {"actor": "rules", "at_us": NOON + number}
        told = join_or_open(standing.values(), one, settings)
        if isinstance(told, Stays):
            continue
        command = (
            Open(incident=told.incident, members=(one,), **who)
            if isinstance(told, New)
            else Add(incident=told.incident, seen=standing[told.incident].version, members=(one,),
                     **who)
        )  # fmt: skip
        standing = evolve_all(standing, decide(standing, command, settings))
    return standing


def test_a_cloudburst_of_forty_alerts_is_one_incident_for_each_place():
    storm = [alert(f"{n}", n / 2, f"underpass-{n % 7}") for n in range(45)]
    found = take_up(storm, Settings())
    assert sorted(one.place for one in found.values()) == [f"underpass-{n}" for n in range(7)]
    assert sum(len(one.members) for one in found.values()) == 45


@given(
    st.lists(st.tuples(st.floats(0, 2000, width=16), st.sampled_from(["a", "b"])), max_size=25),
    st.integers(1, 60),
)
def test_in_the_order_of_time_incidents_are_the_runs_without_a_long_gap(raised, window):
    """The slow way: sort by place and time, cut where the gap or the length gets too great."""
    settings = Settings(window * MINUTE, 300 * MINUTE)
    storm = [alert(str(n), minute, place) for n, (minute, place) in enumerate(sorted(raised))]
    runs = []
    by_place = defaultdict(list)
    for one in storm:
        by_place[one.place].append(one)
    for alerts in by_place.values():
        run = []
        for one in alerts:
            if run and (
                one.raised_us - run[-1].raised_us > settings.window_us
                or one.raised_us - run[0].raised_us > settings.longest_us
            ):
                runs.append(run)
                run = []
            run.append(one)
        runs += [run] if run else []
    found = take_up(storm, settings)
    assert sorted(sorted(one.members) for one in found.values()) == sorted(
        sorted(one.alert for one in run) for run in runs
    )
