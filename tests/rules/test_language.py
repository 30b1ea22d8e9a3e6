"""One bad rule file for each mistake, and what it is told: fields that rules of all kinds have."""

import pytest

from rules.language import RuleError, RuleFile, compile_rules
from tests.rules.town import BOOLEAN, HEAD, SILENCE, STUCK, THRESHOLD, town

TOWN = town()


@pytest.mark.parametrize(
    ("body", "old", "new", "message"),
    [
        pytest.param(THRESHOLD, "    version: 1\n", "",
            "r.yaml:2: version: is missing", id="missing_version"),
        pytest.param(THRESHOLD, "    version: 1\n", "    versoin: 1\n",
            "r.yaml:3: versoin: is not known here; did you mean version?",
            id="misspelt_goes_before_missing"),
        pytest.param(THRESHOLD, "id: one", "id: One",
            "r.yaml:2: id: 'One' is no name; write lower-case letters, digits and hyphens, a "
            "letter first", id="id_in_capitals"),
        pytest.param(THRESHOLD, "version: 1", "version: 0",
            "r.yaml:3: version: 0 must be 1 or more", id="version_zero"),
        pytest.param(THRESHOLD, "version: 1", 'version: "1"',
            "r.yaml:3: version: '1' is no whole number", id="version_as_text"),
        pytest.param(THRESHOLD, "domain: water", "domain: watr",
            "r.yaml:4: domain: 'watr'; did you mean water? known: water, air, traffic, camera",
            id="unknown_domain"),
        pytest.param(THRESHOLD, "kind: threshold", "kind: treshold",
            "r.yaml:6: kind: 'treshold'; did you mean threshold? known: threshold, rate, "
            "stuck, count, silence, boolean, expression, neighbours, upstream", id="unknown_kind"),
        pytest.param(THRESHOLD, "    kind: threshold\n", "",
            "r.yaml:2: kind: is missing;", id="no_kind"),
        pytest.param(THRESHOLD, "kind: threshold", "kind: [threshold]",
            "r.yaml:6: kind: \"['threshold']\"; did you mean threshold?", id="kind_is_a_list"),
        pytest.param(THRESHOLD, "  - id: one", "  - just words\n  - id: one",
            "r.yaml:2: 'just words' is no mapping; write fields with a colon",
            id="rule_is_no_mapping"),
        pytest.param(THRESHOLD, ', en: "{place}"}', "}",
            "r.yaml:5: message.en: is missing", id="message_in_one_language"),
        pytest.param(THRESHOLD, 'zh: "{place}"', 'zh: ""',
            "r.yaml:5: message.zh: is empty", id="message_empty"),
        pytest.param(THRESHOLD, 'zh: "{place}"', 'zh: "{plce}"',
            "r.yaml:5: message.zh: {plce} is unknown; a message may use place, town, device, "
            "gateway, property, value, unit, measure, measure_unit, limit, limit_name, level",
            id="message_unknown_field"),
        pytest.param(THRESHOLD, 'zh: "{place}"', 'zh: "{value:.1f}"',
            "r.yaml:5: message.zh: {value} is unknown; a message may use place, town, device, "
            "gateway, property, value, unit, measure, measure_unit, limit, limit_name, level",
            id="message_with_a_format"),
        pytest.param(THRESHOLD, 'zh: "{place}"', 'zh: "{place"',
            "r.yaml:5: message.zh: '{place': expected '}' before end of string; braces must "
            "close", id="message_unbalanced"),
        pytest.param(BOOLEAN, 'zh: "{place}"', 'zh: "{place} {limit}"',
            "r.yaml:5: message.zh: {limit} is unknown; a message may use place, town, device, "
            "gateway, value, unit, level", id="message_of_a_boolean_with_a_limit"),
        pytest.param(SILENCE, 'zh: "{gateway}"', 'zh: "{property}"',
            "r.yaml:14: fold.message.zh: {property} is unknown; a message may use place, town, "
            "device, gateway, measure, measure_unit, limit, limit_name, level",
            id="message_of_a_fold_with_a_property"),
        pytest.param(THRESHOLD, "property: water_level", "property: waterlevel",
            "r.yaml:7: subjects.property: 'waterlevel'; did you mean water_level?",
            id="unknown_property"),
        pytest.param(
            THRESHOLD,
            "property: water_level",
            "property: water_level, statistic: mean_1hour",
            "r.yaml:7: subjects.statistic: 'mean_1hour'; did you mean mean_1h?",
            id="unknown_statistic"),
        pytest.param(THRESHOLD, "property: water_level", "property: water_level, place: [brigde]",
            "r.yaml:7: subjects.place: 'brigde'; did you mean bridge?", id="unknown_place"),
        pytest.param(
            THRESHOLD,
            "property: water_level",
            "property: water_level, place_kind: [bridge]",
            "r.yaml:7: subjects.place_kind: 'bridge'; known: air_station, ford, river_station, "
            "sluice, underpass", id="unknown_place_kind"),
        pytest.param(THRESHOLD, "property: water_level", "property: water_level, town: [eest]",
            "r.yaml:7: subjects.town: 'eest'; did you mean west? known: east, west",
            id="unknown_town"),
        pytest.param(
            THRESHOLD,
            "property: water_level",
            "property: water_level, device_kind: [gauge]",
            "r.yaml:7: subjects.device_kind: 'gauge'; did you mean water_gauge?",
            id="unknown_device_kind"),
        pytest.param(THRESHOLD, "property: water_level", "property: water_level, tag: [flood]",
            "r.yaml:7: subjects.tag: 'flood'; did you mean flood-key? known: down, first, "
            "flood-key, second, up", id="unknown_tag"),
        pytest.param(SILENCE, "domain: [water, camera]", "domain: [sewage]",
            "r.yaml:7: subjects.domain.0: 'sewage'; known: water, air, traffic, camera",
            id="unknown_subject_domain"),
        pytest.param(THRESHOLD, "property: water_level", "property: water_level, town: east",
            "r.yaml:7: subjects.town: 'east' is no list; write [a, b] or one item a line",
            id="words_that_are_no_list"),
        pytest.param(THRESHOLD, "property: water_level", "property: water_level, town: []",
            "r.yaml:7: subjects.town: is empty; give at least 1", id="empty_list"),
        pytest.param(THRESHOLD, "property: water_level", "property: water_level, placekind: [weir]",
            "r.yaml:7: subjects.placekind: is not known here; did you mean place_kind?",
            id="unknown_subject_field"),
        pytest.param(THRESHOLD, "property: water_level", "property: water_level, place: [dip]",
            "r.yaml:7: subjects: match no datastream of water_level; nothing is watched",
            id="nothing_selected"),
        pytest.param(STUCK, "property: rain_1h", "property: rain_1h, place: [mill]",
            "r.yaml:7: subjects: match no datastream of rain_1h; nothing is watched",
            id="only_retired_is_selected"),
        pytest.param(
            THRESHOLD,
            "levels: {yellow: {limit: warning}, red: {limit: guaranteed, plus: 0.1}}",
            "levels: {}",
            "r.yaml:8: levels: has no level; give at least one of blue, yellow, orange, red",
            id="no_levels"),
        pytest.param(THRESHOLD, "levels: {yellow:", "levels: {yelow:",
            "r.yaml:8: levels.yelow: is not known here; did you mean yellow? known: blue, "
            "yellow, orange, red", id="unknown_level"),
        pytest.param(THRESHOLD, "yellow: {limit: warning}", "yellow: {limt: warning}",
            "r.yaml:8: levels.yellow.limt: is not known here; did you mean limit? known: "
            "value, limit, plus", id="unknown_limit_field"),
        pytest.param(THRESHOLD, "yellow: {limit: warning}", "yellow: {limit: warning, value: 3}",
            "r.yaml:8: levels.yellow: needs either value or limit, not value and limit",
            id="limit_and_value"),
        pytest.param(THRESHOLD, "yellow: {limit: warning}", "yellow: {}",
            "r.yaml:8: levels.yellow: needs value or limit", id="neither_limit_nor_value"),
        pytest.param(THRESHOLD, "yellow: {limit: warning}", "yellow: {value: 3, plus: 1}",
            "r.yaml:8: levels.yellow: plus goes with limit; add it to value yourself",
            id="plus_without_limit"),
        pytest.param(THRESHOLD, "yellow: {limit: warning}", "yellow: {value: high}",
            "r.yaml:8: levels.yellow.value: 'high' is no number", id="value_in_words"),
        pytest.param(THRESHOLD, "yellow: {limit: warning}", "yellow: {value: .nan}",
            "r.yaml:8: levels.yellow.value: nan is no finite number", id="value_nan"),
        pytest.param(THRESHOLD, "yellow: {limit: warning}", "yellow: {value: yes}",
            "r.yaml:8: levels.yellow.value: True is no number", id="value_yes"),
        pytest.param(THRESHOLD, "limit: warning", "limit: waring",
            "r.yaml:8: levels.yellow.limit: no station has 'waring'; did you mean warning? "
            "known: guaranteed, warning", id="unknown_limit"),
        pytest.param(THRESHOLD, "plus: 0.1", "plus: -2",
            "r.yaml:8: levels.red: 2.6 of bridge-gauge/water_level is not above yellow 3.5; "
            "red must be above yellow", id="limits_out_of_order"),
        pytest.param(THRESHOLD, "    hysteresis: 0.05", "    direction: below",
            "r.yaml:8: levels.red: 4.7 of bridge-gauge/water_level is not below yellow 3.5; "
            "red must be below yellow", id="limits_out_of_order_below"),
        pytest.param(THRESHOLD, "yellow: {limit: warning}", "blue: {value: 9}",
            "r.yaml:8: levels.red: 4.7 of mill-gauge/water_level is not above blue 9; red must "
            "be above blue", id="level_with_a_gap_out_of_order"),
        pytest.param(THRESHOLD, "    hysteresis: 0.05", "    direction: abov",
            "r.yaml:9: direction: 'abov'; did you mean above? known: above, below",
            id="unknown_direction"),
        pytest.param(THRESHOLD, "hysteresis: 0.05", "hysteresis: -0.05",
            "r.yaml:9: hysteresis: -0.05 must be 0 or more", id="negative_hysteresis"),
        pytest.param(THRESHOLD, "for: 1min", "for: 60",
            "r.yaml:10: for: 60 is no duration; write a number and ms, s, min, h or d, e.g. 90s",
            id="duration_without_unit"),
        pytest.param(THRESHOLD, "for: 1min", "for: soon",
            "r.yaml:10: for: 'soon' is no duration; write a number and ms, s, min, h or d, "
            "e.g. 90s", id="duration_in_words"),
        pytest.param(THRESHOLD, "for: 1min", "for: 400d",
            "r.yaml:10: for: '400d' is longer than a year; write at most 366d",
            id="duration_of_years"),
        pytest.param(THRESHOLD, "off_delay: 5min", "off_delay: 5m",
            "r.yaml:11: off_delay: '5m' is no duration; write a number and ms, s, min, h or d, "
            "e.g. 90s", id="off_delay"),
        pytest.param(THRESHOLD, "clear_after_quiet: 10min", "clear_after_quiet: 0s",
            "r.yaml:12: clear_after_quiet: '0s' must be longer than nothing, e.g. 90s",
            id="quiet_for_no_time"),
        pytest.param(THRESHOLD, "times: 3, within: 10min", "times: 1, within: 10min",
            "r.yaml:13: repeat.times: 1 must be 2 or more", id="repeat_once"),
        pytest.param(THRESHOLD, "times: 3, within: 10min", "times: 3",
            "r.yaml:13: repeat.within: is missing", id="repeat_without_window"),
        pytest.param(THRESHOLD, "times: 3, within: 10min", "time: 3, within: 10min",
            "r.yaml:13: repeat.time: is not known here; did you mean times? known: times, "
            "within", id="repeat_field"),
        pytest.param(
            SILENCE,
            "    kind: silence",
            "    kind: silence\n    repeat: {times: 3, within: 1h}",
            "r.yaml:7: repeat: is not for silence rules; it goes with threshold, rate, stuck, "
            "count", id="repeat_of_silence"),
        pytest.param(THRESHOLD, "[good, manual]", "[good, manuel]",
            "r.yaml:14: quality.1: 'manuel'; did you mean manual? known: good, suspect, "
            "maintenance, calibrating, fault, communication_fault, manual, stopped, "
            "over_range, late, out_of_order, duplicate, future, out_of_physical_range",
            id="unknown_quality"),
        pytest.param(THRESHOLD, "[good, manual]", "[]",
            "r.yaml:14: quality: is empty; give at least 1", id="no_quality"),
        pytest.param(SILENCE, "    kind: silence", "    kind: silence\n    quality: [good]",
            "r.yaml:7: quality: is not for silence rules; it goes with threshold, rate, stuck, "
            "count, boolean, expression, neighbours, upstream", id="quality_of_silence"),
        pytest.param(THRESHOLD, "[workdays, sat]", "[weekdays]",
            "r.yaml:15: schedule.days.0: 'weekdays'; did you mean workdays? known: mon, tue, "
            "wed, thu, fri, sat, sun, workdays, holidays, all", id="unknown_day"),
        pytest.param(THRESHOLD, 'to: "22:00"', "to: 22:00",
            'r.yaml:15: schedule.to: 1320 is no time of day; write it in quotes, from "00:00" '
            'to "24:00"', id="time_as_a_number"),
        pytest.param(THRESHOLD, '"22:00"', '"25:00"',
            "r.yaml:15: schedule.to: '25:00' is no time of day; write it in quotes, from "
            '"00:00" to "24:00"', id="time_of_day"),
        pytest.param(THRESHOLD, '"22:00"', '"07:00"',
            "r.yaml:15: schedule: from and to are the same time; leave both out for the whole "
            "day", id="schedule_of_no_time"),
        pytest.param(THRESHOLD, 'to: "22:00"', 'until: "22:00"',
            "r.yaml:15: schedule.until: is not known here; known: days, from, to",
            id="schedule_field"),
        pytest.param(THRESHOLD, "maintenance: false", "maintainance: false",
            "r.yaml:16: suppress.maintainance: is not known here; did you mean maintenance? "
            "known: maintenance, parent", id="suppress_field"),
        pytest.param(THRESHOLD, "maintenance: false", "maintenance: never",
            "r.yaml:16: suppress.maintenance: 'never' is neither true nor false",
            id="suppress_in_words"),
        pytest.param(THRESHOLD, "    realarm: 30min", "    latch: true",
            "r.yaml:2: latch and flapping exclude each other; a latched alert never clears",
            id="latch_and_flapping"),
        pytest.param(BOOLEAN, "    by: place", "    by: place\n    latch: maybe",
            "r.yaml:8: latch: 'maybe' is neither true nor false", id="latch_in_words"),
        pytest.param(THRESHOLD, "realarm: 30min", "realarm: 0min",
            "r.yaml:17: realarm: '0min' must be longer than nothing, e.g. 90s", id="realarm"),
        pytest.param(THRESHOLD, "times: 5, within", "times: 500, within",
            "r.yaml:18: flapping.times: 500 must be 100 or less", id="flapping_times"),
        pytest.param(THRESHOLD, ", hold: 10min", "",
            "r.yaml:18: flapping.hold: is missing", id="flapping_without_hold"),
        pytest.param(THRESHOLD, "plan-flood-iv", "Plan IV",
            "r.yaml:19: plan: 'Plan IV' is no name; write lower-case letters, digits and "
            "hyphens, a letter first", id="plan"),
        pytest.param(THRESHOLD, "skill: drainage", "skill: 7",
            "r.yaml:20: skill: 7 is no text; write it in quotes", id="skill"),
        pytest.param(THRESHOLD, "    off_delay", "    off_dely",
            "r.yaml:11: off_dely: is not known here; did you mean off_delay?", id="unknown_field"),
        pytest.param(THRESHOLD, "    hysteresis: 0.05", "    window: 1h",
            "r.yaml:9: window: is not for threshold rules; it goes with rate",
            id="field_of_another_kind"),
        pytest.param(THRESHOLD, "    version: 1\n", "    version: 1\n    version: 2\n",
            "r.yaml:4: version: stands twice; the first is in line 3", id="key_twice"),
        pytest.param(THRESHOLD, "times: 3, within: 10min", "times: 3, times: 4",
            "r.yaml:13: times: stands twice; the first is in line 13", id="key_twice_inside"),
        pytest.param(THRESHOLD, "rules:\n", "rules: [\n",
            "r.yaml:2: is not YAML: did not find expected node content", id="no_yaml"),
        pytest.param(THRESHOLD, "version: 1", "version: 2026-13-45",
            "r.yaml:3: version: '2026-13-45' is no whole number", id="impossible_date"),
        pytest.param(THRESHOLD, "    version: 1", "    7: 1",
            "r.yaml:2: 7: is no field; fields are words", id="number_as_key"),
        pytest.param(THRESHOLD, "    version: 1", "    ? [a]\n    : 1",
            "r.yaml:3: is not YAML: found unhashable key", id="list_as_key"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(body, old, new, message):
    text = HEAD + body
    assert old in text
    compile_rules({"r.yaml": text}, TOWN)
    with pytest.raises(RuleError) as caught:
        compile_rules({"r.yaml": text.replace(old, new, 1)}, TOWN)
    assert str(caught.value).startswith(message)
    assert caught.value.where == message.partition(": ")[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "r.yaml:1: holds no rules; begin with rules: and a list", id="empty"),
        pytest.param("- 1", "r.yaml:1: holds no rules; begin with rules:", id="a_list"),
        pytest.param("rules:", "r.yaml:1: rules: None is no list", id="nothing_under_rules"),
        pytest.param("rules: &a [*a]", "r.yaml:1: [[...]] is no mapping", id="itself"),
        pytest.param("rules:\n  - *b", "r.yaml:2: is not YAML: found undefined alias", id="alias"),
        pytest.param("a: \x07", "r.yaml:1: is not YAML: unacceptable character", id="bell"),
        pytest.param("[" * 5000, "r.yaml:2: is not YAML: ", id="open_brackets"),
        pytest.param("[" * 900 + "]" * 900, "r.yaml:1: ", id="nested_deeply"),
        pytest.param("a: !!int b", "r.yaml:1: is not what its tag says", id="wrong_tag"),
        pytest.param("a: !!python/object:os.system b", "r.yaml:1: is not YAML: could", id="code"),
    ],
)  # fmt: skip
def test_what_is_no_rule_file_is_told(text, message):
    with pytest.raises(RuleError) as caught:
        compile_rules({"r.yaml": text}, TOWN)
    assert str(caught.value).startswith(message)


def test_an_id_in_two_files_is_told_with_both_places():
    with pytest.raises(RuleError) as caught:
        compile_rules({"a.yaml": HEAD + STUCK, "b.yaml": HEAD + THRESHOLD}, TOWN)
    assert str(caught.value) == "b.yaml:2: id: one is also in a.yaml:2; ids are unique"


def test_the_schema_for_editors_names_every_field_of_every_kind():
    schema = RuleFile.model_json_schema()
    kinds = schema["properties"]["rules"]["items"]["discriminator"]["mapping"]
    assert list(kinds) == sorted(kinds)
    assert len(kinds) == 9
    threshold = schema["$defs"]["Threshold"]
    assert {"id", "version", "for", "off_delay", "hysteresis", "levels"} <= threshold[
        "properties"
    ].keys()
    assert "repeat" not in schema["$defs"]["Silence"]["properties"]
    assert schema["$defs"]["Subjects"]["properties"]["property"]["enum"][0] == "water_level"
    assert "description" in schema["$defs"]["Rate"]["properties"]["window"]
