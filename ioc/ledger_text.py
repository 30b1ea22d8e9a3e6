"""The account of `ioc ledger` for a person at a terminal."""

from __future__ import annotations

from typing import Any

from ioc.findings import KINDS


def render(facts: dict[str, Any]) -> str:
    """Return the facts as text."""
    lines = _packs(facts) if facts["journal"] is None else _journal(facts)
    lines.append("")
    if facts["under_way"]:
        lines.append(f"  still under way when the wait was over: {facts['under_way']} packs")
    if facts["spooled"] is not None:
        lines.append(f"  in the spool of the collecting gateway: {facts['spooled']} messages")
    lines.append("✓ balanced" if facts["balanced"] else "✗ NOT BALANCED")
    return "\n".join(lines)


def _journal(facts: dict[str, Any]) -> list[str]:
    sure, unsure, bad = facts["acknowledged"], facts["not_acknowledged"], facts["bad"]
    lines = [f"journal  {facts['journal']}"]
    lines += [f"run      {one['boot']}  {one['begin']} to {one['until']}" for one in facts["runs"]]
    lines += [
        "",
        f"  {'':<36}{'packs':>12}{'readings':>14}",
        _row("acknowledged", sure["packs"], sure["readings"]),
        _row("  stored as sent", None, sure["stored"]),
        _row("  in quarantine, could not be stored", None, sure["unstorable"]),
        _row("published, not acknowledged", unsure["packs"], unsure["readings"]),
        _row("  stored all the same", unsure["packs_stored"], None),
        _row("  not stored", unsure["packs_not_stored"], None),
        _row("  without good readings", unsure["packs_without_good_readings"], None),
        _row("bad readings in quarantine", None, bad["quarantined"]),
        _row("  stored later, after a replay", None, bad["stored_after_replay"]),
        _row("bad ones, not acknowledged", None, bad["not_acknowledged"]),
        "",
    ]
    for kind, meaning in KINDS.items():
        found = facts["findings"][kind]
        lines.append(f"{'✗' if found['count'] else '✓'} {found['count']:>8}  {meaning}")
        lines += [f"            {_named(one)}" for one in found["first"]]
    return lines


def _packs(facts: dict[str, Any]) -> list[str]:
    lines = [
        "no journal: judged by the publishers' own numbering",
        "",
        f"  {'boot':<24}{'gateways':>10}{'packs stored':>14}{'missing':>10}",
    ]
    lines += [
        f"{'✗' if one['missing'] else '✓'} {one['boot']:<24}{one['gateways']:>10}"
        f"{one['packs']:>14}{one['missing']:>10}"
        for one in facts["boots"]
    ]
    gaps = facts["gaps"]
    lines += [
        "",
        f"{'✗' if gaps['packs'] else '✓'} {gaps['packs']:>8}  packs missing below a stored one",
    ]
    lines += [f"            {_named(one)}" for one in gaps["first"]]
    counts = ", ".join(f"{reason} {count}" for reason, count in facts["quarantine"].items())
    return [*lines, "", f"  quarantine: {counts or 'empty'}"]


def _row(name: str, packs: int | None, readings: int | None) -> str:
    shown = ["" if one is None else f"{one:,}".replace(",", " ") for one in (packs, readings)]
    return f"  {name:<36}{shown[0]:>12}{shown[1]:>14}"


def _named(one: dict[str, Any]) -> str:
    return "  ".join(f"{key} {value}" for key, value in one.items())
