"""Settings of the wall: one bad value for each mistake."""

import re
from datetime import timedelta

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
        ({"admission": "closed"}, "wall.admission is 'closed'; it must be token or open"),
        (
            {"admission": "open", "host": "0.0.0.0"},
            "wall.admission is open, and other machines reach 0.0.0.0: everybody there would see "
            "the wall. Say token, or open_to_the_whole_network = true beside it",
        ),
        ({"reload_from": "4:00"}, "wall.reload_from is '4:00'; it must be like 04:00"),
        ({"reload_until": "24:00"}, "wall.reload_until is '24:00'; it must be like 04:00"),
        (
            {"session_idle_minutes": 4},
            "wall.session_idle_minutes is 4; it must be 5 to 720",
        ),
        ({"session_idle_minutes": 721}, "wall.session_idle_minutes is 721; it must be 5 to 720"),
        ({"session_hours": 0}, "wall.session_hours is 0; it must be 1 to 24 h"),
        ({"session_hours": 25}, "wall.session_hours is 25; it must be 1 to 24 h"),
        ({"trend_hours": 49}, "wall.trend_hours is 49; it must be 0.1 to 48 h"),
    ],
)
def test_a_bad_value_is_named(bad, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        WallSettings(**{**GOOD, **bad})


def test_sessions_last_a_shift_and_its_handover_and_an_hour_without_use():
    limits = WallSettings(**GOOD).session_limits
    assert (limits.idle, limits.absolute) == (timedelta(hours=1), timedelta(hours=14))


def test_the_hours_of_the_nightly_reload_are_minutes_of_the_day():
    assert WallSettings(**GOOD).reload_minutes == (240, 270)
    assert WallSettings(**GOOD, reload_from="23:50", reload_until="00:10").reload_minutes == (
        1430, 10,
    )  # fmt: skip
