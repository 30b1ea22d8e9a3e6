"""The hub: one present, many screens."""

import asyncio

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import Tick
from ioc_dashboard import frames
from ioc_dashboard.hub import Hub
from ioc_dashboard.screen import WAITING_FRAMES
from ioc_dashboard.section_frames import SectionFrames
from tests.small_city import BRIDGE, LOCK, PONDING, city
from tests.wall.scripted import NOON_US, ScriptedWorld, alert, heard

CITY = city()
SECOND = 1_000_000
HANG_S = 20
"""Only ends a test that hangs."""


class Clock:
    us = NOON_US


def hub_at(clock=Clock, world=None):
    world = world or ScriptedWorld()
    hub = Hub(
        CITY, world, world, world, build="b", trend_hours=1, now_us=lambda: clock.us
    )  # fmt: skip
    hub._sections = SectionFrames([])  # they have tests of their own
    return hub


def drain(screen):
    async def take():
        got = []
        while not screen._waiting.empty():
            frame = await screen.next()
            got.append(None if frame is None else frames.decode(frame))
        return got

    return asyncio.run(take())


MOVERS = frames.Movers(
    at_ms=NOON_US // 1000, id=["c1"], kind=["crew"], name=[("一队", "Crew 1")], lon=[120.1],
    lat=[32.5], state=["idle"], time_ms=[NOON_US // 1000],
)  # fmt: skip


def test_what_moves_goes_out_at_once_and_to_who_comes_later():
    hub = hub_at()
    first = hub.join()
    assert [type(one) for one in drain(first)] == [frames.Hello, frames.Snapshot]
    hub.take_movers(MOVERS)
    assert drain(first) == [MOVERS]
    assert drain(hub.join())[2:] == [MOVERS]
    # It is whole, so it leaves no gap for those that count frames.
    hub.push_second()
    (diff,) = drain(first)
    assert diff.seq == diff.prev + 1 == 1


def test_a_screen_first_hears_the_build_and_then_everything():
    hub = hub_at()
    hub.take_record(heard([(BRIDGE, NOON_US, 3.5, 0)]))
    hello, snapshot = drain(hub.join())
    assert hello == frames.Hello("b")
    assert isinstance(snapshot, frames.Snapshot)
    assert snapshot.values.slot == [BRIDGE]
    assert snapshot.values.result == [3.5]


def test_frames_follow_each_other_without_a_gap():
    hub = hub_at()
    screen = hub.join()
    hub.push_second()
    hub.push_alerts()
    hub.push_second()
    _, snapshot, *rest = drain(screen)
    seqs = [snapshot.seq, *(frame.seq for frame in rest)]
    assert [frame.prev for frame in rest] == seqs[:-1]


def test_an_alert_of_the_past_second_is_in_the_snapshot_or_follows_it():
    hub = hub_at()
    hub.take_alerts([alert("a", BRIDGE)], True)
    screen = hub.join()
    hub.push_alerts()
    _, snapshot, change = drain(screen)
    assert snapshot.alerts.total == 0
    assert [line.id for line in change.alerts.lines] == ["a"]


moves = st.lists(
    st.one_of(
        st.tuples(st.integers(0, len(CITY.datastreams) - 1), st.floats(0, 5)),
        st.just("second"),
        st.just("join"),
    ),
    max_size=30,
)


class Page:
    """What a page knows, from its frames alone."""

    def __init__(self, screen):
        self.screen = screen
        self.values = {}
        self.silent = set()

    def catch_up(self):
        for frame in drain(self.screen):
            if isinstance(frame, frames.Snapshot):
                self.values, self.silent = {}, set()
            if isinstance(frame, frames.Snapshot | frames.Diff):
                for slot, *rest in zip(*msgspec.structs.astuple(frame.values), strict=True):
                    self.values[slot] = rest
                for device, is_silent in zip(
                    frame.devices.device, frame.devices.silent, strict=True
                ):
                    (self.silent.add if is_silent else self.silent.discard)(device)


@given(moves)
def test_snapshot_and_diffs_tell_what_a_new_snapshot_tells(script):
    clock = type("Clock", (), {"us": NOON_US})
    hub = hub_at(clock)
    pages = [Page(hub.join())]
    for move in [*script, "second"]:
        if move == "second":
            clock.us += 20 * SECOND
            hub.push_second()
        elif move == "join":
            pages.append(Page(hub.join()))
        else:
            hub.take_record(heard([(move[0], clock.us, move[1], 0)]))
        for page in pages:
            page.catch_up()
    fresh = Page(hub.join())
    fresh.catch_up()
    for page in pages:
        assert page.values == fresh.values
        assert page.silent == fresh.silent


def test_a_screen_that_cannot_keep_up_is_given_up_and_the_others_are_not():
    hub = hub_at()
    slow, quick = hub.join(), hub.join()
    seen = 0
    for _ in range(WAITING_FRAMES):
        hub.push_second()
        seen += len(drain(quick))
    assert slow.lost
    assert drain(slow) == [None]
    assert not quick.lost
    assert seen == WAITING_FRAMES + 2
    assert hub.facts()["screens"] == 1
    assert hub.facts()["screens_lost"] == 1


def test_one_frame_is_the_same_bytes_for_every_screen():
    hub = hub_at()
    one, other = hub.join(), hub.join()
    hub.push_second()

    async def all_of(screen):
        return [await screen.next() for _ in range(3)]

    first, second = asyncio.run(all_of(one)), asyncio.run(all_of(other))
    assert all(a is b for a, b in zip(first, second, strict=True))


def test_a_value_that_is_no_number_is_sent_as_none():
    hub = hub_at()
    hub.take_record(heard([(PONDING, NOON_US, float("nan"), 0)]))
    assert drain(hub.join())[1].values.result == [None]


def test_silence_shows_without_any_reading():
    clock = type("Clock", (), {"us": NOON_US})
    hub = hub_at(clock)
    hub.take_record(heard([(BRIDGE, NOON_US, 3.5, 0), (LOCK, NOON_US, 1.5, 0)]))
    hub.push_second()
    screen = hub.join()
    clock.us += 181 * SECOND
    hub.push_second()
    diff = drain(screen)[-1]
    assert diff.devices.silent == [True, True]
    assert diff.present.domains[0].state == "late"


def test_the_age_of_the_log_is_that_of_its_last_record():
    clock = type("Clock", (), {"us": NOON_US})
    hub = hub_at(clock)
    assert hub.facts()["log_age_s"] is None
    hub.take_record(Tick(NOON_US))
    clock.us += 7 * SECOND
    assert hub.facts()["log_age_s"] == 7.0


class SpeakingWorld(ScriptedWorld):
    """Delivers one alert and remembers one reading, as the real parts would."""

    async def run(self, deliver):
        if deliver.__name__ == "take_alerts":
            deliver([alert("a", BRIDGE)], True)
            deliver([alert("b", BRIDGE, severity="red")], False)
        await asyncio.Event().wait()


def test_running_it_pushes_alerts_of_one_moment_as_one_frame_and_the_remembered_values():
    world = SpeakingWorld(heard([(LOCK, NOON_US, 1.5, 0)]).batch)
    world.trend_of = lambda _: (
        np.array([NOON_US - 60 * SECOND]),
        np.array([40.0]),
        np.array([50.0]),
    )

    async def watch():
        hub = hub_at(world=world)
        screen = hub.join()
        running = asyncio.create_task(hub.run())
        got = []
        async with asyncio.timeout(HANG_S):
            while not any(isinstance(one, frames.AlertsChanged) for one in got):
                got.append(frames.decode(await screen.next()))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return got

    got = asyncio.run(watch())
    changes = [one for one in got if isinstance(one, frames.AlertsChanged)]
    assert [line.id for line in changes[0].alerts.lines] == ["b", "a"]
    snapshots = [one for one in got if isinstance(one, frames.Snapshot)]
    assert snapshots[-1].values.slot == [LOCK]
    assert {one.id: one.value for one in snapshots[-1].trends}["speed_mean"] == [40.0]


class Ending(ScriptedWorld):
    """A source that ends although it must not."""

    def __init__(self, end):
        super().__init__()
        self._end = end

    async def run(self, _deliver):
        self._end()


def cancelled_from_within():
    raise asyncio.CancelledError


def test_a_source_that_ends_takes_the_hub_with_it():
    """Otherwise the wall would live on and hear nothing more."""
    for end in (cancelled_from_within, lambda: None):
        with pytest.raises(ExceptionGroup) as caught:
            asyncio.run(asyncio.wait_for(hub_at(world=Ending(end)).run(), HANG_S))
        assert caught.group_contains(RuntimeError, match="the hub's (readings|alerts)")
