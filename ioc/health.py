"""Heartbeats: each program tells about once a second how it is, in a file of its own.

A file, because it also tells the truth about a process that hangs: its age.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FRESH_S = 5.0
"""A heartbeat older than this is no heartbeat: five were missed."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What a program said last."""

    at_us: int
    """When, µs since 1970."""
    pid: int
    """Which process."""
    facts: dict[str, Any]
    """Counters and states, as its room documents them; `ok` is False while it is cut off."""

    def age_s(self, now_us: int) -> float:
        """Return how old it is, seconds.

        >>> Heartbeat(1_000_000, 1, {}).age_s(3_500_000)
        2.5
        """
        return (now_us - self.at_us) / 1e6


def writer(run_dir: Path, part: str) -> Callable[[Mapping[str, Any]], None]:
    """Return what a program calls with its facts; each call replaces the file atomically."""
    run_dir.mkdir(parents=True, exist_ok=True)
    target = run_dir / f"{part}.json"
    pid = os.getpid()

    def beat(facts: Mapping[str, Any]) -> None:
        write_json(target, {"at_us": time.time_ns() // 1000, "pid": pid, **facts})

    return beat


def read(run_dir: Path, part: str) -> Heartbeat | None:
    """Return the last heartbeat of a part, or None where it never had one."""
    content = read_json(run_dir / f"{part}.json")
    if content is None:
        return None
    return Heartbeat(content.pop("at_us"), content.pop("pid"), content)


def write_json(target: Path, content: Mapping[str, Any]) -> None:
    """Replace a file by JSON so that a reader sees the old or the new one, never half."""
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    unfinished.replace(target)


def read_json(file: Path) -> dict[str, Any] | None:
    """Return the content of a file written by `write_json`, or None where there is none."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):  # never written, or cut off by a full disk
        return None
    return content if isinstance(content, dict) else None
