"""Runs of many seeds, in as many processes as the machine has cores."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import structlog

from devices import Catalogue
from rules.language import parse
from rules.ruleset import RuleSet
from tests.simulation import oracle
from tests.simulation.world import World
from tests.small_city import RULES, city

STEPS = 300
"""Steps of a history before everything is repaired."""

_CHUNK = 25


@cache
def _city() -> tuple[Catalogue, RuleSet]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    catalogue = city()
    return catalogue, parse(RULES, catalogue)


def one_seed(seed: int, trace: int | None = 60) -> World:
    """Live one seed's history to its rest, check it, and return its world.

    Raises:
        tests.simulation.world.ViolationError: something does not hold.
    """
    return _live(World, seed, trace)


def _live(make: Callable[..., World], seed: int, trace: int | None) -> World:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        world = make(seed, Path(folder), *_city(), trace=trace)
        try:
            for _ in range(STEPS):
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
        total["seeds"] += 1
    gc.collect()
    return total


def many_seeds(seeds: range) -> Counter[str]:
    """Live many histories and return how often each thing happened in all of them."""
    total: Counter[str] = Counter()
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(os.cpu_count() or 1, 8), mp_context=spawned) as pool:
        chunks = [seeds[at : at + _CHUNK] for at in range(0, len(seeds), _CHUNK)]
        for counts in pool.map(_counts_of, chunks):
            total += counts
    return total
