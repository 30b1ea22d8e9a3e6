"""Answers name what was asked for, and go nowhere else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.identity import UNNUMBERED
from ingest.receipts import is_answered, receipts

packs = st.tuples(st.sampled_from(["g", "h"]), st.sampled_from(["b", "c"]), st.integers(0, 30))
topics = st.sampled_from(["", "ack/f", "ack/e", "up/g/senml"])


@given(st.lists(st.tuples(topics, packs)))
def test_each_pack_that_asks_is_named_once_on_its_topic_in_ranges_that_do_not_touch(messages):
    answers = receipts(messages)
    assert len(answers) == len({topic for topic, _ in answers})
    named = {}
    for topic, payload in answers:
        ranges = [tuple(one) for one in json.loads(payload)]
        named[topic] = [
            (gateway, boot, seq)
            for gateway, boot, first, last in ranges
            for seq in range(first, last + 1)
        ]
        assert not {(g, b, first - 1) for g, b, first, _ in ranges} & set(named[topic])
    wanted = {}
    for topic, pack in messages:
        if topic.startswith("ack/"):
            wanted.setdefault(topic, set()).add(pack)
    assert {topic: sorted(one) for topic, one in named.items()} == {
        topic: sorted(one) for topic, one in wanted.items()
    }


@pytest.mark.parametrize(
    ("topic", "answered"),
    [
        pytest.param("ack/f", True, id="plain"),
        pytest.param("ack/泰州/7", True, id="levels and Chinese"),
        pytest.param("ack/" + "x" * 124, True, id="128 characters"),
        pytest.param("ack/" + "x" * 125, False, id="129 characters"),
        pytest.param("", False, id="nothing asked"),
        pytest.param("ack/", False, id="no name"),
        pytest.param("ack", False, id="no level"),
        pytest.param("acknowledge/f", False, id="another prefix"),
        pytest.param("up/g/senml", False, id="readings of others"),
        pytest.param("$SYS/f", False, id="the broker's own"),
        pytest.param("ack/+", False, id="wildcard of one level"),
        pytest.param("ack/f/#", False, id="wildcard of all levels"),
        pytest.param("ack/a\0", False, id="NUL"),
        pytest.param("ack/a\n", False, id="control character"),
    ],
)
def test_only_topics_for_answers_are_answered(topic, answered):
    assert is_answered(topic) is answered
    assert bool(receipts([(topic, ("g", "b", 1))])) is answered


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(("g", "", UNNUMBERED), id="without a number of its own"),
        pytest.param(("g", "b" * 129, 1), id="boot of 129 characters"),
        pytest.param(("g" * 129, "b", 1), id="gateway of 129 characters"),
    ],
)
def test_what_cannot_be_named_is_not_answered(pack):
    assert receipts([("ack/f", pack)]) == []
