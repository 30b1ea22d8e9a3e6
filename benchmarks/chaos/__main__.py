"""`python -m benchmarks.chaos [--seeds N] [--seed FIRST] [--seconds S] [--engine E]`.

Runs the storms, then the measured scenarios, and prints one table of promises. Exit status 0 when
all are kept. Without `--seeds` storms follow each other until our processes were killed 100 times
and a million readings were stored; with it the run is a short one, of which neither is asked.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks import return_time
from benchmarks.chaos import echo, outage, poison, storm
from benchmarks.chaos.engines import NAMES, check
from benchmarks.chaos.storm import Run
from benchmarks.engines import EngineMissingError

_KILLS = 20
"""Kills of the worker whose return is timed."""

_STORM_KILLS, _STORM_READINGS = 100, 1_000_000
"""Of gateway and worker, and stored: so much a whole run lives through."""

_LEAST_STORMS, _MOST_STORMS = 6, 15
"""Of a whole run: below, what is drawn rarely may not come; beyond, something is wrong."""

_MEASURED = ("outage", "redelivery", "poison", "return")

_BOTH = "both"
_IN_TURN = ("embedded", "embedded", "apache")
"""Engines of the storms of a run on both: a third on mosquitto and Apache Kafka."""


def main() -> int:
    """Run and print."""
    asked = _arguments()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # its reconnects are the point
    try:
        engines = _engines(asked.engine)
    except EngineMissingError as missing:
        print(f"--engine {asked.engine}: {missing}", file=sys.stderr)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="ioc-chaos-"))
    folder.chmod(0o755)
    many = f"{asked.seeds}" if asked.seeds else f"at least {_LEAST_STORMS}"
    print(f"{many} storms from seed {asked.seed} on, {asked.seconds:g} s each; {folder}")
    runs: list[Run] = []
    for seed, engine in zip(itertools.count(asked.seed), itertools.cycle(engines), strict=False):
        if is_enough(runs, asked.seeds):
            break
        one = storm.run(folder / f"storm-{seed}", seed, asked.seconds, engine)
        runs.append(one)
        held = "holds" if one.verdict.holds else "BROKEN"
        print(f"seed {seed} on {engine}: {held}: {one.verdict}")
        print("  " + ", ".join(f"{kind} {n}" for kind, n in sorted(one.events.items())), flush=True)
    rows = storm_rows(runs, is_whole=not asked.seeds)
    for name in asked.measure:
        rows += _measure(name, folder / name, asked.seed, engines[0])
        print(f"{name} measured", flush=True)
    _print(rows)
    kept = all(row[3] is not False for row in rows)
    if kept:
        shutil.rmtree(folder)
    return 0 if kept else 1


def _engines(asked: str) -> tuple[str, ...]:
    """Return the engines of the storms, in their turn.

    Raises:
        EngineMissingError: what is asked for is not on this machine.
    """
    if asked != _BOTH:
        check(asked)
        return (asked,)
    try:
        check("apache")
    except EngineMissingError as missing:
        print(f"no storm on mosquitto and Apache Kafka: {missing}")
        return ("embedded",)
    return _IN_TURN


def is_enough(runs: list[Run], seeds: int | None) -> bool:
    """Return whether no further storm is wanted.

    Args:
        runs: the storms so far.
        seeds: of a short run; None for a whole one.
    """
    if seeds is not None:
        return len(runs) >= seeds
    lived = _kills_of_ours(runs) >= _STORM_KILLS and _readings(runs) >= _STORM_READINGS
    return len(runs) >= _MOST_STORMS or (lived and len(runs) >= _LEAST_STORMS)


def _kills_of_ours(runs: list[Run]) -> int:
    return sum(one.kills("gateway", "worker") for one in runs)


def _readings(runs: list[Run]) -> int:
    return sum(one.verdict.readings for one in runs)


Row = tuple[str, str, str, bool | None]
"""Promise, figure, measured, kept; None where a short run is not asked."""


def storm_rows(runs: list[Run], *, is_whole: bool) -> list[Row]:
    """Return what the storms proved, and what they lived through.

    Args:
        runs: all storms.
        is_whole: whether they must have lived through enough.
    """
    lost = sum(bool(one.verdict.ledger) or one.verdict.gaps > 0 for one in runs)
    twice = sum(one.verdict.duplicates for one in runs)
    disorder = sum(one.verdict.disorder for one in runs)
    differing = sum(one.verdict.differing + one.verdict.history for one in runs)
    transitions = sum(one.verdict.transitions for one in runs)
    on = ", ".join(f"{n} on {name}" for name, n in Counter(one.engine for one in runs).items())
    return [
        (f"storms in which an acknowledged reading is lost ({on})", "0", str(lost), lost == 0),
        ("readings stored twice", "0", str(twice), twice == 0),
        ("readings stored after a later one", "0", str(disorder), disorder == 0),
        (f"transitions unlike the replay, of {transitions:,}", "0", str(differing), not differing),
        *((what, f"≥ {least:,}", f"{n:,}", n >= least if is_whole else None)
          for what, least, n in _lived_through(runs)),
    ]  # fmt: skip


def _lived_through(runs: list[Run]) -> list[tuple[str, int, int]]:
    """Return what happened, how often it must in a whole run, and how often it did."""
    found = [
        ("  readings stored in them", _STORM_READINGS, _readings(runs)),
        ("  gateway and worker killed", _STORM_KILLS, _kills_of_ours(runs)),
        ("  log killed and wiped", 1, sum(one.wipes for one in runs)),
        ("  database killed, as a whole", 1, sum(one.kills("database") for one in runs)),
        ("  MQTT broker killed", 1, sum(one.kills("mqtt") for one in runs)),
        ("  something stopped for a while (SIGSTOP)", 1, sum(one.count("pause") for one in runs)),
        ("  something restarted in order", 1, sum(one.count("restart") for one in runs)),
        ("  link cut, delayed, sliced or held", 1,
         sum(one.count("cut", "delay", "slice", "hold") for one in runs)),
    ]  # fmt: skip
    if any(one.has_disk for one in runs):
        found.append(("  spool's disk full", 1, sum(one.count("fill") for one in runs)))
    return found


def _measure(name: str, folder: Path, seed: int, engine: str) -> list[Row]:
    if name == "outage":
        out = outage.run(folder, seed, engine=engine)
        grown = ", ".join(f"{part} {mib:+.0f}" for part, mib in out.grown_mib.items())
        factor = out.catch_up / out.live
        away = f"database away for {outage.AWAY_S:g} s at {out.live:,.0f} readings/s"
        return [
            (f"{away}: lost, doubled or unlike", "0",
             "0" if out.verdict.holds else str(out.verdict), out.verdict.holds),
            (f"  memory of gateway and worker grows (MiB: {grown})", "≤ 50 MB",
             f"{out.ours_grown_mib * 1.048576:.0f} MB", out.ours_grown_mib * 1.048576 <= 50),
            (f"  catch-up at {out.catch_up:,.0f} readings/s", "≥ 5 × live", f"{factor:.1f} ×",
             factor >= 5),
        ]  # fmt: skip
    if name == "redelivery":
        again = echo.run(folder, seed, engine=engine)
        share = again.repeated / max(1, again.packs)
        return [
            (f"readings stored twice, {share:.0%} of {again.packs:,} packs redelivered", "0",
             str(again.verdict.duplicates), again.verdict.holds and share > 0.15),
        ]  # fmt: skip
    if name == "poison":
        bad = poison.run(folder, seed, engine=engine)
        return [
            (f"poisoned readings quarantined, of {bad.sent}", str(bad.sent), str(bad.quarantined),
             bad.sent == bad.quarantined),
            (f"  longest delay of neighbours (usual {bad.usual:.2f} s)", "≤ 1 s",
             f"{bad.delay:.2f} s", bad.delay <= 1),
        ]  # fmt: skip
    seconds = return_time.measure(_KILLS)[:, 0]
    p95 = float(np.percentile(seconds, 95))
    return [(f"first committed row after a worker kill, {_KILLS} kills: p95", "≤ 5 s",
             f"{p95:.2f} s", p95 <= 5)]  # fmt: skip


def _print(rows: list[Row]) -> None:
    width = max(len(row[0]) for row in rows)
    print(f"\n  {'promise':<{width}}  {'figure':>11}  {'measured':>10}")
    for promise, figure, measured, kept in rows:
        mark = {True: "✓", False: "✗", None: "·"}[kept]
        print(f"{mark} {promise:<{width}}  {figure:>11}  {measured:>10}")
    if any(row[3] is None for row in rows):
        print("· not asked of a short run")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument(
        "--seeds", type=_positive, help="storms of a short run; a whole one goes on until 100 kills"
    )
    parser.add_argument("--seed", type=int, default=1, help="the first of them")
    parser.add_argument("--seconds", type=float, default=90.0, help="of mischief in each")
    parser.add_argument(
        "--engine", choices=(*NAMES, _BOTH), default=_BOTH,
        help="brokers of the storms; both: each third one on mosquitto and Apache Kafka",
    )  # fmt: skip
    parser.add_argument(
        "--measure", nargs="*", choices=_MEASURED, default=_MEASURED, help="scenarios to measure"
    )
    return parser.parse_args()


def _positive(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} storms prove nothing; it must be 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
