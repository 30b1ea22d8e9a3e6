"""What the wall reads of incidents, cases and crews, from a real database."""

from __future__ import annotations

import psycopg
import pytest

from devices.calendar import MINUTE_US
from dispatch.cases import Command, CommandKind, Refusal, parse_limit
from dispatch.crews import Position, Status
from dispatch.incidents import Close
from storage import case_lists, cases, crew_lists, crews, dispatch_picture
from tests.dispatch.case_desk import DISPATCHER, GARBAGE, INSPECTOR, POLICY, SANITATION, us
from tests.storage.episodes import SECOND, in_database, row
from tests.storage.happenings import act, collect, do, incident, load, raised, terminal_says

DAY = us("2026-03-02T00:00")
NEXT = us("2026-03-03T00:00")


@pytest.fixture
def url(own_database_url) -> str:
    return own_database_url


def picture(url, *names, crew_of=None):
    return in_database(url, lambda one: dispatch_picture.read(one, names, crew_of or {}))


def now_us(url):
    return row(url, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")[0]


def report(url, at):
    return in_database(
        url, lambda one: cases.report(one, GARBAGE, INSPECTOR, POLICY, at_us=us(at), anyway=True)
    )


def handled(url, case, *steps):
    """Do steps of a case, each (who, what, when, fields)."""
    for who, kind, at, *given in steps:
        command = Command(CommandKind(kind), case.version, **(given[0] if given else {}))
        case = in_database(
            url, lambda one, command=command, who=who, at=at, case=case: cases.act(
                one, case.id, command, who, POLICY, at_us=us(at)
            )
        )  # fmt: skip
        assert not isinstance(case, Refusal), case
    return case


def ran_out(url, from_us=DAY, until_us=NEXT):
    return in_database(url, lambda one: case_lists.ran_out(one, from_us, until_us))


def test_an_empty_database_gives_an_empty_picture(url):
    told = picture(url, "pumps")
    assert (list(told.incidents), told.incidents_total, list(told.waiting)) == ([], 0, [])
    assert told.crews["pumps"].status is Status.IDLE
    assert (list(told.stages), list(told.due), told.ran_out, list(told.news)) == ([], [], 0, [])


def test_incidents_stand_by_urgency_with_what_their_worst_alert_says(url):
    raised(url)
    collect(url)
    call = incident(url, title="路面塌陷")
    told = picture(url)
    assert told.incidents_total == 2
    assert [one.title for one in told.incidents] == ["", "路面塌陷"]
    assert told.messages == {told.incidents[0].id: ("大桥站水位3.9m", "Bridge 3.9 m")}
    do(url, Close(actor="ann", at_us=0, incident=call, seen=1, reason="no"))
    assert picture(url).incidents_total == 1


def test_a_crew_that_was_sent_is_there_with_its_incident_also_when_that_is_over(url):
    where = incident(url, title="路面塌陷")
    for version, word in enumerate(["dispatch", "accept", "arrive", "finish"]):
        act(url, word, version, incident=where)
    told = picture(url, "pumps")
    assert (told.crews["pumps"].task.incident, dict(told.parts)) == (where, {})
    do(url, Close(actor="ann", at_us=0, incident=where, seen=load(url, where).version, reason="x"))
    told = picture(url, "pumps")
    assert (told.incidents_total, told.parts[where].title) == (0, "路面塌陷")


def test_a_crew_that_no_file_has_is_in_the_picture_while_it_has_a_task(url):
    where = incident(url, title="x")
    act(url, "dispatch", 0, incident=where, name="gone")
    assert list(picture(url, "pumps").crews) == ["pumps", "gone"]
    act(url, "recall", 1, name="gone", reason="x")
    assert list(picture(url, "pumps").crews) == ["pumps"]


def test_who_has_not_accepted_waits_with_the_steps_that_were_told(url):
    where = incident(url, title="x")
    act(url, "dispatch", 0, incident=where)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE assignment SET assigned = assigned - interval '4 minutes'")
    in_database(url, crews.escalate)
    (one,) = picture(url, "pumps").waiting
    assert (one.crew, one.incident, one.told) == ("pumps", where, 1)
    assert [step.to for step in one.chain] == ["leader", "duty"]
    act(url, "accept", 1)
    assert list(picture(url, "pumps").waiting) == []


def test_the_newest_position_counts_whoever_reports_it_and_none_of_a_wrong_clock(url):
    now = now_us(url)
    crew_of = {"phone": "pumps", "radio": "strangers"}
    terminal_says(url, "phone", 120.2, now - 60 * SECOND)
    terminal_says(url, "radio", 120.9, now)

    def where():
        found = in_database(
            url, lambda one: crew_lists.standing(one, ["pumps"], crew_of, now)
        )  # fmt: skip
        assert list(found) == ["pumps"]
        return found["pumps"].position.lon

    assert where() == 120.2
    by_hand = Position(120.3, 32.5, now - 30 * SECOND)
    in_database(url, lambda one: crews.move(one, "pumps", by_hand, "ann"))
    assert where() == 120.3
    terminal_says(url, "phone", 120.4, now + 2 * MINUTE_US)
    assert where() == 120.3


def test_cases_with_a_limit_stand_by_its_end_and_suspended_ones_are_left_out(url):
    late = report(url, "2026-03-02T09:00")
    later = report(url, "2026-03-02T09:30")
    paused = report(url, "2026-03-02T08:30")
    handled(url, paused, (INSPECTOR, "file", "2026-03-02T08:40"),
            (DISPATCHER, "dispatch", "2026-03-02T08:50"),
            (DISPATCHER, "suspend", "2026-03-02T09:00", {"text": "x"}))  # fmt: skip
    told = picture(url)
    assert [one.id for one in told.due] == [late.id, later.id]
    assert [(one.stage, one.open, one.red, one.paused) for one in told.stages] == [
        ("collection", 2, 2, 0),
        ("dispatch", 1, 0, 1),
    ]


def test_news_are_open_cases_and_those_that_ended_lately_the_last_change_first(url):
    old, new = report(url, "2026-03-02T09:00"), report(url, "2026-03-02T09:01")
    handled(url, old, (INSPECTOR, "void", "2026-03-02T10:00", {"text": "x"}))

    def news(since):
        return [
            one.id for one in
            in_database(url, lambda c: case_lists.lately_changed(c, us(since), 9))
        ]  # fmt: skip

    assert news("2026-03-02T10:00") == [old.id, new.id]
    assert news("2026-03-02T10:01") == [new.id]


def test_a_limit_that_is_over_counts_while_it_runs_and_after_it_ended_too_late(url):
    one = report(url, "2026-03-02T09:00")  # to be filed until 10:00
    assert ran_out(url, until_us=us("2026-03-02T10:00")) == 0
    assert ran_out(url, until_us=us("2026-03-02T10:00") + 1) == 1
    one = handled(url, one, (INSPECTOR, "file", "2026-03-02T10:05"))
    assert ran_out(url, until_us=us("2026-03-02T11:00")) == 1
    # To be dispatched until 12:05: two limits of one case.
    handled(url, one, (DISPATCHER, "dispatch", "2026-03-02T15:00"))
    assert ran_out(url) == 2
    assert ran_out(url, NEXT, NEXT + NEXT - DAY) == 1  # of handling, on the next day at 15:00


def test_what_was_done_in_time_extended_or_voided_never_ran_out(url):
    in_time = report(url, "2026-03-02T09:00")
    handled(url, in_time, (INSPECTOR, "file", "2026-03-02T10:00"),
            (DISPATCHER, "dispatch", "2026-03-02T10:30"))  # fmt: skip
    voided = report(url, "2026-03-02T09:00")
    voided = handled(url, voided, (INSPECTOR, "file", "2026-03-02T11:00"))
    assert ran_out(url, until_us=us("2026-03-02T12:00")) == 1
    handled(url, voided, (INSPECTOR, "void", "2026-03-02T11:30", {"text": "x"}))
    assert ran_out(url, until_us=us("2026-03-02T12:00")) == 0


def test_what_ran_out_yesterday_and_ended_today_is_of_yesterday(url):
    one = report(url, "2026-03-02T09:00")
    handled(url, one, (INSPECTOR, "file", "2026-03-03T09:00"))
    assert ran_out(url) == 1
    assert ran_out(url, NEXT, us("2026-03-03T10:00")) == 0


def test_an_extension_takes_back_what_ran_out(url):
    one = report(url, "2026-03-02T09:00")
    one = handled(url, one, (INSPECTOR, "file", "2026-03-02T09:10"),
                  (DISPATCHER, "dispatch", "2026-03-02T09:20"),
                  (SANITATION, "accept", "2026-03-02T09:30"))  # fmt: skip
    until = us("2026-03-03T11:00")
    assert ran_out(url, NEXT, until) == 1
    handled(url, one,
            (SANITATION, "ask-extension", "2026-03-03T10:00",
             {"text": "车坏", "limit": parse_limit("4 工作时")}),
            (DISPATCHER, "grant-extension", "2026-03-03T10:30"))  # fmt: skip
    assert ran_out(url, NEXT, until) == 0
