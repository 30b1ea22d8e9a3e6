"""`ioc crews` and `ioc incidents` as a dispatcher uses them, on a real database."""

from __future__ import annotations

import json

import pytest

from tests.dispatch.test_crews_file import CREWS
from tests.ioc.test_devices import Desk
from tests.storage.episodes import Episode, told
from tests.storage.happenings import terminal_says

ALWAYS = CREWS.replace('{days: [all], from: "20:00", to: "08:00"}', "{days: [all]}").replace(
    '[{days: [workdays]}, {days: [sat], to: "12:00"}]', "[{days: [all]}]"
)


class CrewDesk(Desk):
    """A desk with crews and incidents."""

    def __init__(self, folder, url):
        super().__init__(folder, url)
        (self.city / "crews.yaml").write_text(ALWAYS, encoding="utf-8")

    def crews(self, *words, code=0):
        return self.run("crews", *words, code=code)

    def incidents(self, *words, code=0):
        return self.run("incidents", *words, code=code)

    def facts(self, *words):
        return json.loads(self.run(*words, "--json"))

    def raise_(self, rule="level", severity="yellow", raised_s=0, **more):
        one = Episode(rule, raised_s=raised_s)
        told(self.url, one.tell("raised", severity, **more))
        return one

    def collect(self):
        self.incidents("collect")
        return [one["id"] for one in self.facts("incidents", "list")["incidents"]]


@pytest.fixture
def desk(own_database_url, tmp_path) -> CrewDesk:
    return CrewDesk(tmp_path, own_database_url)


@pytest.fixture
def bridge(desk):
    """An incident at the bridge."""
    desk.raise_(severity="red")
    (one,) = desk.collect()
    return one


def test_crews_are_listed_with_what_they_do(desk, bridge):
    assert "2 支队伍，2 支在班空闲 · 2 on shift and free" in desk.crews("list")
    desk.crews("dispatch", "pumps", bridge[:8], "--actor", "ann")
    line = next(one for one in desk.crews("list").splitlines() if one.startswith("pumps"))
    assert "已派 assigned" in line
    assert bridge[:8] in line
    assert [one["id"] for one in desk.facts("crews", "list", "--free")["crews"]] == ["eyes"]
    assert [one["id"] for one in desk.facts("crews", "list", "--skill", "patrol")["crews"]] == [
        "eyes"
    ]
    assert "did you mean 'patrol'" in desk.crews("list", "--skill", "patrl", code=2)


def test_advice_names_the_nearest_who_can_and_says_why_not_the_others(desk, bridge):
    nobody = desk.crews("advise", bridge[:8])
    assert "没有可派队伍 · nobody can be sent" in nobody
    assert "pumps: 位置未知 · no known position" in nobody
    desk.crews("move", "pumps", "120.10", "32.41")
    desk.crews("move", "eyes", "120.10", "32.45")
    told_ = desk.crews("advise", bridge[:8])
    assert "需要 needed: 排涝 Drainage · south" in told_
    assert "1. pumps  排涝队 · Pumps" in told_
    assert "2. eyes" in told_
    assert "不经已知道路，按直线绕行估算约 4 分钟（直线 1.11 km）" in told_
    facts = desk.facts("crews", "advise", bridge[:8])
    assert [one["crew"] for one in facts["choices"]] == ["pumps", "eyes"]
    assert facts["choices"][0]["distance_km"] == pytest.approx(1.112, abs=0.001)
    assert [one["code"] for one in facts["choices"][0]["reasons"]] == [
        "way_across", "workload", "home_town",
    ]  # fmt: skip
    desk.crews("dispatch", "pumps", bridge[:8])
    after = desk.facts("crews", "advise", bridge[:8])
    assert [one["crew"] for one in after["choices"]] == ["eyes"]
    ((busy,),) = [one["reasons"] for one in after["rejections"]]
    assert (busy["code"], busy["incident"]) == ("busy", bridge)


def test_the_skill_is_that_of_the_rule_or_of_the_domain(desk):
    desk.raise_(skill="patrol")
    (one,) = desk.collect()
    assert desk.facts("crews", "advise", one)["need"]["skill"] == "patrol"
    desk.raise_("worse", "red")
    desk.collect()
    assert desk.facts("crews", "advise", one)["need"]["skill"] == "drainage"
    forced = desk.facts("crews", "advise", one, "--skill", "patrol")
    assert forced["need"]["skill"] == "patrol"


def test_advice_for_a_place_needs_no_incident(desk):
    desk.crews("move", "eyes", "120.10", "32.60")
    facts = desk.facts("crews", "advise", "--place", "lock", "--skill", "patrol")
    assert [one["crew"] for one in facts["choices"]] == ["eyes"]
    assert "say where: an incident, or --place" in desk.crews("advise", code=2)
    assert "place 'lok' is not known" in desk.crews("advise", "--place", "lok", code=2)


def test_a_terminal_that_reports_its_position_moves_its_crew(desk):
    (desk.city / "terminals.csv").write_text(
        "id,crew,kind,name_zh,name_en,contact\nlorry,pumps,vehicle,排涝车,Lorry,京A\n", "utf-8"
    )
    desk.start()
    ((now_us,),) = desk.query("SELECT (extract(epoch FROM now()) * 1000000)::bigint")
    desk.crews("move", "pumps", "120.2", "32.5", "--at", "2026-10-01T12:00+08:00")
    terminal_says(desk.url, "lorry", 120.1, now_us)
    position = desk.facts("crews", "show", "pumps")["position"]
    assert position["lon"] == 120.1
    assert 0 <= position["age_s"] < 600


def test_a_crew_goes_its_way_and_show_tells_it(desk, bridge):
    said = desk.crews("dispatch", "pumps", bridge, "--actor", "ann", "--reason", "nearest")
    assert said == f"派遣 dispatched: pumps → 事件 {bridge[:8]} · 已派 assigned · 版本 version 1\n"
    for word in ("accept", "depart", "arrive", "start", "finish"):
        desk.crews("do", "pumps", word, "--actor", "pumps-phone")
    shown = desk.crews("show", "pumps")
    assert "完成 done · 版本 version 6" in shown
    assert "水利局 Water Bureau" in shown
    assert "派遣 dispatched  ann: nearest" in shown
    facts = desk.facts("crews", "show", "pumps")
    assert facts["possible"] == ["dispatch", "ready"]
    assert [one["kind"] for one in facts["history"]] == [
        "finished", "started", "arrived", "departed", "accepted", "dispatched",
    ]  # fmt: skip
    assert facts["workload"] == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        pytest.param(["do", "pumps", "accept"], "crew pumps is idle and cannot accept", id="state"),
        pytest.param(["do", "pumps", "fly"], "WHAT: 'fly' is not known", id="what"),
        pytest.param(["do", "pumsp", "accept"], "did you mean 'pumps'?", id="crew"),
        pytest.param(["dispatch", "pumps", "ffff"], "there is no incident ffff", id="incident"),
        pytest.param(["dispatch", "pumps", "x y"], "'x y' is no id of an incident", id="no_id"),
        pytest.param(["move", "pumps", "720", "32"], "lon 720 is no longitude", id="lon"),
        pytest.param(
            ["move", "pumps", "120", "32", "--at", "2099-01-01T00:00Z"], "is in the future", id="at"
        ),
    ],
)
def test_what_cannot_be_is_told(desk, words, why):
    assert why in desk.crews(*words, code=2)


def test_who_comes_second_is_told_who_was_first(desk, bridge):
    desk.crews("dispatch", "pumps", bridge, "--actor", "ann")
    second = desk.crews("dispatch", "pumps", bridge, "--actor", "ben", code=2)
    assert "pumps 已由 ann 派往事件" in second
    assert "was dispatched by ann" in second
    stale = desk.crews("do", "pumps", "accept", "--seen", "0", code=2)
    assert "version 1, you saw 0" in stale


def test_a_mistake_in_the_crews_file_is_told_with_its_line(desk):
    desk.edit("crews.yaml", "home: bridge", "home: brigde")
    told_ = desk.crews("list", code=2)
    assert "crews.yaml:15: home: 'brigde'; did you mean bridge?" in told_


def test_a_city_without_crews_says_where_they_would_stand(desk):
    (desk.city / "crews.yaml").unlink()
    assert "没有队伍；写在 crews.yaml" in desk.crews("list")


def test_what_is_due_is_told_once(desk, bridge):
    desk.crews("dispatch", "pumps", bridge)
    assert "没有到期的升级 · nothing is due" in desk.crews("due")
    desk.query("UPDATE assignment SET assigned = assigned - interval '4 minutes'")
    assert desk.facts("crews", "due")["escalations"][0]["to"] == "leader"
    desk.query("UPDATE assignment SET assigned = assigned - interval '4 minutes'")
    assert "duty" in desk.crews("due")
    assert "nothing is due" in desk.crews("due")


def test_incidents_are_listed_worst_first(desk):
    desk.raise_()
    later = desk.raise_("storm", "red", raised_s=7200)
    assert "已归并 2 条告警，新建 2 个事件" in desk.incidents("collect")
    listed = desk.incidents("list")
    lines = listed.splitlines()
    assert "P1 特别严重" in lines[1]
    assert "P3 较重" in lines[2]
    assert "大桥站" in lines[1]
    assert "2 个事件 incidents" in listed
    told(desk.url, later.tell("cleared"))
    assert "无活动告警 quiet" in desk.incidents("list").splitlines()[2]


def test_an_incident_is_shown_with_all_that_belongs_to_it(desk, bridge):
    desk.incidents("new", "--title", "交通管制", "--place", "road", "--actor", "ann")
    (part,) = [one["id"] for one in desk.facts("incidents", "list")["incidents"]
               if one["title"]]  # fmt: skip
    desk.incidents("part", part[:8], bridge[:8], "--actor", "ann")
    desk.crews("dispatch", "pumps", bridge)
    shown = desk.incidents("show", bridge)
    for text in ("P1 特别严重  大桥站", "告警 alerts 1/1", "红 red  活动 active",
                 f"下级 parts\n  {part[:8]}  - 无活动告警 quiet  交通管制（大路）",
                 "队伍 crews\n  pumps", "建立 opened +1  rules"):  # fmt: skip
        assert text in shown
    facts = desk.facts("incidents", "show", bridge)
    assert (facts["parts"], facts["crews"]) == ([part], ["pumps"])
    assert desk.facts("incidents", "show", part)["parent"] == bridge
    desk.incidents("part", part[:8])
    assert desk.facts("incidents", "show", part)["parent"] is None


def test_alerts_are_moved_between_incidents(desk, bridge):
    more = desk.raise_("more", raised_s=60)
    desk.incidents("add", bridge, more.id[:8])
    assert desk.facts("incidents", "show", bridge)["alerts"] == 2
    said = desk.incidents("split", bridge, more.id, "--reason", "another water")
    assert said.startswith(f"已拆分 split: {bridge[:8]}, ")
    (new,) = [one["id"] for one in desk.facts("incidents", "list")["incidents"]
              if one["id"] != bridge]  # fmt: skip
    desk.incidents("merge", bridge, new, "--reason", "the same after all")
    assert desk.facts("incidents", "show", new)["merged_into"] == bridge
    assert f"已并入 merged into {bridge}" in desk.incidents("show", new)
    desk.incidents("remove", bridge, more.id, "--reason", "no matter of it")
    assert desk.facts("incidents", "show", bridge)["alerts"] == 1
    assert [one["state"] for one in desk.facts("incidents", "list", "--all")["incidents"]] == [
        "merged", "open",
    ]  # fmt: skip


def test_a_command_that_is_refused_says_why_in_both_languages(desk, bridge):
    told_ = desk.incidents("close", bridge, "--reason", "over", code=2)
    assert f"事件 {bridge} 尚有 1 条活动告警" in told_
    assert "has 1 active alerts" in told_
    assert "a reason is needed" in desk.incidents("close", bridge, "--reason", " ", code=2)
    assert "is the same" in desk.incidents("merge", bridge, bridge, "--reason", "x", code=2)
    assert "name at least one alert" in desk.incidents("new", code=2)
    assert "--place: 'rode' is not known; did you mean 'road'?" in desk.incidents(
        "new", "--title", "x", "--place", "rode", code=2
    )


def test_an_incident_ends_when_its_alerts_and_crews_are_done(desk):
    one = desk.raise_()
    (where,) = desk.collect()
    desk.crews("dispatch", "pumps", where)
    told(desk.url, one.tell("cleared"))
    assert "crews pumps are still at" in desk.incidents("close", where, "--reason", "x", code=2)
    desk.crews("do", "pumps", "recall", "--reason", "dry")
    desk.incidents("close", where, "--reason", "dry", "--actor", "ann")
    assert desk.facts("incidents", "list")["incidents"] == []
    assert "ann" in desk.crews("dispatch", "pumps", where, code=2)
