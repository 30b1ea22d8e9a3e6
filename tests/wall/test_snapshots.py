"""Pictures of events, from the database to whoever asks: JPEG or nothing."""

import io

import pytest
from PIL import Image

from devices.reports import SnapshotReport
from ioc_dashboard import snapshots
from ioc_dashboard.history import DatabaseHistory
from tests.storage.test_reports import reported, store
from tests.wall.test_server import get


def jpeg():
    drawn = io.BytesIO()
    Image.new("RGB", (64, 36), (200, 30, 30)).save(drawn, "JPEG")
    return drawn.getvalue()


def asked(stage, url, path):
    """Ask the wall, whose pictures come from this database."""
    stage.world.picture = DatabaseHistory(url).picture
    return get(stage, f"/wall/snapshot/{path}")


def test_a_stored_picture_is_sent_as_it_is_and_may_be_kept(stage, own_database_url):
    picture = jpeg()
    store(own_database_url, reported(SnapshotReport(0, "cam-1.17", picture, 64, 36)))
    status, headers, content = asked(stage, own_database_url, "gw/cam-1.17")
    assert (status, content) == (200, picture)
    assert headers["content-type"] == "image/jpeg"
    assert headers["x-content-type-options"] == "nosniff"
    assert {"private", "immutable"} <= {one.strip() for one in headers["cache-control"].split(",")}


@pytest.mark.parametrize(
    "path",
    ["gw/cam-1.18", "gw-other/cam-1.17", "gw/cam-1.17%00", "gw/%2e%2e%2fetc", "gw/" + "a" * 129,
     "gw/%27%20OR%201=1", "gw", "gw/cam-1.17/more"],
    ids=["another_id", "another_gateway", "nul", "a_path", "too_long", "sql", "no_id", "more"],
)  # fmt: skip
def test_what_is_no_stored_picture_is_not_found(stage, own_database_url, path):
    store(own_database_url, reported(SnapshotReport(0, "cam-1.17", jpeg(), 64, 36)))
    status, headers, _ = asked(stage, own_database_url, path)
    assert status == 404
    assert "immutable" not in headers.get("cache-control", "")


@pytest.mark.parametrize("content", [b"<svg onload='alert(1)'/>", b"\x89PNG\r\n", b""])
def test_what_is_no_jpeg_is_never_sent(stage, own_database_url, content):
    store(own_database_url, reported(SnapshotReport(0, "s-1", content, 1, 1)))
    status, _, answer = asked(stage, own_database_url, "gw/s-1")
    assert (status, answer) == (404, b"")


def test_a_database_that_does_not_answer_is_told_and_not_kept(stage, monkeypatch):
    monkeypatch.setattr(snapshots, "_ANSWER_WITHIN_S", 0.05)
    # Port 1 is nobody's: the history would wait for a database for ever.
    status, headers, _ = asked(stage, "postgresql://nobody@127.0.0.1:1/none", "gw/s-1")
    assert (status, headers["cache-control"]) == (503, "no-store")
