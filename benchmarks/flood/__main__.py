"""`python -m benchmarks.flood [--engine apache] [--seconds 60] [--pairs 3] [--factor 100]`.

Fifty gateways publish at a steady rate, and in every third stretch of time one of them publishes so
many times more. Prints how long the others' readings took from publishing to the committed row,
without and with the flood, and how much longer the second is. In the stretch between, the same
flood goes to the same broker under a topic that nobody subscribed to: what is slower then, no
gateway can help, for publisher and broker have their processor from the same machine. Kinds
alternate, each at each place in turn, so that what else the machine does hits all; how busy it was
stands in each line. All that was published must be stored once, the flood too.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.flood.system import ENGINES, System
from devices import Catalogue
from ioc import city

GATEWAYS = 50
WITHOUT, UNHEARD, WITH = "without", "unheard", "with"
_READINGS = 10
"""In one message at most."""
_WARM_UP_S = 10.0
_EDGE_S = 2.0
"""The first seconds of a stretch do not count: the one before may still be at work."""
_GIVE_UP_S = 600.0


def main(engine: str, seconds: float, pairs: int, rate: float, factor: float) -> None:
    """Measure and print; the arguments are those of the command line."""
    with tempfile.TemporaryDirectory(prefix="ioc-flood-") as name:
        system = System(Path(name), engine)
        try:
            system.start()
            _measure(system, seconds, pairs, rate, factor)
        finally:
            system.stop()


def _measure(system: System, seconds: float, pairs: int, rate: float, factor: float) -> None:
    catalogue = city.load(system.settings.city).catalogue
    streams = _streams(catalogue)
    flooder, *_ = streams
    one = {flooder: streams[flooder]}
    others = system.publishers({k: v for k, v in streams.items() if k != flooder}, rate, "field")
    usual = system.publishers(one, rate, "flooder")
    floods = {
        WITHOUT: None,
        UNHEARD: system.publishers(one, rate * factor, "unheard", below="unheard"),
        WITH: system.publishers(one, rate * factor, "flood"),
    }
    everybody = [others, usual, *filter(None, floods.values())]
    slots = {catalogue.slot_of[streams[name][0][0]] for name in streams if name != flooder}
    delays: dict[str, list[NDArray[np.float64]]] = {name: [] for name in floods}
    deferred = 0
    try:
        others.go()
        usual.go()
        time.sleep(_WARM_UP_S)
        others.stop()
        for turn in range(pairs):
            for name in _order(turn):
                flood = floods[name]
                if flood is not None:
                    flood.go()
                others.go()
                began_s, before = time.time(), system.cpu_s()
                machine = psutil.cpu_times()
                while (left_s := began_s + seconds - time.time()) > 0:
                    time.sleep(min(left_s, 0.5))
                    deferred = max([deferred, *system.facts().get("deferred", {}).values()])
                ended_s, after = time.time(), system.cpu_s()
                busy = _busy(machine, psutil.cpu_times())
                if flood is not None:
                    flood.stop()
                # Nobody else sends meanwhile: what waits may go as fast as it can.
                others.stop()
                _until_caught_up(system)
                delays[name].append(_delays_ms(system, slots, began_s + _EDGE_S, ended_s))
                used = ", ".join(
                    f"{part} {(after[part] - before[part]) / (ended_s - began_s):.0%}"
                    for part in after
                )
                print(f"{name:<8} {_quantiles(delays[name][-1])}; processor: {used}; "
                      f"machine busy {busy:.0%}", flush=True)  # fmt: skip
        sent = sum(sum(one.stop().values()) for one in (others, usual, floods[WITH]) if one)
        stored = _stored(system, catalogue, streams, sent)
    finally:
        for publisher in everybody:
            publisher.end()
    print(f"{GATEWAYS} gateways, {rate:g} messages/s each; one of them {factor:g} times for "
          f"{seconds:g} s, {pairs} times")  # fmt: skip
    for name, found in delays.items():
        print(f"{name:<8} {_quantiles(np.concatenate(found))}")
    print(f"grows    {_growth(delays[WITHOUT], delays[WITH])}")
    print(f"floor    {_growth(delays[WITHOUT], delays[UNHEARD])} when nobody hears the flood: what "
          "its publisher and the broker take from this machine")  # fmt: skip
    print(f"above it {_growth(delays[UNHEARD], delays[WITH])}")
    print(f"sent {sent} messages, stored {stored}; waiting at most {deferred}")


def _order(turn: int) -> list[str]:
    """Return in which order stretches follow each other, each kind at each place in turn.

    The embedded log takes more processor the longer it is: whoever is always last would pay for it.
    """
    kinds = [WITHOUT, UNHEARD, WITH]
    first = turn % len(kinds)
    return kinds[first:] + kinds[:first]


def _busy(before: Any, after: Any) -> float:  # noqa: ANN401 # psutil names no type for it
    """Return the share of the machine's processors that was in use, whoever used it, 0 to 1."""
    passed = sum(after) - sum(before)
    idle = after.idle + getattr(after, "iowait", 0.0)
    idle -= before.idle + getattr(before, "iowait", 0.0)
    return 1 - idle / passed if passed else 0.0


def _growth(before: list[NDArray[np.float64]], after: list[NDArray[np.float64]]) -> str:
    """Say how much longer delays are: the median of the growth over pairs of stretches."""
    told = []
    for p in (50, 99):
        ratios = [
            np.percentile(two, p) / np.percentile(one, p)
            for one, two in zip(before, after, strict=True)
        ]
        told.append(f"p{p} {np.median(ratios) - 1:+.0%}")
    return ", ".join(told)


def _streams(catalogue: Catalogue) -> dict[str, list[tuple[str, float]]]:
    """Return gateways that have something to measure, with datastreams and a possible value."""
    found: dict[str, list[tuple[str, float]]] = {}
    for one in catalogue.datastreams:
        mine = found.setdefault(catalogue.gateway_of[one.slot], [])
        if len(mine) < _READINGS:
            mine.append((one.id, (one.physical_min + one.physical_max) / 2))
    return dict(list(found.items())[:GATEWAYS])


def _until_caught_up(system: System) -> None:
    """Wait until nothing is set aside or unstored but what came just now."""
    deadline = time.monotonic() + _GIVE_UP_S
    while time.monotonic() < deadline:
        facts = system.facts()
        if (
            not any(facts.get("deferred", {}).values())
            and facts["spool_messages"] < 3 * GATEWAYS * 4
        ):
            return
        time.sleep(0.5)
    raise SystemExit(f"the flood is not worked off within {_GIVE_UP_S:g} s")


def _delays_ms(
    system: System, slots: set[int], began_s: float, ended_s: float
) -> NDArray[np.float64]:
    """Return the delays of messages published in a stretch of time, ms: one for each message."""
    time.sleep(2)
    rows = system.committed()
    counted = np.isin(rows["slot"], list(slots))
    counted &= (rows["phenomenon_us"] >= began_s * 1e6) & (rows["phenomenon_us"] < ended_s * 1e6)
    return (rows["committed_us"] - rows["phenomenon_us"])[counted] / 1e3


def _stored(
    system: System, catalogue: Catalogue, streams: dict[str, list[tuple[str, float]]], sent: int
) -> int:
    """Return how many messages are stored, once all are or nothing more comes."""
    first = [catalogue.slot_of[one[0][0]] for one in streams.values()]
    stored = before = -1
    while stored < sent:
        time.sleep(3)
        before, stored = stored, int(np.isin(system.committed()["slot"], first).sum())
        if stored == before:
            break
    return stored


def _quantiles(delays_ms: NDArray[np.float64]) -> str:
    told = (f"p{p} {np.percentile(delays_ms, p):.0f} ms" for p in (50, 99))
    return ", ".join([*told, f"{len(delays_ms)} messages"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flood", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="length of a stretch")
    parser.add_argument("--pairs", type=int, default=3, help="stretches of each kind")
    parser.add_argument("--rate", type=float, default=4.0, help="messages/s of a gateway")
    parser.add_argument("--factor", type=float, default=100.0, help="times that the flood is more")
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0])
    chosen = parser.parse_args()
    main(chosen.engine, chosen.seconds, chosen.pairs, chosen.rate, chosen.factor)
