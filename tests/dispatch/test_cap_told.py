"""From our words to those of CAP: colours, kinds of messages, drills, places."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dispatch import cap
from dispatch.cap import MessageType, Reference, Severity, Status, Urgency
from dispatch.cap_told import FeedSettings, Step, Told, message
from dispatch.plans import Level
from tests.dispatch.cap_reader import mistakes, read
from tests.small_city import city

SENT = 1_790_000_000_000_000
FEED = FeedSettings()


def told(*numbers, **more):
    steps = tuple(Step(one, SENT + one * 60_000_000) for one in numbers or (1,))
    return Told(
        **{
            "id": "a-1", "steps": steps, "is_over": False, "colour": "yellow", "domain": "water",
            "headline": ("大桥站水位3.9m", "Bridge 3.9 m"),
            "places": (city().places["bridge"],), **more,
        }
    )  # fmt: skip


def make(*numbers, feed=FEED, **more):
    found = message(told(*numbers, **more), city(), feed)
    document = cap.xml(found, timedelta(hours=8))
    assert mistakes(document) == []
    assert read(document) == found
    return found


@pytest.mark.parametrize(
    ("colour", "severity", "urgency"),
    [
        ("red", Severity.EXTREME, Urgency.IMMEDIATE),
        ("orange", Severity.SEVERE, Urgency.IMMEDIATE),
        ("yellow", Severity.MODERATE, Urgency.EXPECTED),
        ("blue", Severity.MINOR, Urgency.EXPECTED),
        (None, Severity.UNKNOWN, Urgency.UNKNOWN),
    ],
)
def test_a_warning_colour_is_a_severity(colour, severity, urgency):
    for one in make(colour=colour).infos:
        assert (one.severity, one.urgency) == (severity, urgency)


def test_an_alert_is_told_updated_and_cancelled_with_all_before_it():
    first = make(1)
    assert (first.type, first.identifier, first.references) == (MessageType.ALERT, "a-1.1", ())
    update = make(1, 4)
    assert (update.type, update.identifier) == (MessageType.UPDATE, "a-1.4")
    assert update.references == (Reference(first.sender, "a-1.1", first.sent_us),)
    cancel = make(1, 4, 5, is_over=True)
    assert cancel.type is MessageType.CANCEL
    assert [one.identifier for one in cancel.references] == ["a-1.1", "a-1.4"]
    assert {one.urgency for one in cancel.infos} == {Urgency.PAST}


def test_of_very_many_earlier_messages_the_newest_are_referred_to():
    found = make(*range(1, 100)).references
    assert [one.identifier for one in found] == [f"a-1.{number}" for number in range(79, 99)]


def test_it_is_told_in_chinese_and_in_english():
    zh, en = make().infos
    assert (zh.language, zh.headline) == ("zh-CN", "黄色预警：大桥站水位3.9m")
    assert (en.language, en.headline) == ("en-US", "Yellow warning: Bridge 3.9 m")
    assert (zh.areas[0].description, en.areas[0].description) == ("南镇大桥站", "Bridge, South")
    assert (zh.sender_name, en.sender_name) == ("小城", "Smallville")
    assert (zh.event, en.event) == ("水情", "Water level and flooding")


@pytest.mark.parametrize(
    ("drill", "test", "status"),
    [
        (False, False, Status.ACTUAL),
        (True, False, Status.EXERCISE),
        (False, True, Status.TEST),
        (True, True, Status.EXERCISE),
    ],
)
def test_a_drill_is_an_exercise_and_says_so_to_people_too(drill, test, status):
    one = make(is_drill=drill, feed=FeedSettings(test=test))
    assert one.status is status
    assert one.infos[0].headline.startswith("【演练】") == drill
    assert one.infos[1].headline.startswith("[Exercise]") == drill
    assert bool(one.note) == drill


def test_the_response_level_stands_beside_the_colour():
    (zh, _) = make(level=Level.IV, rule="level").infos
    assert zh.parameters == (
        ("warningColour", "yellow"), ("rule", "level"), ("responseLevel", "IV"),
    )  # fmt: skip
    assert zh.severity is make(level=Level.I).infos[0].severity is Severity.MODERATE


def test_a_place_is_a_circle_with_the_code_of_its_town():
    (area,) = make().infos[0].areas
    assert area.circles == (cap.Circle(32.40, 120.10, 0.5),)
    assert area.geocodes == (("GB/T 10114", "000000002"),)


def test_without_a_place_it_is_the_whole_district():
    (area,) = make(places=()).infos[1].areas
    assert area.description == "Smallville"
    assert area.polygons == (
        ((32.3, 119.9), (32.3, 120.3), (32.7, 120.3), (32.7, 119.9), (32.3, 119.9)),
    )


def test_of_very_many_places_the_rest_is_told_by_town():
    bridge, lock = city().places["bridge"], city().places["lock"]
    areas = make(places=(bridge,) * 60 + (lock,)).infos[0].areas
    assert len(areas) == 52
    assert [one.description for one in areas[-2:]] == ["南镇", "北镇"]


def test_a_headline_is_no_longer_than_displays_show():
    (zh, _) = make(headline=("水" * 300, "w" * 300)).infos
    assert (len(zh.headline), zh.headline[-1]) == (160, "…")


def test_the_sender_is_of_the_district_or_as_it_is_set():
    assert make().sender == "ioc.000000"
    assert make(feed=FeedSettings(sender="ioc@example.org")).sender == "ioc@example.org"
    assert make(feed=FeedSettings(restriction="")).restriction == ""


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"sender": "a b"}, "sender: 'a b' must have no space"),
        ({"radius_km": 51.0}, "radius_km: 51 must be 0 to 50"),
    ],
)
def test_a_setting_that_cannot_be_is_told(values, why):
    with pytest.raises(ValueError, match=why):
        FeedSettings(**values)
