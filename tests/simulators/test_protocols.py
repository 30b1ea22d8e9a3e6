"""A mixed city: what each protocol writes, the line's own reader finds, good and bad."""

from collections import Counter

import numpy as np
import pytest

from devices import PROPERTIES, Quality
from devices.catalogue import Catalogue
from ingest.codecs import CODECS, Heard
from ingest.judge import Judge
from simulators import dirt, protocols
from simulators.senml_packs import PackBuilder, PackDraft
from tests.simulators.test_publisher import start  # noqa: F401 # a fixture

NOW_US = 1_764_000_000_000_000
SPOKEN = ["hj212", "thingsboard", "senml-cbor"]


def spoken_in(catalogue: Catalogue) -> list[str]:
    kinds = [catalogue.devices[one.device].kind for one in catalogue.datastreams]
    return [protocols.OF_KIND.get(kind, protocols.USUAL) for kind in kinds]


def drafts(jiangyan, protocol):
    """One draft of each gateway that has devices of a protocol, all its datastreams twice."""
    mine = [slot for slot, one in enumerate(spoken_in(jiangyan)) if one == protocol]
    slot = np.array(mine * 2, dtype=np.int32)
    time_us = np.repeat([NOW_US - 60_000_000, NOW_US - 30_000_000], len(mine))
    low, high = jiangyan.physical_min[slot], jiangyan.physical_max[slot]
    value = low + (high - low) * np.linspace(0.1, 0.9, len(slot))
    builder = PackBuilder(jiangyan, spoken_in(jiangyan))
    found = list(builder.group(slot, time_us, value))
    assert {one.protocol for one in found} == {protocol}
    return found


def judged(jiangyan, draft, spoilt=()):
    keys = [(one.id, PROPERTIES[one.observed_property].unit) for one in jiangyan.datastreams]
    payload = protocols.write(draft.protocol, protocols.readings_of(draft, keys, spoilt))
    told = CODECS[draft.protocol](payload, Heard(received_us=NOW_US))
    codes = {one.code for one in told.findings}
    return Judge(jiangyan, 0).judge(draft.gateway, told.measurements, NOW_US), codes


@pytest.mark.parametrize("protocol", SPOKEN)
def test_every_reading_is_found_again_to_the_last_bit(jiangyan, protocol):
    for draft in drafts(jiangyan, protocol):
        found, codes = judged(jiangyan, draft)
        batch = found.batch
        told = zip(batch.datastream.tolist(), batch.phenomenon_time_us.tolist(),
                   batch.result.tolist(), strict=True)  # fmt: skip
        due = zip(draft.slot.tolist(), draft.time_us.tolist(), draft.value.tolist(), strict=True)
        assert sorted(told) == sorted(due)
        assert not codes
        assert set(batch.quality.tolist()) <= {Quality.GOOD, Quality.SUSPECT}


@pytest.mark.parametrize("protocol", SPOKEN)
@pytest.mark.parametrize("kind", [kind for kind in dirt.KINDS if kind != "malformed"])
def test_dirt_is_refused_for_its_reason_and_its_neighbours_are_kept(jiangyan, protocol, kind):
    draft = drafts(jiangyan, protocol)[0]
    chance = np.random.default_rng(3)
    spoilt = []
    while len(spoilt) < 3:
        spoilt += [one for one in dirt.pick(jiangyan, draft, 0.5, chance) if one.kind == kind]
    found, _ = judged(jiangyan, draft, [one.record for one in spoilt])
    assert sorted(found.batch.datastream.tolist()) == sorted(draft.slot.tolist())
    refused = Counter()
    for one in found.refused:
        assert one.reason is dirt.REASON[kind]
        refused[one.domain] += one.readings
    assert refused == Counter(one.domain for one in spoilt)


@pytest.mark.parametrize("protocol", SPOKEN)
def test_a_payload_cut_off_on_its_way_decodes_in_no_protocol(protocol):
    assert CODECS[protocol](dirt.MALFORMED, Heard()).unusable


def test_what_a_protocol_has_no_word_for_is_told(jiangyan):
    draft = PackDraft("gw", np.array([0], np.int32), np.array([NOW_US]), np.array([1.0]), "hj212")
    said = protocols.readings_of(draft, [("d/water_level", "m")], [])
    with pytest.raises(ValueError, match="d/water_level: HJ 212 has no factor for it"):
        protocols.write("hj212", said)
    with pytest.raises(ValueError, match="'sl651' is no protocol of simulated devices"):
        protocols.write("sl651", said)


def test_a_mixed_city_publishes_what_was_counted_in_four_protocols(
    jiangyan,
    listener,
    start,  # noqa: F811
    wait_until,
):
    running = start(speed=400, dirt=0.0, seed=5, protocols="mixed")
    wait_until(
        lambda: {one.topic.split("/")[2] for one in listener.messages} >= {"senml", *SPOKEN},
        "all protocols",
    )
    facts = running.stop()
    wait_until(lambda: len(listener.messages) >= facts["published"]["packs"], "the last pack")
    judge, readings = Judge(jiangyan, 60), 0
    for one in listener.messages:
        _, gateway, codec = one.topic.split("/")
        told = CODECS[codec](one.payload, Heard(one.topic, NOW_US))
        found = judge.judge(gateway, told.measurements, int(told.measurements.time_us.max()))
        assert not found.refused
        readings += found.batch.n
    assert readings == sum(facts["published"]["readings"].values())
