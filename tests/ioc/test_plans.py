"""`ioc plans`, `ioc response` and `ioc cap` as a dispatcher uses them, on a real database."""

from __future__ import annotations

import json

import pytest
from lxml import etree

from tests.dispatch.cap_reader import mistakes, read
from tests.dispatch.test_plan_file import PLANS
from tests.ioc.test_devices import Desk
from tests.storage.episodes import Episode, told
from tests.storage.happenings import incident
from tests.storage.test_plans import earlier

ATOM = "{http://www.w3.org/2005/Atom}"


class PlanDesk(Desk):
    """A desk with plans."""

    def __init__(self, folder, url):
        super().__init__(folder, url)
        (self.city / "plans.yaml").write_text(PLANS, encoding="utf-8")

    def facts(self, *words):
        return json.loads(self.run(*words, "--json"))


@pytest.fixture
def desk(own_database_url, tmp_path) -> PlanDesk:
    return PlanDesk(tmp_path, own_database_url)


@pytest.fixture
def flood(desk):
    """An incident at the bridge."""
    one = Episode()
    told(desk.url, one.tell("raised", "red"))
    return incident(desk.url, one, title="涨水")


def test_a_plan_is_started_and_worked_off(desk, flood):
    said = desk.run("plans", "start", flood[:8], "closure", "--actor", "ann")
    assert "已启动 started: 封闭 Closure  closure" in said
    assert "[ ] 看视频 Look  (look)  调度员  须于 by " in said
    assert desk.run(
        "plans", "do", flood[:8], "closure", "look", "--note", "20 cm", "--actor", "ben"
    ) == "已完成 done: 看视频 · 待办 2 项 left · 版本 version 2\n"  # fmt: skip
    desk.run("plans", "skip", flood, "closure", "close", "--reason", "dry", "--actor", "ben")
    desk.run("plans", "reopen", flood, "closure", "close", "--reason", "wet", "--actor", "cid")
    said = desk.run("plans", "show", flood)
    assert "[x] 看视频 Look  (look)  调度员  已完成 done " in said
    assert "ben: 20 cm" in said
    assert "跳过 skipped close  ben: dry" in said
    assert "重新打开 reopened close  cid: wet" in said
    (run,) = desk.facts("plans", "show", flood)["runs"]
    assert (run["version"], run["open"], run["finished"]) == (4, 2, False)
    assert [one["state"] for one in run["items"]] == ["done", "open", "open"]
    assert [one["kind"] for one in run["history"]] == ["started", "done", "skipped", "reopened"]


def test_what_runs_is_listed_with_what_is_overdue(desk, flood):
    assert "没有已启动的预案 · no plan was started" in desk.run("plans", "list")
    assert "no plan was started" in desk.run("plans", "show", flood)
    desk.run("plans", "start", flood, "closure", "--actor", "ann")
    earlier(desk.url, 3)
    (run,) = desk.facts("plans", "list")["runs"]
    assert (run["open"], run["overdue"], run["incident"]) == (3, 1, flood)
    (line,) = [one for one in desk.run("plans", "list", "--all").splitlines() if "closure" in one]
    assert line.split()[:4] == [flood[:8], "closure", "3/3", "1"]
    assert "超时 overdue" in desk.run("plans", "show", flood)


def test_the_plans_of_the_city_are_listed(desk):
    assert [one["id"] for one in desk.facts("plans", "list", "--known")["plans"]] == [
        "closure", "jam",
    ]  # fmt: skip
    said = desk.run("plans", "list", "--known", "--domain", "traffic")
    assert "拥堵 Jam" in said
    assert "Closure" not in said
    desk.run("plans", "list", "--domain", "traffic", code=2)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("start", "FLOOD", "closur"), "no plan closur; did you mean closure? known: closure, jam"),
        (("start", "FLOOD", "closure"), "was started in incident"),
        (("do", "FLOOD", "jam", "look"), "plan jam was not started in incident"),
        (("do", "FLOOD", "closure", "lok"), "no item lok; did you mean look?"),
        (("do", "FLOOD", "closure", "look", "--seen", "9"), "you cannot have seen 9"),
        (("skip", "FLOOD", "closure", "look", "--reason", " "), "needs a reason"),
        (("do", "0000", "closure", "look"), "there is no incident 0000"),
        (("list", "--known", "--domain", "watr"), "did you mean 'water'"),
    ],
)
def test_refusals_say_what_would_be_right(desk, flood, words, why):
    desk.run("plans", "start", flood, "closure", "--actor", "ann")
    said = desk.run("plans", *(flood if one == "FLOOD" else one for one in words), code=2)
    assert why in said


def test_a_mistake_in_the_plans_is_told_with_its_line(desk):
    desk.edit("plans.yaml", "owner: police", "owner: polise")
    said = desk.run("plans", "list", code=2)
    assert "plans.yaml:12: owner: 'polise'; did you mean police?" in said


def test_a_rule_that_names_a_plan_that_is_not_there_is_told_before_anything_starts(desk):
    (file,) = (desk.city / "rules").glob("*.yaml")
    rules = file.read_text(encoding="utf-8")
    file.write_text(rules.replace("    domain: water\n", "    domain: water\n    plan: jamm\n"))
    said = desk.run("up", code=2)
    assert "rules: level: plan: 'jamm'; did you mean jam?" in said


def test_a_city_without_plans_says_where_they_stand(desk):
    (desk.city / "plans.yaml").unlink()
    assert "they stand in the city's plans.yaml" in desk.run("plans", "list", "--known")


def test_the_districts_response_is_started_raised_and_ended(desk):
    assert "没有应急响应 · no response is on" in desk.run("response", "show")
    flood = ("--matter", "flood", "--actor", "ann")
    said = desk.run("response", "set", "iv", "--reason", "暴雨", *flood)
    assert said.startswith("全区防汛 Flood  应急响应 Ⅳ级 level IV  ")
    assert said.endswith("  ann: 暴雨\n")
    desk.run("response", "set", "Ⅱ", "--reason", "worse", *flood)
    assert [one["level"] for one in desk.facts("response", "show")["responses"]] == ["II"]
    said = desk.run("response", "show", "--matter", "flood")
    assert "启动 started Ⅳ级  ann: 暴雨" in said
    assert "提升 raised Ⅱ级  ann: worse" in said
    desk.run("response", "set", "none", "--reason", "over", *flood)
    facts = desk.facts("response", "show", "--matter", "flood")
    assert (facts["level"], facts["version"]) == (None, 3)
    assert [one["kind"] for one in facts["history"]] == ["started", "raised", "ended"]


def test_an_incident_has_a_response_of_its_own(desk, flood):
    desk.run("response", "set", "III", "--reason", "x", "--incident", flood[:8], "--actor", "ann")
    (one,) = desk.facts("response", "show")["responses"]
    assert (one["incident"], one["matter"], one["level"]) == (flood, None, "III")
    assert f"事件 incident {flood[:8]}  应急响应 Ⅲ级" in desk.run("response", "show")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("set", "V", "--reason", "x", "--matter", "flood"), "must be I, II, III or IV, or none"),
        (("set", "red", "--reason", "x", "--matter", "flood"), "'red' is no response level"),
        (("set", "IV", "--reason", "x", "--matter", "flod"), "did you mean 'flood'"),
        (("set", "IV", "--reason", "x"), "--matter for the whole district, or --incident"),
        (("set", "IV", "--reason", " ", "--matter", "flood"), "needs a reason"),
        (("set", "none", "--reason", "x", "--matter", "flood"), "no response to end"),
        (
            ("set", "IV", "--reason", "x", "--matter", "flood", "--seen", "3"),
            "you cannot have seen 3",
        ),
    ],
)
def test_a_response_that_cannot_be_is_refused(desk, words, why):
    assert why in desk.run("response", *words, code=2)


def test_an_incident_and_an_alert_are_shown_as_cap(desk, flood):
    found = read(desk.run("cap", "show", flood[:8]).encode())
    assert found.identifier == f"{flood}.1"
    assert found.sender == "ioc.000000"
    alert = Episode().id
    document = desk.run("cap", "show", alert[:8]).encode()
    assert mistakes(document) == []
    assert read(document).identifier == f"{alert}.1"
    assert b"+08:00</sent>" in document.replace(b"ns0:", b"")


def test_the_feed_goes_to_the_output_or_into_a_file(desk, flood, tmp_path):
    desk.environment["IOC_FEED_SENDER"] = "ioc@example.org"
    desk.environment["IOC_FEED_TEST"] = "true"
    root = etree.fromstring(desk.run("cap", "feed").encode())
    (content,) = root.iter(f"{ATOM}content")
    found = read(content[0])
    assert (found.sender, found.status) == ("ioc@example.org", "Test")
    file = tmp_path / "cap.atom"
    assert desk.run("cap", "feed", "--of", "alerts", "--to", str(file)) == ""
    assert etree.parse(str(file)).getroot().findtext(f"{ATOM}id") == "urn:ioc:000000:cap:alerts"
    assert [one.name for one in tmp_path.glob(".*")] == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("show", "zz"), "'zz' is no id"),
        (("show", "00000000"), "there is no incident or alert 00000000"),
        (("feed", "--of", "cases"), "--of: 'cases' is not known"),
        (("feed", "--to", "/nowhere/cap.atom"), "--to: /nowhere/cap.atom: No such file"),
    ],
)
def test_what_cannot_be_told_is_refused(desk, words, why):
    assert why in desk.run("cap", *words, code=2)
