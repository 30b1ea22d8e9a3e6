"""Every kind of dirt is refused by the line for the reason that the simulator says."""

from collections import Counter

import numpy as np
import pytest

from ingest.codecs import Heard, senml
from ingest.judge import Judge
from simulators import dirt
from simulators.senml_packs import PackBuilder, PackDraft

NOW_US = 1_764_000_000_000_000


@pytest.fixture(scope="module")
def draft(jiangyan):
    slots = [one for one, owner in enumerate(jiangyan.gateway_of) if owner == "gw-luotang-air"]
    slot = np.array(slots, dtype=np.int32)
    return PackDraft(
        "gw-luotang-air", slot, NOW_US - 100_000 + np.arange(len(slot)), np.full(len(slot), 30.0)
    )


def some(jiangyan, draft, kind):
    """The first bad reading of that kind that chance brings."""
    chance = np.random.default_rng(3)
    while True:
        for one in dirt.pick(jiangyan, draft, 0.5, chance):
            if one.kind == kind:
                return one


@pytest.mark.parametrize("kind", [kind for kind in dirt.KINDS if kind != "malformed"])
def test_the_line_refuses_it_and_keeps_the_good_readings(jiangyan, draft, kind):
    spoilt = some(jiangyan, draft, kind)
    builder = PackBuilder(jiangyan)
    payload = builder.encode([*builder.records(draft), spoilt.record])
    told = senml.decode(payload, Heard(received_us=NOW_US)).measurements
    judged = Judge(jiangyan, 0).judge(draft.gateway, told, NOW_US)
    assert judged.batch.datastream.tolist() == draft.slot.tolist()
    assert [(one.reason, one.domain, one.readings) for one in judged.refused] == [
        (dirt.REASON[kind], spoilt.domain, 1)
    ]


def test_a_payload_cut_off_on_its_way_does_not_decode(jiangyan, draft):
    spoilt = some(jiangyan, draft, "malformed")
    assert spoilt.record is None
    assert spoilt.domain == dirt.UNKNOWN_DOMAIN
    assert senml.decode(dirt.MALFORMED, Heard()).unusable


def test_no_share_brings_no_dirt(jiangyan, draft):
    chance = np.random.default_rng(1)
    assert all(not dirt.pick(jiangyan, draft, 0.0, chance) for _ in range(1000))


def test_the_share_is_what_was_asked_for_and_all_kinds_occur(jiangyan, draft):
    chance = np.random.default_rng(1)
    kinds = Counter(
        one.kind for _ in range(2000) for one in dirt.pick(jiangyan, draft, 0.01, chance)
    )
    expected = 2000 * len(draft.slot) * 0.01
    assert kinds.total() == pytest.approx(expected, rel=0.15)
    assert kinds.keys() == set(dirt.KINDS)


def test_the_same_generator_gives_the_same_dirt(jiangyan, draft):
    one, other = (
        [dirt.pick(jiangyan, draft, 0.05, chance) for _ in range(50)]
        for chance in (np.random.default_rng(9), np.random.default_rng(9))
    )
    assert one == other
