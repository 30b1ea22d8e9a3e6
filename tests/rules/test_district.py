"""The district's own rules over its simulated city: calm on an ordinary day, awake in a storm."""

import calendar
from pathlib import Path

import numpy as np
import pytest

from devices import Batch, Tick
from ioc import city
from rules import engine, state
from rules.language import parse
from simulators.city_model import CityModel
from simulators.scenario import named
from simulators.schedule import Schedule

NOON_S = float(calendar.timegm((2026, 11, 24, 4, 0, 0)))
STEP_S = 30.0


@pytest.fixture(scope="module")
def jiangyan():
    return city.load(Path(__file__).parents[2] / "cities" / "jiangyan")


@pytest.fixture(scope="module")
def rule_set(jiangyan):
    return parse(jiangyan.rule_texts, jiangyan.catalogue)


def raised(jiangyan, rule_set, begin_s, hours, scenario=None, silent=()):
    """Judge some hours of the simulated city; return rule and subject of each alert.

    Args:
        silent: gateways of which nothing is heard in the second half.
    """
    catalogue = jiangyan.catalogue
    model, schedule = CityModel(catalogue, 1, scenario), Schedule(catalogue, 1)
    mute = np.array([one in silent for one in catalogue.gateway_of])
    memory, found = state.empty(rule_set), []
    steps = round(hours * 3600 / STEP_S)
    for step in range(steps):
        from_s = begin_s + step * STEP_S
        slot, time_s = schedule.due(from_s, from_s + STEP_S)
        if step >= steps // 2:
            heard = ~mute[slot]
            slot, time_s = slot[heard], time_s[heard]
        batch = Batch(
            slot, np.rint(time_s * 1e6).astype(np.int64), model.values(slot, time_s),
            np.zeros(slot.size, dtype=np.int16),
        )  # fmt: skip
        tick = Tick(round((from_s + STEP_S) * 1e6))
        outcome = engine.step(rule_set, memory, [batch, tick])
        memory = outcome.state
        found += [one for one in outcome.transitions if one.kind.value == "raised"]
    return found


def test_every_kind_is_in_service(rule_set):
    assert {rule.kind for rule in rule_set.rules} == {
        "threshold", "rate", "stuck", "count", "silence", "fold", "boolean", "expression",
        "neighbours", "upstream",
    }  # fmt: skip


def test_joint_rules_leave_most_gateways_a_key_of_their_own(jiangyan):
    gateways = jiangyan.catalogue.gateways.values()
    zones = [one.zone for one in gateways if one.zone]
    assert len(zones) == 15
    assert max(zones.count(zone) for zone in zones) == 6


def test_an_ordinary_afternoon_has_nothing_but_obstructed_roads(jiangyan, rule_set):
    found = raised(jiangyan, rule_set, NOON_S, 2)
    assert {one.rule for one in found} == {"camera-obstruction"}
    assert len(found) < 40


def test_a_silent_gateway_is_one_alert_and_its_datastreams_are_none(jiangyan, rule_set):
    found = raised(jiangyan, rule_set, NOON_S, 1, silent=("gw-luotang-water",))
    told = {(one.rule, one.subject) for one in found if one.rule.startswith("silence")}
    assert told == {("silence-water", "gw-luotang-water")}
    (alert,) = (one for one in found if one.rule == "silence-water")
    assert alert.message_zh == "罗塘街道水文网关失联"


def test_a_cloudburst_wakes_the_rules_that_compare_and_combine(jiangyan, rule_set):
    catalogue = jiangyan.catalogue
    centres = {one.id: (one.lon, one.lat) for one in catalogue.towns.values()}
    storm = named("cloudburst", "luotang", centres, NOON_S + 2400)
    found = raised(jiangyan, rule_set, NOON_S, 1.5, storm)
    by_rule = {rule: [one for one in found if one.rule == rule] for rule in {o.rule for o in found}}
    assert {
        "river-level", "river-rise", "river-drop", "underpass-flooded", "camera-ponding-persists",
        "heavy-rain",
    } <= by_rule.keys()  # fmt: skip
    underpasses = {one.subject for one in by_rule["underpass-flooded"]}
    assert underpasses == {f"luotang-underpass-{n}" for n in (1, 2, 3)}
    assert all(one.subject.startswith("luotang") for one in by_rule["river-rise"])
    (persists, *_) = by_rule["camera-ponding-persists"]
    assert persists.message_en.endswith("camera saw ponding 20 times in 10 min")
