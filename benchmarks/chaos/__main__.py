"""`python -m benchmarks.chaos [--seeds N] [--seed FIRST] [--seconds S] [--engine E]`.

Runs the storms, then the measured scenarios, and prints one table of promises. Exit status 0 when
all are kept.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import return_time
from benchmarks.chaos import echo, outage, poison, storm
from benchmarks.chaos.engines import NAMES
from benchmarks.chaos.storm import Run

_KILLS = 20
"""Kills of the worker whose return is timed."""

_MEASURED = ("outage", "redelivery", "poison", "return")


def main() -> int:
    """Run and print."""
    asked = _arguments()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # its reconnects are the point
    folder = Path(tempfile.mkdtemp(prefix="ioc-chaos-"))
    folder.chmod(0o755)
    seeds = range(asked.seed, asked.seed + asked.seeds)
    print(f"seeds {seeds[0]} to {seeds[-1]}, {asked.seconds:g} s each, on {asked.engine}; {folder}")
    runs = []
    for seed in seeds:
        one = storm.run(folder / f"storm-{seed}", seed, asked.seconds, asked.engine)
        runs.append(one)
        print(f"seed {seed}: {'holds' if one.verdict.holds else 'BROKEN'}: {one.verdict}")
        print("  " + ", ".join(f"{kind} {n}" for kind, n in sorted(one.events.items())), flush=True)
    rows = _storm_rows(runs)
    for name in asked.measure:
        rows += _measure(name, folder / name, asked.seed, asked.engine)
        print(f"{name} measured", flush=True)
    _print(rows)
    kept = all(row[3] for row in rows)
    if kept:
        shutil.rmtree(folder)
    return 0 if kept else 1


Row = tuple[str, str, str, bool]
"""Promise, figure, measured, kept."""


def _storm_rows(runs: list[Run]) -> list[Row]:
    readings = sum(one.verdict.readings for one in runs)
    ours = sum(one.kills("gateway", "worker") for one in runs)
    kafka = sum(one.kills("kafka") for one in runs)
    database = sum(one.kills("database") for one in runs)
    broker = sum(one.kills("mqtt") for one in runs)
    lost = sum(bool(one.verdict.ledger) or one.verdict.gaps > 0 for one in runs)
    twice = sum(one.verdict.duplicates for one in runs)
    disorder = sum(one.verdict.disorder for one in runs)
    differing = sum(one.verdict.differing + one.verdict.history for one in runs)
    transitions = sum(one.verdict.transitions for one in runs)
    load = f"{ours} kills of gateway and worker, {readings:,} readings"
    others = f"{kafka} kills of the log, {database} of the database, {broker} of the MQTT broker"
    return [
        (f"runs whose ledger differs by any id; {load}", "0", str(lost), lost == 0),
        (f"the same; {others}", "0", str(lost), lost == 0),
        ("readings stored twice", "0", str(twice), twice == 0),
        ("readings stored after a later one", "0", str(disorder), disorder == 0),
        (f"transitions unlike the replay, of {transitions:,}", "0", str(differing), not differing),
    ]


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
    print(f"\n  {'promise':<{width}}  {'figure':>10}  {'measured':>10}")
    for promise, figure, measured, kept in rows:
        print(f"{'✓' if kept else '✗'} {promise:<{width}}  {figure:>10}  {measured:>10}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=6, help="storms to run")
    parser.add_argument("--seed", type=int, default=1, help="the first of them")
    parser.add_argument("--seconds", type=float, default=90.0, help="of mischief in each")
    parser.add_argument("--engine", choices=NAMES, default="embedded")
    parser.add_argument(
        "--measure", nargs="*", choices=_MEASURED, default=_MEASURED, help="scenarios to measure"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
