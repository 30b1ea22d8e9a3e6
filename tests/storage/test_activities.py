"""What became of cases, incidents and crews in a stretch of time, held against plain SQL."""

from __future__ import annotations

import psycopg
import pytest

from dispatch.crews.commands import Do
from storage import activities
from storage.instants import instant
from tests.dispatch.shifts import us
from tests.storage import test_cases as desk
from tests.storage.episodes import in_database
from tests.storage.happenings import act, incident

FROM, UNTIL = us("2026-03-02T00:00"), us("2026-03-03T00:00")


@pytest.fixture
def url(own_database_url):
    return own_database_url


def read(url, from_us=FROM, until_us=UNTIL):
    return in_database(url, lambda one: activities.read(one, from_us, until_us))


def plain(url, statement):
    with psycopg.connect(url) as connection:
        bounds = {"a": instant(FROM), "b": instant(UNTIL)}
        return connection.execute(statement, bounds).fetchall()


def test_cases_count_by_what_became_of_them(url):
    closed = desk.report(url)
    desk.brought(url, closed, *desk.TO_THE_END)
    desk.brought(url, desk.report(url, anyway=True), desk.FILE)
    desk.report(url, anyway=True)
    found = read(url)
    assert (found.work.cases_opened, found.work.cases_closed, found.work.cases_in_time) == (3, 1, 1)
    ((opened, done),) = plain(
        url,
        "SELECT count(*) FILTER (WHERE opened >= %(a)s AND opened < %(b)s), "
        "count(*) FILTER (WHERE outcome = 'closed' AND ended >= %(a)s AND ended < %(b)s) "
        "FROM case_file",
    )
    assert (opened, done) == (found.work.cases_opened, found.work.cases_closed)
    stages = plain(
        url,
        "SELECT stage, count(*) FROM case_file WHERE outcome IS NULL GROUP BY stage ORDER BY stage",
    )
    assert sorted((one.stage, one.open) for one in found.stages) == stages


def test_stages_are_as_they_were_at_the_end(url):
    case = desk.report(url)
    desk.brought(url, case, *desk.TO_THE_END)
    at_half_past_nine = read(url, until_us=us("2026-03-02T09:30"))
    assert [(one.stage, one.open) for one in at_half_past_nine.stages] == [("collection", 1)]
    assert read(url).stages == ()


def test_a_case_is_late_once_its_limit_is_over(url):
    desk.report(url)
    soon, late = (
        read(url, until_us=us("2026-03-02T09:01")),
        read(url, until_us=us("2027-01-01T00:00")),
    )
    assert [one.late for one in soon.stages] == [0]
    assert [one.late for one in late.stages] == [1]


def test_incidents_and_crews_count_by_when_it_was(url):
    where = incident(url, title="积水")
    act(url, Do.DISPATCH, 0, incident=where)
    act(url, Do.ACCEPT, 1)
    ((now,),) = plain(url, "SELECT (extract(epoch FROM now()) * 1e6)::bigint + 60000000")
    found = read(url, now - 3_600_000_000, now).work
    assert (found.incidents_opened, found.incidents_closed, found.assignments) == (1, 0, 1)
    ((waited,),) = plain(
        url, "SELECT extract(epoch FROM accepted - assigned)::float8 FROM assignment"
    )
    assert found.accepted_median_s == pytest.approx(waited)
    assert read(url).work.assignments == 0
