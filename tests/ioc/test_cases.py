"""`ioc cases` as a dispatcher and an inspector use it, on a real database."""

from __future__ import annotations

import json

import pytest

from tests.dispatch.test_case_policy import TEXT
from tests.ioc.test_devices import Desk

GARBAGE = ("garbage", "桥头路边堆有垃圾\x1b[2J")


class CaseDesk(Desk):
    """A desk with cases: the city of the small tests, and a file of its categories."""

    def __init__(self, folder, url):
        super().__init__(folder, url)
        everyone = "  - {id: roads, name: {zh: 市政所, en: Roads}}\ncategories:"
        (self.city / "cases.yaml").write_text(
            TEXT.replace("categories:", everyone), encoding="utf-8"
        )

    def cases(self, *words, code=0):
        return self.run("cases", *words, code=code)

    def facts(self, *words, code=0):
        return json.loads(self.cases(*words, "--json", code=code))

    def new(self, *more):
        return str(self.facts("new", *GARBAGE, "--place", "bridge", *more)["id"])

    def done(self, case, *commands):
        """Do commands, each its words with spaces between."""
        for one in commands:
            self.cases("do", case, *one.split())


TO_THE_END = (
    "file", "dispatch", "accept", "report-back --reason 已清理", "verify", "close",
    "evaluate --mark 5",
)  # fmt: skip


@pytest.fixture
def desk(own_database_url, tmp_path) -> CaseDesk:
    return CaseDesk(tmp_path, own_database_url)


def test_a_case_goes_its_way_at_the_command_line(desk):
    said = desk.cases("new", *GARBAGE, "--place", "bridge", "--actor", "李监督")
    number, case = said.split()[2], said.split("(id ")[1].split(")")[0]
    assert said.startswith(f"上报 collected: {number} (id {case}), 版本 version 1, 信息采集")
    desk.done(case, *TO_THE_END)
    facts = desk.facts("show", number)
    assert (facts["stage"], facts["outcome"], facts["mark"], facts["version"]) == (
        "evaluation", "closed", 5, 8,
    )  # fmt: skip
    assert (facts["town"], facts["lon"], facts["category_name"]) == (
        "south", 120.1, ["暴露垃圾", "Garbage"],
    )  # fmt: skip
    assert [one["kind"] for one in facts["life"]] == [
        "collected", "filed", "dispatched", "accepted", "reported_back", "verified", "closed",
        "evaluated",
    ]  # fmt: skip
    shown = desk.cases("show", case)
    assert "\x1b" not in shown
    assert "桥头路边堆有垃圾�[2J" in shown
    lines = [line.split("  ", 1)[1] for line in shown.splitlines() if line[:2] == "20"]
    assert lines[1].startswith("上报 collected  李监督 (监督 supervision)")
    assert "(处置 handling 环卫所): 已清理" in lines[5]


def test_open_cases_are_listed_with_their_limit_and_counted_by_stage(desk):
    assert "没有案卷 · no cases" in desk.cases("list")
    first = desk.new()
    second = desk.new("--anyway")
    desk.done(first, "file", "dispatch")
    listed = desk.cases("list")
    assert "处置 handling 正常 green, 剩余 left 7." in listed
    assert "信息采集 collection: 1" in listed
    facts = desk.facts("list")
    assert {one["id"] for one in facts["cases"]} == {int(first), int(second)}
    assert [(one["stage"], one["open"]) for one in facts["stages"]] == [
        ("collection", 1), ("dispatch", 1),
    ]  # fmt: skip
    assert len(desk.facts("list", "--stage", "dispatch")["cases"]) == 1
    assert desk.facts("list", "--town", "north")["cases"] == []
    assert desk.facts("list", "--late")["cases"] == []
    desk.done(second, "void --reason 重复")
    assert len(desk.facts("list")["cases"]) == 1
    assert len(desk.facts("list", "--all")["cases"]) == 2
    assert "did you mean 'handling'?" in desk.cases("list", "--stage", "handlin", code=2)
    assert "go with open cases" in desk.cases("list", "--all", "--town", "north", code=2)


def test_what_is_likely_reported_already_is_told(desk):
    first = desk.new()
    told = desk.cases("new", *GARBAGE, "--place", "bridge", code=2)
    assert "可能已上报：" in told
    assert f"likely reported already as {first}; urge that one, or say --anyway" in told
    refused = desk.facts("new", *GARBAGE, "--place", "bridge", code=2)["refused"]
    assert refused["code"] == "duplicate"
    assert [one["case"] for one in refused["facts"]["originals"]] == [int(first)]
    # Some 20 m away it is likely the same, in the other town it is not.
    near = ("--lon", "120.1002", "--lat", "32.4")
    assert "（相距 19 m）" in desk.cases("new", *GARBAGE, *near, code=2)
    far = desk.facts("new", *GARBAGE, "--lon", "120.1", "--lat", "32.6")
    assert far["town"] == "north"


def test_of_two_with_the_same_version_the_second_is_told_who_was_first(desk):
    case = desk.new()
    desk.cases("do", case, "file", "--version", "1", "--actor", "ann")
    told = desk.cases("do", case, "reject", "--version", "1", "--reason", "x", code=2)
    assert "ann（监督）已于 20" in told
    assert "ann (supervision) was first: filed at 20" in told
    refused = desk.facts("do", case, "reject", "--version", "1", "--reason", "x", code=2)
    assert refused["refused"]["facts"]["by"] == "ann"
    assert desk.facts("show", case)["version"] == 2


def test_extensions_suspension_and_urging_at_the_command_line(desk):
    case = desk.new()
    desk.done(case, "file", "dispatch --to roads", "accept", "urge --as command")
    desk.cases("do", case, "ask-extension", "--by", "2 工作时", "--reason", "车坏")
    assert desk.facts("show", case)["extension"] == ["2 工作时", "2 work hours"]
    shown = desk.cases("show", case)
    assert "申请延期 extension asked: 2 工作时 · 2 work hours" in shown
    assert "可由处置 by handling: return, report-back\n" in shown
    assert "可由指挥 by command: grant-extension, deny-extension, suspend, urge\n" in shown
    desk.done(case, "grant-extension", "suspend --reason 等许可")
    facts = desk.facts("show", case)
    assert (facts["suspended"], facts["limit"]["light"], facts["limit"]["due"]) == (
        True, "paused", None,
    )  # fmt: skip
    assert 7.5 < facts["limit"]["left_h"] <= 9.5  # of one workday and two hours
    assert "任务处理 handling, 挂账 suspended" in desk.cases("list")
    desk.done(case, "resume", "return --as handling --reason 属环卫")
    assert desk.facts("show", case)["returned"] == 1
    desk.done(case, "dispatch", "accept")
    life = desk.cases("show", case)
    assert "延 by 2 工作时" in life
    assert "单位 department 市政所" in life


@pytest.mark.parametrize(
    ("words", "why"),
    [
        pytest.param(("do", "CASE", "fil"), "COMMAND: 'fil' is not known; did you mean", id="word"),
        pytest.param(("do", "CASE", "urge"), "say as whom: --as command or --as supervision",
                     id="two_roles"),
        pytest.param(("do", "CASE", "file", "--as", "boss"), "--as: 'boss' is not known", id="who"),
        pytest.param(("do", "CASE", "ask-extension", "--by", "soon"),
                     "--by: 'soon' is no time limit", id="limit"),
        pytest.param(("do", "999", "file"), "没有案卷 999 · there is no case 999", id="case"),
        pytest.param(("do", "CASE", "dispatch"), "案卷处于信息采集，此操作须在案卷建立",
                     id="stage"),
        pytest.param(("do", "CASE", "file", "--as", "command"), "指挥方不能这样做，应由监督方",
                     id="other_role"),
        pytest.param(("do", "CASE", "reject"), "缺少原因 · --reason is needed", id="reason"),
        pytest.param(("new", "garbge", "x"), "did you mean garbage?", id="category"),
        pytest.param(("new", "garbage", "x", "--place", "bridg"), "did you mean 'bridge'?",
                     id="place"),
        pytest.param(("new", "garbage", "x", "--lon", "120"), "缺少纬度 · --lat is needed",
                     id="half_a_position"),
        pytest.param(("scores", "--month", "2026"), "--month: '2026' is no month", id="month"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told(desk, words, why):
    case = desk.new()
    assert why in desk.cases(*(case if word == "CASE" else word for word in words), code=2)
    assert desk.facts("show", case)["version"] == 1


def test_scores_are_told_with_their_parts(desk):
    case = desk.new()
    desk.done(case, *TO_THE_END)
    desk.done(desk.new("--anyway"), "reject --reason 不属城管")
    told = desk.cases("scores")
    assert "立案率 filed" in told
    assert "50.0% (1/2)" in told
    facts = desk.facts("scores")
    (one,) = facts["departments"]
    assert (one["department"], one["at_once"]) == (
        "sanitation", {"numerator": 1, "denominator": 1, "value": 1.0},
    )  # fmt: skip
    assert "没有案卷 · no cases" in desk.cases("scores", "--month", "1999-01")


def test_a_city_without_cases_says_what_is_missing(desk):
    (desk.city / "cases.yaml").unlink()
    assert "cases.yaml: is missing; docs/cases.md says" in desk.cases("list", code=2)


def test_a_mistake_in_the_file_of_cases_is_told_before_anything_starts(desk):
    desk.edit("cases.yaml", "amber: 0.75", "amber: 75")
    for words in (("cases", "list"), ("db", "migrate")):
        assert "cases.yaml:4: amber: 75 must be 1 or less" in desk.run(*words, code=2)
