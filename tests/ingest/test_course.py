"""Who sends more than its share waits, nobody else; a gateway never overtakes itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import catalogue
from devices.refusal import Reason
from ingest.course import Course
from ingest.fairness import TOKEN_BYTES, Buckets
from ingest.packing import Packed, Packer
from ingest.spool import Kept, Spooled
from tests.small_city import RAIN, TEXTS, city

NOW_US = 1_790_000_000_000_000
PACKER = Packer(city(), 4, 60.0)
FLOOD, CALM = "gw-road", "gw-bridge"


class Line:
    """A spool in memory, and a course through it."""

    def __init__(self, rate=1.0, burst=2.0, **bounds):
        self.rows = []
        self.written = []
        self.course = Course(PACKER, 0, Buckets(rate, burst), **bounds)

    def come(self, *gateways, at_s=0.0, size=10):
        for name in gateways:
            at_us = NOW_US + int(at_s * 1e6)
            self.rows.append(Kept(len(self.rows) + 1, name, "b", len(self.rows), size, at_us))

    def round(self, at_s=0.0, exhausted=True):
        """Send one round; returns its gateways."""
        now_us = NOW_US + int(at_s * 1e6)
        if start := self.course.forgotten():
            self.course.recall(start, self.rows[start - 1 :], more=False)
        self.course.begin(now_us)
        after = self.course.looked_to
        self.course.look(after, self.rows[after:])
        if exhausted:
            self.course.fill(now_us)
        ids = self.course.take()
        self.course.pack(self.fetch(ids))
        self.course.wrote(Packed())
        self.written += ids
        return [self.rows[one - 1].gateway for one in ids]

    def fetch(self, ids):
        return [
            Spooled(one, f"up/{row.gateway}/senml", b"[]", *row[1:4], row.received_us, "c:1")
            for one in ids
            for row in [self.rows[one - 1]]
        ]

    def written_of(self, gateway):
        return [one for one in self.written if self.rows[one - 1].gateway == gateway]


def test_others_overtake_what_is_beyond_its_share():
    line = Line()
    line.come(*[FLOOD] * 10, CALM, CALM)
    assert line.round() == [FLOOD, FLOOD, CALM, CALM]
    assert line.course.deferred(5, NOW_US) == [(FLOOD, 8, 8.0)]


def test_idle_capacity_is_for_whoever_waits():
    line = Line()
    line.come(*[FLOOD] * 10)
    line.round()
    assert line.round() == [FLOOD] * 8
    assert not line.course.waiting


def test_while_a_flood_goes_on_beside_others_it_gets_its_share_only():
    line = Line(rate=10.0, burst=10.0, beside_others=3)
    for tenth in range(20):
        line.come(*[FLOOD] * 30, CALM, at_s=tenth / 10)
        line.round(at_s=tenth / 10)
        assert len(line.written_of(FLOOD)) == 10 + tenth
        assert len(line.written_of(CALM)) == 1 + tenth
    assert line.round(at_s=1.95) == []
    assert line.course.pause_us(NOW_US + 1_950_000) > 0


def test_after_a_flood_little_is_filled_up_while_others_send():
    line = Line(rate=0.01, beside_others=3)
    line.come(*[FLOOD] * 10, CALM)
    line.round()
    line.come(CALM, at_s=1.5)
    line.round(at_s=1.5)
    assert line.round(at_s=1.5) == [FLOOD] * 3
    assert line.round(at_s=1.55) == []
    assert line.course.pause_us(NOW_US + 1_550_000) == 50_000
    assert line.round(at_s=1.6) == [FLOOD] * 3
    assert line.round(at_s=3.5) == [FLOOD] * 2


def test_its_share_is_its_own_while_others_fill_every_round():
    line = Line(rate=1.0, burst=1.0, most=4)
    line.come(*[FLOOD] * 5)
    line.round(exhausted=False)
    for second in range(1, 4):
        line.come(*[CALM, "gw-lock", "gw-nobody"], at_s=second)
        assert FLOOD in line.round(at_s=second, exhausted=False)


def test_an_outage_makes_nobody_a_flooder():
    line = Line(rate=1.0, burst=2.0)
    for second in range(100):
        line.come(FLOOD, CALM, at_s=second)
    assert line.round(at_s=1000) == [FLOOD, CALM] * 100


def test_a_large_message_costs_as_many_small_ones():
    line = Line(rate=1.0, burst=4.0)
    line.come(FLOOD, size=3 * TOKEN_BYTES)
    line.come(FLOOD, FLOOD, CALM)
    assert line.round() == [FLOOD, FLOOD, CALM]


def test_strangers_share_one_bucket():
    line = Line()
    line.come("nobody-1", "nobody-2", "nobody-3", CALM)
    assert line.round() == ["nobody-1", "nobody-2", CALM]
    assert line.course.deferred(5, NOW_US)[0].gateway == "(unknown gateways)"


def test_what_waits_is_not_asked_of_the_sink():
    line = Line()
    line.come(*[FLOOD] * 4, CALM)
    line.round()
    assert [one.id for one in line.course.sent(line.rows)] == [1, 2, 5]


def test_what_is_on_its_way_is_not_asked_of_the_sink():
    line = Line()
    line.come(CALM)
    line.course.begin(NOW_US)
    line.course.look(0, line.rows)
    assert line.course.sent(line.rows) == []


def test_after_a_restart_all_goes_again_from_the_oldest():
    line = Line(rate=1e6, burst=1e6)
    line.come(FLOOD, CALM, FLOOD)
    line.round()
    line.course.restart()
    assert line.course.sent_again == 0
    assert line.round() == [FLOOD, CALM, FLOOD]
    assert line.course.sent_again == 3


def test_what_never_went_does_not_go_again():
    line = Line()
    line.come(*[FLOOD] * 4, CALM)
    line.round()
    line.course.restart()
    line.come(CALM, at_s=60)
    while len(line.written) < 3 + 6:
        line.round(at_s=60)
    assert line.course.sent_again == 3


def test_what_was_asked_before_a_restart_is_not_taken():
    line = Line()
    line.come(CALM, CALM)
    line.round()
    line.come(CALM)
    after = line.course.looked_to
    line.course.restart()
    line.course.begin(NOW_US)
    line.course.look(after, line.rows[after:])
    assert (line.course.take(), line.course.looked_to) == ([], 0)


@pytest.mark.parametrize("remembered", [1, 2, 1000])
@given(
    st.lists(st.sampled_from([FLOOD, FLOOD, FLOOD, CALM, "gw-lock", "nobody"]), max_size=60),
    st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=20),
)
def test_everything_goes_once_and_in_order_within_a_gateway(remembered, gateways, rounds):
    line = Line(most=5, beside_others=2, remembered=remembered)
    at_s = 0.0
    for count, exhausted in rounds:
        line.come(*[gateways.pop() for _ in range(min(count, len(gateways)))], at_s=at_s)
        at_s += 0.3
        line.round(at_s, exhausted and line.course.looked_to == len(line.rows))
    for _ in range(200):
        at_s += 1
        line.round(at_s)
    assert sorted(line.written) == list(range(1, len(line.rows) + 1))
    for name in {row.gateway for row in line.rows} - {"nobody"}:
        assert line.written_of(name) == sorted(line.written_of(name))


NARROW = {**TEXTS, "datastreams.csv": TEXTS["datastreams.csv"].rpartition("\n4,")[0] + "\n"}
"""Without the datastream of rain."""


def packer(texts):
    return Packer(catalogue.build(texts), 4, 60.0)


def rain(number):
    text = b'[{"n": "bridge-gauge/rain_1h", "t": 1790000000, "v": 1.5}]'
    return Spooled(number, "up/gw-bridge/senml", text, CALM, "b", number, NOW_US, "gw-0:x")


def course_by(texts):
    return Course(packer(texts), 0, Buckets(1000.0, 1000.0))


def sent(course, *numbers):
    """Pack messages that the log then has; return what was taken in and what was refused."""
    packed = course.pack([rain(number) for number in numbers])
    course.wrote(packed)
    slots = [one for _, _, each in packed.records for one in each.batch.datastream.tolist()]
    return slots, [one.reason for one in packed.refusals]


def test_what_may_be_in_the_log_is_packed_as_it_was():
    course = course_by(NARROW)
    sent(course, 1, 2)
    course.replace(packer(TEXTS))
    assert sent(course, 3) == ([RAIN], [])
    course.restart()
    assert sent(course, 1, 2, 3, 4) == ([RAIN, RAIN], [Reason.UNKNOWN_DATASTREAM] * 2)


def test_a_city_that_nothing_in_the_spool_was_packed_by_is_forgotten():
    course = course_by(NARROW)
    sent(course, 1)
    course.replace(packer(TEXTS))
    course.oldest(1)
    assert sent(course, 1) == ([], [Reason.UNKNOWN_DATASTREAM])
    course.oldest(2)
    assert sent(course, 1) == ([RAIN], [])


def test_a_gateway_that_was_a_stranger_is_known_again_by_what_the_strangers_sent():
    alone = {**NARROW, "gateways.csv": NARROW["gateways.csv"].replace(CALM, "gw-other")}
    for name in ("devices.csv", "datastreams.csv"):
        alone[name] = alone[name].replace(CALM, "gw-other")
    course = course_by(alone)
    assert sent(course, 1)[1] == [Reason.UNKNOWN_GATEWAY]
    course.replace(packer(TEXTS))
    assert sent(course, 1, 2) == ([RAIN], [Reason.UNKNOWN_GATEWAY])
    assert course.sent_again == 1
