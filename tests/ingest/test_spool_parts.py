"""Pieces of messages: joined once all are there, whatever is delivered again, lost or killed."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.codecs.parts import Part
from ingest.identity import UNNUMBERED
from ingest.spool import Spool, Spooled, SpoolError
from ingest.spool_parts import LARGEST_SET, PATIENCE_S

TOPIC = "up/g/line"


def piece(number, total=3, key="k", *, seq=None, topic=TOPIC, payload=None, at_s=0, boot="b"):
    """Return a message that is one piece, numbered by its sender unless `seq` says otherwise."""
    gateway = topic.split("/")[1]
    content = b"" if seq != UNNUMBERED else f"{topic}{key}{number}".encode()
    return Spooled(
        0, topic, f"<{key}{number}>".encode() if payload is None else payload, gateway,
        boot if seq != UNNUMBERED else "", number if seq is None else seq, at_s * 1_000_000, "c:1",
        content, Part(key, number, total),
    )  # fmt: skip


@pytest.fixture
def spool(tmp_path):
    one = Spool(tmp_path / "spool.db")
    yield one
    one.close()


def told(spool):
    """Return what the messages of a spool say, in order."""
    return [row.payload for row in spool.read(0, 1000) if not row.withheld]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
@pytest.mark.parametrize("together", [True, False], ids=["one_group", "one_by_one"])
@pytest.mark.parametrize("seq", [None, UNNUMBERED], ids=["numbered", "unnumbered"])
def test_the_message_that_completes_a_set_carries_all_pieces_in_order(spool, order, together, seq):
    pieces = [piece(number, seq=seq) for number in order]
    for group in [pieces] if together else [[one] for one in pieces]:
        spool.append(group)
    rows = spool.read(0, 10)
    assert [row.withheld for row in rows] == [True, True, False]
    assert told(spool) == [b"<k1><k2><k3>"]
    assert len({(row.boot, row.seq) for row in rows}) == 3, "every message keeps its own number"


def test_sets_of_other_topics_keys_and_sizes_do_not_mix(spool):
    others = [
        piece(1, seq=0), piece(2, key="other", seq=1), piece(3, topic="up/h/line", seq=2),
        piece(2, total=4, seq=3),
    ]  # fmt: skip
    spool.append(others)
    assert told(spool) == []
    spool.append([piece(2, seq=4), piece(3, seq=5)])
    assert told(spool) == [b"<k1><k2><k3>"]


def test_a_set_that_stays_incomplete_is_handed_on_and_a_late_piece_is_not_lost(spool):
    spool.append([piece(1, seq=0), piece(3, seq=1, at_s=5)])
    assert spool.hand_on_parts(PATIENCE_S * 1_000_000, "c:2") == 0
    assert spool.hand_on_parts(PATIENCE_S * 1_000_000 + 1, "c:2") == 1
    handed = spool.read(0, 10)[-1]
    assert (handed.payload, handed.withheld, handed.gateway, handed.topic) == (
        b"<k1><k3>", False, "g", TOPIC,
    )  # fmt: skip
    assert handed.boot.startswith("@")
    late_s = PATIENCE_S + 60
    spool.append([piece(1, seq=2, at_s=late_s), piece(2, seq=3, at_s=late_s)])
    assert spool.hand_on_parts((late_s + PATIENCE_S) * 1_000_000 + 1, "c:2") == 1
    assert told(spool) == [b"<k1><k3>", b"<k2>"], "the first piece has come again, and says nothing"


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(piece(0, seq=9), id="number_0"),
        pytest.param(piece(4, seq=9), id="beyond_the_total"),
        pytest.param(piece(2, seq=9, payload=b"x" * LARGEST_SET), id="more_than_anybody_decodes"),
    ],
)
def test_a_piece_that_cannot_belong_to_its_set_stands_alone(spool, odd):
    spool.append([piece(1, seq=0), odd])
    assert told(spool) == [odd.payload]
    spool.append([piece(2, seq=1), piece(3, seq=2)])
    assert told(spool)[1:] == [b"<k1><k2><k3>"]


def test_other_bytes_under_a_number_begin_the_next_set(spool):
    spool.append([piece(1, seq=0), piece(2, seq=1)])
    following = [piece(number, seq=9 + number, payload=b"next%d" % number) for number in (1, 2, 3)]
    spool.append(following)
    assert told(spool) == [b"<k1><k2>", b"next1next2next3"]
    spool.append([piece(2, seq=20)])
    assert told(spool)[2:] == [], "it went on with its set"


def test_where_keys_are_used_again_equal_bytes_in_order_are_the_next_set(spool):
    """The second packet of SL 651 has neither time nor serial: equal values make equal bytes."""

    def packets(hour):
        topic, seq = "up/g/sl651", 10 * hour
        first = b"%d o'clock;" % hour
        return [
            piece(1, 2, seq=seq, topic=topic, payload=first, at_s=hour * 600),
            piece(2, 2, seq=seq + 1, topic=topic, payload=b"12.68 V;", at_s=hour * 600),
        ]

    for hour in (1, 2, 3):
        spool.append(packets(hour))
    assert told(spool) == [b"%d o'clock;12.68 V;" % hour for hour in (1, 2, 3)]
    spool.trim([row.id for row in spool.read(0, 100)])
    spool.append(packets(3))
    assert told(spool) == [], "delivered again, all of it went on"


def test_a_write_that_fails_takes_no_piece_and_no_session(spool):
    spool._database.execute("PRAGMA max_page_count = 40")
    big = Spooled(0, "up/g/senml", b"x" * 900_000, "g", "b", 99, 0, "c:1")
    with pytest.raises(SpoolError):
        spool.append([piece(1), piece(2), big], {"s": b"moved"})
    assert spool.sessions(0) == {}
    spool.append([piece(3)])
    assert told(spool) == []
    spool.append([piece(1), piece(2)], {"s": b"moved"})
    assert told(spool) == [b"<k1><k2><k3>"]
    assert spool.sessions(0) == {"s": b"moved"}


def test_a_session_that_nobody_hears_of_is_forgotten(spool):
    spool.append([piece(1, at_s=0)], {"old": b"1"})
    spool.append([piece(2, at_s=86_400)], {"new": b"2"})
    assert spool.sessions(30 * 86_400_000_000 + 1) == {"new": b"2"}


def test_a_spool_of_an_earlier_version_is_taken_over(tmp_path):
    database = sqlite3.connect(tmp_path / "spool.db")
    database.executescript("""
        CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL,
            payload BLOB NOT NULL, gateway TEXT NOT NULL, boot TEXT NOT NULL, seq INTEGER NOT NULL,
            received_us INTEGER NOT NULL, collector TEXT NOT NULL, UNIQUE (gateway, boot, seq));
        INSERT INTO message VALUES (1, 'up/g/senml', x'5b5d', 'g', 'b', 7, 5, 'c:1');
    """)
    database.close()
    one = Spool(tmp_path / "spool.db")
    assert one.read(0, 10) == [Spooled(1, "up/g/senml", b"[]", "g", "b", 7, 5, "c:1")]
    one.append([piece(1)])
    assert [row.withheld for row in one.read(0, 10)] == [False, True]
    one.close()


class Ledger:
    """The sink's memory: what is stored under an identity stays what it was."""

    def __init__(self):
        self.said = {}

    def take(self, spool):
        for row in spool.read(0, 10_000):
            self.said.setdefault(
                (row.gateway, row.boot, row.seq), b"" if row.withheld else row.payload
            )

    def pieces(self):
        return sorted(b"".join(self.said.values()).replace(b">", b"> ").split())


_moves = st.lists(
    st.one_of(
        st.tuples(st.just("deliver"), st.sampled_from("kl"), st.integers(1, 3)),
        st.sampled_from([("trim",), ("reopen",), ("wait",)]),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_moves)
def test_every_piece_is_told_once_however_often_it_comes(tmp_path_factory, moves):
    """The oracle: pieces in, the ledger's messages out; each piece that came, exactly once."""
    path = tmp_path_factory.mktemp("parts") / "spool.db"
    spool, ledger, now_s, came = Spool(path), Ledger(), 0, set()

    def deliver(key, number):
        came.add((key, number))
        # A sender numbers all that it sends, or nothing.
        seq = UNNUMBERED if key == "l" else None
        spool.append([piece(number, key=key, seq=seq, at_s=now_s)])

    def trim():
        ledger.take(spool)
        spool.trim([row.id for row in spool.read(0, 10_000)])

    for move in moves:
        now_s += 1
        if move[0] == "deliver":
            deliver(*move[1:])
        elif move == ("trim",):
            trim()
        elif move == ("reopen",):
            spool.close()
            spool = Spool(path)
        elif now_s < 2500:  # beyond an hour nothing is remembered: see the caveat
            now_s += PATIENCE_S // 2
            spool.hand_on_parts(now_s * 1_000_000, "c:1")
    trim()
    for key, number in sorted(came):  # all is delivered once more, as after a lost connection
        deliver(key, number)
    spool.hand_on_parts((now_s + PATIENCE_S + 1) * 1_000_000, "c:1")
    ledger.take(spool)
    spool.close()
    assert ledger.pieces() == sorted(f"<{key}{number}>".encode() for key, number in came)


WRITER = """
import sys
from pathlib import Path
from ingest.spool import Spool
from tests.ingest.test_spool_parts import piece
spool = Spool(Path(sys.argv[1]))
for key in range(1_000_000):
    for number in (2, 1, 3):
        spool.append([piece(number, key=f"{key}.", seq=3 * key + number)])
        print(key, number, flush=True)
"""


def test_after_a_kill_no_piece_is_lost_or_told_twice(tmp_path):
    path = tmp_path / "spool.db"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    ) as process:  # fmt: skip
        confirmed = [process.stdout.readline().split() for _ in range(200)]
        process.send_signal(signal.SIGKILL)
        confirmed += [line.split() for line in process.stdout.read().split("\n")[:-1]]
    after, ledger = Spool(path), Ledger()
    last = int(confirmed[-1][0])
    ledger.take(after)
    # What was not confirmed the sender sends again, and some of what was.
    for key in range(max(0, last - 3), last + 1):
        for number in (2, 1, 3):
            after.append([piece(number, key=f"{key}.", seq=3 * key + number)])
    ledger.take(after)
    after.close()
    assert ledger.pieces() == sorted(
        f"<{key}.{number}>".encode() for key in range(last + 1) for number in (1, 2, 3)
    )
