"""One bad rule file for each mistake, and what it is told: fields that only some kinds have."""

import pytest

from rules.language import RuleError, compile_rules
from tests.rules.town import (
    BOOLEAN,
    COUNT,
    EXPRESSION,
    HEAD,
    NEIGHBOURS,
    RATE,
    SILENCE,
    STUCK,
    TEXTS,
    UPSTREAM,
    town,
)  # fmt: skip

TOWN = town()


@pytest.mark.parametrize(
    ("body", "old", "new", "message"),
    [
        pytest.param(RATE, "    window: 30min\n", "",
            "r.yaml:2: window: is missing", id="rate_without_window"),
        pytest.param(RATE, "per: 1h", "per: hour",
            "r.yaml:9: per: 'hour' is no duration; write a number and ms, s, min, h or d, e.g. "
            "90s", id="rate_per"),
        pytest.param(RATE, "of: change", "of: falling",
            "r.yaml:10: of: 'falling'; did you mean fall? known: rise, fall, change", id="rate_of"),
        pytest.param(RATE, "    of: change", "    of: change\n    direction: below",
            "r.yaml:11: direction: is not for rate rules; it goes with threshold, expression, "
            "neighbours, upstream", id="rate_direction"),
        pytest.param(RATE, "hysteresis: 0.1", "hysteresis: 0.3",
            "r.yaml:12: hysteresis: leaves 0 to clear yellow, which is never below; it must be "
            "smaller than the lowest level", id="rate_that_never_ends"),
        pytest.param(RATE, "{value: 0.3}", "{value: 0}",
            "r.yaml:11: levels.yellow: 0 is always reached; begin above 0", id="rate_always_met"),
        pytest.param(STUCK, "tolerance: 0.001", "tolerance: -1",
            "r.yaml:8: tolerance: -1 must be 0 or more", id="stuck_tolerance"),
        pytest.param(STUCK, "except: [0]", "except: 0",
            "r.yaml:9: except: 0 is no list; write [a, b] or one item a line", id="stuck_except"),
        pytest.param(STUCK, "{value: 1h}", "{value: 3600}",
            "r.yaml:10: levels.blue.value: 3600 is no duration; write a number and ms, s, min, "
            "h or d, e.g. 90s", id="stuck_limit_is_no_duration"),
        pytest.param(STUCK, "{value: 1h}", "{value: 1h, limit: stuck_s}",
            "r.yaml:10: levels.blue: needs either value or limit, not value and limit",
            id="stuck_limit_and_value"),
        pytest.param(STUCK, "{limit: stuck_s}", "{limit: stuck}",
            "r.yaml:10: levels.yellow.limit: no station has 'stuck'; did you mean stuck_s? "
            "known: heavy, stuck_s", id="stuck_unknown_limit"),
        pytest.param(STUCK, "hysteresis: 1min", "hysteresis: 1",
            "r.yaml:11: hysteresis: 1 is no duration; write a number and ms, s, min, h or d, "
            "e.g. 90s", id="stuck_hysteresis"),
        pytest.param(COUNT, "    at_least: 0.6\n", "",
            "r.yaml:2: at_least: is missing", id="count_at_least"),
        pytest.param(COUNT, "within: 10min", "within: 10",
            "r.yaml:9: within: 10 is no duration; write a number and ms, s, min, h or d, e.g. "
            "90s", id="count_within"),
        pytest.param(COUNT, "{value: 3}", "{value: 0}",
            "r.yaml:10: levels.yellow: 0 is always reached; begin above 0", id="count_of_nothing"),
        pytest.param(COUNT, "hysteresis: 1", "hysteresis: 3",
            "r.yaml:11: hysteresis: leaves 0 to clear yellow, which is never below; it must be "
            "smaller than the lowest level", id="count_that_never_ends"),
        pytest.param(SILENCE, "{periods: 3}", "{periods: 0}",
            "r.yaml:8: levels.blue.periods: 0 must be above 0", id="silence_of_no_periods"),
        pytest.param(SILENCE, "{periods: 3}", "{periods: 3, value: 1h}",
            "r.yaml:8: levels.blue: needs either value or periods or limit, not value and "
            "periods", id="silence_of_both"),
        pytest.param(SILENCE, "{periods: 3}", "{}",
            "r.yaml:8: levels.blue: needs value or periods or limit", id="silence_of_neither"),
        pytest.param(SILENCE, "{value: 30min}", "{value: 10s}",
            "r.yaml:8: levels.yellow: 10 of dip-camera-1/ponding is not above blue 30; yellow "
            "must be above blue", id="silence_out_of_order"),
        pytest.param(SILENCE, "      share: 0.8", "      shares: 0.8",
            "r.yaml:11: fold.shares: is not known here; did you mean share? known: periods, "
            "share, least, level, message", id="fold_field"),
        pytest.param(SILENCE, "      share: 0.8", "      share: 80",
            "r.yaml:11: fold.share: 80 must be 1 or less", id="fold_share"),
        pytest.param(SILENCE, "      periods: 2", "      periods: -2",
            "r.yaml:10: fold.periods: -2 must be above 0", id="fold_periods"),
        pytest.param(SILENCE, "      least: 2", "      least: 20",
            "r.yaml:12: fold.least: no gateway has 20 watched datastreams; the most are 5",
            id="fold_least"),
        pytest.param(SILENCE, "level: orange", "level: purple",
            "r.yaml:13: fold.level: 'purple'; known: blue, yellow, orange, red", id="fold_level"),
        pytest.param(SILENCE, '      message: {zh: "{gateway}", en: "{gateway}"}\n', "",
            "r.yaml:9: fold.message: is missing", id="fold_message"),
        pytest.param(BOOLEAN, "by: place", "by: town",
            "r.yaml:7: by: 'town'; known: place, device, gateway", id="boolean_by"),
        pytest.param(
            BOOLEAN,
            "      deep: {property: water_depth, above: caution}\n      seen: {property: "
            "ponding, above: 0.6, tag: [first], max_age: 1min}\n",
            "      {}\n",
            "r.yaml:8: conditions: is empty; give at least 1", id="boolean_no_conditions"),
        pytest.param(BOOLEAN, "      deep: {", "      Deep: {",
            "r.yaml:9: conditions.Deep: 'Deep' is no name; write lower-case letters, digits "
            "and underscores, a letter first", id="boolean_condition_name"),
        pytest.param(BOOLEAN, "above: caution", "abov: caution",
            "r.yaml:9: conditions.deep.abov: is not known here; did you mean above?",
            id="boolean_condition_field"),
        pytest.param(BOOLEAN, "above: caution", "above: caution, below: 1",
            "r.yaml:9: conditions.deep: needs either above or below, not above and below",
            id="boolean_two_sides"),
        pytest.param(BOOLEAN, ", above: caution", "",
            "r.yaml:9: conditions.deep: needs above or below", id="boolean_no_side"),
        pytest.param(BOOLEAN, "above: caution", "above: true",
            "r.yaml:9: conditions.deep.above: True is neither a number nor the name of a "
            "station's limit", id="boolean_limit_is_yes"),
        pytest.param(BOOLEAN, "above: caution", "above: warning",
            "r.yaml:9: conditions.deep.above: no station has 'warning'; known: caution, closed",
            id="boolean_unknown_limit"),
        pytest.param(BOOLEAN, "property: water_depth", "property: depth",
            "r.yaml:9: conditions.deep.property: 'depth'; did you mean water_depth?",
            id="boolean_unknown_property"),
        pytest.param(BOOLEAN, "tag: [first]", "tag: [frist]",
            "r.yaml:10: conditions.seen.tag: 'frist'; did you mean first? known: down, first, "
            "flood-key, second, up", id="boolean_unknown_tag"),
        pytest.param(BOOLEAN, "max_age: 1min", "max_age: 0s",
            "r.yaml:10: conditions.seen.max_age: '0s' must be longer than nothing, e.g. 90s",
            id="boolean_max_age"),
        pytest.param(BOOLEAN, "tag: [first]", "device_kind: [depth_gauge]",
            "r.yaml:10: conditions.seen: matches no datastream of ponding",
            id="boolean_matches_nothing"),
        pytest.param(BOOLEAN, ", tag: [first]", "",
            "r.yaml:10: conditions.seen: place dip has several: dip-camera-1/ponding and "
            "dip-camera-2/ponding; narrow it by device_kind, statistic or tag",
            id="boolean_several"),
        pytest.param(BOOLEAN, "    by: place", "    by: place\n    hysteresis: 1",
            "r.yaml:8: hysteresis: is not for boolean rules; it goes with threshold, rate, "
            "stuck, count, silence, expression, neighbours, upstream", id="boolean_hysteresis"),
        pytest.param(BOOLEAN, "deep or seen", "deep or sen",
            "r.yaml:11: levels.yellow: at character 9: 'sen' is not known; did you mean 'seen'?",
            id="boolean_unknown_name"),
        pytest.param(BOOLEAN, "deep or seen", "deep + seen",
            "r.yaml:11: levels.yellow: at character 1: deep is a condition where a number is "
            "due; conditions are only joined by and, or, not", id="boolean_arithmetic"),
        pytest.param(BOOLEAN, "deep or seen", "(deep or seen",
            "r.yaml:11: levels.yellow: at character 1: is no expression ('(' was never "
            "closed); there are numbers, names, + - * /, abs() min() max(), < <= == != >= >, "
            "and or not, and ()", id="boolean_unclosed"),
        pytest.param(BOOLEAN, "deep or seen", "deep.real or seen",
            "r.yaml:11: levels.yellow: at character 1: deep.real is not allowed; there are "
            "numbers, names, + - * /, abs() min() max(), < <= == != >= >, and or not, and ()",
            id="boolean_code"),
        pytest.param(BOOLEAN, "deep or seen, red: deep and seen", "deep",
            "r.yaml:10: conditions.seen: is used by nothing; leave it out, or name it",
            id="boolean_unused"),
        pytest.param(BOOLEAN, "red: deep and seen", "red: 1",
            "r.yaml:11: levels.red: 1 is no text; write it in quotes",
            id="boolean_level_is_a_number"),
        pytest.param(
            BOOLEAN,
            "    by: place",
            "    by: place\n    subjects: {place_kind: [tunnel]}",
            "r.yaml:8: subjects.place_kind: 'tunnel'; known: air_station, ford, river_station, "
            "sluice, underpass", id="boolean_subjects"),
        pytest.param(BOOLEAN, "    by: place", "    by: place\n    subjects: {property: ponding}",
            "r.yaml:8: subjects.property: is not known here;", id="boolean_subjects_property"),
        pytest.param(EXPRESSION, "    by: place\n", "",
            "r.yaml:2: by: is missing", id="expression_by"),
        pytest.param(EXPRESSION, "tag: [up]}", "tag: [up], above: 3}",
            "r.yaml:9: inputs.up.above: is not known here; known: property, statistic, "
            "device_kind, tag, max_age", id="expression_inputs"),
        pytest.param(EXPRESSION, "unit: m", "unit: 1",
            "r.yaml:12: unit: 1 is no text; write it in quotes", id="expression_unit"),
        pytest.param(EXPRESSION, "value: up - down", "value: up > down",
            "r.yaml:11: value: 'up > down' is a condition, not a number",
            id="expression_condition"),
        pytest.param(EXPRESSION, "value: up - down", "value: up - dwn",
            "r.yaml:11: value: at character 6: 'dwn' is not known; did you mean 'down'?",
            id="expression_unknown_name"),
        pytest.param(EXPRESSION, "value: up - down", "value: up",
            "r.yaml:10: inputs.down: is used by nothing; leave it out, or name it",
            id="expression_unused"),
        pytest.param(EXPRESSION, "{value: 1.5}", "{limit: warning}",
            "r.yaml:13: levels.yellow.limit: is not known here; known: value",
            id="expression_limit"),
        pytest.param(EXPRESSION, ", tag: [up]", "",
            "r.yaml:9: inputs.up: place weir has several: weir-up/water_level and "
            "weir-down/water_level; narrow it by device_kind, statistic or tag",
            id="expression_several"),
        pytest.param(NEIGHBOURS, "radius_km: 2.5", "radius_km: 0",
            "r.yaml:8: radius_km: 0 must be above 0", id="neighbours_radius"),
        pytest.param(NEIGHBOURS, "radius_km: 2.5", "radius_km: 0.5",
            "r.yaml:8: radius_km: no station has 2 others within 0.5 km; choose a larger one, "
            "or a smaller least", id="neighbours_too_near"),
        pytest.param(NEIGHBOURS, "least: 2", "least: 0",
            "r.yaml:9: least: 0 must be 1 or more", id="neighbours_least"),
        pytest.param(NEIGHBOURS, "measure: ratio", "measure: quotient",
            "r.yaml:10: measure: 'quotient'; known: difference, ratio, absolute",
            id="neighbours_measure"),
        pytest.param(NEIGHBOURS, "max_age: 10min", "max_age: ten",
            "r.yaml:11: max_age: 'ten' is no duration; write a number and ms, s, min, h or d, "
            "e.g. 90s", id="neighbours_max_age"),
        pytest.param(NEIGHBOURS, "    radius_km: 2.5\n", "",
            "r.yaml:2: radius_km: is missing", id="neighbours_no_radius"),
        pytest.param(UPSTREAM, "measure: difference", "measure: absolute",
            "r.yaml:8: measure: 'absolute'; known: difference, ratio", id="upstream_measure"),
        pytest.param(UPSTREAM, "place_kind: [river_station]", "place: [mill]",
            "r.yaml:7: subjects: match no two stations on one river; places.csv says in "
            "`downstream` where its water goes next", id="upstream_alone"),
        pytest.param(UPSTREAM, "    measure: difference", "    radius_km: 3",
            "r.yaml:8: radius_km: is not for upstream rules; it goes with neighbours",
            id="upstream_radius"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(body, old, new, message):
    text = HEAD + body
    assert old in text
    compile_rules({"r.yaml": text}, TOWN)
    with pytest.raises(RuleError) as caught:
        compile_rules({"r.yaml": text.replace(old, new, 1)}, TOWN)
    assert str(caught.value).startswith(message)


APART = TEXTS["gateways.csv"].replace(",river", ",")
TWO_AT_THE_WEIR = TEXTS["places.csv"].replace(",32.50,harbour,flood", ",32.50,weir,flood").replace(
    "Weir,120.15,32.50,,", "Weir,120.15,32.50,harbour,"
)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "body", "message"),
    [
        pytest.param(
            {"gateways": APART}, UPSTREAM,
            "r.yaml:7: subjects: bridge-gauge/water_level has bridge-gauge/water_level behind "
            "gw-east and mill-gauge/water_level behind gw-mill, which are judged apart; give "
            "gw-east and gw-mill the same zone in gateways.csv", id="upstream",
        ),
        pytest.param(
            {"devices": TEXTS["devices.csv"].replace("station-2,gw-air", "station-2,gw-dip")},
            NEIGHBOURS,
            "r.yaml:8: radius_km: station-1/pm25 has station-1/pm25 behind gw-air and "
            "station-2/pm25 behind gw-dip, which are judged apart; give gw-air and gw-dip the "
            "same zone in gateways.csv", id="neighbours",
        ),
        pytest.param(
            {"devices": TEXTS["devices.csv"].replace("camera-1,gw-dip", "camera-1,gw-air")},
            BOOLEAN,
            "r.yaml:8: conditions: dip has dip-depth/water_depth behind gw-dip and "
            "dip-camera-1/ponding behind gw-air, which are judged apart; give gw-dip and gw-air "
            "the same zone in gateways.csv", id="boolean",
        ),
        pytest.param(
            {"places": TWO_AT_THE_WEIR},
            UPSTREAM.replace("river_station]", "river_station, sluice]"),
            "r.yaml:7: subjects: place weir has several: weir-up/water_level and "
            "weir-down/water_level; narrow it by device_kind, statistic or tag",
            id="two_gauges_at_a_weir",
        ),
    ],
)  # fmt: skip
def test_a_city_that_a_rule_does_not_fit_is_told(changed, body, message):
    with pytest.raises(RuleError) as caught:
        compile_rules({"r.yaml": HEAD + body}, town(**changed))
    assert str(caught.value) == message
