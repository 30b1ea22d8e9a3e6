"""The spool: a real file, a full disk, a killed process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.identity import UNNUMBERED
from ingest.spool import Spool, Spooled, SpoolError


def message(seq, gateway="g", boot="b", payload=b"p"):
    return Spooled(0, f"up/{gateway}/senml", payload, gateway, boot, seq, 7, "c:1")


@pytest.fixture
def spool(tmp_path):
    one = Spool(tmp_path / "spool.db")
    yield one
    one.close()


def seqs(rows):
    return [row.seq for row in rows]


def test_messages_come_back_in_order_and_whole(spool):
    assert spool.append([message(2, payload=b"\x00\xff"), message(1)]) == 2
    first, second = spool.read(0, 10)
    assert (first.seq, first.payload, first.received_us, first.collector) == (
        2, b"\x00\xff", 7, "c:1",
    )  # fmt: skip
    assert second.seq == 1
    assert seqs(spool.read(first.id, 10)) == [1]
    assert seqs(spool.read(0, 1)) == [2]


def test_a_redelivered_message_is_kept_once(spool):
    spool.append([message(0), message(1)])
    assert spool.append([message(1), message(2), message(2)]) == 1
    assert seqs(spool.read(0, 10)) == [0, 1, 2]
    assert spool.append([message(0, gateway="h"), message(0, boot="c")]) == 2


def test_what_is_trimmed_is_gone_and_its_id_is_not_given_again(spool):
    spool.append([message(0), message(1)])
    last = spool.last_id()
    spool.trim([row.id for row in spool.read(0, 10)])
    assert (spool.read(0, 10), spool.last_id()) == ([], 0)
    spool.append([message(5)])
    assert spool.read(0, 10)[0].id == last + 1


def test_it_is_still_there_for_the_next_run(tmp_path):
    first = Spool(tmp_path / "spool.db")
    first.append([message(0)])
    first.close()
    second = Spool(tmp_path / "spool.db")
    assert seqs(second.read(0, 10)) == [0]
    second.close()


def test_size_counts_messages_and_follows_what_is_used(spool):
    _, empty = spool.size()
    spool.append([message(seq, payload=b"x" * 4000) for seq in range(200)])
    count, full = spool.size()
    assert count == 200
    assert full - empty > 200 * 4000
    spool.trim([row.id for row in spool.read(0, 1000)])
    assert spool.size() == (0, pytest.approx(empty, abs=100_000))


def test_a_file_that_is_no_spool_is_refused_with_its_name(tmp_path):
    path = tmp_path / "spool.db"
    path.write_bytes(b"something else entirely" * 100)
    with pytest.raises(SpoolError, match=r"spool\.db: cannot be opened: file is not a database"):
        Spool(path)


def test_a_write_that_does_not_fit_leaves_nothing_and_the_next_one_works(spool):
    spool.append([message(0)])
    spool._database.execute("PRAGMA max_page_count = 20")
    with pytest.raises(SpoolError, match="cannot be written: database or disk is full"):
        spool.append([message(seq, payload=b"x" * 4000) for seq in range(1, 100)])
    assert seqs(spool.read(0, 100)) == [0]
    assert spool.append([message(1)]) == 1


WRITER = """
import sys
from pathlib import Path
from ingest.identity import UNNUMBERED
from ingest.spool import Spool
from tests.ingest.test_spool import message
spool = Spool(Path(sys.argv[1]))
for seq in range(1_000_000):
    spool.append([message(seq)])
    print(seq, flush=True)
"""


def test_what_was_confirmed_survives_a_kill(tmp_path):
    path = tmp_path / "spool.db"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    ) as process:  # fmt: skip
        confirmed = [int(process.stdout.readline()) for _ in range(300)]
        process.send_signal(signal.SIGKILL)
        confirmed += [int(line) for line in process.stdout.read().split("\n")[:-1]]
    after = Spool(path)
    kept = seqs(after.read(0, 1_000_000))
    after.close()
    assert kept[: len(confirmed)] == confirmed
    assert len(kept) <= len(confirmed) + 1


def unnumbered(content=b"", gateway="g", received_s=0):
    return Spooled(
        0, f"up/{gateway}/senml", b"p", gateway, "", UNNUMBERED, received_s * 1_000_000, "c:1",
        content,
    )  # fmt: skip


def test_messages_without_a_number_are_numbered_for_each_gateway_over_restarts(tmp_path):
    first = Spool(tmp_path / "spool.db")
    first.append([unnumbered(gateway=name) for name in "aaba"])
    rows = first.read(0, 10)
    first.trim([row.id for row in rows])
    first.close()
    second = Spool(tmp_path / "spool.db")
    second.append([unnumbered(gateway="a")])
    rows += second.read(0, 10)
    second.close()
    assert [(row.gateway, row.seq) for row in rows] == [
        ("a", 0), ("a", 1), ("b", 0), ("a", 2), ("a", 3),
    ]  # fmt: skip
    (boot,) = {row.boot for row in rows}
    other = Spool(tmp_path / "other.db")
    other.append([unnumbered()])
    assert boot.startswith("@")
    assert other.read(0, 1)[0].boot != boot, "another spool begins at 0 again"
    other.close()


def test_content_that_came_not_long_ago_is_the_same_message_and_takes_no_number(spool):
    sent = [unnumbered(b"x"), unnumbered(b"x"), unnumbered(b"y"), unnumbered(b"x", received_s=3599)]
    assert spool.append(sent) == 2
    assert spool.append([unnumbered(b"y", received_s=3600)]) == 0
    assert spool.append([unnumbered(b"y", received_s=3601)]) == 1
    assert spool.append([unnumbered(), unnumbered()]) == 2, "no digest, no twin"
    assert seqs(spool.read(0, 10)) == [0, 1, 2, 3, 4]


def test_a_write_that_fails_takes_back_numbers_and_contents(spool):
    spool._database.execute("PRAGMA max_page_count = 20")
    big = Spooled(0, "up/g/senml", b"x" * 200_000, "g", "", UNNUMBERED, 0, "c:1", b"z")
    with pytest.raises(SpoolError):
        spool.append([unnumbered(b"a"), big])
    assert spool.append([unnumbered(b"a")]) == 1
    assert seqs(spool.read(0, 10)) == [0]
    assert spool.size()[0] == 1


def test_kept_names_what_was_sent_and_no_more(spool):
    spool.append([message(seq) for seq in range(5)])
    assert [one.seq for one in spool.kept(1, 4, 10)] == [1, 2, 3]
    assert [one.seq for one in spool.kept(0, 4, 2)] == [0, 1]
