"""`ioc devices conformance`: how well devices and vendors keep to their protocols."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ioc.command import AsJson, Config, asked, read_settings, refusal, show

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from devices import Catalogue
    from storage.conformance import Conformance


_SHOWN = 6
"""Kinds of findings of a device that are told; a file and JSON have all."""


def report(
    config: Config = None,
    days: Annotated[int, typer.Option(min=1, help="Days of receipt, up to today.")] = 7,
    gateway: Annotated[str | None, typer.Option(help="Only behind this gateway.")] = None,
    to: Annotated[
        Path | None, typer.Option("--csv", help="Also write every device and kind to this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how well devices and vendors keep to their protocols, worst first."""
    from devices.calendar import BEIJING
    from devices.catalogue import build
    from devices.reports import DEVIANT, MESSAGES
    from ioc import registry
    from storage import conformance

    settings = read_settings(config)
    last = datetime.now(UTC).astimezone(BEIJING).date()
    first = last - timedelta(days=days - 1)

    async def ask(connection: psycopg.AsyncConnection[TupleRow]) -> list[Conformance]:
        return await conformance.read(
            connection, first, last, messages=MESSAGES, deviant=DEVIANT, gateway=gateway
        )

    found = asked(settings, ask)
    try:
        catalogue = build(registry.in_force(settings).texts)
    except ValueError as error:
        raise refusal(error) from None
    facts = facts_of(found, catalogue, first, last)
    if to is not None:
        try:
            write(to, facts)
        except OSError as error:
            raise refusal(f"--csv: {error}") from None
    show(facts, text(facts), as_json)


def facts_of(
    found: Sequence[Conformance], catalogue: Catalogue, first: date, last: date
) -> dict[str, Any]:
    """Return the report: devices, worst first, and vendors."""
    devices = []
    totals: dict[str, Counter[str]] = {}
    for one in found:
        known = catalogue.devices.get(one.device)
        vendor = known.vendor if known else ""
        totals.setdefault(vendor, Counter()).update(
            {"devices": 1, "messages": one.messages, "deviant": one.deviant}
        )
        devices.append(
            {
                "gateway": one.gateway,
                "device": one.device,
                "vendor": vendor,
                "known": known is not None,
                "messages": one.messages,
                "deviant": one.deviant,
                "score": None if one.score is None else round(one.score, 2),
                "findings": {
                    code: {
                        "count": each.count,
                        "percent": _share(each.count, one.messages),
                        "example": each.example,
                    }
                    for code, each in one.found.items()
                },
            }
        )
    vendors = [
        {"vendor": vendor, **counts, "score": _score(counts["deviant"], counts["messages"])}
        for vendor, counts in sorted(totals.items())
    ]
    return {
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "devices": devices,
        "vendors": vendors,
    }


def text(facts: dict[str, Any]) -> str:
    """Return the report for people."""
    from ioc.quarantine_text import plain

    if not facts["devices"]:
        return f"nothing was found from {facts['first_day']} to {facts['last_day']}"
    told = [f"{facts['first_day']} to {facts['last_day']}, messages without a finding in per cent"]
    for one in facts["vendors"]:
        name = plain(one["vendor"]) or "(no vendor given)"
        told.append(f"{_percent(one['score'])}  {name}: {one['devices']} devices")
    told.append("")
    for one in facts["devices"]:
        name = plain(one["device"]) or "(no device named)"
        known = "" if one["known"] else ", not in the registry"
        told.append(
            f"{_percent(one['score'])}  {name} behind {plain(one['gateway'])}{known}: "
            f"{one['deviant']} of {one['messages']} messages"
        )
        for code, each in list(one["findings"].items())[:_SHOWN]:
            share = "" if each["percent"] is None else f" ({each['percent']:g} %)"
            told.append(f"         {each['count']} × {code}{share}: {plain(each['example'])}")
        if (more := len(one["findings"]) - _SHOWN) > 0:
            told.append(f"         and {more} more kinds")
    return "\n".join(told)


def write(file: Path, facts: dict[str, Any]) -> None:
    """Write one line for each device and kind of finding, as CSV in UTF-8.

    Raises:
        OSError: it cannot be written.
    """
    with file.open("w", encoding="utf-8-sig", newline="") as out:  # Excel wants the mark
        rows = csv.writer(out)
        rows.writerow(
            ["vendor", "device", "gateway", "messages", "deviant", "score", "code", "count",
             "percent", "example"]
        )  # fmt: skip
        for one in facts["devices"]:
            head = [one[name] for name in ("vendor", "device", "gateway", "messages", "deviant",
                                           "score")]  # fmt: skip
            for code, each in one["findings"].items() or [("", {})]:
                tail = [code, each.get("count"), each.get("percent"), each.get("example")]
                rows.writerow([_defused(cell) for cell in [*head, *tail]])


def _defused(cell: object) -> object:
    """A spreadsheet takes a text that begins so for a formula; what devices send is none."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell


def _share(count: int, messages: int) -> float | None:
    return round(100 * count / messages, 2) if messages else None


def _score(deviant: int, messages: int) -> float | None:
    return round(100 * (1 - min(deviant / messages, 1)), 2) if messages else None


def _percent(score: float | None) -> str:
    return "      –" if score is None else f"{score:6.2f} %"
