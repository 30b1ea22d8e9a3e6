"""One bad rule file for each mistake, and what it is told."""

import pytest

from rules.language import RuleError, RuleFile, parse
from tests.small_city import BRIDGE, LOCK, RULES, city

GOOD = RULES["rules.yaml"]


def test_limits_come_from_the_station():
    level = parse(RULES, city()).rules[0]
    assert level.slots.tolist() == [BRIDGE, LOCK]
    assert level.condition.on[:, 1].tolist() == [3.80, 2.00]
    assert level.condition.on[0, 3] == 4.60
    assert level.condition.on[1, 3] != level.condition.on[1, 3], "no guaranteed level: no red"


def test_durations_and_order():
    level, slow = parse(RULES, city()).rules
    assert (level.id, slow.id) == ("level", "slow")
    assert (level.off_delay_us, slow.on_delay_us) == (60_000_000, 120_000_000)


def test_the_digest_names_the_texts():
    assert parse(RULES, city()).digest != parse({"other.yaml": GOOD}, city()).digest


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(
            "hysteresis: 0.05", "hysterese: 0.05",
            "rules.yaml:3: hysteresis: is missing", id="missing_field",
        ),
        pytest.param(
            "    off_delay: 60s", "    off_dely: 60s",
            "rules.yaml:12: off_dely: is not known here; did you mean off_delay?",
            id="unknown_field",
        ),
        pytest.param(
            "red: {limit: guaranteed}", "red: {limt: guaranteed}",
            "rules.yaml:10: levels.red.limt: is not known here; did you mean limit?",
            id="nested_field",
        ),
        pytest.param(
            "off_delay: 60s", "off_delay: 60",
            "rules.yaml:12: off_delay: 60 is no duration; write a number and ms, s, min or h, "
            "e.g. 90s",
            id="duration_without_unit",
        ),
        pytest.param(
            "off_delay: 60s", "off_delay: soon",
            "rules.yaml:12: off_delay: 'soon' is no duration", id="duration_in_words",
        ),
        pytest.param(
            "version: 3", "version: 0", "rules.yaml:4: version: Input should be greater",
            id="version_zero",
        ),
        pytest.param(
            "version: 3", "version: three",
            "rules.yaml:4: version: Input should be a valid integer", id="version_in_words",
        ),
        pytest.param(
            "domain: water", "domain: watr",
            "rules.yaml:5: domain: 'watr'; did you mean water?", id="unknown_domain",
        ),
        pytest.param(
            "kind: threshold", "kind: treshold",
            "rules.yaml:6: kind: 'treshold'; did you mean threshold?", id="unknown_kind",
        ),
        pytest.param(
            "property: water_level", "property: waterlevel",
            "rules.yaml:7: subjects.property: 'waterlevel'; did you mean water_level?",
            id="unknown_property",
        ),
        pytest.param(
            "{property: water_level}", "{property: water_level, town: [nort]}",
            "rules.yaml:7: subjects.town: 'nort'; did you mean north?", id="unknown_town",
        ),
        pytest.param(
            "{property: water_level}", "{property: water_level, place_kind: [bridge]}",
            "rules.yaml:7: subjects.place_kind: 'bridge'; known: river_station, road_segment",
            id="unknown_place_kind",
        ),
        pytest.param(
            "limit: warning", "limit: waring",
            "rules.yaml:9: levels.yellow.limit: no station has 'waring'; did you mean warning?",
            id="unknown_limit",
        ),
        pytest.param(
            "limit: warning", "limit: warning, value: 3",
            "rules.yaml:9: levels.yellow: needs either value or limit, not both", id="two_limits",
        ),
        pytest.param(
            "limit: guaranteed", "value: 3.2",
            "rules.yaml:10: levels.red: 3.2 of bridge-gauge/water_level is not above yellow 3.8",
            id="levels_out_of_order",
        ),
        pytest.param(
            "jammed}}", "congested, plus: 1}}",
            "levels.yellow: 21 of radar/speed is not below blue 20", id="falling_out_of_order",
        ),
        pytest.param(
            "hysteresis: 0.05", "hysteresis: -0.05",
            "rules.yaml:11: hysteresis: Input should be greater than or equal to 0",
            id="negative_hysteresis",
        ),
        pytest.param(
            "{place}水位{value}", "{plac}水位{value}",
            "rules.yaml:13: message.zh: {plac} is unknown; a message may use place, town",
            id="unknown_message_field",
        ),
        pytest.param(
            "{place}水位{value}", "{place水位{value}",
            "rules.yaml:13: message.zh:", id="unbalanced_brace",
        ),
        pytest.param(
            "id: slow", "id: level", "rules.yaml:14: id: level is also in rules.yaml:3",
            id="same_id_twice",
        ),
        pytest.param(
            "id: level", "id: Level!", "rules.yaml:3: id: String should match", id="bad_id"
        ),
        pytest.param(
            "    version: 3\n", "    version: 3\n    version: 4\n",
            "rules.yaml:5: version: stands twice; the first is in line 4", id="key_twice",
        ),
        pytest.param("rules:\n", "rules: [\n", "is not YAML", id="no_yaml"),
        pytest.param(GOOD, "", "rules.yaml:1:", id="empty_file"),
        pytest.param(GOOD, "- 1", "rules.yaml:1:", id="no_mapping"),
        pytest.param(
            "property: water_level", "property: rain_1h",
            "rules.yaml:9: levels.yellow.limit: no station has 'warning'",
            id="station_has_no_limits",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(old, new, message):
    assert old in GOOD
    with pytest.raises(RuleError) as caught:
        parse({"rules.yaml": GOOD.replace(old, new, 1)}, city())
    assert message in str(caught.value)


def test_the_schema_for_editors_names_every_field():
    schema = RuleFile.model_json_schema()["$defs"]["Rule"]["properties"]
    assert {"id", "version", "for", "off_delay", "hysteresis", "levels"} <= schema.keys()
