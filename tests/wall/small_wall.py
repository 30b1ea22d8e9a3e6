"""A wall process over the small city, as `ioc wall` runs it: Kafka, database, port, facts file."""

import json
import sys
from pathlib import Path

from ioc_dashboard import wall
from ioc_dashboard.settings import WallSettings
from tests.small_city import city

if __name__ == "__main__":
    servers, url, port, facts = sys.argv[1:]
    wall.run(
        city(),
        {"type": "FeatureCollection", "features": []},
        WallSettings(kafka=servers, database_url=url, port=int(port)),
        lambda told: Path(facts).write_text(json.dumps(told), encoding="utf-8"),
    )
