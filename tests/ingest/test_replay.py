"""What a refusal is worth once the catalogue, a unit or a codec was repaired."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import catalogue
from devices.partition import partition_of
from devices.record import Release
from devices.refusal import Reason
from ingest import replay
from ingest.packing import MAX_ROWS, Packer
from ingest.spool import Spooled
from storage.ledger import AHEAD_LIMIT, Progress
from tests.small_city import BRIDGE, RAIN, TEXTS, city

NOW_US = 1_800_000_007_000_000
FULL = city()
NARROW = catalogue.build(
    {
        **TEXTS,
        "gateways.csv": TEXTS["gateways.csv"].replace("gw-road,road,大路网关,Road gateway\n", ""),
        "devices.csv": "\n".join(TEXTS["devices.csv"].splitlines()[:3]) + "\n",
        "datastreams.csv": "\n".join(TEXTS["datastreams.csv"].splitlines()[:3]) + "\n",
    }
)
"""The city before the road and the rain gauge were entered."""

LEVEL = {"n": "bridge-gauge/water_level", "v": 3.0}
RAINS = {"n": "bridge-gauge/rain_1h", "v": 1.5}
SPEED = {"n": "radar/speed", "v": 50}
STRANGE = {"n": "nobody/x", "v": 1}


def refused(items, topic="up/gw-bridge/senml", by=NARROW, received_us=NOW_US):
    payload = items if isinstance(items, bytes) else json.dumps(items).encode()
    message = Spooled(1, topic, payload, topic.split("/")[1], "b", 7, received_us, "gw-0:boot")
    return Packer(by, partitions=4, future_tolerance_s=60).pack([message]).refusals


def judged(refusal, by=FULL):
    return replay.rejudge(by, refusal, future_tolerance_s=60)


def test_only_the_refused_readings_of_a_message_are_judged_again():
    (refusal,) = refused([LEVEL, RAINS, LEVEL, RAINS])
    verdict = judged(refusal)
    assert verdict.passed == [1, 3]
    assert verdict.batch.datastream.tolist() == [RAIN, RAIN]
    assert verdict.batch.result.tolist() == [1.5, 1.5]
    assert (verdict.refused, verdict.obstacle) == ([], "")


def test_what_does_not_pass_says_why_now_under_its_number_in_the_message():
    (refusal,) = refused([LEVEL, {**RAINS, "v": 999}, RAINS, STRANGE])
    verdict = judged(refusal)
    assert verdict.passed == [2]
    assert [(one.reason, one.rows) for one in verdict.refused] == [
        (Reason.OUT_OF_PHYSICAL_RANGE, [1]), (Reason.UNKNOWN_DATASTREAM, [3]),
    ]  # fmt: skip
    assert verdict.refused[0].detail.startswith("[1] bridge-gauge/rain_1h is 999")


def test_a_message_of_a_gateway_that_became_known_passes_as_a_whole():
    (refusal,) = refused([SPEED, STRANGE, SPEED], topic="up/gw-road/senml")
    verdict = judged(refusal)
    assert verdict.passed == [0, 2]
    assert verdict.measurements == 3
    assert judged(refusal, NARROW).refused[0].reason is Reason.UNKNOWN_GATEWAY


def test_times_count_from_the_first_receipt():
    (refusal,) = refused([{**RAINS, "t": -60}, {**RAINS, "t": 61}], received_us=NOW_US)
    verdict = judged(refusal)
    assert verdict.batch.phenomenon_time_us.tolist() == [NOW_US - 60_000_000]
    assert [one.reason for one in verdict.refused] == [Reason.FUTURE]


def test_what_is_no_message_stays_and_says_so():
    (refusal,) = refused(b"nonsense")
    assert judged(refusal).refused[0].reason is Reason.UNDECODABLE
    assert list(judged(refusal).passed) == []


@pytest.mark.parametrize(
    ("change", "obstacle"),
    [
        pytest.param({"rows": None}, "an earlier version refused it", id="not_noted"),
        pytest.param({"gateway": ""}, "no message to decode", id="foreign_record"),
        pytest.param({"reason": Reason.UNSTORABLE}, "are its raw bytes", id="unstorable"),
        pytest.param({"rows": (0, 2)}, "finds 2 measurements in it and not number 2", id="gone"),
    ],
)
def test_what_cannot_be_judged_says_what_is_in_the_way(change, obstacle):
    (refusal,) = refused([LEVEL, RAINS])
    fields = {name: getattr(refusal, name) for name in refusal.__struct_fields__}
    verdict = judged(type(refusal)(**{**fields, **change}))
    assert obstacle in verdict.obstacle
    assert (list(verdict.passed), verdict.refused) == ([], [])


def test_a_whole_message_refused_by_an_earlier_version_can_be_judged():
    (refusal,) = refused([SPEED], topic="up/gw-road/senml")
    fields = {name: getattr(refusal, name) for name in refusal.__struct_fields__}
    assert len(judged(type(refusal)(**{**fields, "rows": None})).passed) == 1


def test_released_readings_go_to_the_place_of_their_gateway_each_under_its_own_identity():
    (refusal,) = refused([RAINS, LEVEL, RAINS])
    ((partition, key, record),) = replay.records(FULL, 12, refusal, judged(refusal), 4)
    assert (key, partition) == (b"bridge", partition_of("bridge", 4))
    assert record.batch.datastream.tolist() == [RAIN, RAIN]
    assert [(one.boot, one.seq, one.rows, one.release) for one in record.packs] == [
        ("@quarantine:b:7:0", 0, 1, Release(12, 0)), ("@quarantine:b:7:0", 2, 1, Release(12, 2)),
    ]  # fmt: skip


def test_a_large_message_is_cut_into_records():
    (refusal,) = refused([LEVEL, *[RAINS] * (MAX_ROWS + 1)])
    sizes = [one.batch.n for _, _, one in replay.records(FULL, 1, refusal, judged(refusal), 4)]
    assert sizes == [MAX_ROWS, 1]


EVERY_OTHER = range(1, 3 * AHEAD_LIMIT, 2)


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(EVERY_OTHER, id="ascending"),
        pytest.param(EVERY_OTHER[::-1], id="descending"),
        pytest.param(random.Random(7).sample(EVERY_OTHER, len(EVERY_OTHER)), id="any_order"),
    ],
)
def test_the_ledger_never_takes_a_reading_for_released_that_is_not(order):
    progress = {}
    for index in order:
        span, seq = divmod(index, replay.SPAN)
        progress[span] = progress.get(span, Progress()).with_pack(seq)
    for index in range(3 * AHEAD_LIMIT):
        span, seq = divmod(index, replay.SPAN)
        assert progress[span].has(seq) == (index in EVERY_OTHER)


readings = st.sampled_from([LEVEL, RAINS, SPEED, STRANGE, {**RAINS, "v": None}, {**LEVEL, "v": 99}])


@given(st.lists(readings, min_size=1, max_size=12))
def test_stored_and_quarantined_stay_disjoint_and_complete(items):
    message = Spooled(
        1, "up/gw-bridge/senml", json.dumps(items).encode(), "gw-bridge", "b", 7, NOW_US, "c"
    )
    packed = Packer(NARROW, partitions=4, future_tolerance_s=60).pack([message])
    stored = sum(record.batch.n for _, _, record in packed.records)
    seen = []
    for refusal in packed.refusals:
        verdict = judged(refusal)
        seen += verdict.passed
        seen += [index for one in verdict.refused for index in one.rows]
    assert len(seen) == len(set(seen)) == len(items) - stored
    for one in packed.refusals:
        assert BRIDGE not in judged(one).batch.datastream
