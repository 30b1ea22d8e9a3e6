"""Series for charts: what is asked for, what is left out, and what the wall's process answers."""

import asyncio
import json
import urllib.error
import urllib.parse
import urllib.request

import numpy as np
import psycopg
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from devices.record import columns
from ioc_dashboard import series, wall
from ioc_dashboard.history import DatabaseHistory
from storage import queries
from storage.commit import Stretch, commit
from tests.small_city import BRIDGE, LOCK, city
from tests.wall.scripted import NOON_US

SECOND = 1_000_000
GOOD = {"slot": "1", "from": "2026-11-24T12:00:00+08:00", "to": "2026-11-24T13:00:00+08:00"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"slot": ""}, "slot is ''; it must be the number of a datastream, 0 to 4",
                     id="no slot"),
        pytest.param({"slot": "5"}, "slot is '5'; it must be", id="a slot that is none"),
        pytest.param({"slot": "-1"}, "slot is '-1'; it must be", id="a negative slot"),
        pytest.param({"slot": "٣"}, "slot is '٣'; it must be", id="other digits"),
        pytest.param({"from": ""}, "from is ''; from must be a time with its offset", id="no time"),
        pytest.param({"to": "tomorrow"}, "to is 'tomorrow'; to must be a time", id="no such time"),
        pytest.param({"to": "2026-11-24T13:00:00"}, "of no time zone", id="no offset"),
        pytest.param({"to": "9999-11-24T13:00Z"}, "its year must be 1971 to 2199", id="far year"),
        pytest.param({"to": GOOD["from"]}, "it must be after from, 2026-11-24T04:00:00+00:00",
                     id="an empty time"),
        pytest.param({"level": "5min"}, "level is '5min'; it must be one of raw, 1min, 1h, 1d",
                     id="no such level"),
        pytest.param({"level": "raw", "to": "2026-11-25T12:00:00+08:00"},
                     "is 86400 s; at level raw it must be at most 10800 s", id="too long"),
        pytest.param({"bucket": "5"}, "'bucket' is no parameter", id="no such parameter"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(change, told):
    with pytest.raises(series.QueryError) as caught:
        series.parse({**GOOD, **change}, 5)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("to", "level"),
    [
        pytest.param("2026-11-24T12:15+08:00", "raw", id="a quarter of an hour"),
        pytest.param("2026-11-24T12:15:01+08:00", "1min", id="a second more"),
        pytest.param("2026-11-28T12:00+08:00", "1min", id="four days"),
        pytest.param("2026-11-28T12:00:01+08:00", "1h", id="a second more than four days"),
        pytest.param("2027-11-25T12:00+08:00", "1h", id="a year"),
        pytest.param("2027-11-25T12:00:01+08:00", "1d", id="more than a year"),
    ],
)
def test_the_longer_the_time_the_longer_the_buckets(to, level):
    assert series.parse({**GOOD, "to": to}, 5).level == level


def test_a_plus_that_was_not_escaped_is_a_plus():
    spoilt = {**GOOD, "from": GOOD["from"].replace("+", " ")}
    assert series.parse(spoilt, 5) == series.parse(GOOD, 5)


LINES = st.lists(
    st.tuples(st.integers(1, 30), st.one_of(st.floats(-9, 9), st.just(float("nan")))), max_size=400
)


@given(line=LINES, gap=st.integers(1, 40))
def test_a_short_line_keeps_every_point_and_breaks_where_it_was_broken(line, gap):
    times = np.cumsum([0, *(step for step, _ in line)])[1:].astype(np.int64)
    value = np.array([one for _, one in line], dtype=np.float64)
    kept = series.thin(times, value, gap, 2000).tolist()
    wanted, last = [], None
    for at in range(times.size):
        if value[at] != value[at]:
            continue
        if last is not None and (times[at] - times[last] > gap or at - last > 1):
            wanted.append(-last - 1)
        wanted.append(at)
        last = at
    assert kept == wanted


@given(seed=st.integers(0, 2**32 - 1), pieces=st.integers(1, 1500))
def test_a_long_line_keeps_its_ends_and_its_peak_and_never_more_points_than_allowed(seed, pieces):
    random = np.random.default_rng(seed)
    step = np.ones(20_000, dtype=np.int64)
    step[random.integers(0, step.size, pieces - 1)] = 1000
    times, value = np.cumsum(step), random.normal(0, 1, step.size)
    peak = int(random.integers(0, step.size))
    value[peak] = 1e6
    kept = series.thin(times, value, 10, series.POINTS_MOST)
    points = kept[kept >= 0]
    assert kept.size <= series.POINTS_MOST
    assert np.all(np.diff(points) > 0)
    assert (points[0], points[-1]) == (0, step.size - 1)
    if pieces == 1:
        assert peak in points


def get(port, **parameters):
    query = urllib.parse.urlencode(parameters)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/wall/series?{query}") as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


class Served:
    """A wall's routes over a database."""

    def __init__(self, url):
        server = series.FastAPI()
        series.route(server, DatabaseHistory(url), city())
        self._server = wall._Server(
            uvicorn.Config(server, host="127.0.0.1", port=0, **wall.SERVER_SETTINGS)
        )

    async def __aenter__(self):
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0)
        return self._server.servers[0].sockets[0].getsockname()[1]

    async def __aexit__(self, *_):
        self._server.should_exit = True
        await self._task


def ask(url, *queries_, rows=()):
    async def work():
        if rows:
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
                await commit(connection, Stretch([], columns(list(rows))))
        async with Served(url) as port:
            return [await asyncio.to_thread(get, port, **one) for one in queries_]

    return asyncio.run(work())


def test_readings_and_buckets_come_from_the_database_with_their_gaps(own_database_url):
    rows = [(BRIDGE, NOON_US + one * SECOND, 3.0 + one / 1000, 0) for one in (0, 60, 600)]
    rows.append((LOCK, NOON_US, 9.0, 0))
    raw, minutes, nothing = ask(
        own_database_url,
        {"slot": 0, "from": "2026-11-24T12:00+08:00", "to": "2026-11-24T12:15+08:00"},
        {"slot": 0, "from": "2026-11-24T12:00+08:00", "to": "2026-11-24T13:00+08:00"},
        {"slot": 2, "from": "2026-11-24T12:00+08:00", "to": "2026-11-24T13:00+08:00"},
        rows=rows,
    )
    noon = NOON_US // 1000
    assert raw == (200, {
        "slot": 0, "level": "raw", "downsampled": False, "of": 3,
        "time_ms": [noon, noon + 60_000, noon + 60_001, noon + 600_000],
        "value": [3.0, 3.06, None, 3.6], "quality": [0, 0, None, 0],
    })  # fmt: skip
    assert minutes == (200, {
        "slot": 0, "level": "1min", "downsampled": False, "of": 3,
        "time_ms": [noon, noon + 60_000, noon + 60_001, noon + 600_000],
        "value": [3.0, 3.06, None, 3.6], "min": [3.0, 3.06, None, 3.6],
        "max": [3.0, 3.06, None, 3.6],
    })  # fmt: skip
    assert nothing[1]["time_ms"] == []


def test_a_long_time_is_thinned_out_and_says_so(own_database_url):
    rows = [(BRIDGE, NOON_US + one * 60 * SECOND, one % 7, 0) for one in range(5000)]
    ((status, found),) = ask(
        own_database_url,
        {"slot": 0, "from": "2026-11-24T12:00+08:00", "to": "2026-11-28T12:00+08:00"},
        rows=rows,
    )
    assert status == 200
    assert (found["level"], found["downsampled"], found["of"]) == ("1min", True, 5000)
    assert 1900 < len(found["value"]) <= 2000


def test_a_mistake_is_answered_with_400_and_its_reason(own_database_url):
    ((status, told),) = ask(own_database_url, {**GOOD, "slot": 77})
    assert status == 400
    assert told["error"].startswith("/wall/series: slot is '77'; it must be")


def test_a_database_that_is_away_is_told_and_not_waited_for(monkeypatch):
    monkeypatch.setattr(series, "_ANSWER_WITHIN_S", 0.1)
    ((status, told),) = ask("postgresql://nobody@127.0.0.1:1/none", GOOD)
    assert status == 503
    assert "the database did not answer" in told["error"]


def test_readings_of_any_quality_come_in_their_order(own_database_url):
    async def work():
        async with await psycopg.AsyncConnection.connect(
            own_database_url, autocommit=True
        ) as connection:
            rows = [(BRIDGE, NOON_US + 2, 2.0, 4), (BRIDGE, NOON_US, 1.0, 0)]
            await commit(connection, Stretch([], columns(rows)))
            return [
                await queries.readings(connection, BRIDGE, NOON_US, NOON_US + length)
                for length in (2, 3)
            ]

    short, long = asyncio.run(work())
    assert short.result.tolist() == [1.0]
    assert (long.result.tolist(), long.quality.tolist()) == ([1.0, 2.0], [0, 4])
