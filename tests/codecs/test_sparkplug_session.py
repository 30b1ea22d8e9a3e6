"""Sparkplug sessions, told as a dispatcher would: who was born, what came, what must be asked."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.codecs import Heard
from ingest.codecs.decoded import Event
from ingest.codecs.findings import CODES
from ingest.codecs.sparkplug import decode
from ingest.codecs.sparkplug_encode import Metric, birth_or_death, encode
from ingest.codecs.sparkplug_proto import REBIRTH, Datatype, read
from ingest.codecs.sparkplug_session import (
    MOST_REMEMBERED,
    Session,
    decode_session,
    encode_session,
    step,
)  # fmt: skip
from tests.codecs.bad_bytes import RECEIVED_US, spoiled

S_US = 1_000_000
T_MS = 1_483_228_800_000


class Line:
    """A node's messages on their way: the session is stored and read again after each."""

    def __init__(self):
        self.stored = None
        self.now_us = RECEIVED_US
        self.seq = 0
        self.time_ms = T_MS

    def step(self, kind, wire, device=""):
        topic = f"spBv1.0/water/{kind}/pump-1" + (f"/{device}" if device else "")
        session = decode_session(self.stored) if self.stored is not None else None
        found = step(session, topic, wire, self.now_us)
        self.stored = encode_session(found.session) if found.session is not None else None
        self.decoded = decode(found.payload, Heard(topic, self.now_us))
        assert not self.decoded.unusable
        return found

    def write(self, *metrics, seq=None):
        self.time_ms += 1000
        wire = encode(metrics, self.time_ms, self.seq if seq is None else seq)
        self.seq = ((self.seq if seq is None else seq) + 1) % 256
        return wire

    def node_born(self, *metrics, bd_seq=0):
        return self.step("NBIRTH", self.write(birth_or_death(bd_seq), *metrics, seq=0))

    def device_born(self, *metrics, device="gauge"):
        return self.step("DBIRTH", self.write(*metrics), device)

    def data(self, *metrics, seq=None, device="gauge"):
        return self.step("DDATA", self.write(*metrics, seq=seq), device)

    def node_died(self, bd_seq=0):
        return self.step("NDEATH", encode([birth_or_death(bd_seq)], T_MS))

    @property
    def rows(self):
        told = self.decoded.measurements
        return list(zip(told.key, told.value.tolist(), told.unit, strict=True))


LEVEL = Metric("water_level", 350, Datatype.INT32, alias=7, unit="cm")


def by_alias(value, alias=7):
    """A metric as data of Sparkplug 3.0 has it: no name, no datatype, no unit."""
    return Metric("", value, Datatype.UNKNOWN, alias=alias)


@pytest.fixture
def line():
    """A node that is born, with one device that is."""
    line = Line()
    assert codes(line.node_born(Metric("pump_power", 2.5, alias=1))) == []
    assert codes(line.device_born(LEVEL)) == []
    return line


def codes(found):
    return [one.code for one in found.findings]


def asks(found):
    return [one.topic for one in found.replies]


def test_data_under_an_alias_stands_alone_afterwards(line):
    found = line.data(by_alias(-20))
    assert (codes(found), asks(found)) == ([], [])
    assert line.rows == [("water/pump-1/gauge/water_level", -20.0, "cm")]
    assert not line.decoded.findings


def test_data_under_its_name_gets_the_datatype_and_unit_of_its_birth(line):
    line.data(Metric("water_level", -20, Datatype.UNKNOWN))
    assert line.rows == [("water/pump-1/gauge/water_level", -20.0, "cm")]


def test_what_data_says_itself_counts_before_its_birth(line):
    line.data(Metric("water_level", 1.5, Datatype.DOUBLE, unit="m"))
    assert line.rows == [("water/pump-1/gauge/water_level", 1.5, "m")]


def test_a_message_to_which_nothing_is_added_stays_as_it_is(line):
    wire = line.write(Metric("other", 1.5))
    assert line.step("DDATA", wire, "gauge").payload is wire


def test_a_gap_asks_for_a_rebirth_and_the_data_is_taken(line):
    found = line.data(by_alias(1), seq=5)
    assert codes(found) == ["seq-gap"]
    assert "seq 5 where 2 must come" in found.findings[0].detail
    assert asks(found) == ["spBv1.0/water/NCMD/pump-1"]
    assert line.rows == [("water/pump-1/gauge/water_level", 1.0, "cm")]
    assert codes(line.data(by_alias(2))) == []


def test_the_request_writes_true_to_the_rebirth_metric(line):
    command = read(line.data(by_alias(1), seq=5).replies[0].payload)
    metric = command.metrics[0]
    assert (metric.name, metric.datatype, metric.boolean_value) == (REBIRTH, 11, True)
    assert metric.timestamp == RECEIVED_US // 1000


def test_5_4_the_sequence_goes_from_255_to_0(line):
    for _ in range(600):
        assert codes(line.data(by_alias(1))) == []


def test_a_message_delivered_again_is_no_gap_and_the_same_payload(line):
    wire = line.write(by_alias(1))
    first = line.step("DDATA", wire, "gauge")
    line.now_us += 60 * S_US
    again = line.step("DDATA", wire, "gauge")
    assert again == (first.session, first.payload, (), (), ())
    assert codes(line.data(by_alias(2))) == []


def test_several_messages_delivered_again_are_no_gap(line):
    wires = [line.write(by_alias(value)) for value in range(5)]
    for wire in [*wires, *wires]:
        assert codes(line.step("DDATA", wire, "gauge")) == []
    assert codes(line.data(by_alias(2))) == []


def test_a_birth_delivered_again_is_one_birth():
    line = Line()
    wire = line.write(birth_or_death(0), seq=0)
    line.step("NBIRTH", wire)
    line.device_born(LEVEL)
    line.step("NBIRTH", wire)
    assert codes(line.data(by_alias(1))) == []
    assert line.rows[0][0] == "water/pump-1/gauge/water_level"


def test_a_late_message_does_not_move_what_is_expected(line):
    early, late = line.write(by_alias(1)), line.write(by_alias(2))
    assert codes(line.step("DDATA", late, "gauge")) == ["seq-gap"]
    assert codes(line.step("DDATA", early, "gauge")) == ["seq-gap"]
    assert codes(line.data(by_alias(3))) == []


def test_a_rebirth_is_asked_for_at_most_every_10_s(line):
    assert asks(line.data(by_alias(1), seq=50))
    line.now_us += 10 * S_US - 1
    assert not asks(line.data(by_alias(1), seq=100))
    line.now_us += 1
    assert asks(line.data(by_alias(1), seq=150))


def test_a_clock_that_was_set_back_does_not_silence_the_request(line):
    assert asks(line.data(by_alias(1), seq=50))
    line.now_us -= 3600 * S_US
    assert asks(line.data(by_alias(1), seq=100))


def test_after_the_rebirth_all_is_well(line):
    line.data(by_alias(1), seq=50)
    assert codes(line.node_born()) == []
    assert codes(line.device_born(LEVEL)) == []
    assert codes(line.data(by_alias(9))) == []
    assert line.rows == [("water/pump-1/gauge/water_level", 9.0, "cm")]


def test_an_alias_nobody_named_asks_for_a_rebirth(line):
    found = line.data(by_alias(5, alias=99))
    assert asks(found)
    assert line.rows == [("water/pump-1/gauge/#99", 5.0, "")]
    assert [one.code for one in line.decoded.findings] == ["alias-unknown", "field-missing"]


@pytest.mark.parametrize("kind", ["NDATA", "DDATA", "DBIRTH"])
def test_data_before_the_nodes_birth_asks_for_it(kind):
    line = Line()
    found = line.step(kind, line.write(Metric("x", 1.5)), "gauge" if kind[0] == "D" else "")
    assert codes(found) == ["birth-missing"]
    assert asks(found)
    assert line.decoded.measurements.n == 1


def test_data_before_the_devices_birth_asks_for_it(line):
    found = line.data(Metric("x", 1.5), device="other")
    assert codes(found) == ["birth-missing"]
    assert asks(found)


def test_a_node_dies_with_its_devices(line):
    found = line.node_died()
    assert found.events == [Event("water/pump-1/gauge", "offline", RECEIVED_US, 0, {})]
    assert line.decoded.events[0][:3] == ("water/pump-1", "offline", RECEIVED_US)
    assert codes(line.data(by_alias(1))) == ["birth-missing"]


def test_a_death_of_an_earlier_life_is_none():
    # The node came back before the broker noticed that its last connection was dead.
    line = Line()
    line.node_born(bd_seq=3)
    line.node_born(bd_seq=4)
    found = line.node_died(bd_seq=3)
    assert codes(found) == ["bdseq-mismatch"]
    assert (asks(found), found.events, line.decoded.events) == ([], [], [])
    again = line.node_died(bd_seq=3)
    assert again.payload == found.payload
    assert codes(line.step("NDATA", line.write(Metric("x", 1.5)))) == []
    line.node_died(bd_seq=4)
    assert [one.kind for one in line.decoded.events] == ["offline"]


def test_a_devices_death_ends_it(line):
    assert codes(line.step("DDEATH", line.write(), "gauge")) == []
    assert codes(line.data(by_alias(1))) == ["birth-missing"]


def test_a_zero_that_the_encoder_left_out_is_a_zero(line):
    line.step("NBIRTH", line.write(birth_or_death(0), seq=254))
    line.device_born(LEVEL)
    line.step("DDATA", encode([by_alias(1)], T_MS + 1), "gauge")
    assert "seq 2 where 1 must come" in line.data(by_alias(1), seq=2).findings[0].detail


def test_after_a_birth_with_255_comes_0(line):
    line.step("NBIRTH", line.write(birth_or_death(0), seq=255))
    assert codes(line.device_born(LEVEL)) == []
    assert line.seq == 1


def test_a_birth_that_says_the_same_after_a_death_is_a_birth():
    line = Line()
    birth = encode([birth_or_death(0)], None, 0)
    line.step("NBIRTH", birth)
    line.step("NDEATH", encode([birth_or_death(0)]))
    line.step("NBIRTH", birth)
    assert codes(line.step("NDATA", line.write(Metric("x", 1.5), seq=1))) == []


def test_one_alias_for_two_metrics_is_told(line):
    found = line.device_born(Metric("y", 1.5, alias=7), device="other")
    assert codes(found) == ["alias-not-unique"]
    line.data(by_alias(-20))
    assert line.rows[0][0] == "water/pump-1/gauge/water_level"


def test_the_memory_of_a_node_is_bounded(line):
    metrics = [Metric(f"m{index}", 1, Datatype.UINT8) for index in range(15_000)]
    assert codes(line.device_born(*metrics, device="one")) == []
    assert codes(line.device_born(*metrics, device="two")) == ["over-length"]
    kept = decode_session(line.stored).born.values()
    assert sum(len(one.metrics) for one in kept) <= MOST_REMEMBERED


@pytest.mark.parametrize(
    "topic",
    ["spBv1.0/water/NCMD/pump-1", "spBv1.0/STATE/scada", "up/g/senml", "spBv1.0/water/NDATA"],
)
def test_messages_of_others_change_nothing(topic):
    assert step(None, topic, b"\x08\x01", RECEIVED_US) == (None, b"\x08\x01", (), (), ())
    session = Session(next_seq=7)
    assert step(session, topic, b"\x08\x01", RECEIVED_US).session is session


def test_a_payload_that_is_none_changes_nothing(line):
    before = decode_session(line.stored)
    found = step(before, "spBv1.0/water/NDATA/pump-1", b"\xff" * 9, RECEIVED_US)
    assert found == (before, b"\xff" * 9, (), (), ())


@pytest.mark.parametrize("stored", [b"", b"\xc1", b"{}", encode_session(Session())[:-1]])
def test_a_session_that_cannot_be_read_is_none(stored):
    assert decode_session(stored) is None


messages = st.lists(
    st.tuples(
        st.sampled_from(["NBIRTH", "NDEATH", "DBIRTH", "DDEATH", "NDATA", "DDATA"]),
        st.sampled_from(["a", "b"]),
        st.integers(0, 3),
        st.sampled_from([0, 1, 2, 3, 254, 255]),
        st.integers(0, 12 * S_US),
    ),
    max_size=30,
)


@given(messages)
def test_any_course_leaves_a_session_that_is_read_again_as_it_was(course):
    session, now_us = None, RECEIVED_US
    asked = []
    for index, (kind, device, alias, seq, passed_us) in enumerate(course):
        now_us += passed_us
        topic = f"spBv1.0/water/{kind}/pump-1" + (f"/{device}" if kind[0] == "D" else "")
        named = "x" if kind.endswith("BIRTH") else ""
        metrics = [birth_or_death(alias)] if kind in ("NBIRTH", "NDEATH") else []
        metrics.append(Metric(named, 1.5, alias=alias))
        wire = encode(metrics, T_MS + index, seq)
        before = encode_session(session) if session is not None else None
        found = step(session, topic, wire, now_us)
        if session is not None:
            assert encode_session(session) == before  # the old one is as it was
        assert decode_session(encode_session(found.session)) == found.session
        assert {one.code for one in found.findings} <= set(CODES)
        asked += [now_us for _ in found.replies]
        session = found.session
        again = step(session, topic, wire, now_us)
        assert (again.session, list(again.replies), list(again.findings)) == (session, [], [])
    assert all(b - a >= 10 * S_US for a, b in itertools.pairwise(asked))


def test_no_spoiled_payload_raises(line, tried):
    session = decode_session(line.stored)
    count = 0
    for wire in spoiled([line.write(LEVEL, by_alias(3)), line.write(birth_or_death(2))], seed=2):
        for kind in ("NBIRTH/pump-1", "DBIRTH/pump-1/gauge", "DDATA/pump-1/gauge", "NDEATH/pump-1"):
            topic = f"spBv1.0/water/{kind}"
            found = step(session, topic, wire, RECEIVED_US)
            assert decode_session(encode_session(found.session)) == found.session
            assert len(found.findings) <= 50
            count += 1
    tried("sparkplug session", count)
    assert count > 5000
