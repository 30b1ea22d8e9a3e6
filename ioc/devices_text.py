"""How the registry reads: for a person at a terminal, and as JSON."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from devices import PROPERTIES, Catalogue, Quality
from devices.city import DATUMS, Device
from devices.revision import Change
from ioc.quarantine_text import plain
from storage.instants import instant

if TYPE_CHECKING:
    from storage.versions import Version

_SHOWN = 40
"""Changed rows told one by one; JSON has all."""

Reading = tuple[int, float, int]
"""Phenomenon time µs since 1970, result, quality."""


def devices_facts(catalogue: Catalogue, chosen: Iterable[Device]) -> list[dict[str, Any]]:
    """Return devices as JSON."""
    streams = _streams_of(catalogue)
    found = []
    for one in chosen:
        place = catalogue.places[one.place]
        mine = [catalogue.datastreams[slot] for slot in streams.get(one.id, ())]
        found.append(
            {
                "id": one.id,
                "kind": one.kind,
                "gateway": one.gateway,
                "place": one.place,
                "town": place.town,
                "name": list(one.name),
                "field_id": one.field_id or one.id,
                "properties": [each.id.partition("/")[2] for each in mine if not each.retired],
                "retired": bool(mine) and all(each.retired for each in mine),
            }
        )
    return found


def devices_table(facts: Sequence[Mapping[str, Any]], source: str) -> str:
    """Return devices as a table."""
    head = ("id", "kind", "town", "place", "gateway", "properties", "name")
    rows = [
        (
            one["id"], one["kind"], one["town"], one["place"], one["gateway"],
            "retired" if one["retired"] else ", ".join(one["properties"]) or "-", one["name"][0],
        )
        for one in facts
    ]  # fmt: skip
    streams = sum(len(one["properties"]) for one in facts)
    return table(head, rows) + f"\n\n{len(facts)} devices, {streams} datastreams: {source}"


def device_facts(
    catalogue: Catalogue, device: Device, latest: Mapping[int, Reading] | None, now_us: int
) -> dict[str, Any]:
    """Return all that is known of a device; without readings where the database is away."""
    gateway, place = catalogue.gateways[device.gateway], catalogue.places[device.place]
    town = catalogue.towns[place.town]
    streams = []
    for slot in _streams_of(catalogue).get(device.id, ()):
        one = catalogue.datastreams[slot]
        found: dict[str, Any] = {
            "id": one.id,
            "slot": slot,
            "unit": PROPERTIES[one.observed_property].unit,
            "sent_unit": one.sent_unit or None,
            "field_code": one.field_code or None,
            "period_s": one.period_s,
            "physical_range": [one.physical_min, one.physical_max],
            "limits": one.limits,
            "datum": DATUMS.get(one.datum),
            "datum_m": one.datum_m if one.datum else None,
            "retired": one.retired,
        }
        if latest is not None:
            found["latest"] = _reading(latest.get(slot), now_us)
        streams.append(found)
    return {
        "id": device.id,
        "name": list(device.name),
        "kind": device.kind,
        "field_id": device.field_id or device.id,
        "gateway": {"id": gateway.id, "name": list(gateway.name), "edition": gateway.edition},
        "place": {
            "id": place.id, "name": list(place.name), "kind": place.kind, "lon": place.lon,
            "lat": place.lat,
        },
        "town": {"id": town.id, "name": list(town.name)},
        "datastreams": streams,
    }  # fmt: skip


def device(facts: Mapping[str, Any]) -> str:
    """Return the same for a person."""
    gateway, place, town = facts["gateway"], facts["place"], facts["town"]
    edition = f", {gateway['edition']}" if gateway["edition"] else ""
    told = [
        f"{facts['id']}  {' · '.join(facts['name'])}",
        f"kind      {facts['kind']}",
        f"field id  {facts['field_id']}",
        f"gateway   {gateway['id']}  {' · '.join(gateway['name'])}{edition}",
        f"place     {place['id']}  {' · '.join(place['name'])}, {place['kind']}, "
        f"{place['lon']:.5f} E {place['lat']:.5f} N",
        f"town      {town['id']}  {' · '.join(town['name'])}",
        "",
    ]
    head = ("datastream", "unit", "period", "range", "limits", "latest", "age", "quality")
    rows = []
    for one in facts["datastreams"]:
        latest = one.get("latest") or {}
        low, high = one["physical_range"]
        sent = f" (sent {one['sent_unit']})" if one["sent_unit"] else ""
        limits = " ".join(f"{name}={value:g}" for name, value in one["limits"].items())
        if one["datum"]:
            limits = f"{limits} zero {one['datum_m']:g} m {one['datum']}".strip()
        rows.append(
            (
                one["id"] + (" (retired)" if one["retired"] else ""), f"{one['unit']}{sent}",
                f"{one['period_s']:g} s", f"{low:g} to {high:g}", limits or "-",
                f"{latest['result']:g}" if latest else "-" if "latest" in one else "database away",
                _age(latest["age_s"]) if latest else "-", latest.get("quality", "-"),
            )
        )  # fmt: skip
    return "\n".join([*told, table(head, rows)])


def changes_facts(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return what differs as JSON."""
    return [
        {
            "table": one.table, "id": one.id, "kind": one.kind,
            "cells": {name: list(pair) for name, pair in one.cells.items()},
        }
        for one in changes
    ]  # fmt: skip


def changes(found: Sequence[Change]) -> str:
    """Return what differs for a person."""
    marks = {"added": "+", "changed": "~", "removed": "-", "retired": "-"}
    told = []
    for one in found[:_SHOWN]:
        cells = ", ".join(
            f"{name}: {plain(before) or 'empty'} → {plain(after) or 'empty'}"
            for name, (before, after) in one.cells.items()
            if one.kind == "changed"
        )
        table = one.table.removesuffix(".csv")
        what = " (retired; its slot and readings stay)" if one.kind == "retired" else ""
        told.append(
            f"{marks[one.kind]} {table} {plain(one.id)}{what}{': ' if cells else ''}{cells}"
        )
    if len(found) > _SHOWN:
        told.append(f"  and {len(found) - _SHOWN} more")
    return "\n".join([*told, summary(found)])


def versions_facts(found: Sequence[Version]) -> dict[str, Any]:
    """Return versions as JSON."""
    return {"versions": [msgspec.structs.asdict(one) for one in found]}


def versions(found: Sequence[Version]) -> str:
    """Return the same for a person; empty where there is none."""
    return "\n".join(
        f"{one.number:>6}  {time_text(one.created_us)}  {one.actor:<12}  {one.note}"
        for one in found
    )


def summary(found: Sequence[Change]) -> str:
    """Return how many rows differ, by kind.

    >>> summary([Change("places.csv", "a", "added"), Change("places.csv", "b", "added")])
    '2 added'
    """
    counts = Counter(one.kind for one in found)
    return ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items())) or "nothing differs"


def _streams_of(catalogue: Catalogue) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for one in catalogue.datastreams:
        found.setdefault(one.device, []).append(one.slot)
    return found


def _reading(one: Reading | None, now_us: int) -> dict[str, Any] | None:
    if one is None:
        return None
    time_us, result, quality = one
    return {
        "time": time_text(time_us),
        "age_s": round((now_us - time_us) / 1e6, 1),
        "result": result,
        "quality": Quality(quality).name.lower(),
    }


def _age(age_s: float) -> str:
    """Return an age in its largest unit.

    >>> _age(59.4), _age(7300), _age(200_000), _age(-3)
    ('59 s', '2.0 h', '2.3 d', '-3 s')
    """
    for length_s, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if age_s >= 2 * length_s or (unit == "h" and age_s >= length_s):
            return f"{age_s / length_s:.1f} {unit}"
    return f"{age_s:.0f} s"


def time_text(time_us: int) -> str:
    """Return a time, µs since 1970, as ISO 8601 with the offset of this machine."""
    return instant(time_us).astimezone().isoformat(timespec="seconds")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows under a head, the last column as long as it is."""
    every = [head, *rows]
    widths = [max(_width(row[at]) for row in every) for at in range(len(head) - 1)]
    lines = []
    for row in every:
        cells = zip(row, widths, strict=False)
        padded = [cell + " " * (width - _width(cell)) for cell, width in cells]
        lines.append("  ".join([*padded, row[-1]]).rstrip())
    limit = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    return "\n".join(line if _width(line) <= limit else f"{line[: limit - 1]}…" for line in lines)


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes; a Chinese character takes two.

    >>> _width("水位 m")
    6
    """
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)
