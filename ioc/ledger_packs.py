"""The account without a journal: what each publisher's own numbering says."""

from __future__ import annotations

from typing import Any

from ioc.findings import pack
from storage import audit
from storage.ledger import Progress


def gaps(progress: Progress) -> list[tuple[int, int]]:
    """Return the ranges of numbers that are missing below a stored one, both ends inclusive.

    >>> gaps(Progress(3, frozenset({5, 6, 9})))
    [(3, 4), (7, 8)]
    """
    missing = []
    following = progress.next_seq
    for seq in sorted(progress.ahead):
        if seq > following:
            missing.append((following, seq - 1))
        following = seq + 1
    return missing


def under_way(connection: audit.Connection) -> int:
    """Return how many packs are missing below a stored one: they may still come."""
    return sum(
        last - first + 1
        for progress in audit.progress(connection).values()
        for first, last in gaps(progress)
    )


def compare(connection: audit.Connection, limit: int) -> dict[str, Any]:
    """Return the account as plain JSON.

    Args:
        connection: a snapshot.
        limit: how many gaps are named.
    """
    boots: dict[str, dict[str, Any]] = {}
    found = []
    missing = 0
    for (gateway, boot), progress in audit.progress(connection).items():
        account = boots.setdefault(boot, {"boot": boot, "gateways": 0, "packs": 0, "missing": 0})
        lacking = gaps(progress)
        count = sum(last - first + 1 for first, last in lacking)
        account["gateways"] += 1
        account["packs"] += progress.next_seq + len(progress.ahead)
        account["missing"] += count
        missing += count
        found += [pack(gateway, boot, first) | {"to_seq": last} for first, last in lacking]
    return {
        "balanced": not missing,
        "boots": list(boots.values()),
        "gaps": {"packs": missing, "ranges": len(found), "first": found[:limit]},
        "quarantine": audit.refused_counts(connection),
    }
