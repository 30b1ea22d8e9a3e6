"""What `ioc status` says to a person."""

from ioc import status


def facts(**gateway):
    part = {
        "name": "gateway", "state": "ready", "healthy": True, "pid": 7, "uptime_s": 1.0,
        "restarts": 0, "last_exit": None, "heartbeat_age_s": 0.5, "facts": gateway,
    }  # fmt: skip
    return {
        "running": True, "wall": {"url": "http://127.0.0.1:8050/", "answers": True},
        "parts": [part], "reachable": False, "database_error": "away",
    }  # fmt: skip


def test_clocks_that_are_wrong_are_named_with_their_direction():
    text = status.render(facts(clock_offsets_s={"gw-a": -28800.2, "gw-b": 5.1, "gw-c": 5.0}))
    assert "! clocks  gw-a 28800.2 s behind, gw-b 5.1 s ahead; set their clocks by NTP" in text
    assert "gw-c" not in text


def test_clocks_that_are_right_take_no_line():
    assert "clocks" not in status.render(facts(clock_offsets_s={"gw-a": -0.02}))
    assert "clocks" not in status.render(facts())
