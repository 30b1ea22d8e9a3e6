"""What becomes of messages: rows, refusals, packs; and that nothing is missing."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import catalogue
from devices.partition import partition_of
from devices.record import Pack
from ingest.packing import Packer
from ingest.spool import Spooled
from tests.small_city import BRIDGE, RAIN, TEXTS, city

NOW_US = 1_800_000_007_000_000
NOW_S = 1_800_000_007
CITY = city()


def packer():
    return Packer(CITY, partitions=4, future_tolerance_s=60)


_ids = itertools.count(1)


def arrival(payload, topic="up/gw-bridge/senml", boot="b", seq=0):
    if not isinstance(payload, bytes):
        payload = json.dumps(payload).encode()
    gateway = topic.split("/")[1]
    return Spooled(next(_ids), topic, payload, gateway, boot, int(seq), NOW_US, "gw-0:boot")


def level(value, at_s=NOW_S, **more):
    return {"n": "bridge-gauge/water_level", "t": at_s, "v": value, **more}


def test_a_pack_becomes_rows_under_its_own_identity():
    packed = packer().pack([arrival([level(3.5)], boot="b1", seq="7")])
    ((partition, key, record),) = packed.records
    assert (key, partition) == (b"bridge", partition_of("bridge", 4))
    assert record.packs == (Pack("gw-bridge", "b1", 7, 1, "gw-0:boot", 1_800_000_000),)
    assert record.batch.datastream.tolist() == [BRIDGE]
    assert record.batch.phenomenon_time_us.tolist() == [NOW_S * 1_000_000]
    assert record.batch.result.tolist() == [3.5]
    assert packed.refusals == []


def test_packs_of_one_place_share_a_record_in_the_order_of_receipt():
    packed = packer().pack(
        [arrival([level(value)], boot="b", seq=str(n)) for n, value in enumerate([1.0, 2.0, 3.0])]
    )
    ((_, _, record),) = packed.records
    assert record.batch.result.tolist() == [1.0, 2.0, 3.0]
    assert [(pack.seq, pack.rows) for pack in record.packs] == [(0, 1), (1, 1), (2, 1)]


def test_the_key_of_a_record_is_the_zone_of_its_gateway():
    rows = TEXTS["gateways.csv"].replace("name_en\n", "name_en,zone\n")
    rows = rows.replace("Bridge gateway\n", "Bridge gateway,river\n")
    zoned = Packer(catalogue.build({**TEXTS, "gateways.csv": rows}), 4, 60.0)
    ((partition, key, _),) = zoned.pack([arrival([level(3.5)])]).records
    assert (key, partition) == (b"river", partition_of("river", 4))


def test_what_was_sent_before_says_so_and_is_not_counted_again():
    first, second = arrival([level(1), level(99)], seq=0), arrival([level(2), level(98)], seq=1)
    packed = packer().pack([first, second], again={first.id})
    ((_, _, record),) = packed.records
    assert [pack.again for pack in record.packs] == [True, False]
    assert [one.again for one in packed.refusals] == [True, False]
    assert sum(count for _, _, count in packed.counts) == 2
    assert packed.refused == {first.id: 1, second.id: 1}


def test_a_message_of_an_unknown_gateway_still_tells_the_ledger_its_number():
    lost = arrival([level(1)], topic="up/gw-nobody/senml", boot="b", seq=4)
    ((partition, key, record),) = packer().pack([lost]).records
    assert (key, partition) == (b"gw-nobody", partition_of("gw-nobody", 4))
    assert record.batch.n == 0
    assert (record.packs[0].gateway, record.packs[0].seq) == ("gw-nobody", 4)


def test_a_refusal_says_which_measurements_it_is_about():
    items = [level(99), level(1), level(1, u="kg"), level(-2)]
    refusals = packer().pack([arrival(items), arrival(b"nonsense")]).refusals
    assert [(one.reason.value, one.rows) for one in refusals] == [
        ("out_of_physical_range", (0, 3)), ("wrong_unit", (2,)), ("undecodable", ()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("message", "reason", "domain", "detail"),
    [
        pytest.param(
            arrival(b"nonsense"), "undecodable", "unknown", "not a SenML", id="undecodable",
        ),
        pytest.param(
            arrival([level(1)], topic="up/gw-nobody/senml"),
            "unknown_gateway", "unknown", "'gw-nobody' is not in the catalogue",
            id="unknown_gateway",
        ),
        pytest.param(
            arrival([level(1)], topic="up/gw-bridge/morse"),
            "unknown_codec", "unknown", "'morse' is not one of camera", id="unknown_codec",
        ),
        pytest.param(
            arrival([{"n": "nobody/water_level", "v": 1}]),
            "unknown_datastream", "unknown", "belongs to nobody", id="unknown_datastream",
        ),
        pytest.param(
            arrival([{"n": "lock-gauge/water_level", "v": 1}]),
            "unknown_datastream", "unknown", "belongs to gw-lock, not to gw-bridge",
            id="another_gateways_datastream",
        ),
        pytest.param(
            arrival([level(380, u="kg")]),
            "wrong_unit", "water", "is in 'kg'; send 'm'", id="wrong_unit",
        ),
        pytest.param(
            arrival([level(None)]), "not_a_number", "water", "v is null", id="not_a_number"
        ),
        pytest.param(
            arrival([level(10.01)]),
            "out_of_physical_range", "water", "is 10.01 m; the instrument gives -1 to 10",
            id="out_of_range",
        ),
        pytest.param(
            arrival([level(1, at_s=NOW_S + 60.000001)]),
            "future", "water", "beyond what the clocks may differ", id="future",
        ),
    ],
)  # fmt: skip
def test_what_is_not_taken_in_says_why_and_keeps_its_bytes(message, reason, domain, detail):
    packed = packer().pack([message])
    (refused,) = packed.refusals
    assert (refused.reason.value, refused.domain, refused.readings) == (reason, domain, 1)
    assert detail in refused.detail
    assert refused.raw == message.payload
    assert refused.source == message.topic
    assert sum(record.batch.n for _, _, record in packed.records) == 0


@pytest.mark.parametrize("value", [-1, 10])
def test_the_physical_range_includes_its_ends(value):
    assert packer().pack([arrival([level(value)])]).refusals == []


def test_a_device_clock_within_the_tolerance_is_believed():
    assert packer().pack([arrival([level(1, at_s=NOW_S + 60)])]).refusals == []


def test_bad_readings_leave_the_good_ones_of_their_pack_alone():
    packed = packer().pack(
        [
            arrival(
                [level(1), level(99), {"n": "bridge-gauge/rain_1h", "t": NOW_S, "v": 2}, level(98)]
            )
        ]
    )
    ((_, _, record),) = packed.records
    assert record.batch.datastream.tolist() == [BRIDGE, RAIN]
    (refused,) = packed.refusals
    assert refused.readings == 2
    assert "[1]" in refused.detail
    assert "[3]" in refused.detail


def test_a_pack_that_is_refused_whole_still_tells_the_ledger_its_number():
    ((_, _, record),) = packer().pack([arrival(b"nonsense", boot="b", seq="4")]).records
    assert record.batch.n == 0
    assert (record.packs[0].seq, record.packs[0].rows) == (4, 0)


def test_a_flood_of_messages_is_cut_into_records_of_bounded_size():
    many = [arrival([level(1)] * 500) for _ in range(10)]
    sizes = [record.batch.n for _, _, record in packer().pack(many).records]
    assert sum(sizes) == 5000
    assert max(sizes) <= 2500


_items = st.lists(
    st.sampled_from(
        [level(1), level(99), level(None), level(1, u="kg"), level(1, at_s=NOW_S + 999),
         {"n": "nobody/x", "v": 1}]
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@given(st.lists(_items, max_size=8))
def test_every_reading_is_either_a_row_or_refused_and_is_counted_once(messages):
    packed = packer().pack([arrival(items) for items in messages])
    sent = sum(len(items) for items in messages)
    rows = sum(record.batch.n for _, _, record in packed.records)
    refused = sum(one.readings for one in packed.refusals)
    assert rows + refused == sent == sum(count for _, _, count in packed.counts)
    for _, _, record in packed.records:
        assert np.isfinite(record.batch.result).all()
