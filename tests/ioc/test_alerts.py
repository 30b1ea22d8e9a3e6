"""`ioc alerts` as a dispatcher uses it, on a real database."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from rules.alerts import Seen
from rules.commands import Maintenance, Reset
from storage import engine_commands
from tests.ioc.test_devices import Desk
from tests.storage.episodes import EVIDENCE, NOON, Episode, in_database, told


class AlertDesk(Desk):
    """A desk with alerts."""

    def alerts(self, *words, code=0):
        return self.run("alerts", *words, code=code)

    def facts(self, *words):
        return json.loads(self.alerts(*words, "--json"))

    def commands(self):
        return in_database(self.url, lambda one: engine_commands.newer_commands(one, 0))


@pytest.fixture
def desk(own_database_url, tmp_path) -> AlertDesk:
    return AlertDesk(tmp_path, own_database_url)


@pytest.fixture
def raised(desk):
    one = Episode()
    told(desk.url, one.tell("raised", "yellow", plan="flood-3"))
    return one


def test_open_alerts_are_listed_worst_first_and_hidden_ones_last(desk, raised):
    red = Episode(subject="lock-gauge/water_level")
    away = Episode(rule="silent", subject="gw-bridge")
    over = Episode(rule="over")
    told(
        desk.url,
        red.tell("raised", "red"),
        away.tell("raised", "red"),
        away.tell("suppressed", reason="maintenance"),
        over.tell("raised", "blue"),
        over.tell("cleared"),
    )
    lines = desk.alerts("list").splitlines()
    assert [line.split()[0] for line in lines[1:4]] == [one.id[:8] for one in (red, raised, away)]
    assert "已抑制 suppressed (maintenance)" in lines[3]
    assert "3 条告警 alerts，其中 1 条被抑制或搁置 · 1 of them" in lines[-1]
    assert len(desk.facts("list", "--all")["alerts"]) == 4
    assert desk.facts("list", "--domain", "air")["alerts"] == []
    assert "没有告警 · no alerts" in desk.alerts("list", "--domain", "air")
    assert "did you mean 'water'?" in desk.alerts("list", "--domain", "watr", code=2)


def test_an_alert_is_found_by_the_beginning_of_its_id(desk, raised):
    for word in (raised.id, raised.id[:1].upper(), raised.id[:13]):
        assert desk.facts("show", word)["id"] == raised.id
    other = "f" if raised.id[0] != "f" else "0"
    assert f"there is no alert {other}" in desk.alerts("show", other, code=2)
    assert "'x y' is no id of an alert" in desk.alerts("show", "x y", code=2)
    more = [Episode(rule=f"r{n}") for n in range(17)]
    told(desk.url, *(one.tell("raised", "blue") for one in more))
    ambiguous = desk.alerts("show", *_shared_beginning([raised, *more]), code=2)
    assert "begins several ids" in ambiguous
    assert "say more of it" in ambiguous


def _shared_beginning(episodes):
    """Return a digit that two ids begin with: of seventeen ids two must."""
    digits = [one.id[0] for one in episodes]
    return [next(digit for digit in digits if digits.count(digit) > 1)]


def test_a_shown_alert_says_who_deals_with_it(desk, raised):
    desk.alerts("ack", raised.id[:8], "--actor", "ann", "--owner", "pumps")
    shown = desk.alerts("show", raised.id[:8])
    assert "黄 yellow  大桥站水位3.9m · Bridge 3.9 m" in shown
    assert "已确认 acknowledged" in shown
    assert "责任 owner" in shown
    assert "pumps" in shown
    assert "预案 plan" in shown
    facts = desk.facts("show", raised.id[:8])
    assert (facts["acknowledged_by"], facts["owner"], facts["handled"]) == ("ann", "pumps", 1)


def test_several_alerts_are_acknowledged_together_or_not_at_all(desk, raised):
    other = Episode(subject="lock-gauge/water_level")
    told(desk.url, other.tell("raised", "red"))
    desk.alerts("ack", other.id, "--actor", "ben")
    told_why = desk.alerts("ack", raised.id, other.id, code=2)
    assert f"alert {other.id[:8]} is acknowledged already, by ben" in told_why
    assert desk.facts("show", raised.id)["acknowledged"] is False
    desk.alerts("unack", other.id, "--actor", "ben", "--reason", "wrong row")
    said = desk.alerts("ack", raised.id, other.id, raised.id)
    assert said == f"已确认 acknowledged: {raised.id[:8]}, {other.id[:8]}\n"


def test_why_tells_what_the_rule_saw_and_what_people_did(desk, raised):
    seen = msgspec.structs.replace(
        EVIDENCE, result=4.7, value=math.nan, limit=4.6, limit_name="guaranteed", off=4.55,
        on_delay_us=120_000_000, since_us=NOON, inputs=(
            Seen("rain", "bridge-gauge/rain_1h", 12.5, NOON),
            Seen("speed", "radar/speed", math.nan, 0),
        ),
    )  # fmt: skip
    desk.alerts("ack", raised.id, "--actor", "ann", "--comment", "on the way\x1b[2J")
    told(
        desk.url,
        msgspec.structs.replace(raised.tell("escalated", "red", 60), evidence=seen, rule_version=4),
        raised.tell("suppressed", at_s=61, reason="parent"),
        raised.tell("cleared", at_s=90, reason="quiet"),
    )
    desk.alerts("verdict", raised.id, "false", "--reason", "a spider", "--actor", "ben")
    life = desk.alerts("why", raised.id)
    heads = [line.split("  ", 1)[1] for line in life.splitlines()[4:] if line[:1].isdigit()]
    assert heads == [
        "产生 raised  黄 yellow",
        "确认 acknowledge  ann: on the way�[2J  责任 owner ann",
        "升级 escalated  红 red",
        "抑制 suppressed  红 red  上级网关静默 parent",
        "解除 cleared  长时间平静 quiet",
        "判定 verdict  ben: a spider  误报 false alarm",
    ]
    assert ("质量 quality good · 限值 limit 4.6 m (guaranteed) · 回差限值 off 4.55 m") in life
    assert "规则版本 rule version 4" in life
    assert "计时 timers: 触发延时 on-delay 120 s, 恢复延时 off-delay 60 s, 起算 since" in life
    assert "输入 input rain = 12.5" in life
    assert "输入 input speed = 无 none (radar/speed)" in life
    facts = desk.facts("why", raised.id)["life"]
    assert [one["kind"] for one in facts if "version" in one] == [
        "raised", "escalated", "suppressed", "cleared",
    ]  # fmt: skip
    assert [one["rule_version"] for one in facts if "version" in one] == [3, 4, 3, 3]
    assert facts[2]["evidence"]["value"] is None


def soon(hours):
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def test_an_alert_is_shelved_for_a_while_and_brought_back(desk, raised):
    desk.alerts("shelve", raised.id, "--for", "2h", "--reason", "gate is tested")
    facts = desk.facts("show", raised.id)
    assert (facts["shelved"], facts["state"], facts["shelve_reason"]) == (
        True, "已搁置 shelved", "gate is tested",
    )  # fmt: skip
    desk.alerts("unshelve", raised.id)
    assert desk.facts("show", raised.id)["shelved"] is False
    desk.alerts("shelve", raised.id, "--until", soon(1), "--reason", "gate is tested")
    assert desk.facts("list")["alerts"][0]["shelved"] is True


@pytest.mark.parametrize(
    ("words", "why"),
    [
        pytest.param(["--for", "9h"], "is yellow and can be shelved for 8 h at most", id="long"),
        pytest.param([], "say how long: --until and a time, or --for", id="no-time"),
        pytest.param(["--for", "1h", "--until", "x"], "say how long", id="two-times"),
        pytest.param(["--for", "soon"], "--for: 'soon' is not like 30m, 1h, 2d", id="length"),
        pytest.param(["--until", "noon"], "--until: 'noon' is not an ISO time", id="until"),
        pytest.param(["--until", "2026-10-01T12:00"], "has no offset; say e.g.", id="offset"),
        pytest.param(["--until", "2020-10-01T12:00Z"], "is past", id="past"),
    ],
)
def test_what_cannot_be_shelved_so_is_told(desk, raised, words, why):
    assert why in desk.alerts("shelve", raised.id, *words, "--reason", "noise", code=2)
    assert desk.facts("show", raised.id)["handled"] == 0


def test_a_latched_alert_is_reset(desk, raised):
    assert "only a latched alert can" in desk.alerts("reset", raised.id, code=2)
    told(desk.url, raised.tell("returned", at_s=60))
    assert desk.facts("show", raised.id)["state"] == "闭锁未确认 latched, unacknowledged"
    desk.alerts("reset", raised.id, "--reason", "pump is dry")
    ((command),) = desk.commands()
    assert command == Reset(command.id, raised.id)


def test_a_comment_is_kept(desk, raised):
    desk.alerts("comment", raised.id, "a lorry stood there", "--actor", "ann")
    assert "备注 comment  ann: a lorry stood there" in desk.alerts("why", raised.id)
    assert "a comment is needed" in desk.alerts("comment", raised.id, " ", code=2)
    assert "VERDICT: 'maybe' is not known" in desk.alerts(
        "verdict", raised.id, "maybe", "--reason", "x", code=2
    )


def test_maintenance_is_announced_listed_and_ended(desk):
    desk.start()
    added = desk.alerts(
        "maintenance", "add", "place", "bridge", "--for", "2h", "--reason", "new gauge",
        "--actor", "ann",
    )  # fmt: skip
    ((command),) = desk.commands()
    assert isinstance(command, Maintenance)
    assert (command.scope, command.subject) == ("place", "bridge")
    assert command.until_us - command.from_us == 2 * 3_600_000_000
    assert f"检修已登记 maintenance {command.id}: place bridge" in added
    desk.alerts(
        "maintenance", "add", "rule", "slow", "--from", soon(5), "--until", soon(6),
        "--reason", "road works",
    )  # fmt: skip
    listed = desk.alerts("maintenance", "list")
    assert "进行中 goes on" in listed
    assert "未开始 to come" in listed
    assert "new gauge (ann)" in listed
    desk.alerts("maintenance", "end", str(command.id), "--actor", "ben")
    left = desk.facts("maintenance", "list")["maintenance"]
    assert [one["subject"] for one in left] == ["slow"]
    every = desk.facts("maintenance", "list", "--all")["maintenance"]
    assert [(one["state"], one["ended_by"]) for one in every] == [
        ("to come", None), ("ended", "ben"),
    ]  # fmt: skip
    again = desk.alerts("maintenance", "end", str(command.id), code=2)
    assert f"maintenance {command.id} was ended by ben" in again


@pytest.mark.parametrize(
    ("words", "why"),
    [
        pytest.param(["city", "x", "--for", "1h"], "SCOPE: 'city' is not known", id="scope"),
        pytest.param(
            ["gateway", "gw-brigde", "--for", "1h"], "did you mean 'gw-bridge'?", id="subject"
        ),
        pytest.param(["rule", "slwo", "--for", "1h"], "did you mean 'slow'?", id="rule"),
        pytest.param(["town", "north"], "say how long", id="no-time"),
        pytest.param(["town", "north", "--until", "2020-01-01T00:00Z"], "is past", id="past"),
        pytest.param(
            ["town", "north", "--from", "2099-01-02T00:00Z", "--until", "2099-01-01T00:00Z"],
            "its end must be after its start",
            id="backwards",
        ),
    ],
)
def test_maintenance_that_makes_no_sense_is_told(desk, words, why):
    desk.start()
    assert why in desk.alerts("maintenance", "add", *words, "--reason", "x", code=2)
    assert desk.commands() == []
