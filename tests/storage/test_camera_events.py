"""What cameras saw, on a real PostgreSQL: which events, in which order, with which picture."""

import asyncio

import msgspec
import psycopg
import pytest

from devices.events import KINDS
from storage import camera_events
from storage.camera_events import OVERLAP, SEEN
from tests.storage.test_reports import EVENT, NOON, PICTURE, reported, store


def ask(url, *args, **more):
    return _run(url, lambda connection: camera_events.camera_events(connection, *args, **more))


def picture(url, gateway, snapshot):
    return _run(url, lambda connection: camera_events.picture(connection, gateway, snapshot))


def _run(url, question):
    async def run():
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            return await question(connection)

    return asyncio.run(run())


def event(**more):
    return msgspec.structs.replace(EVENT, **more)


def test_without_an_event_nothing_is_found(own_database_url):
    found = ask(own_database_url)
    assert (found.newest, found.events) == (0, [])


def test_an_event_says_what_was_seen_and_whether_its_picture_is_there(own_database_url):
    said = {"confidence": 0.93, "count": 7, "snapshot": "s-1", "text": "东门"}
    store(own_database_url, reported(event(attributes=said)))
    (one,) = ask(own_database_url).events
    assert (one.gateway, one.device, one.sent_as) == ("gw", EVENT.device, EVENT.sent_as)
    assert (one.kind, one.time_us) == ("intrusion", NOON)
    assert (one.confidence, one.count, one.text) == (0.93, 7, "东门")
    assert (one.snapshot, one.is_pictured) == ("s-1", False)
    store(own_database_url, reported(PICTURE, gateway="gw-other"))
    assert not ask(own_database_url).events[0].is_pictured
    store(own_database_url, reported(PICTURE))
    assert ask(own_database_url).events[0].is_pictured


@pytest.mark.parametrize(
    "attributes",
    [{}, {"confidence": "high", "count": "many", "text": 3}, {"confidence": True, "count": False},
     {"confidence": 1.5, "count": -1}],
    ids=["nothing", "other_types", "booleans", "out_of_range"],
)  # fmt: skip
def test_what_is_no_number_is_none(own_database_url, attributes):
    store(own_database_url, reported(event(attributes=attributes)))
    (one,) = ask(own_database_url).events
    assert (one.confidence, one.count, one.text, one.snapshot) == (None, None, "", None)


def test_what_a_device_says_of_itself_is_left_out(own_database_url):
    store(own_database_url, *(reported(event(kind=kind), seq=n) for n, kind in enumerate(KINDS)))
    assert {one.kind for one in ask(own_database_url, most=100).events} == set(SEEN)
    assert {"ponding", "obstruction", "density"} < set(SEEN)
    assert not {"heartbeat", "online", "position", "device_fault"} & set(SEEN)


def test_the_newest_come_first_and_no_more_than_wanted(own_database_url):
    store(own_database_url, *(reported(EVENT, seq=n) for n in range(5)))
    found = ask(own_database_url, most=3)
    ids = [one.id for one in found.events]
    assert ids == [found.newest, found.newest - 1, found.newest - 2]


def test_asked_again_only_what_is_new_or_awaited_is_told(own_database_url):
    store(own_database_url, reported(EVENT))
    first = ask(own_database_url)
    # More heartbeats than are looked at again.
    beats = [reported(event(kind="heartbeat"), seq=n) for n in range(1, OVERLAP + 2)]
    store(own_database_url, *beats)
    second = ask(own_database_url, first.newest)
    third = ask(own_database_url, second.newest)
    assert third.events == []
    store(own_database_url, reported(PICTURE), reported(EVENT, seq=5000))
    awaited = first.events[0].id
    last = ask(own_database_url, third.newest, [awaited])
    assert [(one.id == awaited, one.is_pictured) for one in last.events] == [
        (False, True),
        (True, True),
    ]


def test_a_picture_is_found_by_its_own_gateway_only(own_database_url):
    store(own_database_url, reported(PICTURE))
    assert picture(own_database_url, "gw", "s-1") == PICTURE.jpeg
    assert picture(own_database_url, "gw-other", "s-1") is None
    assert picture(own_database_url, "gw", "s-2") is None
