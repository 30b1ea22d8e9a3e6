"""`plans.yaml`: what it says, and what is told of each mistake in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.plans import Item, read
from rules.language import RuleError

PLANS = """matters:
  flood: {zh: 防汛, en: Flood}
owners:
  dispatcher: {zh: 调度员, en: Dispatcher}
  police: {zh: 交警, en: Police}
plans:
  - id: closure
    name: {zh: 封闭, en: Closure}
    domains: [water, camera]
    items:
      - {id: look, owner: dispatcher, within: 2min, zh: 看视频, en: Look}
      - {id: close, owner: police, within: 5min, zh: 封闭, en: Close}
      - {id: reopen, owner: police, zh: 恢复, en: Reopen}
  - id: jam
    name: {zh: 拥堵, en: Jam}
    domains: [traffic]
    items:
      - {id: look, owner: dispatcher, within: 90s, zh: 看视频, en: Look}
"""


def test_the_file_gives_plans_with_everything_in_order():
    book = read(PLANS)
    assert list(book.plans) == ["closure", "jam"]
    closure = book.plans["closure"]
    assert (closure.name, closure.domains) == (("封闭", "Closure"), ("water", "camera"))
    assert closure.items == (
        Item("look", ("看视频", "Look"), "dispatcher", ("调度员", "Dispatcher"), 120_000_000),
        Item("close", ("封闭", "Close"), "police", ("交警", "Police"), 300_000_000),
        Item("reopen", ("恢复", "Reopen"), "police", ("交警", "Police"), None),
    )
    assert book.matters == {"flood": ("防汛", "Flood")}
    assert [one.id for one in book.of_domain("camera")] == ["closure"]
    assert book.of_domain("air") == ()


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        pytest.param("owner: police, within", "owner: polise, within",
                     "plans.yaml:12: owner: 'polise'; did you mean police?", id="owner"),
        pytest.param("[traffic]", "[trafic]",
                     "plans.yaml:16: domains.0: 'trafic'; did you mean traffic?", id="domain"),
        pytest.param("id: jam", "id: closure",
                     "plans.yaml:14: id: closure occurs twice; ids are unique", id="plan_twice"),
        pytest.param("{id: close,", "{id: look,",
                     "plans.yaml:12: id: look occurs twice in closure; ids are unique",
                     id="item_twice"),
        pytest.param("within: 90s", "within: 90",
                     "plans.yaml:18: items.0.within: 90 is no duration; write a number and ms, s, "
                     "min, h or d, e.g. 90s", id="duration"),
        pytest.param("within: 90s", "within: 0s",
                     "plans.yaml:18: items.0.within: '0s' must be longer than nothing",
                     id="no_time"),
        pytest.param("within: 90s", "witin: 90s",
                     "plans.yaml:18: items.0.witin: is not known here; did you mean within?",
                     id="field"),
        pytest.param("within: 90s, zh: 看视频, en: Look", "zh: 看视频",
                     "plans.yaml:18: items.0.en: is missing", id="no_english"),
        pytest.param("[water, camera]", "[]",
                     "plans.yaml:9: domains: is empty; give at least 1", id="no_domain"),
        pytest.param("id: jam", "id: Jam",
                     "plans.yaml:14: id: 'Jam' is no name; write lower-case letters", id="name"),
        pytest.param("{zh: 防汛, en: Flood}", "{zh: 防汛}",
                     "plans.yaml:2: matters.flood.en: is missing", id="matter"),
        pytest.param("  police: {zh: 交警, en: Police}\n", "",
                     "plans.yaml:11: owner: 'police'; known: dispatcher", id="owner_left_out"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(before, after, why):
    assert before in PLANS
    with pytest.raises(RuleError) as error:
        read(PLANS.replace(before, after, 1))
    assert str(error.value).startswith(why)


def test_the_plans_of_the_district_are_right_and_have_those_that_its_rules_name():
    city = Path(__file__).parents[2] / "cities" / "jiangyan"
    book = read((city / "plans.yaml").read_text(encoding="utf-8"))
    named = {
        line.split("plan:")[1].strip()
        for file in (city / "rules").glob("*.yaml")
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith("plan:")
    }
    assert named
    assert named <= set(book.plans)
    for domain in ("water", "air", "traffic", "camera"):
        assert book.of_domain(domain)
