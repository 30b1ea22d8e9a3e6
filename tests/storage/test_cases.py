"""Cases on a real PostgreSQL: one wins, nothing is half done, and events are kept for ever."""

from __future__ import annotations

import asyncio

import msgspec
import psycopg
import pytest
from psycopg import AsyncConnection

from dispatch.cases import (
    Case,
    Command,
    CommandKind,
    Refusal,
    RefusalCode,
    Report,
    Role,
    Stage,
    Who,
    apply,
    parse_limit,
)
from dispatch.cases.scores import month_of, scores
from storage import case_lists, cases
from storage.case_lists import StageCount
from tests.dispatch.case_desk import (
    DISPATCHER,
    GARBAGE,
    INSPECTOR,
    OFFICE,
    POLICY,
    ROADS,
    SANITATION,
    us,
)
from tests.storage.episodes import in_database, row

NINE = us("2026-03-02T09:00")
TEN = us("2026-03-02T10:00")


@pytest.fixture
def url(own_database_url):
    return own_database_url


def report(url, said=GARBAGE, at="2026-03-02T09:00", who=INSPECTOR, **named):
    return in_database(
        url, lambda one: cases.report(one, said, who, POLICY, at_us=us(at), **named)
    )  # fmt: skip


def act(url, case, who, kind, at="2026-03-02T10:00", version=None, **given):
    """Do something with a case as it stands, or as somebody saw it."""
    command = Command(CommandKind(kind), case.version if version is None else version, **given)
    return in_database(
        url, lambda one: cases.act(one, case.id, command, who, POLICY, at_us=us(at))
    )  # fmt: skip


def asked(url, work, *given, **named):
    return in_database(url, lambda one: work(one, *given, **named))


def brought(url, case, *steps):
    """Do steps, each `(who, kind)` or `(who, kind, fields)`, all at ten."""
    for who, kind, *given in steps:
        case = act(url, case, who, kind, **(given[0] if given else {}))
        assert isinstance(case, Case), case
    return case


FILE, DISPATCH, ACCEPT = (INSPECTOR, "file"), (DISPATCHER, "dispatch"), (SANITATION, "accept")
TO_THE_END = (
    FILE, DISPATCH, ACCEPT, (SANITATION, "report-back", {"text": "已清理"}),
    (INSPECTOR, "verify"), (INSPECTOR, "close"),
)  # fmt: skip


def test_a_case_is_numbered_by_day_and_found_by_id_or_number(url):
    first = report(url)
    second = report(url, anyway=True)
    next_day = report(url, at="2026-03-03T00:00", anyway=True)
    assert [one.number for one in (first, second, next_day)] == [
        "20260302-0001", "20260302-0002", "20260303-0001",
    ]  # fmt: skip
    for word in (str(second.id), second.number):
        assert asked(url, case_lists.case_of, word) == second
    for word in ("999", "x", "", "9" * 40, "٣"):
        assert asked(url, case_lists.case_of, word) is None


def test_the_row_of_a_case_is_what_its_events_made_of_it(url):
    case = brought(url, report(url), *TO_THE_END)
    events = asked(url, case_lists.timeline, case.id)
    again = None
    for event in events:
        again = apply(again, event)
    assert again == case == asked(url, case_lists.case_of, case.number)
    assert row(
        url,
        "SELECT version, stage, outcome, department, clock, due, ended, handling_due "
        "FROM case_file WHERE id = %s",
        case.id,
    ) == (
        7, "verification", "closed", "sanitation", None, None,
        *row(url, "SELECT '2026-03-02T10:00+08'::timestamptz, '2026-03-03T10:00+08'::timestamptz"),
    )  # fmt: skip
    with psycopg.connect(url) as connection:
        kept = connection.execute(
            "SELECT version, kind, actor, role, department, reason FROM case_event ORDER BY version"
        ).fetchall()
    assert kept[4] == (5, "reported_back", "赵环卫", "handling", "sanitation", "已清理")
    assert [one[0] for one in kept] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE case_event SET actor = 'nobody'",
        "DELETE FROM case_event",
        "TRUNCATE case_event",
    ],
)
def test_what_was_done_is_never_changed(url, statement):
    report(url)
    with (
        psycopg.connect(url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="case_event is append-only"),
    ):
        connection.execute(statement)
    assert row(url, "SELECT count(*) FROM case_event") == (1,)


def test_of_a_hundred_at_once_one_wins_and_all_others_are_told_who(url):
    case = brought(url, report(url), FILE)
    people = [Who(f"指挥{number}", Role.COMMAND) for number in range(100)]
    command = Command(CommandKind.DISPATCH, case.version)
    # A server takes fewer connections than a hundred people have screens; each one waits its turn.
    free = asyncio.Semaphore(50)

    async def race(_):
        ready = asyncio.Barrier(50)

        async def one(who, number):
            async with free, await AsyncConnection.connect(url, autocommit=True) as own:
                if number < 50:
                    await ready.wait()
                return await cases.act(own, case.id, command, who, POLICY)

        return await asyncio.gather(*(one(who, n) for n, who in enumerate(people)))

    ended = in_database(url, race)
    (winner,) = [one for one in ended if isinstance(one, Case)]
    refused = [one for one in ended if isinstance(one, Refusal)]
    assert len(refused) == 99
    assert {one.code for one in refused} == {RefusalCode.STALE_VERSION}
    assert {one.facts["by"] for one in refused} == {winner.changed_by.name}
    assert {one.facts["done"] for one in refused} == {"dispatched"}
    kept = row(url, "SELECT count(*), min(actor) FROM case_event WHERE version = 3")
    assert kept == (1, winner.changed_by.name)
    assert row(url, "SELECT max(version), count(*) FROM case_event") == (3, 3)


def test_of_many_who_report_the_same_at_once_one_begins_a_case(url):
    async def race(_):
        async def one(number):
            async with await AsyncConnection.connect(url, autocommit=True) as own:
                who = Who(f"监督{number}", Role.SUPERVISION)
                return await cases.report(own, GARBAGE, who, POLICY, at_us=NINE)

        return await asyncio.gather(*(one(number) for number in range(20)))

    ended = in_database(url, race)
    (case,) = [one for one in ended if isinstance(one, Case)]
    originals = [one.facts["originals"] for one in ended if isinstance(one, Refusal)]
    assert [[one["case"] for one in each] for each in originals] == [[case.id]] * 19
    # Nobody's number was taken by a report that began nothing.
    lamp = msgspec.structs.replace(GARBAGE, category="cover")
    assert report(url, lamp).number == "20260302-0002"


def test_a_refusal_leaves_nothing_behind(url):
    case = report(url)
    before = row(url, "SELECT count(*), max(xmin::text::bigint) FROM case_file")
    assert act(url, case, DISPATCHER, "dispatch").code is RefusalCode.WRONG_STAGE
    assert act(url, case, INSPECTOR, "reject", text="x" * 501).code is RefusalCode.TOO_LONG
    assert report(url).code is RefusalCode.DUPLICATE
    assert report(url, Report("garbge", "x")).code is RefusalCode.UNKNOWN_WORD
    assert row(url, "SELECT count(*), max(xmin::text::bigint) FROM case_file") == before
    assert row(url, "SELECT count(*) FROM case_event") == (1,)
    assert row(url, "SELECT last FROM case_count") == (1,)


def test_who_acts_on_no_case_is_told(url):
    case = msgspec.structs.replace(report(url), id=4711)
    assert act(url, case, INSPECTOR, "file") == Refusal(
        RefusalCode.UNKNOWN_CASE, "case", {"case": 4711}
    )


def test_whoever_supervises_may_belong_to_a_department(url):
    who = Who("李监督", Role.SUPERVISION, "roads")
    case = report(url, who=who)
    assert asked(url, case_lists.timeline, case.id)[0].who == who


def test_without_a_time_the_database_s_clock_counts(url):
    def work(one):
        return cases.report(one, GARBAGE, INSPECTOR, POLICY)

    case = in_database(url, work)
    age = row(url, "SELECT clock_timestamp() - opened FROM case_file WHERE id = %s", case.id)[0]
    assert 0 <= age.total_seconds() < 3600


def test_listeners_are_told_once_it_is_stored(url):
    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute("LISTEN cases")
        case = report(url)
        act(url, case, DISPATCHER, "dispatch")  # refused: nothing to tell
        act(url, case, INSPECTOR, "file")
        notes = list(listener.notifies(timeout=10, stop_after=2))
    assert [one.payload for one in notes] == [f"[{case.id}]"] * 2


def test_texts_that_postgresql_cannot_hold_are_kept_as_pictures(url):
    case = report(url, msgspec.structs.replace(GARBAGE, description="a\0b"))
    case = act(url, case, INSPECTOR, "file", text="c\0")
    assert (case.report.description, asked(url, case_lists.timeline, case.id)[1].text) == (
        "a␀b", "c␀",
    )  # fmt: skip


def cover(number):
    return Report("cover", f"第{number}个井盖", component=f"cover-{number}", town="qintong")


@pytest.fixture
def several(url):
    """Four open cases, by what is urgent, and one that has ended."""
    no_clock = report(url, cover(1))
    late = brought(url, report(url, cover(2)), FILE, DISPATCH)  # until 16:00
    paused = brought(
        url, report(url, cover(3)), FILE, DISPATCH, (DISPATCHER, "suspend", {"text": "等许可"})
    )
    amber = brought(url, report(url), FILE, DISPATCH)  # until ten of the next morning
    ended = brought(url, report(url, anyway=True), *TO_THE_END)
    return {"no_clock": no_clock, "late": late, "paused": paused, "amber": amber, "ended": ended}


def ids(found):
    return [one.id for one in found]


def test_open_cases_are_listed_by_when_their_limit_ends(url, several):
    expected = [several[one].id for one in ("late", "amber", "no_clock", "paused")]
    assert ids(asked(url, case_lists.open_cases, 10)) == expected
    assert ids(asked(url, case_lists.open_cases, 1)) == expected[:1]
    only = asked(url, case_lists.open_cases, 10, stage="dispatch", department="roads")
    assert ids(only) == [several["late"].id, several["paused"].id]
    assert len(asked(url, case_lists.open_cases, 10, town="qintong")) == 3
    assert ids(asked(url, case_lists.recent_cases, 2)) == [
        several["ended"].id, several["amber"].id,
    ]  # fmt: skip


def test_breached_limits_are_listed_and_stages_counted(url, several):
    for time, red, amber in (
        ("2026-03-02T16:00", [], 1),
        ("2026-03-02T16:01", ["late"], 0),
        ("2026-03-03T09:30", ["late"], 1),
        ("2026-03-03T10:01", ["late", "amber"], 0),
    ):
        assert ids(asked(url, case_lists.breached, us(time), 10)) == [
            several[one].id for one in red
        ]
        assert asked(url, case_lists.counts, us(time)) == [
            StageCount("collection", 1, 0, 0, 0),
            StageCount("dispatch", 3, amber, len(red), 1),
        ]


def test_an_extension_moves_what_is_stored_as_due(url):
    case = brought(url, report(url), FILE, DISPATCH, ACCEPT)
    case = act(url, case, SANITATION, "ask-extension", text="车坏", limit=parse_limit("1 工作日"))
    case = act(url, case, DISPATCHER, "grant-extension")
    due = row(url, "SELECT due = handling_due, due = '2026-03-04T10:00+08' FROM case_file")
    assert due == (True, True)
    assert case.stage is Stage.HANDLING


def test_scores_of_a_month_are_of_the_stored_cases(url, several):
    report(url, cover(4), at="2026-04-01T00:00")
    month = month_of("2026-03", OFFICE.calendar)
    found = asked(url, case_lists.of_month, month)
    assert ids(found) == sorted(one.id for one in several.values())
    by = {one.department: one for one in scores(found, month, us("2026-03-20T00:00"))}
    assert (by["sanitation"].on_time.numerator, by["sanitation"].on_time.denominator) == (1, 2)
    assert (by["roads"].overdue.numerator, by["roads"].overdue.denominator) == (1, 1)
    assert ROADS.department in by
