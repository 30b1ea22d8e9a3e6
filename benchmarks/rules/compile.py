"""How long a city's rules take from their texts to a rule set, and what they hold.

    python -m benchmarks.rules.compile [--rules 1000] [--datastreams 100000]

Target: 1 000 rules over 100 000 datastreams in 5 s and 1 GiB.
"""

from __future__ import annotations

import argparse
import gc
import resource
import time
from pathlib import Path

from benchmarks.rules import city
from rules.assembly import assemble
from rules.language import compile_rules


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rules", type=int, default=1000)
    arguments.add_argument("--datastreams", type=int, default=100_000)
    given = arguments.parse_args()
    began = time.perf_counter()
    catalogue = city.catalogue(given.datastreams)
    texts = city.texts(given.rules)
    print(f"{len(catalogue.datastreams)} datastreams made in {time.perf_counter() - began:.1f} s")
    gc.collect()
    before = _resident_mib()
    began, processor = time.perf_counter(), time.process_time()
    rules, digest = compile_rules(texts, catalogue)
    compiled = time.perf_counter()
    rule_set = assemble(catalogue, rules, digest)
    assembled = time.perf_counter()
    processor = time.process_time() - processor
    size = sum(len(text) for text in texts.values()) / 1024
    print(
        f"{given.rules} rules ({size:.0f} KiB) with {sum(rule.n for rule in rule_set.rules)} "
        f"subjects: compiled in {compiled - began:.2f} s, assembled in "
        f"{assembled - compiled:.2f} s, together {assembled - began:.2f} s, "
        f"{processor:.2f} s of it on the processor"
    )
    gc.collect()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"they hold {_resident_mib() - before:.0f} MiB; at most {peak - before:.0f} MiB meanwhile"
    )


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / (1 << 20)


if __name__ == "__main__":
    main()
