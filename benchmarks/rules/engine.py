"""How many readings a second the engine judges on one core.

    python -m benchmarks.rules.engine [--quick]

A city of blocks (`benchmarks.rules.city`) under one rule of each kind, each watching all that it
fits; each datastream reports once a minute, in no order, and the log ticks once a minute. Medians
over several stretches; all ratios are of one run, their sides taken in turn.

Targets: 5 M readings/s at 10 000 datastreams; half of that rate at 1 000 000; twenty times an
evaluator that goes from event to event, over the rules that it knows.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence

from benchmarks.rules import city, feed
from benchmarks.rules.per_event import PerEvent
from devices import Batch, Catalogue, Tick
from rules import engine, state
from rules.language import parse
from rules.ruleset import RuleSet

RULES = """
rules:
  - {id: level, version: 1, domain: water, kind: threshold, subjects: {property: water_level},
     levels: {yellow: {limit: warning}, red: {limit: guaranteed}}, hysteresis: 0.05,
     off_delay: 5min, message: {zh: "{place}", en: "{place}"}}
  - {id: pm25, version: 1, domain: air, kind: threshold, subjects: {property: pm25},
     levels: {blue: {limit: light}, yellow: {limit: moderate}}, hysteresis: 5, for: 1min,
     message: {zh: "{place}", en: "{place}"}}
  - {id: slow, version: 1, domain: traffic, kind: threshold, subjects: {property: speed},
     direction: below, levels: {blue: {limit: congested}, yellow: {limit: jammed}}, hysteresis: 3,
     for: 1min, message: {zh: "{place}", en: "{place}"}}
  - {id: rise, version: 1, domain: water, kind: rate, subjects: {property: water_level},
     window: 30min, per: 1h, of: rise, levels: {yellow: {value: 2}},
     message: {zh: "{place}", en: "{place}"}}
  - {id: stuck, version: 1, domain: air, kind: stuck, subjects: {property: pm10},
     tolerance: 0.001, levels: {blue: {value: 2h}}, message: {zh: "{place}", en: "{place}"}}
  - {id: seen, version: 1, domain: camera, kind: count, subjects: {property: ponding},
     at_least: 0.6, within: 10min, levels: {yellow: {value: 3}},
     message: {zh: "{place}", en: "{place}"}}
  - {id: silent, version: 1, domain: water, kind: silence, subjects: {},
     levels: {blue: {value: 10min}}, message: {zh: "{place}", en: "{place}"}}
"""
JOINT = """
rules:
  - {id: wet, version: 1, domain: water, kind: boolean, by: place,
     conditions: {deep: {property: water_depth, above: caution},
                  seen: {property: ponding, above: 0.6}},
     levels: {yellow: deep or seen, red: deep and seen}, message: {zh: "{place}", en: "{place}"}}
  - {id: odd, version: 1, domain: air, kind: neighbours, subjects: {property: pm25},
     radius_km: 1.5, least: 2, measure: difference, levels: {yellow: {value: 50}},
     message: {zh: "{place}", en: "{place}"}}
"""

BATCHES = (2000, 8000)
_ROUNDS = {10_000: 60, 1_000_000: 3}
_STRETCHES = 5


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="a twentieth, for a first look")
    quick = arguments.parse_args().quick
    rates: dict[tuple[int, int], float] = {}
    for datastreams, rounds in _ROUNDS.items():
        if quick:
            datastreams, rounds = datastreams // 10, max(2, rounds // 4)
        catalogue = city.catalogue(datastreams)
        for joint in (False, True):
            texts = {"rules.yaml": RULES} | ({"joint.yaml": JOINT} if joint else {})
            rule_set = parse(texts, catalogue)
            kinds = sorted({rule.kind for rule in rule_set.rules})
            subjects = sum(rule.n for rule in rule_set.rules)
            print(f"{datastreams} datastreams, {len(kinds)} kinds ({', '.join(kinds)}), "
                  f"{subjects} subjects")  # fmt: skip
            for size in BATCHES:
                rate = _measure(rule_set, catalogue, size, rounds)
                if joint:
                    rates[datastreams, size] = rate
    (small, large) = sorted({one for one, _ in rates})
    for size in BATCHES:
        share = rates[large, size] / rates[small, size]
        print(f"batches of {size}: {share:.0%} of the rate at {large} datastreams (target 50 %)")
    _compare(1000 if quick else 10_000)


def _measure(rule_set: RuleSet, catalogue: Catalogue, size: int, rounds: int) -> float:
    memory = state.empty(rule_set)
    every = list(feed.rounds(catalogue, size, rounds * (_STRETCHES + 1)))
    stretches = [
        [one for some in every[at : at + rounds] for one in some]
        for at in range(0, len(every), rounds)
    ]
    told, found = 0, []
    engine.advance(rule_set, memory, stretches[0])  # levels of the first readings, first events
    for stretch in stretches[1:]:
        began = time.process_time()
        outcome = engine.advance(rule_set, memory, stretch)
        found.append(_readings(stretch) / (time.process_time() - began))
        told += len(outcome.transitions)
    rate = statistics.median(found)
    readings = sum(_readings(one) for one in stretches[1:])
    ticks_us = _tick_us(rule_set, memory)
    print(f"  batches of {size}: {rate / 1e6:.2f} M readings/s of processor time (median of "
          f"{_STRETCHES}, {min(found) / 1e6:.2f} to {max(found) / 1e6:.2f}), one transition in "
          f"{readings / max(told, 1):,.0f} readings, a tick {ticks_us:,.0f} µs")  # fmt: skip
    return rate


def _tick_us(rule_set: RuleSet, memory: state.State) -> float:
    found = []
    for _ in range(20):
        began = time.process_time()
        engine.advance(rule_set, memory, [Tick(memory.clock_us + 1)])
        found.append((time.process_time() - began) * 1e6)
    return statistics.median(found)


def _compare(datastreams: int) -> None:
    """Judge the same readings by the engine and event by event, in turn."""
    catalogue = city.catalogue(datastreams)
    rule_set = parse({"rules.yaml": RULES}, catalogue)
    every = list(feed.rounds(catalogue, 8000, 40))
    memory, slow = state.empty(rule_set), PerEvent(rule_set)
    told, ratios, slow_rates = [], [], []
    for at in range(0, len(every), 10):
        stretch = [one for some in every[at : at + 10] for one in some]
        began = time.process_time()
        told += engine.advance(rule_set, memory, stretch).transitions
        middle = time.process_time()
        readings = slow.run(stretch)
        end = time.process_time()
        ratios.append((end - middle) / (middle - began))
        slow_rates.append(readings / (end - middle))
    ours = sorted((one.rule, one.subject, one.kind, one.at_us) for one in told)
    same = ours == sorted(slow.told)
    print(f"event by event: {statistics.median(slow_rates):,.0f} readings/s; the engine "
          f"{statistics.median(ratios):.1f} times as fast (target 20), {len(ours)} transitions, "
          f"{'the same' if same else 'NOT the same'}")  # fmt: skip
    if not same:
        raise SystemExit(1)


def _readings(stretch: Sequence[Batch | Tick]) -> int:
    return sum(one.n for one in stretch if isinstance(one, Batch))


if __name__ == "__main__":
    main()
