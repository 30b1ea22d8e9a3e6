"""What happens to the system: drawn from a seed, one event after the other, each undone in time."""

from __future__ import annotations

import heapq
import itertools
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import structlog

from benchmarks.chaos.system import System
from benchmarks.running import Running

_log = structlog.get_logger()

_GAP_S = (1.0, 3.5)
"""From one event to the next."""

_BALLAST_LEFT = 4 << 20
"""Room that a full disk still has, bytes: less than the spool keeps for itself."""

WEIGHTS = {
    "kill gateway": 6, "kill worker": 6, "pause gateway": 1, "pause worker": 1, "kill mqtt": 2,
    "pause mqtt": 1, "kill and wipe kafka": 2, "kill kafka": 1,
    "pause kafka": 1, "kill database": 2,
    "pause database": 1, "cut": 3, "delay": 1, "slice": 1, "hold": 1, "fill disk": 1,
    "restart gateway": 1, "restart worker": 1, "restart mqtt": 1, "restart kafka": 1,
    "restart database": 1,
}  # fmt: skip
"""How often each kind of event is drawn. One whose victim is down already is drawn again."""


class Mischief:
    """Draws events, carries them out, and undoes them when they are due."""

    def __init__(self, system: System, seed: int, disk: Path | None) -> None:
        """Prepare.

        Args:
            system: the victim.
            seed: the same seed draws the same events; what they hit depends on the machine.
            disk: the spool's own small disk, which may be filled; None leaves that out.
        """
        self._system = system
        self._chance = random.Random(seed)  # noqa: S311 # repeatable, no secret
        self._disk = disk
        self._undo: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._busy: set[str] = set()
        self.counts: Counter[str] = Counter()

    def go_on(self, seconds: float) -> None:
        """Make mischief for so long, then undo all of it."""
        end = time.monotonic() + seconds
        following = time.monotonic() + 1.0
        while (now := time.monotonic()) < end:
            self._undo_until(now)
            if now >= following:
                self._one_event()
                following = time.monotonic() + self._chance.uniform(*_GAP_S)
            time.sleep(0.02)
        self._undo_until(float("inf"))

    def _one_event(self) -> None:
        kinds = [kind for kind in WEIGHTS if self._disk is not None or kind != "fill disk"]
        weights = [WEIGHTS[kind] for kind in kinds]
        for _ in range(20):
            kind = self._chance.choices(kinds, weights)[0]
            victim = kind.rpartition(" ")[2]
            if kind in ("cut", "delay", "slice", "hold"):
                victim = self._chance.choice(list(self._system.proxies))
                kind = f"{kind} {victim}"
                victim = f"link {victim}"
            if victim not in self._busy:
                break
        else:
            return
        self.counts[kind] += 1
        _log.info("mischief", what=kind)
        self._carry_out(kind, victim)

    def _carry_out(self, kind: str, victim: str) -> None:
        verb, name = kind.split(" ")[0], victim.rpartition(" ")[2]
        if verb in ("cut", "delay", "slice", "hold"):
            proxy = self._system.proxies[name]
            if verb == "cut":
                proxy.cut()
                return
            if verb == "delay":
                proxy.delay_s = self._chance.uniform(0.02, 0.2)
            elif verb == "slice":
                proxy.sliced = True
            else:
                proxy.hold()
            self._later(victim, self._chance.uniform(1, 6), proxy.release)
        elif verb == "fill":
            self._fill_disk(victim)
        elif verb == "pause":
            one = self._process(name)
            one.pause()
            self._later(victim, self._chance.uniform(1, 8), one.resume)
        elif verb == "restart":
            self._restart(victim)
        elif name in self._system.ours:
            one = self._process(name)
            one.kill()
            self._later(victim, self._chance.uniform(0.1, 1.0), one.launch)
        else:
            self._kill_engine(kind, victim)

    def _kill_engine(self, kind: str, victim: str) -> None:
        engine = self._system.engines.all[victim]
        if "wipe" in kind:
            engine.wipe()
        else:
            engine.kill()
        self._later(victim, self._chance.uniform(0.2, 4.0), lambda: self._start_engine(victim))

    def _start_engine(self, victim: str) -> None:
        # Topics are made through the proxy, which is the address the log tells.
        self._system.proxies[victim].release()
        self._system.engines.all[victim].start()

    def _restart(self, victim: str) -> None:
        one = self._process(victim)
        one.tell_to_stop()

        def back() -> None:
            one.wait_for_end()
            if victim in self._system.ours:
                one.launch()
            else:
                self._start_engine(victim)

        self._later(victim, self._chance.uniform(0.5, 3.0), back)

    def _fill_disk(self, victim: str) -> None:
        assert self._disk is not None
        ballast = self._disk / "ballast"
        with ballast.open("wb") as file:
            while (free := shutil.disk_usage(self._disk).free) > _BALLAST_LEFT:
                file.write(bytes(min(1 << 20, free - _BALLAST_LEFT)))
                file.flush()
        self._later(victim, self._chance.uniform(2, 8), ballast.unlink)

    def _process(self, name: str) -> Running:
        return {**self._system.ours, **self._system.engines.all}[name]

    def _later(self, victim: str, seconds: float, undo: Callable[[], None]) -> None:
        self._busy.add(victim)

        def done() -> None:
            self._busy.discard(victim)
            undo()

        heapq.heappush(self._undo, (time.monotonic() + seconds, next(self._number), done))

    def _undo_until(self, now: float) -> None:
        while self._undo and self._undo[0][0] <= now:
            heapq.heappop(self._undo)[2]()
