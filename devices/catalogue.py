"""The catalogue: one city, checked, with the columns that the hot path needs.

Built from the texts of `cities/NAME/` (the caller reads the files: this room does no I/O).
Every mistake is told as `file:line: field: what is wrong; what would be right`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from devices import tables
from devices.city import (
    DATUMS,
    EDITIONS,
    TERMINALS,
    Beyond,
    Datastream,
    Device,
    Gateway,
    Place,
    Terminal,
    Town,
)
from devices.mistakes import CatalogueError, Mistakes
from devices.properties import DOMAINS, PROPERTIES
from devices.statistics import STATISTICS, length_s
from devices.tables import Row, Table

__all__ = [
    "FILES", "OPTIONAL_FILES", "Catalogue", "CatalogueError", "build", "digest_of", "examine",
]  # fmt: skip

FILES = ("city.yaml", "places.csv", "gateways.csv", "devices.csv", "datastreams.csv")
"""The texts a catalogue is made of."""

OPTIONAL_FILES = ("terminals.csv",)
"""Texts that a city may have besides."""

LEVELS = frozenset({"water_level"})
"""Observed properties that are heights above a datum."""

_NUMBER = re.compile(r"\+?\d[\d -]{1,18}\d")
"""A telephone number; 119 has three digits."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One city. Immutable; columns have shape (s,) with s datastreams, index = slot."""

    code: str
    """Administrative division code of the district."""
    name: tuple[str, str]
    bounds: tuple[float, float, float, float]
    """West, south, east, north; degrees, WGS-84."""
    datum: str
    map_approval: str
    """审图号 of the outline."""
    towns: dict[str, Town]
    places: dict[str, Place]
    gateways: dict[str, Gateway]
    devices: dict[str, Device]
    datastreams: tuple[Datastream, ...]
    """Index = slot."""
    slot_of: dict[str, int]
    """Slot by datastream id."""
    gateway_of: tuple[str, ...]
    """Gateway id by slot."""
    keys_of: dict[str, dict[str, int]]
    """Slot by gateway and by what its devices call their datastreams: the datastream's id, and
    `{field id}/{property or field code}`, with `:{statistic}` where there is one."""
    device_of: dict[str, dict[str, str]]
    """Device id by gateway and by what the device calls itself."""
    domain: NDArray[np.int8]
    """Index into `DOMAINS` by slot."""
    physical_min: NDArray[np.float64]
    physical_max: NDArray[np.float64]
    late_us: NDArray[np.int64]
    """Delay of receipt beyond which a reading is late, µs; a value over a period counts from its
    end."""
    future_us: NDArray[np.int64]
    """How far clocks may be ahead, µs; below 0: as the gateway has it."""
    flags_beyond: NDArray[np.bool_]
    """Where impossible readings are stored with their quality instead of refused."""
    retired: NDArray[np.bool_]
    """Datastreams that are no more: their readings keep their names, new ones are refused."""
    terminals: dict[str, Terminal]
    digest: str
    """As `digest_of` the texts."""

    def place_of(self, slot: int) -> Place:
        """Return where a datastream is observed."""
        return self.places[self.devices[self.datastreams[slot].device].place]


def digest_of(texts: Mapping[str, str]) -> str:
    """Return which catalogue some texts give: SHA-256 over names and contents, hexadecimal.

    Other texts than the catalogue's own count for nothing.
    """
    digest = hashlib.sha256()
    for name in FILES + OPTIONAL_FILES:
        if name in texts:
            digest.update(f"{name}\0{len(texts[name])}\0{texts[name]}\0".encode())
    return digest.hexdigest()


def build(texts: Mapping[str, str]) -> Catalogue:
    """Check the city's texts and index them.

    Args:
        texts: content by file name; the names are `FILES` and perhaps `OPTIONAL_FILES`.

    Raises:
        CatalogueError: the first mistake, with its file and line.
    """
    found = _read(texts, mistakes := Mistakes())
    if found is None:
        raise mistakes.found[0]
    return found


def examine(texts: Mapping[str, str]) -> Mistakes:
    """Return all mistakes of the city's texts, in the order of reading; none where `build` works.

    What only follows from another mistake is left out: who names a place of a file that cannot be
    read is not blamed for it.
    """
    _read(texts, mistakes := Mistakes())
    return mistakes


def _read(texts: Mapping[str, str], mistakes: Mistakes) -> Catalogue | None:
    """Return the catalogue, or None where there was a mistake, which has been told."""
    for name in FILES:
        if name not in texts:
            mistakes.tell(name, f"is missing; a city needs {', '.join(FILES)}")
    if mistakes.total:
        return None
    try:
        city = _city(texts["city.yaml"])
    except CatalogueError as error:
        mistakes.tell(error.where, error.what)
        city = {}
    towns: Table[Town] = Table("city.yaml")
    towns.rows = city.get("towns", {})
    towns.where = dict.fromkeys(towns.rows, "city.yaml")
    towns.sound = bool(city)
    places = tables.read("places.csv", texts["places.csv"], _place, mistakes)
    gateways = tables.read("gateways.csv", texts["gateways.csv"], _gateway, mistakes)
    devices = tables.read("devices.csv", texts["devices.csv"], _device, mistakes)
    streams = tables.read("datastreams.csv", texts["datastreams.csv"], _datastream, mistakes)
    terminals: Table[Terminal] = Table("terminals.csv")
    if "terminals.csv" in texts:
        terminals = tables.read("terminals.csv", texts["terminals.csv"], _terminal, mistakes)
    places.refer("town", towns, mistakes)
    places.refer("downstream", places, mistakes)
    _follow_rivers(places, mistakes)
    gateways.refer("place", places, mistakes)
    devices.refer("gateway", gateways, mistakes)
    devices.refer("place", places, mistakes)
    streams.refer("device", devices, mistakes)
    ordered = sorted(streams.rows.values(), key=lambda one: one.slot)
    if streams.sound:
        _count_slots(ordered, mistakes)
    keys = _keys_of(ordered, devices.rows, streams.where, mistakes)
    device_names = _device_of(_in_use(ordered, devices.rows), devices.where, mistakes)
    if mistakes.total:
        return None
    domains = {name: index for index, name in enumerate(DOMAINS)}
    return Catalogue(
        code=city["code"],
        name=city["name"],
        bounds=city["bounds"],
        datum=city["datum"],
        map_approval=city["map_approval"],
        towns=towns.rows,
        places=places.rows,
        gateways=gateways.rows,
        devices=devices.rows,
        datastreams=tuple(ordered),
        slot_of={one.id: one.slot for one in ordered},
        gateway_of=tuple(devices.rows[one.device].gateway for one in ordered),
        keys_of=keys,
        device_of=device_names,
        domain=np.array(
            [domains[PROPERTIES[one.observed_property].domain] for one in ordered], dtype=np.int8
        ),
        physical_min=np.array([one.physical_min for one in ordered], dtype=np.float64),
        physical_max=np.array([one.physical_max for one in ordered], dtype=np.float64),
        late_us=np.array(
            [round((one.late_s + length_s(one.statistic)) * 1e6) for one in ordered], dtype=np.int64
        ),
        future_us=np.array([round(one.future_s * 1e6) for one in ordered], dtype=np.int64),
        flags_beyond=np.array([one.beyond is Beyond.FLAG for one in ordered], dtype=np.bool_),
        retired=np.array([one.retired for one in ordered], dtype=np.bool_),
        terminals=terminals.rows,
        digest=digest_of(texts),
    )


def _follow_rivers(places: Table[Place], mistakes: Mistakes) -> None:
    """Note water that comes back to where it was; each circle once."""
    followed: set[str] = set()
    for start in places.rows:
        course: dict[str, None] = {}
        at = start
        while at in places.rows and at not in followed:
            followed.add(at)
            course[at] = None
            at = places.rows[at].downstream
        if at in course:
            circle = [*list(course)[list(course).index(at) :], at]
            mistakes.tell(
                places.where[at],
                f"downstream: {' → '.join(circle)} is a circle; water does not come back",
            )


def _in_use(datastreams: Sequence[Datastream], devices: Mapping[str, Device]) -> dict[str, Device]:
    """Return devices without those that are no more: their successors may take over their names."""
    retired = {one.device for one in datastreams if one.retired}
    live = {one.device for one in datastreams if not one.retired}
    return {name: one for name, one in devices.items() if name not in retired - live}


def _device_of(
    devices: Mapping[str, Device], where: Mapping[str, str], mistakes: Mistakes
) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for one in devices.values():
        names = found.setdefault(one.gateway, {})
        for name in dict.fromkeys((one.id, one.field_id)):
            if name and names.setdefault(name, one.id) != one.id:
                mistakes.tell(
                    where[one.id],
                    f"field_id: {name!r} names both {names[name]} and {one.id} of {one.gateway}; "
                    "each device has a name of its own",
                )
    return found


def _count_slots(ordered: Sequence[Datastream], mistakes: Mistakes) -> None:
    for wanted, one in enumerate(ordered):
        if one.slot != wanted:
            mistakes.tell(
                "datastreams.csv",
                f"slot: {one.id} has slot {one.slot} where {wanted} is due; "
                "slots count from 0 without gap or repetition",
            )
            return  # all others follow from it


def _keys_of(
    datastreams: Sequence[Datastream],
    devices: Mapping[str, Device],
    where: Mapping[str, str],
    mistakes: Mistakes,
) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    meant: dict[tuple[str, str], str] = {}
    for one in datastreams:
        device = devices.get(one.device)
        if device is None or one.retired:
            continue
        keys = found.setdefault(device.gateway, {})
        statistic = f":{one.statistic}" if one.statistic else ""
        own = [one.id]
        if device.field_id:
            own.append(f"{device.field_id}/{one.observed_property}{statistic}")
        if one.field_code:
            own.append(f"{device.field_id or device.id}/{one.field_code}{statistic}")
        for key in dict.fromkeys(own):
            if key in keys:
                mistakes.tell(
                    where[one.id],
                    f"field_code: {key!r} of {device.gateway} means both "
                    f"{meant[device.gateway, key]} and {one.id}; give one another field_id (in "
                    "devices.csv) or field_code",
                )
            else:
                keys[key] = one.slot
                meant[device.gateway, key] = one.id
    return found


def _place(row: Row) -> Place:
    return Place(
        row.text("id"), row.text("town"), row.text("kind"), row.name(),
        row.number("lon"), row.number("lat"), row.optional("downstream"), row.tags("tags"),
    )  # fmt: skip


def _gateway(row: Row) -> Gateway:
    return Gateway(
        row.text("id"), row.text("place"), row.name(), row.choice("edition", EDITIONS),
        row.optional("zone"),
    )  # fmt: skip


def _device(row: Row) -> Device:
    return Device(
        row.text("id"), row.text("gateway"), row.text("place"), row.text("kind"), row.name(),
        row.optional("field_id"), row.optional("vendor"), row.tags("tags"),
    )  # fmt: skip


def _datastream(row: Row) -> Datastream:
    one = Datastream(
        slot=row.whole("slot"),
        id=row.text("id"),
        device=row.text("device"),
        observed_property=row.text("observed_property"),
        period_s=row.number("period_s"),
        physical_min=row.number("physical_min"),
        physical_max=row.number("physical_max"),
        limits=row.limits("limits"),
        statistic=row.choice("statistic", STATISTICS),
        field_code=row.optional("field_code"),
        sent_unit=row.optional("sent_unit"),
        late_s=row.number_or("late_s", 3600.0),
        future_s=row.number_or("future_s", -1.0),
        beyond=Beyond(row.choice("beyond", Beyond) or Beyond.QUARANTINE),
        datum=row.choice("datum", DATUMS),
        datum_m=row.number_or("datum_m", 0.0),
        retired=row.choice("retired", ("yes", "no")) == "yes",
        tags=row.tags("tags"),
    )
    if one.observed_property and one.observed_property not in PROPERTIES:
        row.wrong(
            "observed_property",
            f"{one.observed_property!r} is not one of {', '.join(PROPERTIES)}",
        )
    due = f"{one.device}/{one.observed_property}" + (f":{one.statistic}" if one.statistic else "")
    if row.sound and one.id != due:
        row.wrong("id", f"{one.id!r} must be {due}")
    if one.period_s <= 0:
        row.wrong("period_s", f"{one.period_s:g} s must be above 0")
    if one.physical_min >= one.physical_max:
        row.wrong(
            "physical_min",
            f"{one.physical_min:g} is not below physical_max {one.physical_max:g}",
        )
    if one.datum and one.observed_property not in LEVELS:
        row.wrong("datum", f"{one.observed_property} is no level; leave it empty")
    if row.optional("datum_m") and not row.optional("datum"):
        row.wrong("datum_m", f"is above which datum? say one of {', '.join(DATUMS)} in datum")
    return one


def _terminal(row: Row) -> Terminal:
    one = Terminal(
        row.text("id"), row.text("crew"), row.choice("kind", TERMINALS), row.name(),
        row.text("contact"),
    )  # fmt: skip
    if not row.optional("kind"):
        row.wrong("kind", f"is empty; there are {', '.join(TERMINALS)}")
    elif one.kind == "phone" and one.contact and not _NUMBER.fullmatch(one.contact):
        row.wrong(
            "contact", f"{one.contact!r} is no telephone number; write it like +86 523 8888 0000"
        )
    return one


def _city(text: str) -> dict[str, Any]:
    where = "city.yaml"
    try:
        city = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise CatalogueError(f"{where}:{line}", f"is not YAML: {error}") from error
    if not isinstance(city, dict):
        raise CatalogueError(where, "must be a mapping with code, name, bounds, towns …")
    try:
        towns = {
            str(one["id"]): Town(
                str(one["id"]), str(one["code"]), (one["name"]["zh"], one["name"]["en"]),
                float(one["centre"][0]), float(one["centre"][1]), one["flood_regime"],
            )
            for one in city["towns"]
        }  # fmt: skip
        west, south, east, north = (float(edge) for edge in city["bounds"])
        return {
            "code": str(city["code"]),
            "name": (city["name"]["zh"], city["name"]["en"]),
            "bounds": (west, south, east, north),
            "datum": city["datum"],
            "map_approval": city["map_approval"],
            "towns": towns,
        }
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise CatalogueError(
            where, f"{error!r}: needs code, name{{zh,en}}, bounds[west,south,east,north], datum, "
            "map_approval, towns[id,code,name,centre[lon,lat],flood_regime]",
        ) from error  # fmt: skip
