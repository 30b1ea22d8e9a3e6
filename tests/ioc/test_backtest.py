"""`ioc backtest`: changed rules over hours that went through the real sink."""

from __future__ import annotations

import json
import time

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from devices import catalogue
from ioc import backtest, rule_folder
from ioc.backtest import Asked
from ioc.main import app
from ioc.settings import load
from storage.instants import instant
from tests.ioc.stored_story import (
    FIRST,
    LEVEL,
    MINUTE,
    NOON,
    PARTITIONS,
    PONDS,
    RAINS,
    SECOND_RULES,
    SLOW,
    Story,
)
from tests.small_city import TEXTS

ALL = FIRST["rules/all.yaml"]


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
    """Stored hours, a folder for rules, and the command over them."""

    def __init__(self, url, folder, capsys) -> None:
        self.url, self.folder, self.capsys = url, folder, capsys
        environment = {
            "IOC_DATABASE_URL": url, "IOC_CITY": "cities/jiangyan",
            "IOC_KAFKA_PARTITIONS": str(PARTITIONS), "IOC_DATA_DIR": str(folder / "data"),
        }  # fmt: skip
        self.settings = load(environment, None)

    def run(self, rules, first, last, against="live", *, as_json=True, html=None):
        self.capsys.readouterr()
        (self.folder / "changed.yaml").write_text(rules, encoding="utf-8")
        options = Asked(self.folder, at(first), at(last), against, 1, html)
        backtest.command(self.settings, options, 10, as_json=as_json)
        said = self.capsys.readouterr().out
        said = said[said.index("{") :] if as_json else said
        return json.loads(said) if as_json else said

    def refused(self, *words, **more) -> str:
        with pytest.raises(typer.Exit) as told:
            self.run(*words, **more)
        assert told.value.exit_code == 2
        return self.capsys.readouterr().err


@pytest.fixture
def desk(story_url, tmp_path, capsys) -> Desk:
    return Desk(story_url, tmp_path, capsys)


def at(minute):
    return instant(NOON + round(minute * MINUTE)).isoformat()


def raised(found, change):
    return [
        (one["rule"], one["subject"]) for one in found["alerts"] if one["change"] == change
    ]  # fmt: skip


def test_the_rules_that_were_in_force_change_nothing(desk):
    for first, last in ((0, 100), (20, 90), (66, 99)):
        found = desk.run(ALL, first, last)
        assert set(found["changes"].values()) - {found["changes"]["same"]} == {0}
        assert found["before"] == {**found["after"], "name": "live"}
        assert found["alerts"] == []
        assert (found["graver"], found["milder"]) == (0, 0)
    assert desk.run(ALL, 0, 100)["changes"]["same"] == 7


def test_what_is_watched_no_more_is_lost_and_what_is_watched_anew_is_gained(desk):
    found = desk.run("rules:" + LEVEL + PONDS, 0, 100)
    assert raised(found, "lost") == [
        ("slow", "radar/speed"), ("rains", "bridge-gauge/rain_1h"),
    ]  # fmt: skip
    assert found["changes"]["gained"] == 0
    assert found["by_rule"]["slow"]["lost"] == 1
    other = SLOW.replace("id: slow", "id: slower").replace("congested", "jammed")
    other = other.replace("{blue: {limit: jammed}, yellow", "{yellow")
    found = desk.run("rules:" + LEVEL + PONDS + RAINS + SLOW + other, 0, 100)
    assert raised(found, "gained") == [("slower", "radar/speed")]
    assert found["after"]["alarms"] == found["before"]["alarms"] + 1


def test_other_limits_and_delays_move_alerts(desk):
    """Without its delay the road's alert comes two minutes earlier; with a longer one later."""
    moved = {}
    for delay in ("0s", "2min", "5min"):
        found = desk.run(ALL.replace("for: 2min", f"for: {delay}"), 0, 100)
        (slow,) = [one for one in found["by_rule"].items() if one[0] == "slow"]
        moved[delay] = [change for change, count in slow[1].items() if count]
    assert moved == {"0s": ["earlier"], "2min": ["same"], "5min": ["later"]}
    higher = ALL.replace("red: {limit: guaranteed}", "red: {limit: guaranteed, plus: 0.5}")
    found = desk.run(higher, 0, 100)
    assert (found["graver"], found["milder"], found["changes"]["same"]) == (0, 1, 7)


def test_it_begins_with_what_was_remembered(desk):
    """An alert that is open when the time begins is not raised again by rules that have it too."""
    found = desk.run(ALL, 25, 100)
    assert not [one for one in raised(found, "gained") if one[0] == "level"]
    assert found["before"]["alarms"] == found["after"]["alarms"] == 5


def test_two_versions_can_be_compared(desk):
    second = SECOND_RULES["rules/all.yaml"]
    found = desk.run(second, 0, 180, "1")
    assert (found["against"], found["changes"]["lost"]) == ("version 1", 1)
    assert raised(found, "lost") == [("rains", "bridge-gauge/rain_1h")]
    assert raised(found, "gained") == [("quiet", "bridge-gauge/rain_1h")]
    none = desk.run(second, 0, 180, "2")
    assert none["alerts"] == []
    assert "there is no version 3 of the rules; there are 1 to 2" in desk.refused(
        second, 0, 180, "3"
    )
    assert "'newest' is neither live nor the number" in desk.refused(second, 0, 180, "newest")


def test_what_a_person_sees(desk):
    said = desk.run(ALL.replace("for: 2min", "for: 5min"), 0, 100, as_json=False)
    assert "规则回测 · changed rules against 实际 live" in said
    assert "每人每小时 alarms per operator and hour" in said
    assert "2026-09-24T12:17:00+08:00  slow  radar/speed  +180 s" in said
    assert "× 实时 real time" in said


def test_mistakes_are_told_before_anything_is_judged(desk):
    wrong = ALL.replace("property: water_level", "property: water_levle")
    assert "water_level" in desk.refused(wrong, 0, 100)
    assert "rules/changed.yaml:" in desk.refused(wrong, 0, 100)
    assert "needs" not in desk.refused(ALL, 50, 40)
    assert "figures need 600 s or more" in desk.refused(ALL, 50, 55)
    assert "the journal holds nothing of that time" in desk.refused(ALL, -900, -800)
    desk.folder = desk.folder / "none"
    desk.folder.mkdir()
    known = catalogue.build(TEXTS)
    with pytest.raises(ValueError, match="holds no rule files"):
        rule_folder.read(desk.folder, known, desk.settings.city)
    with pytest.raises(ValueError, match="no such folder"):
        rule_folder.read(desk.folder / "missing", known, desk.settings.city)


def test_a_folder_of_a_city_brings_its_own_calendar(tmp_path):
    """Days on which people work are part of the rules."""
    for folder, name, text in (
        ("rules", "all.yaml", ALL),
        ("calendar", "2026.yaml", "holidays: [2026-01-01]\nworkdays: []\n"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text, encoding="utf-8")
    known = catalogue.build(TEXTS)
    whole = rule_folder.read(tmp_path, known, tmp_path / "none")
    assert sorted(whole) == ["calendar/2026.yaml", "rules/all.yaml"]
    assert rule_folder.read(tmp_path / "rules", known, tmp_path / "none") == whole


def test_names_in_the_report_are_text(desk, story_url):
    with psycopg.connect(story_url, autocommit=True) as connection:
        connection.execute("UPDATE alert SET subject = '<b>x</b>' WHERE rule = 'rains'")
    try:
        target = desk.folder / "report.html"
        desk.run(ALL, 0, 100, html=target)
        assert "<b>x</b>" not in target.read_text(encoding="utf-8").replace("\\u003c", "<")
    finally:
        with psycopg.connect(story_url, autocommit=True) as connection:
            connection.execute(
                "UPDATE alert SET subject = 'bridge-gauge/rain_1h' WHERE rule = 'rains'"
            )


def test_a_report_that_cannot_be_written_is_told(desk):
    said = desk.refused(ALL, 0, 100, html=desk.folder / "none" / "report.html")
    assert "No such file or directory" in said


def test_the_command_takes_all_its_options(desk, monkeypatch):
    for key, value in (
        ("DATABASE_URL", desk.url), ("KAFKA_PARTITIONS", str(PARTITIONS)),
        ("CITY", "cities/jiangyan"), ("DATA_DIR", str(desk.folder / "data")),
    ):  # fmt: skip
        monkeypatch.setenv(f"IOC_{key}", value)
    (desk.folder / "changed.yaml").write_text(ALL, encoding="utf-8")
    report = desk.folder / "report.html"
    found = CliRunner().invoke(
        app,
        ["backtest", "--rules", str(desk.folder), "--from", at(0), "--to", at(100), "--against",
         "1", "--operators", "2", "--html", str(report), "--json"],
    )  # fmt: skip
    facts = json.loads(found.stdout[found.stdout.index("{") :])
    assert (found.exit_code, facts["against"]) == (0, "version 1")
    assert facts["before"]["per_operator_hour"] == pytest.approx(7 / (100 / 60) / 2)
    assert report.exists()
