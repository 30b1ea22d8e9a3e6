"""The closing table: a whole run must have lived through enough, a short one is not asked."""

from collections import Counter

import pytest

from benchmarks.chaos.__main__ import is_enough, storm_rows
from benchmarks.chaos.oracle import Verdict
from benchmarks.chaos.storm import Run

KINDS = {
    "kill gateway": 9, "kill worker": 8, "kill kafka": 1, "kill and wipe kafka": 2,
    "kill database": 1, "kill mqtt": 1, "pause worker": 1, "restart gateway": 1, "cut mqtt": 1,
    "fill disk": 1,
}  # fmt: skip


def storm(seed=1, *, engine="embedded", readings=200_000, without="", **wrong):
    held = {
        "readings": readings, "duplicates": 0, "disorder": 0, "gaps": 0, "ledger": "",
        "history": 0, "alerts": 3, "transitions": 9, "differing": 0,
    }  # fmt: skip
    events = Counter({kind: n for kind, n in KINDS.items() if kind != without})
    return Run(seed, engine, events, Verdict(**{**held, **wrong}), has_disk=True)


def marks(runs, *, is_whole):
    return {promise.strip(): kept for promise, _, _, kept in storm_rows(runs, is_whole=is_whole)}


def test_a_whole_run_of_six_storms_keeps_all():
    assert set(marks([storm()] * 6, is_whole=True).values()) == {True}


@pytest.mark.parametrize(
    ("runs", "missing"),
    [
        pytest.param([storm()] * 5, "gateway and worker killed", id="85-kills"),
        pytest.param([storm(readings=166_666)] * 6, "readings stored in them", id="999996-stored"),
        pytest.param([storm(without="fill disk")] * 6, "spool's disk full", id="disk-never-full"),
        pytest.param(
            [storm(engine="apache", without="kill and wipe kafka")] * 6, "log killed and wiped",
            id="log-on-disk-never-wiped",
        ),
    ],
)  # fmt: skip
def test_what_a_whole_run_did_not_live_through_is_told(runs, missing):
    assert marks(runs, is_whole=True)[missing] is False
    assert marks(runs, is_whole=False)[missing] is None


@pytest.mark.parametrize(
    "wrong", [{"ledger": "3 ids differ"}, {"gaps": 1}, {"duplicates": 1}, {"disorder": 1},
              {"history": 1}, {"differing": 1}],
    ids=lambda one: next(iter(one)),
)  # fmt: skip
def test_a_short_run_does_not_hide_a_broken_promise(wrong):
    assert list(marks([storm(), storm(**wrong)], is_whole=False).values()).count(False) == 1


def test_storms_go_on_until_there_was_enough_and_not_for_ever():
    assert not is_enough([storm()] * 5, None)
    assert is_enough([storm()] * 6, None)
    assert not is_enough([storm(readings=1)] * 14, None)
    assert is_enough([storm(readings=1)] * 15, None)
    assert is_enough([storm(readings=1)] * 3, 3)
