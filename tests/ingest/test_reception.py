"""What happens to a message at receipt: decoded where needed and once, answered, numbered."""

from typing import NamedTuple

import pytest

from ingest import codecs
from ingest.codecs import Finding, Heard, Reply
from ingest.codecs.parts import Part
from ingest.codecs.receiving import SessionCodec
from ingest.identity import UNNUMBERED
from ingest.message import Message
from ingest.reception import Reception
from ingest.spooled import decode_noted
from tests.ingest import line_codec
from tests.ingest.line_codec import answer, frame

NUMBERED = {"boot": "b", "seq": "7"}
PACK = b'[{"n":"bridge-gauge/water_level","t":1.7e9,"v":3.5}]'


class Calls:
    """The codecs of today, and how often each was asked."""

    def __init__(self, monkeypatch):
        self.heard = []
        for name in ("senml", line_codec.NAME):
            monkeypatch.setitem(codecs.CODECS, name, self._counting(codecs.CODECS[name]))

    def _counting(self, decode):
        def counted(payload: bytes, heard: Heard):
            self.heard.append(heard)
            return decode(payload, heard)

        return counted


@pytest.fixture
def calls(monkeypatch):
    monkeypatch.setitem(codecs.CODECS, line_codec.NAME, line_codec.decode)
    monkeypatch.setitem(codecs.PARTS, line_codec.NAME, line_codec.part_of)
    codecs.ANSWERING.add(line_codec.NAME)
    yield Calls(monkeypatch)
    codecs.ANSWERING.discard(line_codec.NAME)


def received(topic, payload, properties=(), reception=None, **more):
    reception = reception or Reception("c:1", {})
    return reception.receive(Message(topic, payload, dict(properties), 5, **more))


def test_a_numbered_pack_is_not_decoded(calls):
    one = received("up/g/senml", PACK, NUMBERED)
    assert (one.spooled.boot, one.spooled.seq, one.spooled.received_us) == ("b", 7, 5)
    assert one.replies == []
    assert calls.heard == []


def test_an_unnumbered_pack_is_decoded_once_for_its_times(calls):
    one = received("up/g/senml", PACK)
    assert one.spooled.seq == UNNUMBERED
    assert one.spooled.content
    assert calls.heard == [Heard("up/g/senml")]


@pytest.mark.parametrize("properties", [{}, NUMBERED], ids=["unnumbered", "numbered"])
def test_a_codec_that_answers_is_decoded_once_and_answered_each_time(calls, properties):
    reception = Reception("c:1", {})
    for _ in range(2):  # the device did not hear the first answer
        one = received("up/g/line", frame(), properties, reception)
        assert [reply.payload for reply in one.replies] == [answer()]
    assert calls.heard == [Heard("up/g/line", 5)] * 2
    assert bool(one.spooled.content) is not bool(properties)


def test_what_the_listener_has_decoded_is_not_decoded_again(calls):
    told = line_codec.decode(frame(), Heard())
    one = received("up/g/line", frame(), told=told)
    assert [reply.payload for reply in one.replies] == [answer()]
    assert one.spooled.content
    assert calls.heard == []


def test_an_event_that_says_when_is_known_by_its_content(calls):
    assert received("up/g/line", frame(level=None)).spooled.content
    assert not received("up/g/line", frame(level=None, time_s=5)).spooled.content


def test_a_piece_says_of_what(calls):
    one = received("up/g/line", frame(number=2, total=3))
    assert one.spooled.part == Part("bridge-gauge.k", 2, 3)
    assert received("up/g/line", frame()).spooled.part is None


@pytest.mark.parametrize(
    "topic",
    ["spBv1.0/g/NCMD/n", "spBv1.0/g/DCMD/n/d", "spBv1.0/STATE/host"],
)
def test_commands_to_others_are_not_kept(calls, topic):
    assert received(topic, b"").spooled is None


@pytest.mark.parametrize(
    "topic",
    ["", "/", "up", "up//", "up/g\0/senml", "up/a/b/c/d", "spBv1.0", "spBv1.0/g/NDATA", "v1/x",
     "spBv1.0/g/XXX/n/d/e", "up/" + "x" * 70_000 + "/senml"],
)  # fmt: skip
def test_a_topic_of_any_form_is_kept_and_never_raises(calls, topic):
    assert received(topic, b"\xff").spooled.topic == topic


class Count(NamedTuple):
    """A step of the session below: as many messages as came before are written in front."""

    session: int
    payload: bytes
    replies: list[Reply]
    findings: list[Finding]
    events: list


def _step(session, _topic, payload, _received_us):
    count = (session or 0) + 1
    birth = [Reply(b"rebirth", "spBv1.0/g/NCMD/n")] if count == 1 else []
    gap = [Finding("seq-gap", "g/n", "first")] if count == 1 else []
    return Count(count, b"%d:" % count + payload, birth, gap, [])


@pytest.fixture
def _sessions(monkeypatch):
    monkeypatch.setitem(
        codecs.SESSIONS, "sparkplug", SessionCodec(_step, lambda count: b"%d" % count, int)
    )


SPARKPLUG = "spBv1.0/g/NDATA/n"


@pytest.mark.usefixtures("_sessions")
def test_a_session_moves_with_each_message_and_not_with_one_that_comes_again(calls):
    reception = Reception("c:1", {})
    first, second = (received(SPARKPLUG, payload, (), reception) for payload in (b"x", b"y"))
    assert (first.spooled.payload, second.spooled.payload) == (b"1:x", b"2:y")
    assert first.spooled.gateway == "g/n"
    assert [reply.topic for reply in first.replies] == ["spBv1.0/g/NCMD/n"]
    assert decode_noted(first.spooled.noted).findings == [Finding("seq-gap", "g/n", "first")]
    assert second.spooled.noted == b""
    # After a lost connection MQTT brings the whole row once more.
    assert [received(SPARKPLUG, one, (), reception).spooled for one in (b"x", b"y")] == [None] * 2
    assert received(SPARKPLUG, b"z", (), reception).spooled.payload == b"3:z"
    assert received("spBv1.0/g/NDATA/m", b"x", (), reception).spooled.payload == b"1:x"


@pytest.mark.usefixtures("_sessions")
def test_a_session_goes_on_where_the_spool_has_it(calls):
    before = Reception("c:1", {})
    received(SPARKPLUG, b"x", (), before)
    changed = before.changed()
    assert before.changed() == {}
    after = Reception("c:2", changed)
    assert received(SPARKPLUG, b"x", (), after).spooled is None
    assert received(SPARKPLUG, b"y", (), after).spooled.payload == b"2:y"


@pytest.mark.usefixtures("_sessions")
@pytest.mark.parametrize("stored", [b"", b"nonsense", b"\x92\xa1x\x90"])
def test_a_session_that_cannot_be_read_begins_anew(calls, stored):
    reception = Reception("c:1", {"sparkplug:g/n": stored, "nobody:x": b""})
    assert received(SPARKPLUG, b"x", (), reception).spooled.payload == b"1:x"
