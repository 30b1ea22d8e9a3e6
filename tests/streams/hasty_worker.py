"""The worker of `small_worker` with a clock that goes a thousand times as fast: hours in seconds.

Arguments as there.
"""

import runpy
import time
from types import SimpleNamespace

from streams import roller, worker

if __name__ == "__main__":
    worker.time = SimpleNamespace(monotonic=lambda: 1000 * time.monotonic())
    roller.EVERY_S = 0.1
    runpy.run_module("tests.streams.small_worker", run_name="__main__")
