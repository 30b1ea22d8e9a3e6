"""Settings of the wall: one bad value for each mistake."""

import re

import pytest

from ioc_dashboard.settings import WallSettings

GOOD = {"kafka": "127.0.0.1:9092", "database_url": "postgresql://ioc@127.0.0.1/ioc"}


def test_the_defaults_listen_on_this_machine_only():
    assert WallSettings(**GOOD).host == "127.0.0.1"


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"kafka": ""}, "wall.kafka is empty"),
        ({"database_url": "sqlite://x"}, "wall.database_url does not start with postgresql://"),
        ({"host": ""}, "wall.host is empty"),
        ({"port": 0}, "wall.port is 0; it must be 1 to 65535"),
        ({"port": 65536}, "wall.port is 65536; it must be 1 to 65535"),
        ({"trend_hours": 0.05}, "wall.trend_hours is 0.05; it must be 0.1 to 48 h"),
        ({"trend_hours": 49}, "wall.trend_hours is 49; it must be 0.1 to 48 h"),
    ],
)
def test_a_bad_value_is_named(bad, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        WallSettings(**{**GOOD, **bad})
