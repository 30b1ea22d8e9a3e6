"""Sets of packets that are answered once: SL 651, 6.3.1.2, M3, a packet in each payload."""

import itertools

import pytest

from ingest import set_answers
from ingest.codecs import Heard, sl651, sl651_stream
from ingest.codecs.sl651_encode import Report, Reported, encode
from ingest.edge_reception import EdgeReception
from ingest.message import Message
from ingest.reception import Reception

NOON_US = 1_800_000_000_000_000
TOPIC = "up/gw-bridge/sl651"


def packets(serial=7, level=3.85, station="0010100001"):
    """A report in three packets of a frame each."""
    elements = [Reported(0x39, (level,)), Reported(0x38, (12.6,)), Reported(0x20, (13.0,))]
    report = Report(station, 0x32, NOON_US, NOON_US, elements, serial=serial)
    frames = sl651_stream.Framer().feed(encode(report, packet_bytes=14))
    assert len(frames) == 3
    return frames


def answer_to(frames, at_us=NOON_US):
    """What the codec answers where all packets come in one payload."""
    (reply,) = sl651.decode(b"".join(frames), Heard(TOPIC, at_us)).replies
    return reply.payload


@pytest.fixture(params=[lambda: Reception("c:1", {}), lambda: EdgeReception("e:1")],
                ids=["centre", "edge"])  # fmt: skip
def hear(request):
    reception = request.param()

    def heard(payload, at_us=NOON_US, topic=TOPIC):
        found = reception.receive(Message(topic, payload, {}, at_us))
        return [one.payload for one in found.replies]

    return heard


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))], ids=str)
def test_the_packet_that_completes_a_set_is_answered_and_no_other(hear, order):
    frames = packets()
    told = [hear(frames[number]) for number in order]
    assert told == [[], [], [answer_to(frames)]]


def test_who_did_not_hear_the_answer_gets_it_again_once(hear):
    frames = packets()
    for one in frames:
        hear(one)
    later = NOON_US + 60_000_000
    assert [hear(one, later) for one in frames] == [[], [], [answer_to(frames, later)]]
    assert hear(frames[-1], later) == [answer_to(frames, later)]


def test_the_next_set_of_a_station_has_its_own_answer(hear):
    first, second = packets(serial=7), packets(serial=8)
    assert first[2] == second[2]  # equal values
    told = [hear(one) for one in (*first, *second)]
    assert told == [[], [], [answer_to(first)], [], [], [answer_to(second)]]


def test_a_set_that_lost_a_packet_is_not_answered_until_it_comes_again(hear):
    frames = packets()
    assert [hear(frames[0]), hear(frames[2])] == [[], []]
    assert [hear(one) for one in frames] == [[], [answer_to(frames)], [answer_to(frames)]]


def test_packets_that_came_too_long_ago_do_not_complete_a_set(hear):
    frames = packets()
    hear(frames[0])
    late = NOON_US + (set_answers.PATIENCE_S + 1) * 1_000_000
    assert [hear(one, late) for one in frames[1:]] == [[], []]


def test_stations_and_topics_do_not_complete_each_other(hear):
    one, other = packets(), packets(station="0010100002")
    assert hear(one[0]) == hear(other[1]) == hear(one[1], topic="up/x/sl651") == hear(one[2]) == []


def test_a_packet_with_a_wrong_check_is_not_answered(hear):
    frames = packets()
    hurt = frames[2][:-1] + bytes([frames[2][-1] ^ 1])
    assert [hear(frames[0]), hear(frames[1]), hear(hurt)] == [[], [], []]
    assert hear(frames[2]) == [answer_to(frames)]


def test_what_is_kept_is_bounded_and_costs_an_answer_at_most(hear, monkeypatch):
    monkeypatch.setattr(set_answers, "_MOST_SETS", 2)
    sets = [packets(station=f"001010000{number}") for number in range(3)]
    for frames in sets:
        hear(frames[0])
        hear(frames[1])
    told = [hear(frames[2]) for frames in reversed(sets)]
    assert told == [[answer_to(sets[2])], [answer_to(sets[1])], []]
