"""One connection over a line that can be cut, with a real broker behind it."""

import contextlib
import socket
import threading
import time

import pytest

from simulators.connection import Connection, Pack


class Line:
    """A TCP proxy; it can withhold what the broker answers, and cut every connection."""

    def __init__(self, port):
        self._broker = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.withholds_answers = False
        self._sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                try:
                    broker = socket.create_connection(("127.0.0.1", self._broker))
                except ConnectionRefusedError:
                    client.close()
                    continue
                self._sockets += [client, broker]
                threading.Thread(target=self._serve, args=(client, broker), daemon=True).start()

    def _serve(self, client, broker):
        with client, broker:
            up = threading.Thread(target=self._carry, args=(client, broker, False), daemon=True)
            up.start()
            self._carry(broker, client, True)
            up.join()

    def _carry(self, source, target, answers):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not (answers and self.withholds_answers):
                    target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def cut(self):
        sockets, self._sockets = self._sockets, []
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._listening.close()
        self.cut()


@pytest.fixture
def line(own_mqtt_broker):
    one = Line(own_mqtt_broker.part.port.number)
    yield one
    one.close()


@pytest.fixture
def acknowledged():
    """Sequence numbers in the order in which the broker took the packs."""
    return []


@pytest.fixture
def connection(line, acknowledged):
    one = Connection(
        "field", "127.0.0.1", line.port, 20, threading.Event(),
        lambda pack: acknowledged.append(pack.seq),
    )  # fmt: skip
    yield one
    one.close()


@pytest.fixture
def tend_until(connection, wait_until):
    def tend_until(is_so, what):
        def step():
            connection.tend(time.monotonic())
            return is_so()

        wait_until(step, what)

    return tend_until


def pack(seq):
    return Pack("gw-luotang-air", "boot-1", seq, b"[]", {})


def seqs(listener):
    return [seq for _, _, seq in listener.identities()]


def test_what_was_not_acknowledged_is_published_again_first_and_in_order(
    connection, line, listener, acknowledged, tend_until
):
    tend_until(lambda: connection.connected, "the connection")
    line.withholds_answers = True
    for seq in range(50):
        connection.submit(pack(seq))
    tend_until(lambda: len(listener.messages) == 20, "the window to be full")
    assert acknowledged == []
    assert connection.waiting == 50

    line.cut()
    tend_until(lambda: not connection.connected, "the loss to be noticed")
    assert connection.waiting == 50
    line.withholds_answers = False
    tend_until(lambda: len(acknowledged) == 50, "all acknowledgements")

    assert acknowledged == list(range(50))
    tend_until(lambda: len(listener.messages) >= 70, "the last message")
    assert seqs(listener) == [*range(20), *range(50)]
    assert connection.waiting == 0


def test_no_more_than_the_window_is_sent_ahead(connection, line, listener, tend_until):
    tend_until(lambda: connection.connected, "the connection")
    line.withholds_answers = True
    for seq in range(25):
        connection.submit(pack(seq))
    tend_until(lambda: len(listener.messages) == 20, "the window to be full")
    # A marker on a connection of its own: what came before it at the broker would have come here.
    marker = Connection(
        "marker", "127.0.0.1", line._broker, 1, threading.Event(), lambda _pack: None
    )
    marker.submit(Pack("marker", "b", 0, b"[]", {}))

    def arrived():
        marker.tend(time.monotonic())
        return any(one.topic == "up/marker/senml" for one in list(listener.messages))

    tend_until(arrived, "the marker")
    marker.close()
    assert len(listener.messages) == 21


def test_it_comes_back_after_several_failures(
    connection, own_mqtt_broker, acknowledged, tend_until, wait_until
):
    own_mqtt_broker.kill()
    connection.submit(pack(0))
    lost = []

    def fails_twice():
        was_waiting = connection._wire is not None
        connection.tend(time.monotonic())
        if was_waiting and connection._wire is None:
            lost.append(1)
        return len(lost) == 2

    wait_until(fails_twice, "two failed attempts")
    own_mqtt_broker.start()
    tend_until(lambda: acknowledged == [0], "the acknowledgement")
