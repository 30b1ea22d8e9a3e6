"""What differs between two versions of the rules."""

import pytest

from rules.language import RuleError
from rules.revision import Change, differences, not_raised
from tests.small_city import RULES

TEXT = RULES["rules.yaml"]
CALENDAR = "holidays: [2026-10-01]\nworkdays: []\n"


def changed(before, after, **others):
    assert before in TEXT
    return differences({"rules.yaml": TEXT}, {"rules.yaml": TEXT.replace(before, after), **others})


def test_the_same_rules_laid_out_otherwise_do_not_differ():
    first, second = TEXT.split("  - id: slow")
    assert differences(RULES, RULES) == []
    moved = {
        "b.yaml": first.replace("hysteresis: 0.05", "hysteresis:   0.05  # m"),
        "a.yaml": f"rules:\n  - id: slow{second}",
    }
    assert differences(RULES, moved) == []


def test_a_changed_rule_is_told_with_both_versions_and_its_line():
    assert changed("version: 3", "version: 4") == [
        Change("level", "changed", "rules.yaml:3", 3, 4)
    ]  # fmt: skip


def test_added_and_removed_rules_are_told():
    only = TEXT.split("  - id: slow")[0]
    assert differences({"a.yaml": TEXT}, {"b.yaml": only}) == [
        Change("slow", "removed", "a.yaml:14", 1, None)
    ]
    assert differences({}, {"a.yaml": TEXT}) == [
        Change("level", "added", "a.yaml:3", None, 3),
        Change("slow", "added", "a.yaml:14", None, 1),
    ]


def test_a_calendar_differs_as_a_whole():
    found = changed("hysteresis: 3", "hysteresis: 4", **{"calendar/2026.yaml": CALENDAR})
    assert [(one.id, one.kind) for one in found] == [
        ("slow", "changed"), ("calendar/2026.yaml", "added"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("edits", "mistakes"),
    [
        pytest.param([("hysteresis: 0.05", "hysteresis: 0.06")], ["level"], id="kept"),
        pytest.param(
            [("hysteresis: 0.05", "hysteresis: 0.06"), ("version: 3", "version: 2")],
            ["level"],
            id="lowered",
        ),
        pytest.param(
            [("hysteresis: 0.05", "hysteresis: 0.06"), ("version: 3", "version: 4")],
            [],
            id="raised",
        ),
        pytest.param([("version: 3", "version: 9")], [], id="only-raised"),
        pytest.param([("id: level", "id: stage")], [], id="renamed"),
    ],
)
def test_a_changed_rule_has_a_higher_version(edits, mistakes):
    text = TEXT
    for before, after in edits:
        text = text.replace(before, after)
    told = not_raised(differences(RULES, {"rules.yaml": text}))
    assert [str(one).split()[2] for one in told] == mistakes


def test_the_mistake_says_what_would_be_right():
    (told,) = not_raised(changed("for: 2min", "for: 3min"))
    assert str(told) == (
        "rules.yaml:14: version: slow was changed and its version 1 is not above 1, which is in "
        "force; raise it to 2"
    )


def test_what_is_no_yaml_is_told():
    with pytest.raises(RuleError, match=r"^a\.yaml:2: is not YAML"):
        differences({}, {"a.yaml": "rules: ["})
