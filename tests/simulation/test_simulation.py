"""Thousands of histories, and one history with a crash after each of its steps."""

import os

import pytest

from tests.simulation.faults import CHANCES, CRASHES
from tests.simulation.runs import every_crash, many_seeds, one_seed, script

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "2000"))

HAPPENED = (
    *CHANCES, "gateway crashes", "worker crashes", "MQTT broker killed", "log killed and kept",
    "log killed and wiped", "database killed", "rebalances", "rounds failed", "nobody listened",
    "redelivered", "messages lost by the broker", "commit unknown", "commit took place long after",
    "commit: ZombieError", "commit: RefusedError", "worker ends: LogChangedError",
    "worker ends: LogAwayError", "log replaced under a worker", "duplicates", "quarantined",
    "readings stored", "overtaken", "recalled",
    "alerts raised", "alerts escalated", "alerts deescalated", "alerts cleared",
    "alerts suppressed", "alerts unsuppressed", "alerts flapping", "alerts returned",
    "alerts realarmed", "alerts reactivated", "commands",
)  # fmt: skip


def shown(counts):
    return "\n".join(f"{count:9} {what}" for what, count in sorted(counts.items()))


def test_seeds(capsys):
    counts = many_seeds(range(SEEDS))
    with capsys.disabled():
        print(f"\n{shown(counts)}")
    assert counts["histories"] == SEEDS
    assert [what for what in HAPPENED if not counts[what]] == []


def test_a_seed_is_one_history():
    first, second = one_seed(7, trace=None), one_seed(7, trace=None)
    assert first.story() == second.story()
    assert first.database.tables.rows() == second.database.tables.rows()


def test_a_crash_after_every_step():
    undisturbed = script()
    for what in ("alerts raised", "alerts escalated", "alerts cleared", "quarantined"):
        assert undisturbed.counts[what], f"the script has no {what}"
    steps = range(1, undisturbed.step_number + 1)
    counts = every_crash([(step, what) for what in CRASHES for step in steps])
    assert counts["histories"] == len(steps) * len(CRASHES)


@pytest.mark.parametrize("what", CRASHES)
def test_a_crash_is_one(what):
    """Guards the test above: each of its crashes does end something."""
    undisturbed = script()
    counts = [script((step, what)).counts for step in (40, undisturbed.step_number // 2)]
    names = {
        "gateway": "gateway crashes", "workers": "worker crashes", "database": "database killed",
        "log, kept": "log killed and kept", "log, wiped": "log killed and wiped",
        "MQTT broker": "MQTT broker killed",
    }  # fmt: skip
    assert all(one[names[what]] for one in counts)
