"""`ioc rules why-not`: hours through the real sink, and why there was no alert then."""

from __future__ import annotations

import json
import math
import time

import pytest
import typer

from devices import Quality
from ioc import why_not, why_not_text
from ioc.settings import load
from ioc.why_not import Heard, WhyNot
from rules import explaining
from rules.explaining import Explanation, LevelSeen
from rules.language import parse
from storage.instants import instant
from tests.ioc.stored_story import MINUTE, NOON, PARTITIONS, Story
from tests.rules.town import BOOLEAN, EXPRESSION, HEAD, NEIGHBOURS, SILENCE, town


@pytest.fixture(autouse=True)
def _beijing(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="module")
def story_url(database_url):
    Story(database_url).write()
    return database_url


class Desk:
    def __init__(self, url, capsys) -> None:
        self.capsys = capsys
        environment = {"IOC_DATABASE_URL": url, "IOC_KAFKA_PARTITIONS": str(PARTITIONS)}
        self.settings = load(environment, None)

    def ask(self, rule, subject, minute, *, as_json=True):
        self.capsys.readouterr()
        at = instant(NOON + round(minute * MINUTE)).isoformat()
        why_not.command(self.settings, rule, subject, at, as_json=as_json)
        said = self.capsys.readouterr().out
        return json.loads(said) if as_json else said

    def refused(self, *words) -> str:
        with pytest.raises(typer.Exit) as told:
            self.ask(*words)
        assert told.value.exit_code == 2
        return self.capsys.readouterr().err


@pytest.fixture
def desk(story_url, capsys) -> Desk:
    return Desk(story_url, capsys)


RIVER, ROAD, CAMERA = "bridge-gauge/water_level", "radar/speed", "camera/ponding"


def test_below_the_limit_it_says_by_how_much(desk):
    found = desk.ask("level", RIVER, 5)
    assert found["reasons"] == ["below"]
    assert found["zh"] == "当前 3.5 m，低于黄色限值 3.8 m，还差 0.3 m。"
    assert found["en"] == "it is at 3.5 m, below the yellow limit 3.8 m, by 0.3 m."
    assert [(one["level"], one["limit"]) for one in found["levels"]] == [
        ("yellow", 3.8), ("red", 4.6),
    ]  # fmt: skip
    # Noon to 12:05, and one of ten minutes before that came with the first.
    assert found["last_hour"] == {
        "came": 7, "judged": 6, "late": 0, "no_number": 0, "quality": {"out_of_order": 1},
    }  # fmt: skip


def test_while_a_delay_runs_it_says_how_long_still(desk):
    found = desk.ask("slow", ROAD, 16.6)
    assert found["reasons"] == ["delay"]
    # Slow since 12:15:00; the newest tick is that of 12:16:30.
    assert found["en"] == "the condition has held for 90 s of 2 min; 30 s are still to run."
    assert found["due"] == "2026-09-24T12:17:00.000011+08:00"
    assert found["on_delay_s"] == 120


def test_where_there_was_an_alert_it_says_so(desk):
    found = desk.ask("slow", ROAD, 20)
    assert found["reasons"] == ["alert"]
    assert f"ioc alerts why {found['alert']}" in found["zh"]
    assert "there is an alert, since 2026-09-24T12:17:00+08:00" in found["en"]


def test_what_came_and_was_not_judged_is_counted_by_its_reason(desk):
    found = desk.ask("ponds", CAMERA, 60)["last_hour"]
    # One reading a minute in the hour before the clock of 13:00; each ninth is of a faulty device.
    assert found["quality"] == {"fault": 7}
    assert found["came"] == found["judged"] + 7
    said = desk.ask("ponds", CAMERA, 60, as_json=False)
    assert "7 质量 quality 设备故障 fault" in said
    assert "判定的质量 judged qualities: good" in said


def test_an_alert_that_is_over_is_named(desk):
    found = desk.ask("level", RIVER, 95)
    assert found["last_alert"]["raised"] == "2026-09-24T12:10:00+08:00"
    assert "上次告警 last   2026-09-24T12:10:00+08:00 – " in desk.ask(
        "level", RIVER, 95, as_json=False
    )


def test_the_rules_of_that_time_answer(desk):
    """After minute 100 there is no rule on rain, and one on silence."""
    assert desk.ask("rains", "bridge-gauge/rain_1h", 30)["kind"] == "rate"
    assert "there was no rule 'rains'" in desk.refused("rains", "bridge-gauge/rain_1h", 120)
    found = desk.ask("quiet", "bridge-gauge/rain_1h", 135)
    assert found["reasons"] == ["below"]
    assert found["rule_version"] == 1
    assert "低于蓝色限值 10 分钟" in found["zh"]


def test_words_that_are_not_known_bring_the_nearest(desk):
    assert "RULE: there was no rule 'levle'; did you mean 'level'?" in desk.refused(
        "levle", RIVER, 30
    )
    assert f"did you mean '{RIVER}'?" in desk.refused("level", "bridge/water_level", 30)
    assert "'radar/speed'" in desk.refused("level", ROAD, 30)
    assert "the journal holds nothing of that time" in desk.refused("level", RIVER, -50)


def test_what_came_last_holds_until_now(desk):
    found = desk.ask("level", RIVER, 9999)
    assert found["at"] == "2026-09-24T14:59:30+08:00"


def test_what_a_person_sees(desk):
    said = desk.ask("slow", ROAD, 16.6, as_json=False).splitlines()
    assert said[0].startswith("条件已持续")
    assert said[1].startswith("the condition has held")
    assert any(one.startswith("蓝色 blue") and "<= 20 km/h" in one for one in said)
    assert any("runs out at 2026-09-24T12:17:00+08:00" in one for one in said)


LEVELS = (LevelSeen("yellow", 3.0, 2.5, False, None, 2),)


def explanation(*reasons, **more):
    about = {
        "rule": "r", "rule_version": 1, "kind": "threshold", "subject": "s", "clock_us": NOON,
        "judged_us": NOON, "result": 2.0, "value": 2.0, "value_unit": "m", "falling": False,
        "levels": LEVELS, "on_delay_us": 0, "repeat": None, "due_us": None, "inhibited": "",
        "open_since_us": None, "reasons": reasons,
    }  # fmt: skip
    return Explanation(**{**about, **more})


def active():
    return (LevelSeen("yellow", 3.0, 2.5, True, None, 0),)


@pytest.mark.parametrize(
    ("seen", "zh", "en"),
    [
        pytest.param(
            explanation("repeat", repeat=(3, 600_000_000)), "10 分钟 内达到 2 次，须 3 次。",
            "it was met 2 of 3 times within 10 min.", id="repeat",
        ),
        pytest.param(
            explanation("maintenance", inhibited="maintenance", levels=active()),
            "已达到限值但被抑制：正在检修。",
            "a limit is reached and the alert suppressed: there is maintenance.", id="maintenance",
        ),
        pytest.param(
            explanation("below", "schedule", inhibited="schedule"),
            "当前 2 m，低于黄色限值 3 m，还差 1 m；即使达到也不告警：不在值守时段内。",
            "it is at 2 m, below the yellow limit 3 m, by 1 m; it would not be told anyway: it is "
            "outside the schedule of the rule.", id="below-and-outside-the-schedule",
        ),
        pytest.param(
            explanation("parent", inhibited="parent", levels=active()),
            "已达到限值但被抑制：所属网关失联。",
            "a limit is reached and the alert suppressed: its gateway is silent.", id="parent",
        ),
        pytest.param(
            explanation("unknown", value=math.nan),
            "没有可判定的值：读数不足、过旧或缺少可比对象。",
            "there is no value to judge: too few readings, too old ones, or no partners.",
            id="unknown",
        ),
        pytest.param(
            explanation("unheard", judged_us=None, result=math.nan),
            "没有任何读数被判定，最近一小时来的 5 条都未通过。",
            "no reading was ever judged; none of the 5 of the last hour could be.", id="unheard",
        ),
        pytest.param(
            explanation("below", falling=True, value=7.0), "当前 7 m，高于黄色限值 3 m，还差 4 m。",
            "it is at 7 m, above the yellow limit 3 m, by 4 m.", id="falling",
        ),
        pytest.param(
            explanation("below", kind="boolean", value=math.nan), "条件不成立。",
            "the condition is not met.", id="boolean",
        ),
    ],
)  # fmt: skip
def test_every_reason_has_its_sentence(seen, zh, en):
    heard = Heard(quality=why_not.Counter({Quality.FAULT: 5}))
    found = WhyNot(NOON, seen, ("s",), (Quality.GOOD,), heard, None, None)
    assert why_not_text.sentence(found) == (zh, en)
    facts = why_not_text.facts(found)
    json.dumps(facts, allow_nan=False)
    assert why_not_text.render(found).startswith(f"{zh}\n{en}\n")


@pytest.mark.parametrize(
    ("text", "subject", "names"),
    [
        pytest.param(
            BOOLEAN, "dip", ["dip-depth/water_depth", "dip-camera-1/ponding"], id="boolean"
        ),
        pytest.param(
            EXPRESSION, "weir", ["weir-up/water_level", "weir-down/water_level"], id="expression"
        ),
        pytest.param(
            NEIGHBOURS, "station-1/pm25",
            ["station-1/pm25", "station-2/pm25", "station-3/pm25"], id="neighbours",
        ),
        pytest.param(SILENCE, "bridge-gauge/rain_1h", ["bridge-gauge/rain_1h"], id="silence"),
        pytest.param(
            SILENCE, "gw-dip",
            ["dip-depth/water_depth", "dip-camera-1/ponding", "dip-camera-2/ponding",
             "dip-depth/rain_1h"], id="fold",
        ),
    ],
)  # fmt: skip
def test_all_datastreams_that_a_row_is_judged_by_are_watched(text, subject, names):
    rule_set = parse({"rules/one.yaml": HEAD + text}, town())
    found = explaining.find(rule_set, "one", subject)
    slots = explaining.watched(rule_set, *found)
    assert [rule_set.catalogue.datastreams[one].id for one in slots] == names
