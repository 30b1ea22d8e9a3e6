"""A message is packed as it was when it may be in the log, however the city changed since."""

from __future__ import annotations

from devices import catalogue
from devices.refusal import Reason
from ingest.course import Course
from ingest.packing import Packer
from ingest.spool import Kept, Spooled
from tests.small_city import RAIN, TEXTS

NOON = 1_790_000_000_000_000
NARROW = {**TEXTS, "datastreams.csv": TEXTS["datastreams.csv"].rpartition("\n4,")[0] + "\n"}


def packer(texts):
    return Packer(catalogue.build(texts), 4, 60.0)


def rain(number):
    text = b'[{"n": "bridge-gauge/rain_1h", "t": 1790000000, "v": 1.5}]'
    return Spooled(number, "up/gw-bridge/senml", text, "gw-bridge", "b", number, NOON, "gw-0:x", "")


def told(packed):
    """Return the slots that were taken in and the reasons of what was refused."""
    slots = [one for _, _, each in packed.records for one in each.batch.datastream.tolist()]
    return slots, [one.reason for one in packed.refusals]


def test_what_may_be_in_the_log_is_packed_as_it_was():
    course = Course(packer(NARROW), 0)
    first = course.pack([rain(1), rain(2)])
    course.wrote([rain(1), rain(2)], first)
    course.replace(packer(TEXTS))
    assert told(course.pack([rain(3)])) == ([RAIN], [])
    course.restart()
    again = course.pack([rain(1), rain(2), rain(3), rain(4)])
    assert told(again) == ([RAIN, RAIN], [Reason.UNKNOWN_DATASTREAM] * 2)
    course.wrote([rain(1), rain(2), rain(3), rain(4)], again)
    sent = course.sent([Kept(number, "gw-bridge", "b", number) for number in (1, 2, 3, 4)])
    assert [one.refusals for one in sent] == [1, 1, 0, 0]


def test_a_city_that_nothing_in_the_spool_was_packed_by_is_forgotten():
    course = Course(packer(NARROW), 0)
    course.wrote([rain(1)], course.pack([rain(1)]))
    course.replace(packer(TEXTS))
    course.oldest(1)
    course.restart()
    assert told(course.pack([rain(1)])) == ([], [Reason.UNKNOWN_DATASTREAM])
    course.oldest(2)
    course.restart()
    assert told(course.pack([rain(1)])) == ([RAIN], [])
