"""What rules become for a town: subjects, limits, and the parameters of their kinds."""

import itertools
import math
from datetime import date

import numpy as np
import pytest

from devices import Quality
from devices.calendar import Calendar
from rules.kinds.count import Count
from rules.kinds.rate import Rate
from rules.kinds.stuck import Stuck
from rules.language import RuleError, compile_rules, parse
from rules.policy import Flapping, Policy, Repeat
from rules.schedule import Schedule
from tests.rules import town as t

TOWN = t.town()
NAN = math.nan


def compiled(body, town=TOWN, head=t.HEAD):
    return compile_rules({"r.yaml": head + body}, town)[0]


def single(body, town=TOWN):
    (rule,) = compiled(body, town)
    return rule


def limits(rule):
    """Limits by slot, for rules on datastreams."""
    return dict(zip(rule.slots.tolist(), np.round(rule.on[rule.limits], 9).tolist(), strict=True))


def same(one, other):
    return np.array_equal(np.array(one, dtype=float), np.array(other, dtype=float), equal_nan=True)


def test_limits_come_from_the_station_and_are_kept_once_for_all_that_share_them():
    rule = single(t.THRESHOLD)
    assert rule.slots.tolist() == [t.MILL, t.BRIDGE, t.HARBOUR]
    found = limits(rule)
    assert same(found[t.MILL], [NAN, 3.80, NAN, 4.7])
    assert same(found[t.BRIDGE], [NAN, 3.50, NAN, 4.7])
    assert same(found[t.HARBOUR], [NAN, 3.80, NAN, NAN]), "no guaranteed level: no red"
    assert rule.limit_names == ("", "warning", "", "guaranteed")
    assert same(rule.off, rule.on - 0.05)
    shared = single(t.THRESHOLD.replace(", red: {limit: guaranteed, plus: 0.1}", ""))
    assert shared.on.shape == (2, 4)
    assert shared.limits[0] == shared.limits[2] != shared.limits[1]
    assert (rule.value_unit, rule.value_decimals, rule.parameters) == ("m", 2, None)


def test_stations_without_any_of_the_limits_are_no_subjects():
    body = t.THRESHOLD.replace("{limit: warning}, ", "{limit: guaranteed}, ").replace(
        "red: {limit: guaranteed, plus: 0.1}", "red: {limit: guaranteed, plus: 1}"
    )
    assert single(body).slots.tolist() == [t.MILL, t.BRIDGE]


def test_falling_limits_end_above():
    rule = single(
        t.THRESHOLD.replace("limit: warning", "value: 2")
        .replace("limit: guaranteed, plus: 0.1", "value: 1")
        .replace("    hysteresis", "    direction: below\n    hysteresis")
    )
    assert rule.falling
    assert same(rule.on, [[NAN, 2, NAN, 1]])
    assert same(rule.off, [[NAN, 2.05, NAN, 1.05]])


def test_the_policy_holds_all_that_kinds_share():
    rule = single(t.THRESHOLD)
    minute = 60_000_000
    every_week = Calendar(frozenset(), frozenset())
    assert rule.policy == Policy(
        on_delay_us=minute,
        off_delay_us=5 * minute,
        quiet_us=10 * minute,
        repeat=Repeat(3, 10 * minute),
        latch=False,
        realarm_us=30 * minute,
        flapping=Flapping(5, 30 * minute, 10 * minute),
        schedule=Schedule(frozenset({"workdays", "sat"}), 7 * 3600, 22 * 3600, every_week),
        under_maintenance=False,
        under_parent=True,
    )
    assert rule.gate == (Quality.GOOD, Quality.MANUAL)
    assert (rule.plan, rule.skill) == ("plan-flood-iv", "drainage")


@pytest.mark.parametrize(
    ("fields", "off_delay_us", "quiet_us"),
    [
        pytest.param("", 0, None, id="at_once"),
        pytest.param("    clear_after_quiet: 1s\n", None, 1_000_000, id="quiet_alone"),
        pytest.param("    off_delay: 2s\n", 2_000_000, None, id="delay_alone"),
        pytest.param(
            "    off_delay: 0s\n    clear_after_quiet: 1s\n", 0, 1_000_000, id="both",
        ),
    ],
)  # fmt: skip
def test_quiet_takes_the_place_of_a_delay_that_nobody_wrote(fields, off_delay_us, quiet_us):
    policy = single(t.RATE + fields).policy
    assert (policy.off_delay_us, policy.quiet_us) == (off_delay_us, quiet_us)


def test_a_schedule_is_by_the_calendar_among_the_texts():
    texts = {
        "r.yaml": t.HEAD + t.THRESHOLD,
        "calendar/2026.yaml": "holidays: [2026-10-01]\nworkdays: []",
    }
    rules, _ = compile_rules(texts, TOWN)
    assert rules[0].policy.schedule.calendar.holidays == {date(2026, 10, 1)}


def test_a_mistake_in_the_calendar_is_told_with_its_place():
    with pytest.raises(RuleError, match=r"^calendar/2026\.yaml"):
        compile_rules({"calendar/2026.yaml": "holidays: [soon]"}, TOWN)


@pytest.mark.parametrize(
    ("where", "slots"),
    [
        pytest.param("property: water_level", [0, 1, 2, 3, 4], id="property"),
        pytest.param("property: water_level, place: [mill, weir]", [0, 3, 4], id="place"),
        pytest.param("property: water_level, place_kind: [sluice]", [3, 4], id="place_kind"),
        pytest.param("property: water_level, town: [west]", [0], id="town"),
        pytest.param("property: rain_1h, device_kind: [depth_gauge]", [15], id="device_kind"),
        pytest.param("property: water_level, tag: [flood-key]", [1, 2], id="tag_of_place_device"),
        pytest.param("property: water_level, tag: [up, down]", [3, 4], id="one_of_two_tags"),
        pytest.param("property: rain_1h, tag: [flood-key]", [8], id="tag_of_a_place"),
        pytest.param("property: pm25, statistic: mean_1h", [13], id="statistic"),
        pytest.param("property: pm25, statistic: instant", [9, 10, 11, 12], id="instant"),
        pytest.param("property: pm25", [9, 10, 11, 12, 13], id="any_statistic"),
        pytest.param("property: rain_1h", [8, 15], id="nothing_retired"),
        pytest.param("property: water_level, domain: [water], town: [east], place_kind: "
                     "[river_station]", [1, 2], id="all_must_hold"),
    ],
)  # fmt: skip
def test_subjects_are_selected(where, slots):
    body = t.RATE.replace("property: water_level", where)
    assert single(body).slots.tolist() == slots


def test_a_rate_is_per_time():
    rule = single(t.RATE)
    assert rule.parameters == Rate(1_800_000_000, 3_600_000_000, "change")
    assert (rule.value_unit, rule.value_decimals) == ("m/h", 3)
    assert single(t.RATE.replace("per: 1h", "per: 30min")).value_unit == "m/30 min"


def test_limits_of_a_flat_line_are_seconds():
    rule = single(t.STUCK)
    assert rule.parameters == Stuck(0.001, (0.0,))
    found = limits(rule)
    assert same(found[t.RAIN], [3600, 7200, NAN, NAN])
    assert same(found[t.DIP_RAIN], [3600, NAN, NAN, NAN])
    assert same(rule.off, rule.on - 60)
    assert rule.value_unit == "s"


def test_a_count():
    rule = single(t.COUNT)
    assert rule.parameters == Count(0.6, 600_000_000)
    assert same(rule.on, [[NAN, 3, 6, NAN]])


def test_silence_is_in_the_datastreams_own_periods():
    rule, fold = compiled(t.SILENCE)
    found = limits(rule)
    assert same(found[t.MILL], [180, 1800, NAN, NAN])
    assert same(found[t.SEEN_1], [30, 1800, NAN, NAN])
    assert t.AIR_1 not in found
    assert t.RETIRED not in found
    assert (fold.id, fold.version, fold.kind) == (rule.id, rule.version, "fold")


def test_a_silent_gateway_is_one_subject_with_all_that_is_watched_behind_it():
    _, fold = compiled(t.SILENCE)
    # The mill's gateway has one watched datastream, the air gateway none.
    assert fold.subjects == ("gw-east", "gw-dip")
    starts, members = fold.parameters.starts, fold.parameters.members
    groups = [members[begin:end].tolist() for begin, end in itertools.pairwise(starts)]
    assert groups == [
        [t.BRIDGE, t.HARBOUR, t.ABOVE, t.BELOW, t.RAIN], [t.DEPTH, t.SEEN_1, t.SEEN_2, t.DIP_RAIN],
    ]  # fmt: skip
    assert fold.slots.tolist() == [t.BRIDGE, t.DEPTH]
    assert same(fold.on, [[NAN, NAN, 0.8, NAN]])
    assert same(fold.off, fold.on)
    assert not fold.policy.under_parent
    assert fold.message_en == "{gateway}"


def test_the_level_of_a_silent_gateway_is_the_highest_of_its_rule_where_nothing_else_is_said():
    _, fold = compiled(t.SILENCE.replace("      level: orange\n", ""))
    assert same(fold.on, [[NAN, 0.8, NAN, NAN]])


def test_conditions_of_a_place():
    rule = single(t.BOOLEAN)
    assert rule.subjects == ("dip",)
    assert rule.slots.tolist() == [t.DEPTH]
    judged = rule.parameters
    assert judged.inputs.names == ("deep", "seen")
    assert judged.inputs.slots.tolist() == [[t.DEPTH, t.SEEN_1]]
    assert judged.inputs.max_age_us.tolist() == [[180_000_000, 60_000_000]]
    assert judged.limit.tolist() == [[0.15, 0.6]]
    assert judged.falling.tolist() == [False, False]
    assert [one and one.text for one in judged.programs] == [
        None, "deep or seen", None, "deep and seen",
    ]  # fmt: skip
    assert same(rule.on, [[NAN, 1, NAN, 1]])


def test_a_datastream_that_a_subject_has_not_is_unknown_and_one_without_any_is_no_subject():
    body = t.BOOLEAN.replace(
        "{property: water_depth, above: caution}", "{property: rain_1h, below: heavy}"
    )
    rule = single(body)
    assert rule.subjects == ("bridge", "dip")
    assert rule.parameters.inputs.slots.tolist() == [[t.RAIN, -1], [t.DIP_RAIN, t.SEEN_1]]
    assert same(rule.parameters.limit, [[NAN, 0.6], [20, 0.6]])
    assert rule.parameters.falling.tolist() == [True, False]


@pytest.mark.parametrize(
    ("old", "new", "subjects"),
    [
        pytest.param("by: place", "by: gateway", ("gw-dip",), id="by_gateway"),
        pytest.param("by: place", "by: device", ("dip-depth", "dip-camera-1"), id="by_device"),
        pytest.param(
            "by: place", "by: device\n    subjects: {device_kind: [camera]}",
            "r.yaml:10: conditions.deep: matches no datastream of water_depth", id="narrowed_away",
        ),
    ],
)  # fmt: skip
def test_subjects_are_places_devices_or_gateways(old, new, subjects):
    body = t.BOOLEAN.replace(old, new)
    if isinstance(subjects, tuple):
        assert single(body).subjects == subjects
    else:
        with pytest.raises(ValueError, match=f"^{subjects}$"):
            single(body)


def test_an_expression_has_a_unit_of_its_own():
    rule = single(t.EXPRESSION)
    assert rule.subjects == ("weir",)
    assert rule.parameters.inputs.slots.tolist() == [[t.ABOVE, t.BELOW]]
    assert rule.parameters.program.evaluate(np.array([[4.0], [2.5]])).tolist() == [1.5]
    assert same(rule.on, [[NAN, 1.5, NAN, NAN]])
    assert rule.value_unit == "m"


def test_neighbours_are_the_rules_own_stations_around():
    rule = single(t.NEIGHBOURS)
    judged = rule.parameters
    partners = {
        slot: sorted(one for one in row if one >= 0)
        for slot, row in zip(rule.slots.tolist(), judged.partners.tolist(), strict=True)
    }
    # The stations stand in a row, 1.11 km apart.
    assert partners == {
        t.AIR_1: [t.AIR_2, t.AIR_3],
        t.AIR_2: [t.AIR_1, t.AIR_3, t.AIR_4],
        t.AIR_3: [t.AIR_1, t.AIR_2, t.AIR_4],
        t.AIR_4: [t.AIR_2, t.AIR_3],
    }
    assert (judged.least, judged.measure, judged.is_upstream) == (2, "ratio", False)
    assert set(judged.own_age_us.tolist()) == {600_000_000}
    assert rule.value_unit == ""


def test_who_has_too_few_neighbours_is_no_subject():
    rule = single(t.NEIGHBOURS.replace("least: 2", "least: 3"))
    assert rule.slots.tolist() == [t.AIR_2, t.AIR_3]
    assert rule.parameters.partners.shape == (2, 3)


def test_a_station_is_compared_with_the_next_one_upstream():
    rule = single(t.UPSTREAM)
    # The ford lies between mill and bridge and has no gauge.
    assert rule.slots.tolist() == [t.BRIDGE, t.HARBOUR]
    assert rule.parameters.partners.tolist() == [[t.MILL], [t.BRIDGE]]
    assert rule.parameters.is_upstream
    assert rule.parameters.own_age_us.tolist() == [360_000_000, 360_000_000]
    assert rule.parameters.partner_age_us.tolist() == [[180_000_000], [360_000_000]]


def test_two_rivers_that_meet_are_both_upstream():
    places = t.TEXTS["places.csv"].replace("ford,flood-key", "x").replace(
        "Ford,120.05,32.50,bridge", "Ford,120.05,32.50,harbour"
    )  # fmt: skip
    rule = single(t.UPSTREAM, t.town(places=places))
    assert rule.slots.tolist() == [t.HARBOUR]
    assert rule.parameters.partners.tolist() == [[t.MILL, t.BRIDGE]]


def test_rules_stand_in_the_order_of_their_ids_and_the_digest_names_the_texts():
    two = t.STUCK + t.HEAD.replace("rules:\n", "").replace("id: one", "id: a-first") + t.SILENCE
    rules, digest = compile_rules({"r.yaml": t.HEAD + two}, TOWN)
    assert [(rule.id, rule.kind) for rule in rules] == [
        ("a-first", "silence"), ("a-first", "fold"), ("one", "stuck"),
    ]  # fmt: skip
    assert digest != compile_rules({"s.yaml": t.HEAD + two}, TOWN)[1]


def test_a_rule_set_of_every_kind_is_assembled():
    bodies = [t.THRESHOLD, t.RATE, t.STUCK, t.COUNT, t.SILENCE, t.BOOLEAN, t.EXPRESSION,
              t.NEIGHBOURS, t.UPSTREAM]  # fmt: skip
    texts = {
        f"{at}.yaml": t.HEAD.replace("id: one", f"id: rule-{at}") + body
        for at, body in enumerate(bodies)
    }
    assert len(parse(texts, TOWN).rules) == 10
