"""The catalogue: one city, checked, with the columns that the hot path needs.

Built from the texts of `cities/NAME/` (the caller reads the files: this room does no I/O).
Every mistake is told as `file:line: field: what is wrong; what would be right`.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import yaml
from numpy.typing import NDArray

from devices.city import Beyond, Datastream, Device, Gateway, Place, Town
from devices.properties import DOMAINS, PROPERTIES
from devices.statistics import STATISTICS

FILES = ("city.yaml", "places.csv", "gateways.csv", "devices.csv", "datastreams.csv")
"""The texts a catalogue is made of."""

_T = TypeVar("_T")


class CatalogueError(ValueError):
    """The city's files contradict themselves or each other.

    Attributes:
        where: `file:line`.
    """

    def __init__(self, where: str, what: str) -> None:
        """Say where and what."""
        super().__init__(f"{where}: {what}")
        self.where = where


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
    """Delay of receipt beyond which a reading is late, µs."""
    future_us: NDArray[np.int64]
    """How far clocks may be ahead, µs; below 0: as the gateway has it."""
    flags_beyond: NDArray[np.bool_]
    """Where impossible readings are stored with their quality instead of refused."""

    def place_of(self, slot: int) -> Place:
        """Return where a datastream is observed."""
        return self.places[self.devices[self.datastreams[slot].device].place]


def build(texts: Mapping[str, str]) -> Catalogue:
    """Check the city's texts and index them.

    Args:
        texts: content by file name; the names are `FILES`.

    Raises:
        CatalogueError: the first mistake, with its file and line.
    """
    for name in FILES:
        if name not in texts:
            raise CatalogueError(name, f"is missing; a city needs {', '.join(FILES)}")
    city = _city(texts["city.yaml"])
    towns = city["towns"]
    places = _table(texts, "places.csv", _place, lambda one: one.id)
    gateways = _table(texts, "gateways.csv", _gateway, lambda one: one.id)
    devices = _table(texts, "devices.csv", _device, lambda one: one.id)
    streams = _table(texts, "datastreams.csv", _datastream, lambda one: one.id)
    _refer("places.csv", places, "town", towns)
    _refer("gateways.csv", gateways, "place", places)
    _refer("devices.csv", devices, "gateway", gateways)
    _refer("devices.csv", devices, "place", places)
    _refer("datastreams.csv", streams, "device", devices)
    ordered = sorted(streams.values(), key=lambda one: one.slot)
    for wanted, one in enumerate(ordered):
        if one.slot != wanted:
            raise CatalogueError(
                "datastreams.csv",
                f"slot: {one.id} has slot {one.slot} where {wanted} is due; "
                "slots count from 0 without gap or repetition",
            )
    domains = {name: index for index, name in enumerate(DOMAINS)}
    return Catalogue(
        code=city["code"],
        name=city["name"],
        bounds=city["bounds"],
        datum=city["datum"],
        map_approval=city["map_approval"],
        towns=towns,
        places=places,
        gateways=gateways,
        devices=devices,
        datastreams=tuple(ordered),
        slot_of={one.id: one.slot for one in ordered},
        gateway_of=tuple(devices[one.device].gateway for one in ordered),
        keys_of=_keys_of(ordered, devices),
        device_of=_device_of(devices),
        domain=np.array(
            [domains[PROPERTIES[one.observed_property].domain] for one in ordered], dtype=np.int8
        ),
        physical_min=np.array([one.physical_min for one in ordered], dtype=np.float64),
        physical_max=np.array([one.physical_max for one in ordered], dtype=np.float64),
        late_us=np.array([round(one.late_s * 1e6) for one in ordered], dtype=np.int64),
        future_us=np.array([round(one.future_s * 1e6) for one in ordered], dtype=np.int64),
        flags_beyond=np.array([one.beyond is Beyond.FLAG for one in ordered], dtype=np.bool_),
    )


def _device_of(devices: Mapping[str, Device]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for one in devices.values():
        names = found.setdefault(one.gateway, {})
        for name in dict.fromkeys((one.id, one.field_id)):
            if name and names.setdefault(name, one.id) != one.id:
                raise CatalogueError(
                    "devices.csv",
                    f"field_id: {name!r} names both {names[name]} and {one.id} of {one.gateway}; "
                    "each device has a name of its own",
                )
    return found


def _keys_of(
    datastreams: Sequence[Datastream], devices: Mapping[str, Device]
) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for one in datastreams:
        device = devices[one.device]
        keys = found.setdefault(device.gateway, {})
        statistic = f":{one.statistic}" if one.statistic else ""
        own = [one.id]
        if device.field_id:
            own.append(f"{device.field_id}/{one.observed_property}{statistic}")
        if one.field_code:
            own.append(f"{device.field_id or device.id}/{one.field_code}{statistic}")
        for key in dict.fromkeys(own):
            if key in keys:
                raise CatalogueError(
                    "datastreams.csv",
                    f"field_code: {key!r} of {device.gateway} means both "
                    f"{datastreams[keys[key]].id} and {one.id}; give one another field_id (in "
                    "devices.csv) or field_code",
                )
            keys[key] = one.slot
    return found


class _Row:
    """One line of a table: fields by name, with errors that know their place."""

    def __init__(self, where: str, fields: Mapping[str, str | None]) -> None:
        self.where = where
        self._fields = fields

    def text(self, field: str) -> str:
        value = (self._fields.get(field) or "").strip()
        if not value:
            raise CatalogueError(self.where, f"{field}: is empty; every row needs it")
        return value

    def number(self, field: str) -> float:
        return self._float(field, self.text(field))

    def whole(self, field: str) -> int:
        text = self.text(field)
        if not text.isdecimal():
            raise CatalogueError(self.where, f"{field}: {text!r} is not a whole number ≥ 0")
        return int(text)

    def optional(self, field: str) -> str:
        return (self._fields.get(field) or "").strip()

    def choice(self, field: str, valid: Iterable[str]) -> str:
        """Return one of some words, or nothing where the field is empty or absent."""
        text = self.optional(field)
        if text and text not in (words := sorted(valid)):
            near = difflib.get_close_matches(text, words, n=1, cutoff=0.3)
            raise CatalogueError(
                self.where,
                f"{field}: {text!r} is not known; "
                + (f"did you mean {near[0]!r}?" if near else f"there are {', '.join(words)}"),
            )
        return text

    def number_or(self, field: str, default: float) -> float:
        text = self.optional(field)
        return self._float(field, text) if text else default

    def name(self) -> tuple[str, str]:
        return self.text("name_zh"), self.text("name_en")

    def limits(self, field: str) -> dict[str, float]:
        pairs = (self._fields.get(field) or "").split()
        limits = {}
        for pair in pairs:
            name, equals, value = pair.partition("=")
            if not equals:
                raise CatalogueError(
                    self.where, f"{field}: {pair!r} is not name=value, e.g. warning=3.80"
                )
            limits[name] = self._float(field, value)
        return limits

    def _float(self, field: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            raise CatalogueError(self.where, f"{field}: {text!r} is not a finite number")
        return value


def _rows(name: str, text: str) -> Iterator[_Row]:
    for fields in (reader := csv.DictReader(io.StringIO(text))):
        yield _Row(f"{name}:{reader.line_num}", fields)


def _table(
    texts: Mapping[str, str], name: str, make: Callable[[_Row], _T], key: Callable[[_T], str]
) -> dict[str, _T]:
    table: dict[str, _T] = {}
    for row in _rows(name, texts[name]):
        one = make(row)
        if key(one) in table:
            raise CatalogueError(row.where, f"id: {key(one)} occurs twice; ids are unique")
        table[key(one)] = one
    return table


def _refer(name: str, table: Mapping[str, Any], field: str, known: Mapping[str, Any]) -> None:
    for line, one in enumerate(table.values(), start=2):
        value = getattr(one, field)
        if value not in known:
            raise CatalogueError(
                f"{name}:{line}", f"{field}: {value!r} is not known; add it or correct the id"
            )


def _place(row: _Row) -> Place:
    return Place(
        row.text("id"), row.text("town"), row.text("kind"), row.name(),
        row.number("lon"), row.number("lat"),
    )  # fmt: skip


def _gateway(row: _Row) -> Gateway:
    return Gateway(row.text("id"), row.text("place"), row.name(), row.optional("edition"))


def _device(row: _Row) -> Device:
    return Device(
        row.text("id"), row.text("gateway"), row.text("place"), row.text("kind"), row.name(),
        row.optional("field_id"),
    )  # fmt: skip


def _datastream(row: _Row) -> Datastream:
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
    )
    if one.observed_property not in PROPERTIES:
        raise CatalogueError(
            row.where,
            f"observed_property: {one.observed_property!r} is not one of {', '.join(PROPERTIES)}",
        )
    due = f"{one.device}/{one.observed_property}" + (f":{one.statistic}" if one.statistic else "")
    if one.id != due:
        raise CatalogueError(row.where, f"id: {one.id!r} must be {due}")
    if one.period_s <= 0:
        raise CatalogueError(row.where, f"period_s: {one.period_s:g} s must be above 0")
    if one.physical_min >= one.physical_max:
        raise CatalogueError(
            row.where,
            f"physical_min: {one.physical_min:g} is not below physical_max {one.physical_max:g}",
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
