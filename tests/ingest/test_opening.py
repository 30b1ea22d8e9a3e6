"""A message opened: rows, refusals, and what else it tells."""

import io
import json

import pytest
from PIL import Image

from devices.refusal import Reason
from devices.reports import ContactReport, EventReport, FindingReport, SnapshotReport
from ingest.opening import Opener
from ingest.spool import Spooled
from tests.small_city import city

NOW_US = 1_800_000_000_000_000
HJ212 = (
    "ST=22;CN=2011;PW=1;MN=bridge-gauge;Flag=4;CP=&&DataTime=20270115160000;"
    "w01001-Rtd=7.1,w01001-Flag=N&&"
)


def opened(payload, topic="up/gw-bridge/senml"):
    if not isinstance(payload, bytes):
        payload = json.dumps(payload).encode()
    gateway = topic.split("/")[1]
    message = Spooled(1, topic, payload, gateway, "b", 7, NOW_US, "gw-0:x")
    return Opener(city(), future_tolerance_s=60).open(message)


def kinds(told, kind):
    return [one for one in told.reports if isinstance(one, kind)]


def test_good_readings_tell_nothing_else():
    told = opened([{"n": "bridge-gauge/water_level", "u": "m", "v": 3.0}])
    assert told.batch.result.tolist() == [3.0]
    assert (list(told.refused), list(told.reports)) == ([], [])


def test_a_unit_is_converted_and_one_of_another_kind_refused():
    told = opened(
        [
            {"n": "bridge-gauge/water_level", "u": "cm", "v": 305},
            {"n": "bridge-gauge/water_level", "u": "kg", "v": 3},
        ]
    )
    assert told.batch.result.tolist() == [pytest.approx(3.05)]
    assert [(one.reason, one.rows) for one in told.refused] == [(Reason.WRONG_UNIT, [1])]


def test_an_unknown_device_introduces_itself():
    told = opened([{"n": "new/level", "u": "m", "v": 1}, {"n": "new/rain", "u": "mm", "v": 0}])
    assert [one.reason for one in told.refused] == [Reason.UNKNOWN_DATASTREAM]
    (contact,) = kinds(told, ContactReport)
    assert (contact.device, contact.codec, contact.topic) == ("new", "senml", "up/gw-bridge/senml")
    assert contact.keys == {"new/level": "m", "new/rain": "mm"}
    assert contact.payload.startswith(b'[{"n": "new/level"')


def test_so_does_one_behind_an_unknown_gateway():
    told = opened([{"n": "new/level", "v": 1}], topic="up/gw-new/senml")
    assert [one.reason for one in told.refused] == [Reason.UNKNOWN_GATEWAY]
    assert [one.device for one in kinds(told, ContactReport)] == ["new"]


def test_many_unknown_devices_do_not_make_a_message_large():
    told = opened([{"n": f"new{number}/level", "v": 1} for number in range(500)])
    assert len(kinds(told, ContactReport)) == 20


def test_findings_are_counted_by_device_beside_its_messages():
    segment = HJ212.encode()
    frame = b"##%04d" % len(segment) + segment + b"FFFF\r\n"
    told = opened(frame, topic="up/gw-bridge/hj212")
    counts = {(one.device, one.code): one.count for one in kinds(told, FindingReport)}
    assert counts["bridge-gauge", "messages"] == 1
    assert counts["bridge-gauge", "deviant"] == 1
    assert counts["bridge-gauge", "crc-mismatch"] == 1


def test_what_does_not_decode_is_a_finding_too():
    told = opened(b"nonsense")
    assert [one.reason for one in told.refused] == [Reason.UNDECODABLE]
    assert [one.code for one in kinds(told, FindingReport)] == ["not-decodable"]


def test_an_event_keeps_who_sent_it():
    event = {"device": "bridge-gauge", "kind": "intrusion", "time": "2027-01-15T16:00:00+08:00"}
    told = opened(event, topic="up/gw-bridge/camera")
    (one,) = kinds(told, EventReport)
    assert (one.device, one.sent_as, one.kind, one.number) == (
        "bridge-gauge", "bridge-gauge", "intrusion", 0,
    )  # fmt: skip


def jpeg():
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(out, "JPEG")
    return out.getvalue()


def test_a_picture_is_taken_under_its_name():
    told = opened(jpeg(), topic="up/gw-bridge/snapshot/cam-1.7")
    (picture,) = kinds(told, SnapshotReport)
    assert (picture.id, picture.width, picture.height) == ("cam-1.7", 64, 48)


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        pytest.param("up/gw-bridge/snapshot/a", b"GIF89a", Reason.UNDECODABLE, id="no_jpeg"),
        pytest.param("up/gw-bridge/snapshot/a b", jpeg(), Reason.UNDECODABLE, id="name"),
        pytest.param("up/gw-new/snapshot/a", jpeg(), Reason.UNKNOWN_GATEWAY, id="gateway"),
    ],
)
def test_a_picture_that_is_none_is_refused(topic, payload, reason):
    told = opened(payload, topic=topic)
    assert [one.reason for one in told.refused] == [reason]
    assert not kinds(told, SnapshotReport)
