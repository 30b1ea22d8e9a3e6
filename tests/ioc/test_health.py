"""Heartbeats say who, when and what, and are never read half."""

from __future__ import annotations

import json
import os
import threading

from ioc import health


def test_heartbeat_comes_back_with_pid_and_facts(tmp_path):
    health.writer(tmp_path / "run", "gateway")({"ok": True, "readings": {"water": 3}})
    beat = health.read(tmp_path / "run", "gateway")
    assert beat is not None
    assert beat.pid == os.getpid()
    assert beat.facts == {"ok": True, "readings": {"water": 3}}


def test_part_without_heartbeat_has_none(tmp_path):
    assert health.read(tmp_path, "worker") is None


def test_reader_never_sees_half_a_heartbeat(tmp_path):
    beat = health.writer(tmp_path, "wall")
    beat({"count": -1, "padding": ""})
    done = threading.Event()

    def write() -> None:
        for count in range(300):
            beat({"count": count, "padding": "x" * 50_000})
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = []
    while not done.is_set():
        found = health.read(tmp_path, "wall")
        assert found is not None, "a half-written file would read as none"
        seen.append(found.facts["count"])
    writer.join()
    assert seen == sorted(seen)
    assert json.loads((tmp_path / "wall.json").read_text())["count"] == 299
    assert [file.name for file in tmp_path.iterdir()] == ["wall.json"]
