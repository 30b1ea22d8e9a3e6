"""CAP 1.2: every field comes back, the schema of OASIS agrees, and what CAP has not is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from dispatch import cap
from dispatch.cap import (
    Area,
    CapError,
    Category,
    Certainty,
    Circle,
    Info,
    Message,
    MessageType,
    Reference,
    ResponseType,
    Severity,
    Status,
    Urgency,
)
from tests.dispatch.cap_reader import NS, mistakes, read

BEIJING = timedelta(hours=8)
SENT = 1_790_000_000_000_000
RING = ((32.3, 119.9), (32.3, 120.3), (32.7, 120.3), (32.3, 119.9))


def info(language="zh-CN", **more):
    return Info(
        **{
            "language": language, "event": "水情", "categories": (Category.MET,),
            "urgency": Urgency.EXPECTED, "severity": Severity.MODERATE,
            "certainty": Certainty.OBSERVED, **more,
        }
    )  # fmt: skip


def message(**more):
    return Message(
        **{
            "identifier": "a-1.1", "sender": "ioc.321204", "sent_us": SENT,
            "status": Status.ACTUAL, "type": MessageType.ALERT, "infos": (info(),), **more,
        }
    )  # fmt: skip


FULL = message(
    type=MessageType.UPDATE,
    status=Status.EXERCISE,
    restriction="intranet & friends <only>",
    note="演练",
    references=(Reference("ioc.321204", "a-1.1", SENT), Reference("x", "y", SENT + 1_000_000)),
    incidents=("i-1", "i-2"),
    infos=(
        info(
            categories=(Category.MET, Category.INFRA),
            responses=(ResponseType.MONITOR,),
            onset_us=SENT - 60_000_000,
            expires_us=SENT + 3_600_000_000,
            sender_name="泰州市姜堰区",
            headline="水位 > 3.80 m & rising",
            description='line one\nline "two"',
            instruction="绕行",
            web="https://example.org/a?b=1&c=2",
            contact="0523-88888888",
            parameters=(("warningColour", "yellow"), ("rule", "")),
            areas=(
                Area(
                    "大桥站",
                    (RING, RING),
                    (Circle(32.4, 120.1, 0.5), Circle(-0.5, -180, 0)),
                    (("GB/T 2260", "321204"),),
                ),
                Area("district"),
            ),
        ),
        info("en-US", event="Flood"),
    ),
)


def test_every_field_comes_back():
    assert read(cap.xml(FULL, BEIJING)) == FULL
    assert mistakes(cap.xml(FULL, BEIJING)) == []


def test_every_field_of_the_example_says_something():
    """Else the test above would not notice one that is left out."""
    areas = [area for one in FULL.infos for area in one.areas]
    for things in ([FULL], FULL.infos, areas):
        for name in type(things[0]).__dataclass_fields__:
            assert any(getattr(one, name) for one in things), name


@pytest.mark.parametrize(
    ("kind", "schema_says"),
    [
        (Status, "status"), (MessageType, "msgType"), (Category, "category"), (Urgency, "urgency"),
        (Severity, "severity"), (Certainty, "certainty"), (ResponseType, "responseType"),
    ],
)  # fmt: skip
def test_the_schema_knows_each_of_our_words(kind, schema_says):
    root = etree.fromstring(cap.xml(FULL, BEIJING))
    (first, *_) = root.iter(f"{NS}{schema_says}")
    for word in kind:
        first.text = word.value
        assert mistakes(root) == [], word
    first.text = "Dreadful"
    assert mistakes(root)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        pytest.param(BEIJING, "2026-09-21T22:13:20+08:00", id="beijing"),
        pytest.param(timedelta(0), "2026-09-21T14:13:20-00:00", id="utc_is_minus_zero"),
        pytest.param(timedelta(hours=-3.5), "2026-09-21T10:43:20-03:30", id="west"),
    ],
)
def test_times_have_a_numeric_offset_and_whole_seconds(zone, text):
    found = cap.xml(message(sent_us=SENT + 999_999), zone)
    assert etree.fromstring(found).findtext(f"{NS}sent") == text
    assert mistakes(found) == []


@pytest.mark.parametrize("zone", [timedelta(hours=15), timedelta(seconds=30)])
def test_an_offset_that_a_time_cannot_have_is_refused(zone):
    with pytest.raises(CapError, match="whole minutes, at most 14 h"):
        cap.xml(message(), zone)


def test_a_z_is_no_time_for_the_schema_either():
    root = etree.fromstring(cap.xml(message(), BEIJING))
    root.find(f"{NS}sent").text = "2026-09-21T14:13:20Z"
    assert mistakes(root)


def test_points_are_north_then_east_and_a_ring_ends_where_it_began():
    area = Area("x", (RING,), (Circle(32.4, 120.1, 0.25),))
    root = etree.fromstring(cap.xml(message(infos=(info(areas=(area,)),)), BEIJING))
    points = root.findtext(f".//{NS}polygon").split(" ")
    assert points[0] == points[-1] == "32.30000,119.90000"
    assert root.findtext(f".//{NS}circle") == "32.40000,120.10000 0.25"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        pytest.param(lambda: message(identifier="a 1"), "identifier: 'a 1' must", id="space"),
        pytest.param(lambda: message(identifier=""), "identifier: '' must be there", id="empty"),
        pytest.param(lambda: message(sender="a,b"), "sender: 'a,b' must", id="comma"),
        pytest.param(lambda: message(incidents=("a<",)), "incidents: 'a<' must", id="less_than"),
        pytest.param(lambda: message(type=MessageType.CANCEL), "at least one reference",
                     id="a_cancel_of_nothing"),
        pytest.param(lambda: message(references=(Reference("a", "b", 0),)), "no references",
                     id="a_first_message_of_another"),
        pytest.param(lambda: Area("x", ((*RING[:3], (32.5, 120.0)),)), "the last one the first",
                     id="an_open_ring"),
        pytest.param(lambda: Area("x", ((RING[0],) * 3,)), "at least four", id="no_ring"),
        pytest.param(lambda: Area("x", (((120.1, 32.4),) * 4,)), "write degrees north",
                     id="east_before_north"),
        pytest.param(lambda: Circle(32.4, float("nan"), 1), "is no point", id="nan"),
        pytest.param(lambda: Circle(32.4, 120.1, -1), "must be 0 or more", id="radius"),
        pytest.param(lambda: Area(" "), "area: is missing", id="nowhere"),
        pytest.param(lambda: info(language="zh CN"), "must be like zh-CN", id="language"),
        pytest.param(lambda: info(categories=()), "category: is missing", id="category"),
        pytest.param(lambda: info(event=""), "event: is missing", id="event"),
    ],
)  # fmt: skip
def test_what_cap_has_not_is_refused(make, why):
    with pytest.raises(CapError, match=why):
        make()


def test_what_xml_cannot_hold_is_seen_and_the_rest_is_told():
    found = read(cap.xml(message(note="a\x00b\x1b[2J\ud800\r\nc"), BEIJING))
    assert found.note == "a�b�[2J�\nc"


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=30).map(
    cap.storable
)
_SOME = _TEXT.filter(str.strip)
_NAME = st.from_regex(r"[A-Za-z0-9@:._-]{1,20}", fullmatch=True)
_US = st.integers(0, 4_000_000_000).map(lambda seconds: seconds * 1_000_000)
_LAT = st.integers(-9_000_000, 9_000_000).map(lambda one: one / 100_000)
_LON = st.integers(-18_000_000, 18_000_000).map(lambda one: one / 100_000)
_POINT = st.tuples(_LAT, _LON)
_RING = st.lists(_POINT, min_size=3, max_size=6).map(lambda one: (*one, one[0]))
_PAIR = st.tuples(_TEXT, _TEXT)


def _some(strategy, least=0, most=2):
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


_AREA = st.builds(
    Area, _SOME, _some(_RING),
    _some(st.builds(Circle, _LAT, _LON, st.integers(0, 90_000).map(lambda one: one / 1000))),
    _some(_PAIR),
)  # fmt: skip
_INFO = st.builds(
    Info, language=st.sampled_from(["zh-CN", "en-US", "de"]), event=_SOME,
    categories=_some(st.sampled_from(Category), 1), urgency=st.sampled_from(Urgency),
    severity=st.sampled_from(Severity), certainty=st.sampled_from(Certainty),
    responses=_some(st.sampled_from(ResponseType)), onset_us=st.none() | _US,
    expires_us=st.none() | _US, sender_name=_TEXT, headline=_TEXT, description=_TEXT,
    instruction=_TEXT, web=st.sampled_from(["", "https://example.org/a?b=c&d=e#f"]), contact=_TEXT,
    parameters=_some(_PAIR), areas=_some(_AREA),
)  # fmt: skip


@st.composite
def _messages(draw):
    kind = draw(st.sampled_from(MessageType))
    references = st.builds(Reference, _NAME, _NAME, _US)
    return Message(
        identifier=draw(_NAME), sender=draw(_NAME), sent_us=draw(_US),
        status=draw(st.sampled_from(Status)), type=kind, restriction=draw(_TEXT), note=draw(_TEXT),
        references=() if kind is MessageType.ALERT else draw(_some(references, 1)),
        incidents=draw(_some(_NAME)), infos=draw(_some(_INFO)),
    )  # fmt: skip


@given(_messages(), st.sampled_from([0, 8 * 60, -210, 14 * 60]))
def test_any_message_comes_back_and_the_schema_agrees(one, minutes):
    found = cap.xml(one, timedelta(minutes=minutes))
    assert mistakes(found) == []
    assert read(found) == one
