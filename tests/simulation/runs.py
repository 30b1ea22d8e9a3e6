"""Runs of many seeds, in as many processes as the machine has cores."""

from __future__ import annotations

import logging
import multiprocessing
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import structlog

from devices import Catalogue
from rules.language import parse
from rules.ruleset import RuleSet
from tests.simulation import oracle
from tests.simulation.world import ViolationError, World
from tests.small_city import RULES, city

STEPS = 300
"""Steps of a history before everything is repaired."""

SCRIPT = 198
SCRIPT_STEPS = 120
"""Seed and steps of the history whose every step is followed by a crash."""

MORE_RULES = {
    "more.yaml": """
rules:
  - id: rise
    version: 1
    domain: water
    kind: rate
    subjects: {property: water_level}
    window: 40s
    per: 1h
    of: rise
    levels: {blue: {value: 30}}
    flapping: {times: 2, within: 10min, hold: 1min}
    message: {zh: "{place}{measure}", en: "{place} {measure}"}
  - id: quiet
    version: 1
    domain: water
    kind: silence
    subjects: {}
    levels: {blue: {value: 3min}}
    fold: {periods: 2, share: 0.6, least: 1, message: {zh: "{gateway}", en: "{gateway}"}}
    message: {zh: "{place}{measure}", en: "{place} {measure}"}
  - id: held
    version: 1
    domain: traffic
    kind: threshold
    subjects: {property: speed}
    direction: below
    levels: {orange: {value: 10}}
    latch: true
    realarm: 2min
    message: {zh: "{place}{value}", en: "{place} {value}"}
"""
}
"""So that every kind of memory goes through crashes: rings, clocks, latches, flapping."""

_CHUNK = 25

_T = TypeVar("_T")


@cache
def _city() -> tuple[Catalogue, RuleSet]:
    catalogue = city()
    return catalogue, parse({**RULES, **MORE_RULES}, catalogue)


def one_seed(seed: int, trace: int | None = 60) -> World:
    """Live one seed's history to its rest, check it, and return its world.

    Raises:
        tests.simulation.world.ViolationError: something does not hold.
    """
    return _live(seed, STEPS, trace=trace)


def script(after: tuple[int, str] | None = None) -> World:
    """Live the scripted history, in which nothing breaks but what comes `after` one step.

    Raises:
        tests.simulation.world.ViolationError: something does not hold.
    """
    return _live(SCRIPT, SCRIPT_STEPS, mishaps=False, after=after)


def every_crash(after: Sequence[tuple[int, str]]) -> Counter[str]:
    """Live the scripted history once for each step and crash, and count as `many_seeds`."""
    return _spread(_crash_each, after)


def _live(seed: int, steps: int, **how: Any) -> World:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        world = World(seed, Path(folder), *_city(), **how)
        try:
            for _ in range(steps):
                world.step()
            world.rest()
            oracle.check(world)
        finally:
            world.close()
    return world


def _counts_of(seeds: Iterable[int]) -> Counter[str]:
    total: Counter[str] = Counter()
    for seed in seeds:
        world = one_seed(seed)
        total += world.counts
        total["steps"] += world.step_number
        total["histories"] += 1
    return total


def _crash_each(after: Iterable[tuple[int, str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in after:
        try:
            total += script(one).counts
        except ViolationError as error:
            raise ViolationError(f"the script with a crash after {one}: {error}") from None
        total["histories"] += 1
    return total


def many_seeds(seeds: range) -> Counter[str]:
    """Live many histories and return how often each thing happened in all of them.

    Raises:
        tests.simulation.world.ViolationError: of one of them.
    """
    return _spread(_counts_of, seeds)


def _spread(work: Callable[[Sequence[_T]], Counter[str]], among: Sequence[_T]) -> Counter[str]:
    total: Counter[str] = Counter()
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(os.cpu_count() or 1, 8), mp_context=spawned) as pool:
        chunks = [among[at : at + _CHUNK] for at in range(0, len(among), _CHUNK)]
        for counts in pool.map(work, chunks):
            total += counts
    return total
