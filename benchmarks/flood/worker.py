"""`ioc worker`, with a record of when each row was committed.

Arguments: the file that rows of `ROW` are appended to.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np

from ioc import city, health, logs
from ioc.settings import load
from rules.language import parse
from storage.commit import Stretch
from storage.database import Database
from streams import worker

ROW: Final = np.dtype([("slot", "i4"), ("phenomenon_us", "i8"), ("committed_us", "i8")])
"""A stored reading; times in µs since 1970, the second one when COMMIT had been answered."""


class RecordingDatabase(Database):
    """Notes the time after each commit."""

    def __init__(self, url: str, record: Path) -> None:
        """Prepare; see `Database`."""
        super().__init__(url)
        self._record = record.open("ab", buffering=0)

    async def commit(self, stretch: Stretch) -> None:
        """As `Database.commit`."""
        await super().commit(stretch)
        committed_us = time.time_ns() // 1000
        if stretch.batch is not None and stretch.batch.n:
            rows = np.empty(stretch.batch.n, ROW)
            rows["slot"] = stretch.batch.datastream
            rows["phenomenon_us"] = stretch.batch.phenomenon_time_us
            rows["committed_us"] = committed_us
            self._record.write(rows.tobytes())


def main(record: Path) -> None:
    """Run until told to stop."""
    logs.to_stderr()
    settings = load(os.environ)
    town = city.load(settings.city)
    worker.run(
        parse(town.rule_texts, town.catalogue),
        settings.worker,
        health.writer(settings.run_dir, "worker"),
        RecordingDatabase(settings.database_url, record),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
