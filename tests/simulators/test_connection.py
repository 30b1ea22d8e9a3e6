"""One connection over a line that can be cut, with a real broker behind it."""

import contextlib
import socket
import threading
import time

import pytest

from ingest.uplink import PATIENCE_S, PROBE_PATIENCE_S, Connection
from simulators.pack import Pack


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
        "field", "127.0.0.1", line.port, 20, "ack/field", threading.Event(),
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


@pytest.fixture
def proven(connection, listener, acknowledged, tend_until):
    """The line has answered on this connection: the window is open."""
    connection.submit(Pack("gw-luotang-air", "boot-0", 0, b"[]"))
    tend_until(lambda: acknowledged == [0], "the first answer")
    acknowledged.clear()
    listener.messages.clear()


def pack(seq):
    return Pack("gw-luotang-air", "boot-1", seq, b"[]")


def seqs(listener):
    return [seq for _, _, seq in listener.identities()]


def test_what_was_not_acknowledged_is_published_again_first_and_in_order(
    connection, proven, line, listener, acknowledged, tend_until
):
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
    # The oldest goes alone until the line has answered.
    assert seqs(listener) == [*range(20), *range(50)]
    assert connection.waiting == 0


def test_no_more_than_the_window_is_sent_ahead(connection, proven, line, listener, tend_until):
    line.withholds_answers = True
    for seq in range(25):
        connection.submit(pack(seq))
    tend_until(lambda: len(listener.messages) == 20, "the window to be full")
    # A marker on a connection of its own: what came before it at the broker would have come here.
    marker = Connection(
        "marker", "127.0.0.1", line._broker, 1, "ack/marker", threading.Event(), lambda _pack: None
    )
    marker.submit(Pack("marker", "b", 0, b"[]"))

    def arrived():
        marker.tend(time.monotonic())
        return any(one.topic == "up/marker/senml" for one in list(listener.messages))

    tend_until(arrived, "the marker")
    marker.close()
    assert len(listener.messages) == 21


def test_it_comes_back_after_several_failures(
    connection, own_mqtt_broker, listener, acknowledged, tend_until, wait_until
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


def test_what_the_broker_has_is_not_acknowledged_before_the_line_answers(
    connection, proven, listener, acknowledged, tend_until
):
    listener.is_silent = True
    for seq in range(25):
        connection.submit(pack(seq))
    tend_until(lambda: len(listener.messages) == 20, "the window to be full")
    tend_until(lambda: not connection._untaken, "all PUBACKs")
    assert acknowledged == []
    assert connection.waiting == 25

    listener.answer(listener.messages[3:7])
    tend_until(lambda: len(acknowledged) == 4, "the answer")
    tend_until(lambda: len(listener.messages) == 24, "the window to be full again")
    assert acknowledged == [3, 4, 5, 6]
    assert connection.waiting == 21


def test_what_is_not_answered_in_time_is_sent_again_the_oldest_first(
    connection, proven, listener, acknowledged, tend_until
):
    listener.is_silent = True
    for seq in range(5):
        connection.submit(pack(seq))
    tend_until(lambda: len(listener.messages) == 5, "the first sending")
    tend_until(lambda: not connection._untaken, "all PUBACKs")
    listener.answer(listener.messages[2:3])
    tend_until(lambda: acknowledged == [2], "the answer to one of them")

    listener.is_silent = False
    connection.submit(pack(5))
    connection.tend(time.monotonic() + PATIENCE_S[0])
    tend_until(lambda: len(acknowledged) == 6, "all answers")
    assert seqs(listener) == [0, 1, 2, 3, 4, 0, 1, 3, 4, 5]
    assert acknowledged == [2, 0, 1, 3, 4, 5]
    assert connection.sent_again == 4


def test_patience_grows_while_nobody_answers(connection, proven, listener, tend_until):
    listener.is_silent = True
    connection.submit(pack(0))
    tend_until(lambda: len(listener.messages) == 1, "the first sending")
    assert_sent_again_after(connection, listener, PATIENCE_S)


def assert_sent_again_after(connection, listener, patience):
    """Let each wait pass on a clock of the test's own, and the last one twice."""
    now_s = time.monotonic()
    for nth, patience_s in enumerate([*patience, patience[-1]], start=1):
        tend_until_confirmed(connection, now_s, listener, nth)
        connection.tend(now_s + patience_s - 0.5)
        assert connection.sent_again == nth - 1
        now_s += patience_s + 0.5
        connection.tend(now_s)
        assert connection.sent_again == nth


def tend_until_confirmed(connection, now_s, listener, nth):
    """Tend at a clock that stands until the broker has taken what was sent."""
    deadline = time.monotonic() + 20
    while len(listener.messages) < nth or connection._untaken:
        assert time.monotonic() < deadline
        connection.tend(now_s)
        time.sleep(0.01)


def test_what_a_broker_drops_before_anybody_has_subscribed_is_not_overtaken(
    connection, own_mqtt_broker, listener, acknowledged, tend_until
):
    """A broker that was killed is up again, and the collecting side is not there yet."""
    listener.stop()
    own_mqtt_broker.kill()
    own_mqtt_broker.start()
    for seq in range(5):
        connection.submit(pack(seq))
    tend_until(lambda: connection._probes == 1 and not connection._untaken, "the first PUBACK")
    late = type(listener)(own_mqtt_broker.part.port.number)
    try:
        tend_until(lambda: len(acknowledged) == 5, "all answers")
        assert seqs(late) == acknowledged == list(range(5))
    finally:
        late.stop()


def test_the_pack_that_goes_alone_goes_again_ever_more_rarely(connection, listener, tend_until):
    listener.is_silent = True
    connection.submit(pack(0))
    connection.submit(pack(1))
    tend_until(lambda: len(listener.messages) == 1, "the first sending")
    assert_sent_again_after(connection, listener, PROBE_PATIENCE_S)
    assert connection.connected
    assert set(seqs(listener)) == {0}


def test_a_broker_that_takes_nothing_is_left(connection, line, listener, tend_until):
    tend_until(lambda: connection.connected, "the connection")
    line.withholds_answers = True
    connection.submit(pack(0))
    tend_until(lambda: len(listener.messages) == 1, "the sending")
    connection.tend(time.monotonic() + PATIENCE_S[0] + 1)
    assert not connection.connected
    assert connection.waiting == 1


@pytest.mark.parametrize(
    "answer",
    [b"", b"{}", b"[[1, 2, 3, 4]]", b'[["gw-luotang-air", "boot-1", 0]]', b"\xff",
     b'[["gw-luotang-air", "boot-2", 0, 9]]', b'[["another", "boot-1", 0, 9]]',
     b'[["gw-luotang-air", "boot-1", 1, 9223372036854775807]]'],
)  # fmt: skip
def test_an_answer_that_does_not_name_it_acknowledges_nothing(
    connection, proven, listener, acknowledged, tend_until, answer
):
    listener.is_silent = True
    connection.submit(pack(0))
    tend_until(lambda: len(listener.messages) == 1, "the sending")
    listener.publish("ack/field", answer)
    connection.submit(pack(1))
    tend_until(lambda: len(listener.messages) == 2, "the next one")
    listener.answer(listener.messages[1:])
    tend_until(lambda: acknowledged, "its answer")
    assert acknowledged == [1]
    assert connection.waiting == 1
