"""Field devices on plain TCP: the real gateway, and devices good and bad."""

import contextlib
import json
import socket
import sqlite3
import time

import pytest

from benchmarks.running import free_port
from ingest.spool import Spool
from tests.ingest.line_codec import answer, frame
from tests.ingest.test_gateway import DEADLINE_S, gateway, is_connected, wait_until

KEYS = "abcdefghij"


class Line:
    """A running gateway that listens for the line protocol."""

    def __init__(self, broker, kafka, folder, **settings):
        self.port = free_port().number
        self.folder = folder
        self._stack = contextlib.ExitStack()
        self._start = lambda: gateway(
            broker, kafka.bootstrap, folder, program="tests.ingest.line_gateway",
            tcp=[f"line:{self.port}"], **settings,
        )  # fmt: skip

    def __enter__(self):
        self.process, self._facts = self._stack.enter_context(self._start())
        wait_until(is_connected(self._facts), "gateway connects")
        return self

    def __exit__(self, *_):
        self._stack.close()

    def facts(self):
        return json.loads(self._facts.read_text())

    @contextlib.contextmanager
    def device(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S) as one:
            yield one

    def spooled(self):
        """Return (topic, payload) of what is in the spool and says something, in order."""
        there = Spool(self.folder / "spool-gw-0.db")
        try:
            return [(one.topic, one.payload) for one in there.read(0, 10_000) if not one.withheld]
        finally:
            there.close()


@pytest.fixture
def line(own_mqtt_broker, kafka, tmp_path):
    with Line(own_mqtt_broker, kafka, tmp_path) as one:
        yield one


def heard(device, wanted: bytes) -> None:
    """Read until these bytes have come; nothing else may come."""
    got = b""
    while len(got) < len(wanted):
        data = device.recv(4096)
        assert data, f"the gateway hung up after {got!r}"
        got += data
        assert wanted.startswith(got)


def hung_up(device) -> bool:
    try:
        while device.recv(4096):
            pass
    except ConnectionResetError:
        return True
    return True


def test_frames_cut_glued_and_between_garbage_are_answered_in_order_and_spooled(line):
    frames = [frame(key=key) for key in KEYS]
    stream = b"garbage\n" + frames[0] + b"##\n" + b"".join(frames[1:])
    with line.device() as device:
        for start in range(0, len(stream), 7):
            device.sendall(stream[start : start + 7])
        heard(device, b"".join(answer(key) for key in KEYS))
        wait_until(
            lambda: line.facts()["tcp_garbage"] == len("garbage\n##\n"), "garbage is counted"
        )
        assert line.facts()["tcp_connections"] == 1
    assert line.spooled() == [("up/gw-bridge/line", one) for one in frames]
    wait_until(lambda: line.facts()["tcp_connections"] == 0, "the connection is gone")
    assert (line.facts()["tcp_frames"], line.facts()["tcp_garbage"]) == (len(KEYS), 11)


def test_a_frame_is_its_devices_and_one_without_a_name_that_of_the_one_before(line):
    with line.device() as device:
        device.sendall(frame(device="nobody", key="a"))
        heard(device, answer("a"))
        device.sendall(frame(device="lock-gauge", key="b"))
        heard(device, answer("b"))
        device.sendall(frame(device="nobody", key="c"))
        heard(device, answer("c"))
    assert [topic for topic, _ in line.spooled()] == [
        "up/tcp-line/line", "up/gw-lock/line", "up/gw-lock/line",
    ]  # fmt: skip


def test_pieces_become_one_message_and_each_is_answered(line):
    pieces = [frame(key="k", number=number, total=3) for number in (1, 2, 3)]
    with line.device() as device:
        device.sendall(b"".join(pieces))
        heard(device, b"".join(answer("k", number) for number in (1, 2, 3)))
        device.sendall(pieces[2])  # it did not hear the answer
        heard(device, answer("k", 3))
    assert line.spooled() == [("up/gw-bridge/line", b"".join(pieces))]


def test_an_answer_comes_when_the_spool_has_the_frame_and_not_before(line):
    spool = sqlite3.connect(line.folder / "spool-gw-0.db", isolation_level=None)
    spool.execute("BEGIN IMMEDIATE")  # nobody else can write
    with line.device() as device:
        device.sendall(frame())
        wait_until(lambda: "locked" in line.facts()["spool_trouble"], "the spool's trouble")
        device.setblocking(False)
        with pytest.raises(BlockingIOError):
            device.recv(1)
        device.settimeout(DEADLINE_S)
        spool.execute("ROLLBACK")
        heard(device, answer())
    assert spool.execute("SELECT count(*) FROM message").fetchone() == (1,)
    spool.close()


def test_a_kill_loses_no_frame_that_was_answered_and_doubles_none(own_mqtt_broker, kafka, tmp_path):
    line = Line(own_mqtt_broker, kafka, tmp_path)
    frames = [frame(key=f"k{number}") for number in range(300)]
    answered = 0
    with line, line.device() as device:
        device.sendall(b"".join(frames))
        got = b""
        while got.count(b"\n") < 20:
            got += device.recv(4096)
        line.process.kill()
        with contextlib.suppress(OSError):
            while data := device.recv(4096):
                got += data
        answered = got.count(b"\n")
    kept = [payload for _, payload in line.spooled()]
    assert kept[:answered] == frames[:answered]
    with line, line.device() as device:
        device.sendall(b"".join(frames[answered:]))
        heard(device, b"".join(answer(f"k{number}") for number in range(answered, 300)))
    assert [payload for _, payload in line.spooled()] == frames


def test_bad_devices_hurt_only_themselves(own_mqtt_broker, kafka, tmp_path):
    """One floods, one sends nothing but garbage, one is silent; the good one is answered."""
    with Line(own_mqtt_broker, kafka, tmp_path) as line, contextlib.ExitStack() as bad:
        floods = {frame(key="f"): 200_000, b"\xff": 20_000_000, b"": 0}
        for data, times in floods.items():
            device = bad.enter_context(line.device())
            device.setblocking(False)
            with contextlib.suppress(OSError):  # its buffers are full: nobody reads on
                device.sendall(data * times)
        with line.device() as good:
            for key in KEYS:
                good.sendall(frame(key=key))
                heard(good, answer(key))


def test_who_does_not_read_its_answers_is_hung_up_on(own_mqtt_broker, kafka, tmp_path):
    with (
        Line(own_mqtt_broker, kafka, tmp_path, tcp_frames_per_s=100_000.0) as line,
        line.device() as deaf,
    ):
        frames = frame(key="k" * 4000) * 100

        def talk_on():
            while True:  # each answer is as long; `DEADLINE_S` ends a gateway that takes them all
                deaf.sendall(frames)

        with pytest.raises(ConnectionError):
            talk_on()
        wait_until(lambda: line.facts()["tcp_connections"] == 0, "it is gone")


def test_who_sends_nothing_but_garbage_or_nothing_at_all_is_hung_up_on(
    own_mqtt_broker, kafka, tmp_path
):
    with Line(own_mqtt_broker, kafka, tmp_path, tcp_idle_s=1.0) as line:
        with line.device() as junk, line.device() as silent:
            with contextlib.suppress(OSError):
                junk.sendall(b"\xff\n" * 100_000)
            assert hung_up(junk)
            assert hung_up(silent)
        wait_until(lambda: line.facts()["tcp_connections"] == 0, "both are gone")


def test_more_connections_than_allowed_are_turned_away(own_mqtt_broker, kafka, tmp_path):
    with Line(own_mqtt_broker, kafka, tmp_path, tcp_connections=2) as line:
        with line.device() as first, line.device() as second:
            for device in (first, second):
                device.sendall(frame())
                heard(device, answer())
            with line.device() as third:
                assert hung_up(third)
            second.close()
            wait_until(lambda: line.facts()["tcp_connections"] == 1, "one has gone")
            with line.device() as third:
                third.sendall(frame(key="z"))
                heard(third, answer("z"))
        wait_until(lambda: line.facts()["tcp_turned_away"] == 1, "it is counted")


def test_frames_that_want_no_answer_are_safe_when_the_gateway_is_told_to_stop(line):
    with line.device() as device:
        device.sendall(frame(key="a"))
        heard(device, answer("a"))
        device.sendall(frame(key="b"))
        deadline = time.monotonic() + DEADLINE_S
        while line.facts()["tcp_frames"] < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        line.process.terminate()
        assert line.process.wait(DEADLINE_S) == 0
    assert len(line.spooled()) == 2
