"""Live one seed again and tell what happened: `python -m tests.simulation SEED [-v]`."""

import argparse

from tests.simulation.runs import many_seeds, one_seed

parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
parser.add_argument("seed", help="a seed, or FIRST:LAST (exclusive) for many")
parser.add_argument("-v", action="store_true", help="every event, not only the last before a fault")
chosen = parser.parse_args()
if ":" in chosen.seed:
    first, last = chosen.seed.split(":")
    counts = many_seeds(range(int(first), int(last)))
else:
    world = one_seed(int(chosen.seed), trace=None if chosen.v else 60)
    counts = world.counts
    if chosen.v:
        print(world.story())
print("\n".join(f"{count:8} {what}" for what, count in sorted(counts.items())))
