"""What the wall serves, to whom, and what it refuses."""

import http.client
import json
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from ioc_dashboard import frames
from tests.small_city import BRIDGE
from tests.wall.scripted import NOON_US, alert

SCREENS = 200


def get(stage, path):
    connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def line_to(stage, **options):
    return connect(f"ws://127.0.0.1:{stage.port}/ws/wall", **options)


def next_frame(line):
    return frames.decode(line.recv(timeout=20))


def next_of(line, kind):
    """Return the next frame of a kind; the page's own part may come in between."""
    while not isinstance(frame := next_frame(line), kind):
        pass
    return frame


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/nothing", "/assets/nothing.js", "/_dash-ws"]
)
def test_an_unknown_path_is_not_found(stage, path):
    assert get(stage, path)[0] == 404


@pytest.mark.parametrize("path", ["/", "/nothing", "/healthz", "/assets/wall.css"])
def test_every_answer_carries_the_policy(stage, path):
    _, headers, _ = get(stage, path)
    policy = dict(one.partition(" ")[::2] for one in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["script-src"].startswith("'self' 'sha256-")
    assert "unsafe" not in policy["script-src"]
    assert headers["x-content-type-options"] == "nosniff"


def test_the_page_names_no_other_machine(stage):
    _, _, body = get(stage, "/")
    assert b"://" not in body.replace(b"http://www.w3.org", b"")


def test_the_atlas_has_every_device_and_datastream(district):
    atlas = json.loads(get(district, "/wall/atlas.json")[2])
    assert len(atlas["devices"]) == len(district.city.devices)
    assert len(atlas["datastreams"]["device"]) == len(district.city.datastreams)
    assert atlas["map_approval"] == district.city.map_approval


def test_health_tells_the_facts(stage):
    stage.hear([(BRIDGE, NOON_US, 3.5, 0)])
    assert json.loads(get(stage, "/healthz")[2])["readings"] == 1


def test_a_page_of_another_origin_gets_no_line(stage):
    with pytest.raises(InvalidStatus, match="403"):
        line_to(stage, origin="http://elsewhere.example")
    with line_to(stage, origin=f"http://127.0.0.1:{stage.port}") as line:
        assert next_frame(line) == frames.Hello("build-1")


def test_there_is_no_line_of_dashs_own(stage):
    with pytest.raises(InvalidStatus, match="403"):
        connect(f"ws://127.0.0.1:{stage.port}/_dash-ws-callback")


def test_a_screen_that_asks_gets_a_snapshot(stage):
    with line_to(stage) as line:
        assert isinstance(next_frame(line), frames.Hello)
        first = next_frame(line)
        stage.second()
        assert next_of(line, frames.Diff).prev == first.seq
        line.send('{"snapshot":true}')
        assert next_of(line, frames.Snapshot).seq == first.seq + 1


@pytest.mark.parametrize("said", ["snapshot", '{"page":1}', b"\x00"])
def test_a_screen_that_says_something_else_is_let_go(stage, said):
    with line_to(stage) as line:
        next_frame(line)
        line.send(said)
        with pytest.raises(ConnectionClosed) as closed:
            next_of(line, type(None))
    assert closed.value.rcvd.code == 1003


def test_two_hundred_screens_hear_the_same_alert(stage):
    with ExitStack() as lines:
        screens = [lines.enter_context(line_to(stage)) for _ in range(SCREENS)]
        for screen in screens:
            next_frame(screen), next_frame(screen)
        assert stage.do(stage.hub.facts)["screens"] == SCREENS
        stage.alerts(alert("a", BRIDGE))
        got = {screen.recv(timeout=20) for screen in screens}
    assert len(got) == 1
    assert [line.id for line in frames.decode(got.pop()).alerts.lines] == ["a"]


def test_a_screen_that_left_is_forgotten(stage):
    with line_to(stage) as line:
        next_frame(line)
        assert stage.do(stage.hub.facts)["screens"] == 1
    stage.until(lambda: stage.hub.facts()["screens"] == 0)
