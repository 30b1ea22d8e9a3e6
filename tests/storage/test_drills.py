"""Drills on a real PostgreSQL: their alerts are nobody's but theirs, and end with them."""

from __future__ import annotations

import psycopg
import pytest

from rules.digest import digest_of
from storage import drills, queries
from storage.drills import DrillRunsError
from tests.storage.episodes import Episode, in_database, row, told

RULES = {"rules/a.yaml": "rules: []\n"}


def start(url, for_s=60.0):
    return in_database(url, lambda one: drills.start(one, for_s, RULES, "ann", "storm"))


def tell(url, drill, *transitions):
    in_database(url, lambda one: drills.write(one, drill, transitions))


def shown(url):
    return in_database(url, drills.shown)


def die(url):
    """Let the drill's process be gone for longer than it may."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE drill SET beat = beat - interval '20 seconds'")


def test_one_drill_runs_at_a_time(own_database_url):
    drill = start(own_database_url)
    with pytest.raises(DrillRunsError, match="ioc drill stop"):
        start(own_database_url)
    now = in_database(own_database_url, drills.current)
    assert (now.id, now.alive, now.outcome, now.note) == (drill, True, None, "storm")
    assert now.sha256 == digest_of(RULES)
    in_database(own_database_url, lambda one: drills.end(one, drill, "stopped"))
    assert in_database(own_database_url, drills.current).outcome == "stopped"
    assert start(own_database_url) != drill


def test_its_alerts_are_beside_the_real_ones_and_marked(own_database_url):
    """The same rule and subject, at the same time, live and in the drill."""
    drill = start(own_database_url)
    one, other = Episode(), Episode()
    raised = one.tell("raised", "yellow")
    told(own_database_url, raised)
    tell(own_database_url, drill, other.tell("raised", "yellow"), other.tell("escalated", "red"))
    (real,) = in_database(own_database_url, queries.open_alerts)
    (drilled,) = shown(own_database_url)
    assert (real.id, real.severity, real.drill) == (one.id, "yellow", False)
    assert (drilled.severity, drilled.drill, drilled.version) == ("red", True, 2)
    assert drilled.id == drills.alert_of(drill, one.id) != one.id
    assert in_database(own_database_url, lambda c: drills.by_id(c, [drilled.id, real.id])) == [
        drilled
    ]
    assert in_database(own_database_url, lambda c: queries.alerts_by_id(c, [drilled.id])) == []


def test_nothing_of_it_goes_to_the_outbox_or_the_history(own_database_url):
    drill = start(own_database_url)
    one = Episode()
    tell(own_database_url, drill, one.tell("raised", "red"), one.tell("cleared", at_s=5))
    for table in ("outbox", "alert", "alert_transition"):
        assert row(own_database_url, f"SELECT count(*) FROM {table}") == (0,)
    (gone,) = shown(own_database_url)
    assert (gone.active, gone.cleared_us) == (False, one.raised_us + 5_000_000)


def test_what_was_open_before_it_is_real_until_it_is_raised_higher(own_database_url):
    drill = start(own_database_url)
    one = Episode()
    one.tell("raised", "yellow")
    tell(own_database_url, drill, one.tell("realarmed", at_s=5), one.tell("suppressed", at_s=6))
    assert shown(own_database_url) == []
    tell(own_database_url, drill, one.tell("escalated", "red", 7))
    assert [each.severity for each in shown(own_database_url)] == ["red"]
    tell(own_database_url, drill, one.tell("withdrawn", at_s=8))
    assert [each.active for each in shown(own_database_url)] == [False]


def test_its_end_takes_its_alerts_back(own_database_url):
    drill = start(own_database_url)
    one, two = Episode(), Episode(raised_s=1, subject="lock-gauge/water_level")
    tell(own_database_url, drill, one.tell("raised", "yellow"), two.tell("raised", "red"))
    tell(own_database_url, drill, one.tell("cleared", at_s=9))
    in_database(own_database_url, lambda c: drills.end(c, drill, "over"))
    by_subject = {each.datastream: each for each in shown(own_database_url)}
    assert all(not each.active for each in shown(own_database_url))
    assert len(by_subject) == 1
    assert sorted(each.version for each in shown(own_database_url)) == [2, 2]
    now = in_database(own_database_url, drills.current)
    assert (now.open, now.alerts, now.outcome) == (0, 2, "over")
    # A process that was slow to notice changes nothing any more.
    in_database(own_database_url, lambda c: drills.end(c, drill, "stopped"))
    assert in_database(own_database_url, drills.current).outcome == "over"
    assert in_database(own_database_url, lambda c: drills.beat(c, drill)).is_stopped


def test_what_a_dead_process_left_is_not_shown_and_taken_back_by_the_next_start(own_database_url):
    drill = start(own_database_url)
    tell(own_database_url, drill, Episode().tell("raised", "red"))
    die(own_database_url)
    assert shown(own_database_url) == []
    assert not in_database(own_database_url, drills.current).alive
    start(own_database_url)
    assert row(own_database_url, "SELECT outcome FROM drill WHERE id = %s", drill) == ("died",)
    assert row(own_database_url, "SELECT active FROM drill_alert") == (False,)


def test_its_process_hears_that_it_shall_stop_and_that_its_time_is_over(own_database_url):
    def beat(drill):
        heart = in_database(own_database_url, lambda one: drills.beat(one, drill))
        return heart.is_stopped, heart.is_over

    assert in_database(own_database_url, drills.ask_stop) is None
    drill = start(own_database_url)
    assert beat(drill) == (False, False)
    assert in_database(own_database_url, drills.ask_stop) == drill
    assert beat(drill) == (True, False)
    in_database(own_database_url, lambda one: drills.end(one, drill, "stopped"))
    short = start(own_database_url, for_s=0.0)
    assert beat(short) == (False, True)
