"""`ioc alerts figures` over alerts in a real database."""

from __future__ import annotations

import json
import time
import uuid
from datetime import datetime, timedelta

import psycopg
import pytest
import typer

from ioc import alert_figures
from ioc.settings import load

NOON = datetime.fromisoformat("2026-09-24T12:00:00+08:00")


@pytest.fixture(autouse=True)
def _beijing(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class Desk:
    """A database with alerts, and the command over it."""

    def __init__(self, url, capsys) -> None:
        self.url, self.capsys = url, capsys
        self.settings = load({"IOC_DATABASE_URL": url, "IOC_CITY": "cities/jiangyan"}, None)

    def raised(
        self, *minutes, lasting=None, rule="high", subject="a", severity="blue", day=NOON
    ) -> None:
        """Store alerts raised so many minutes after noon; open ones without `lasting` minutes."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for after in minutes:
                raised = day + timedelta(minutes=after)
                cleared = None if lasting is None else raised + timedelta(minutes=lasting)
                connection.execute(
                    "INSERT INTO alert (id, rule, rule_version, subject, datastream, domain, "
                    "severity, active, first_exceeded, raised, changed, cleared, result, "
                    "limit_value, message_zh, message_en, version) VALUES (%s, %s, 1, %s, 0, "
                    "'water', %s, %s, %s, %s, %s, %s, 3.9, 3.8, '', '', 1)",
                    (uuid.uuid4(), rule, subject, severity, cleared is None, raised, raised, raised,
                        cleared),
                )  # fmt: skip

    def show(self, since=None, until=None, operators=1, *, as_json=False) -> str:
        alert_figures.command(self.settings, since, until, operators, as_json=as_json)
        return self.capsys.readouterr().out

    def json(self, *words, **more):
        return json.loads(self.show(*words, as_json=True, **more))

    def refused(self, *words, **more) -> str:
        with pytest.raises(typer.Exit) as told:
            self.show(*words, **more)
        assert told.value.exit_code == 2
        return self.capsys.readouterr().err


@pytest.fixture
def desk(own_database_url, capsys) -> Desk:
    return Desk(own_database_url, capsys)


DAY = ("2026-09-24T12:00+08:00", "2026-09-25T12:00+08:00")


def test_figures_of_a_day(desk):
    desk.raised(*(one / 10 for one in range(12)), lasting=0.05, subject="river-1")
    desk.raised(90, rule="pm25-high", subject="air-1", severity="red", lasting=5)
    desk.raised(-3 * 24 * 60, rule="silent", subject="gw-1")
    found = desk.json(*DAY)
    assert found["since"] == "2026-09-24T12:00:00+08:00"
    assert found["alarms"] == 13
    assert found["per_ten_minutes"] == pytest.approx(13 / 144)
    assert found["most_in_a_period"] == 12
    assert found["excessive_share"] == pytest.approx(1 / 144)
    assert found["floods"] == [
        {
            "start": "2026-09-24T12:00:54+08:00", "end": "2026-09-24T12:10:42+08:00", "alarms": 12,
            "peak": 12,
        }
    ]  # fmt: skip
    assert found["chattering"] == [{"rule": "high", "subject": "river-1", "alarms": 12}]
    assert (found["stale"], found["stale_open"], found["stale_at_once"]) == (1, 1, 1)
    assert found["top_rules"]["entries"][1] == {"rule": "pm25-high", "subject": "", "alarms": 1}
    assert found["priority_share"]["red"] == pytest.approx(1 / 13)
    assert found["targets"]["flood_share"] == 0.01


def test_text_holds_each_figure_against_its_target(desk):
    desk.raised(*(one / 10 for one in range(12)), lasting=0.05, subject="river-1")
    shown = desk.show(*DAY)
    assert shown.splitlines()[:6] == [
        "告警质量 · alarm figures (ISA-18.2-2016 16.4, EEMUA 191)",
        "2026-09-24T12:00:00+08:00 – 2026-09-25T12:00:00+08:00, 1.0 d, 1 operator",
        "不足30天，仅供参考 · targets are meant for 30 days or more",
        "",
        "         12  告警总数 · alarms raised",
        "✓      0.08  每人每10分钟平均 · per operator and 10 min, on average; at most 1",
    ]
    assert (
        "✗        12  最忙时段每人 · per operator in the worst period, from 2026-09-24T12" in shown
    )
    assert "✓     0.7 %  告警洪泛 · of the time in flood; floods: 1; at most 1 %" in shown
    assert "             2026-09-24T12:00:54+08:00  9.8 min, 12 alarms, peak 12" in shown
    assert "✗         1  抖动告警 · alarms that chattered, 100.0 % of all raises; none" in shown
    assert "                 12  high  river-1" in shown
    assert "✗   100.0 %  前十告警占比" in shown
    assert "    100.0 %  蓝 blue (80 %)" in shown


def test_share_that_is_nearly_nothing_is_not_shown_as_nothing(desk):
    desk.raised(*(one / 10 for one in range(12)), lasting=0.05)
    shown = desk.show("2026-06-24T12:00+08:00", "2026-09-25T12:00+08:00")
    assert "✓   < 0.1 %  过载时段" in shown


def test_several_operators_share_the_alarms(desk):
    desk.raised(*(one / 10 for one in range(12)), lasting=0.05)
    found = desk.json(*DAY, operators=2)
    assert found["most_in_a_period"] == 6
    assert found["floods"] == []


def test_long_stretch_names_the_first_floods_and_counts_the_rest(desk):
    for hour in range(12):
        desk.raised(*[60 * hour] * 10, lasting=1, subject=f"s-{hour}")
    shown = desk.show("2026-08-24T12:00+08:00", "2026-09-25T12:00+08:00")
    assert "仅供参考" not in shown
    assert "in flood; floods: 12" in shown
    assert shown.count("10 alarms, peak 10") == 10
    assert shown.count("and 2 more") == 2  # of floods, and of chattering alarms


def test_without_a_stretch_the_last_thirty_days_count(desk):
    now = datetime.now(NOON.tzinfo)
    desk.raised(-40 * 24 * 60, -29 * 24 * 60, -5, lasting=1, day=now)
    found = desk.json()
    assert found["alarms"] == 2
    since, until = (datetime.fromisoformat(found[name]) for name in ("since", "until"))
    assert until - since == timedelta(days=30)


def test_without_a_stretch_a_young_system_begins_with_its_first_alert(desk):
    first = datetime.now(NOON.tzinfo) - timedelta(days=2)
    desk.raised(0, 60, lasting=1, day=first)
    found = desk.json()
    assert found["alarms"] == 2
    assert datetime.fromisoformat(found["since"]) == first


def test_without_a_stretch_an_alert_of_a_moment_ago_counts(desk):
    desk.raised(-0.1, lasting=0.01, day=datetime.now(NOON.tzinfo))
    assert desk.json()["alarms"] == 1


def test_alerts_ahead_of_the_clock_count(desk):
    ahead = datetime.now(NOON.tzinfo) + timedelta(hours=5)
    desk.raised(0, lasting=1, day=ahead)
    found = desk.json()
    assert found["alarms"] == 1
    assert datetime.fromisoformat(found["until"]) == ahead + timedelta(microseconds=1)


def test_empty_database_has_no_alarms_and_no_shares(desk):
    found = desk.json()
    assert (found["alarms"], found["acceptable_share"]) == (0, 1.0)
    assert found["top_alarms"] == {"entries": [], "share": None}
    shown = desk.show()
    assert "          0  告警总数 · alarms raised" in shown
    assert "          -  前十告警占比" in shown


@pytest.mark.parametrize(
    ("since", "until", "operators", "told"),
    [
        pytest.param("soon", None, 1, "--from: 'soon' is neither like 30m, 1h, 2d", id="word"),
        pytest.param(
            None, "2026-09-25", 1,
            "--to: '2026-09-25' has no offset; say e.g. 2026-09-25T00:00+08:00", id="naive_day",
        ),
        pytest.param(
            DAY[1], DAY[0], 1,
            "--from: 2026-09-25T12:00:00+08:00 is not before --to 2026-09-24T12:00:00+08:00; "
            "exchange them", id="exchanged",
        ),
        pytest.param(
            "2026-09-24T12:00+08:00", "2026-09-24T12:09+08:00", 1,
            "the stretch has 540 s; figures need 600 s or more", id="short",
        ),
        pytest.param(*DAY, 0, "0 operators cannot share alarms; say 1 or more", id="nobody"),
    ],
)  # fmt: skip
def test_wrong_option_is_told(desk, since, until, operators, told):
    assert desk.refused(since, until, operators).startswith(f"ioc: {told}")


def test_database_that_does_not_answer_is_told(desk, capsys):
    desk.settings = load({"IOC_DATABASE_URL": "postgresql://127.0.0.1:1/x"}, None)
    with pytest.raises(typer.Exit) as told:
        desk.show()
    assert told.value.exit_code == 1
    assert capsys.readouterr().err.startswith("ioc: database: ")
