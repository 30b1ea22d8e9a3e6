"""`ioc worker`, with a record of the ticks it took: what a replay needs beside the readings."""

from __future__ import annotations

import os

from ioc import city, health, logs
from ioc.settings import load
from rules.language import parse
from storage.commit import Stretch, commit
from storage.database import Database
from streams import worker


class RecordingDatabase(Database):
    """Stores the ticks of a stretch in its transaction too."""

    async def commit(self, stretch: Stretch) -> None:
        """As `Database.commit`."""
        async with self._calling() as connection, connection.transaction():
            await commit(connection, stretch)
            if stretch.ticks:
                async with connection.cursor() as cursor:
                    await cursor.executemany(
                        "INSERT INTO chaos_tick (partition, rows, time_us) VALUES (%s, %s, %s)",
                        [(one.partition, one.rows, one.time_us) for one in stretch.ticks],
                    )


def main() -> None:
    """Run until told to stop."""
    logs.to_stderr()
    settings = load(os.environ)
    town = city.load(settings.city)
    worker.run(
        parse(town.rule_texts, town.catalogue),
        settings.worker,
        health.writer(settings.run_dir, "worker"),
        RecordingDatabase(settings.database_url),
    )


if __name__ == "__main__":
    main()
