"""Make the named mistakes, or all, and print who caught them."""

import sys
import time

from tests.mistakes.catalogue import MISTAKES
from tests.mistakes.seeding import is_caught


def main(names: list[str]) -> int:
    missed = 0
    for mistake in MISTAKES:
        if names and not any(name in mistake.name for name in names):
            continue
        began = time.monotonic()
        caught, said = is_caught(mistake)
        missed += not caught
        print(
            f"{'✓' if caught else '✗'} {mistake.name}: {mistake.caught_by.split('::')[-1]} "
            f"({said}, {time.monotonic() - began:.0f} s)",
            flush=True,
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
