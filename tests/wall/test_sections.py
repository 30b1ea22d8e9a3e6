"""Sections: computed only for who looks, serialised once, whole each time."""

import json

import msgspec
import pytest

from ioc_dashboard import frames
from ioc_dashboard.scenario import HELD_US, Scenario
from ioc_dashboard.section_frames import SectionFrames
from ioc_dashboard.sections import Now
from tests.small_city import BRIDGE
from tests.wall.scripted import NOON_US, alert
from tests.wall.test_hub import CITY, Clock, drain, hub_at

SECOND = 1_000_000


class Counted(msgspec.Struct):
    readings: int


class Counting:
    """A section that says how many readings were heard, and counts how often it was asked."""

    page = "counting"
    refresh_s = 60.0

    def __init__(self, every_s=1):
        self.every_s = every_s
        self.asked = 0

    async def refresh(self, *_asked):
        raise AssertionError("not in these tests")

    def show(self, now):
        self.asked += 1
        return Counted(int(now.state.received.sum()))


def now_of(hub, us):
    return Now(us, hub._state, hub._state.believable(us), hub._silent, hub._board.told())


def hub_with(section):
    hub = hub_at()
    hub._sections = SectionFrames([section])
    return hub


def parts(screen):
    return [one for one in drain(screen) if isinstance(one, frames.SectionShown)]


def test_a_section_is_computed_only_while_somebody_looks():
    section = Counting()
    hub = hub_with(section)
    screen = hub.join()
    hub.push_second()
    assert section.asked == 0
    hub.grant(screen, frames.Wish(page="counting"))
    assert [json.loads(bytes(one.data)) for one in parts(screen)] == [{"readings": 0}]
    hub.grant(screen, frames.Wish(page="overview"))
    asked = section.asked
    hub.push_second()
    assert section.asked == asked


def test_what_did_not_change_is_not_sent_again_but_a_new_screen_gets_it():
    section = Counting()
    frames_of = SectionFrames([section])
    hub = hub_at()
    first = frames_of.due({"counting"}, now_of(hub, NOON_US))
    again = frames_of.due({"counting"}, now_of(hub, NOON_US + SECOND))
    assert ([page for page, _ in first], again) == (["counting"], [])
    assert frames_of.of("counting", now_of(hub, NOON_US + SECOND)) is not None
    assert frames_of.of("nobody", now_of(hub, NOON_US)) is None


def test_a_slow_section_is_asked_at_its_own_pace():
    section = Counting(every_s=5)
    frames_of = SectionFrames([section])
    hub = hub_at()
    for second in range(11):
        # The hub's seconds are not exact.
        frames_of.due({"counting"}, now_of(hub, NOON_US + second * SECOND + second % 3 * 9_000))
    assert section.asked == 3


def test_one_screens_page_is_no_others_business():
    hub = hub_with(Counting())
    one, other = hub.join(), hub.join()
    hub.grant(one, frames.Wish(page="counting"))
    hub.push_second()
    assert len(parts(one)) >= 1
    assert parts(other) == []


@pytest.mark.parametrize("text", ["snapshot", "{", '{"pages":"x"}', '{"page":1}', "[]"])
def test_what_is_no_wish_is_refused(text):
    with pytest.raises(msgspec.DecodeError):
        frames.wish(text)


def water(name, severity, **more):
    return alert(name, BRIDGE, severity=severity, **more)


@pytest.mark.parametrize(
    ("alerts", "scenario"),
    [
        ([], ""),
        ([water("a", "red")], "flood"),
        ([water("a", "orange"), water("b", "orange")], ""),
        ([water(name, "orange") for name in "abc"], "flood"),
        ([water(name, "yellow") for name in "abcdef"], ""),
        ([water("a", "red", active=False)], ""),
        ([water("a", "red", drill=True)], ""),
        ([water("a", "red", domain="air")], ""),
    ],
    ids=["calm", "red", "two-orange", "three-orange", "yellow", "cleared", "drill", "other-domain"],
)
def test_the_scenario_follows_the_water_alerts(alerts, scenario):
    assert Scenario().of(alerts, NOON_US) == scenario


def test_the_scenario_outlives_its_reason_for_a_while():
    scenario = Scenario()
    scenario.of([water("a", "red")], NOON_US)
    assert scenario.of([], NOON_US + HELD_US) == "flood"
    assert scenario.of([], NOON_US + HELD_US + 1) == ""


def test_the_present_tells_the_scenario():
    hub = hub_at(Clock)
    hub.take_alerts([water("a", "red")], True)
    hub.push_second()
    assert hub._present.scenario == "flood"
    assert CITY.datastreams[BRIDGE].observed_property == "water_level"
