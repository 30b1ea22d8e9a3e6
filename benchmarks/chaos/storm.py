"""One chaos run: load, mischief, rest, judgement."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chaos import oracle
from benchmarks.chaos.engines import Engines
from benchmarks.chaos.mischief import Mischief
from benchmarks.chaos.oracle import Verdict
from benchmarks.chaos.system import System

SPEED = 60
"""City seconds in a second: some thousand readings a second."""

_DISK_MIB = 256


@dataclass(frozen=True, slots=True)
class Run:
    """What one seed did and what came of it."""

    seed: int
    engine: str
    events: Counter[str]
    verdict: Verdict
    has_disk: bool
    """Whether the spool had a disk of its own, which could be filled."""

    @property
    def wipes(self) -> int:
        """How often the log lost all it had: the embedded one does whenever it is killed."""
        if self.engine == "embedded":
            return self.kills("kafka")
        return self.events["kill and wipe kafka"]

    def count(self, *verbs: str) -> int:
        """How often some things were done, whatever they were done to."""
        return sum(n for kind, n in self.events.items() if kind.partition(" ")[0] in verbs)

    def kills(self, *names: str) -> int:
        """How often some parts were killed."""
        return sum(n for kind, n in self.events.items() if kind.startswith("kill")
                   and kind.rpartition(" ")[2] in names)  # fmt: skip


def run(folder: Path, seed: int, seconds: float, engine: str) -> Run:
    """Run one seed.

    Args:
        folder: for everything that is written.
        seed: of mischief and city.
        seconds: of mischief.
        engine: which brokers, one of `engines.NAMES`.
    """
    system = System(folder, Engines(folder, engine), seed)
    disk = _small_disk(system)
    mischief = Mischief(system, seed, disk)
    try:
        system.start()
        city = system.simulate(f"--speed={SPEED}", "--scenario=cloudburst", seed=seed)
        time.sleep(3)
        mischief.go_on(seconds)
        system.revive()
        time.sleep(5)
        city.stop()
        oracle.settle(system)
        return Run(seed, engine, mischief.counts, oracle.judge(system), disk is not None)
    finally:
        system.stop()
        if disk is not None:
            subprocess.run(["/bin/umount", str(disk)], check=True)  # noqa: S603 # constant words


def _small_disk(system: System) -> Path | None:
    """Mount a small disk for the spool where we may."""
    if os.geteuid() != 0:
        return None
    disk = system.settings.gateway.spool_dir
    disk.mkdir(parents=True)
    mounted = subprocess.run(  # noqa: S603 # constant words
        ["/bin/mount", "-t", "tmpfs", "-o", f"size={_DISK_MIB}m", "tmpfs", str(disk)],
        capture_output=True, check=False,
    )  # fmt: skip
    return disk if mounted.returncode == 0 else None
