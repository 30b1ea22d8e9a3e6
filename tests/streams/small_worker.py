"""The real worker over the small city, as a process of its own for tests to kill.

Arguments: Kafka servers, database URL, data folder, heartbeat file, and if the group has several
members the worker's own name in it.
"""

import sys
from pathlib import Path

from ioc import health
from rules.language import parse
from streams import worker
from streams.settings import WorkerSettings
from tests.small_city import RULES, city

if __name__ == "__main__":
    servers, url, folder, facts, *instance = sys.argv[1:]
    worker.run(
        parse(RULES, city()),
        WorkerSettings(
            kafka=servers,
            database_url=url,
            data_dir=Path(folder),
            instance=instance[0] if instance else None,
        ),
        health.writer(Path(facts).parent, Path(facts).stem),
    )
