"""From one version of a city's tables to the next: slots, what disappears, and what differs.

Pure: texts in, texts out. Readings are stored under the slot of their datastream, so a slot is
given once and never means anything else; a datastream that is left out is retired, with the rows
it stands on, and what it measured keeps its name and place.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from devices.mistakes import CatalogueError
from devices.tables import COLUMNS

_STANDS_ON = {
    "datastreams.csv": ("device", "devices.csv"),
    "devices.csv": ("gateway", "gateways.csv"),
    "gateways.csv": ("place", "places.csv"),
    "places.csv": ("downstream", "places.csv"),
}
"""Column and file of what a row needs first; a device needs its place too."""


@dataclass(slots=True)
class Sheet:
    """A table as text: no cell is looked into."""

    columns: list[str]
    rows: list[dict[str, str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    """Line of the file on which each row ends, from 1; 0 for one that stands in no file."""

    def text(self) -> str:
        """Return it as CSV."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([row.get(one, "") for one in self.columns] for row in self.rows)
        return out.getvalue()

    def by_id(self) -> dict[str, dict[str, str]]:
        """Return rows by their id; of several with one id the first."""
        found: dict[str, dict[str, str]] = {}
        for row in self.rows:
            found.setdefault(row.get("id", ""), row)
        return found

    def add(self, row: Mapping[str, str]) -> None:
        """Append a row, with the columns that it needs."""
        self.columns += [one for one, cell in row.items() if cell and one not in self.columns]
        self.rows.append(dict(row))
        self.lines.append(0)


@dataclass(frozen=True, slots=True)
class Change:
    """One row that differs between two versions."""

    table: str
    """File name."""
    id: str
    """Empty for a file that is no table."""
    kind: str
    """`added`, `changed`, `removed` or `retired`."""
    cells: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Before and after by column, where it changed."""


def sheet(text: str) -> Sheet:
    r"""Read a table; cells are stripped, and what is no CSV ends it (`examine` tells where).

    >>> sheet("id,town\na, b\n").rows
    [{'id': 'a', 'town': 'b'}]
    """
    reader = csv.DictReader(io.StringIO(text), strict=True)
    found = Sheet([])
    try:
        found.columns = list(reader.fieldnames or ())
        for row in reader:
            found.rows.append(
                {name: (row.get(name) or "").strip() for name in found.columns if name}
            )
            found.lines.append(reader.line_num)
    except csv.Error:
        return found
    return found


def complete(texts: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """Give slots where they are left empty, and keep what has readings.

    Lines keep their numbers: rows are only appended. A text that needs nothing comes back as it is.

    Args:
        texts: of the next version.
        before: of the version in force; empty for the first.
    """
    streams = sheet(texts["datastreams.csv"])
    if not {"slot", "id"} <= set(streams.columns):
        return dict(texts)  # `examine` tells
    known = sheet(before.get("datastreams.csv", "")).by_id()
    sheets = {"datastreams.csv": streams}
    free = 1 + max(
        (int(one["slot"]) for one in [*known.values(), *streams.rows] if _is_slot(one["slot"])),
        default=-1,
    )
    changed = set()
    for row in streams.rows:
        if row["slot"] or not row["id"]:
            continue
        changed.add("datastreams.csv")
        if row["id"] in known:
            row["slot"] = known[row["id"]]["slot"]
        else:
            row["slot"], free = str(free), free + 1
    present = streams.by_id()
    for name, row in known.items():
        if name not in present:
            streams.add({**row, "retired": "yes"})
            changed.add("datastreams.csv")
            changed |= _keep(row, "datastreams.csv", texts, before, sheets)
    return {name: sheets[name].text() if name in changed else text for name, text in texts.items()}


def _keep(
    row: Mapping[str, str],
    name: str,
    texts: Mapping[str, str],
    before: Mapping[str, str],
    sheets: dict[str, Sheet],
) -> set[str]:
    """Append what a kept row stands on, where it is gone; return the files that changed."""
    changed: set[str] = set()
    needs = [_STANDS_ON[name]] if name in _STANDS_ON else []
    if name == "devices.csv":
        needs.append(("place", "places.csv"))
    for column, other in needs:
        target = sheets.setdefault(other, sheet(texts.get(other, "")))
        wanted = row.get(column, "")
        if wanted in target.by_id():
            continue
        old = sheet(before.get(other, "")).by_id().get(wanted)
        if old is not None:
            target.add(old)
            changed |= {other} | _keep(old, other, texts, before, sheets)
    return changed


def contradictions(texts: Mapping[str, str], before: Mapping[str, str]) -> list[CatalogueError]:
    """Return where texts give a slot another meaning than it had; empty once they are complete.

    Args:
        texts: complete.
        before: of the version in force.
    """
    streams = sheet(texts.get("datastreams.csv", ""))
    known = sheet(before.get("datastreams.csv", "")).by_id()
    owner = {row["slot"]: name for name, row in known.items()}
    found = []
    for row, line in zip(streams.rows, streams.lines, strict=True):
        name, slot = row.get("id", ""), row.get("slot", "")
        where = f"datastreams.csv:{line}"
        if name in known and slot != known[name]["slot"]:
            found.append(
                CatalogueError(
                    where,
                    f"slot: {name} has slot {known[name]['slot']} for ever and cannot get {slot}; "
                    "leave the cell empty",
                )
            )
        elif name not in known and slot in owner:
            found.append(
                CatalogueError(
                    where,
                    f"slot: {slot} holds the readings of {owner[slot]} and cannot become {name}; "
                    "leave the cell empty",
                )
            )
    return found


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """Return what differs, by table in the order of `COLUMNS`, then by row.

    A column that is absent is an empty one.
    """
    found = []
    if before.get("city.yaml", "") != after.get("city.yaml", ""):
        found.append(Change("city.yaml", "", "changed" if "city.yaml" in before else "added"))
    for table in COLUMNS:
        old = sheet(before.get(table, "")).by_id()
        new = sheet(after.get(table, "")).by_id()
        found += [Change(table, name, "added") for name in new if name not in old]
        for name, row in new.items():
            if name in old and (cells := _cells(old[name], row)):
                retired = cells.keys() == {"retired"} and row.get("retired") == "yes"
                found.append(Change(table, name, "retired" if retired else "changed", cells))
        found += [Change(table, name, "removed") for name in old if name not in new]
    return found


def _cells(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    names: Iterable[str] = dict.fromkeys([*old, *new])
    pairs = {name: (old.get(name, ""), new.get(name, "")) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _is_slot(text: str) -> bool:
    return text.isascii() and text.isdecimal()
