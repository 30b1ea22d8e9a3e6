"""The lobby: devices that nobody entered yet, what they probably are, and how they are adopted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ioc.command import AsJson, Config, asked, read_settings, refusal, show

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from devices import Catalogue
    from ioc.settings import Settings
    from ioc.suggestion import Suggestion
    from storage.contacts import Contact
    from storage.registry import Version


def list_waiting(
    config: Config = None,
    gateway: Annotated[str | None, typer.Option(help="Only behind this gateway.")] = None,
    as_json: AsJson = False,
) -> None:
    """List unknown devices with their last message and what they probably are."""
    from ioc import lobby_text as text
    from ioc.suggestion import suggest

    _, catalogue, found = _look(read_settings(config), gateway, None)
    waiting = []
    for one in found:
        unknown = _unknown(catalogue, one)
        if unknown or not _is_known(catalogue, one):
            place = catalogue.gateways.get(one.gateway)
            suggested = suggest(one.device, unknown)
            waiting.append((one, suggested, place.place if place else ""))
    show({"waiting": text.facts(waiting)}, text.table(waiting), as_json)


def adopt(
    gateway: Annotated[str, typer.Argument(help="Behind which it is.")],
    device: Annotated[str, typer.Argument(help="As it names itself.")],
    name: Annotated[str, typer.Option("--as", help="Its id with us, e.g. east-bridge-gauge.")],
    place: Annotated[
        str | None, typer.Option(help="Where it is; default where its gateway is.")
    ] = None,
    config: Config = None,
    kind: Annotated[str, typer.Option(help="What it is, e.g. water_gauge.")] = "station",
    properties: Annotated[
        list[str] | None,
        typer.Option(
            "--property", metavar="CODE=PROPERTY",
            help="What it calls a property; CODE= leaves that out. Repeat it.",
        ),
    ] = None,
    name_zh: Annotated[str, typer.Option(help="Its Chinese name; default its id.")] = "",
    name_en: Annotated[str, typer.Option(help="Its English name; default its id.")] = "",
    note: Annotated[str, typer.Option(help="Why; it stands in the history.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change.")
    ] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Enter a device of the lobby with its datastreams, as a new version of the registry."""
    from devices import catalogue as tables
    from devices import revision
    from ioc import devices_text as text
    from ioc import registry, rule_registry
    from rules.language import parse
    from storage import registry as stored

    settings = read_settings(config)
    now, catalogue, found = _look(settings, gateway, device)
    if now is None:
        raise refusal("there is no registry yet; the first `ioc up` or `ioc prepare` makes it")
    if not found:
        raise refusal(
            f"{device!r} behind {gateway!r} was never heard; `ioc devices lobby` lists who was"
        )
    version, texts = now
    wanted = _mapping(found[0], catalogue, properties or ())
    if place is None and gateway in catalogue.gateways:
        place = catalogue.gateways[gateway].place
    if place is None or place not in catalogue.places:
        raise refusal(_no_place(place, gateway, catalogue))
    names = (name_zh or name, name_en or name)
    after = _entered(texts, catalogue, found[0], name, place, kind, names, wanted)
    try:
        whole = revision.complete(after, texts)
        parse(rule_registry.in_force(settings).texts, tables.build(whole))
    except ValueError as error:
        raise refusal(error) from None
    changes = revision.differences(texts, whole)
    facts = {"changes": text.changes_facts(changes), "dry_run": dry_run, "version": None}
    if dry_run:
        show(facts, text.changes(changes), as_json)
        return
    why = note or f"adopted {device} of {gateway} as {name}"
    try:
        made = asked(
            settings,
            lambda connection: stored.put(connection, version.number, whole, registry.actor(), why),
        )
    except ValueError as error:
        raise refusal(error) from None
    facts["version"] = made.number
    reason = "unknown_datastream" if gateway in catalogue.gateways else "unknown_gateway"
    show(
        facts,
        f"{text.changes(changes)}\nregistry version {made.number} is in force; what runs takes it "
        f"up within seconds\nperiod {_period()} s and the physical ranges are guesses: `ioc "
        f"devices export`, correct them, `ioc devices import`\nwhat waited is released by: ioc "
        f"quarantine replay --reason {reason} --gateway {gateway}",
        as_json,
    )


def _look(
    settings: Settings, gateway: str | None, device: str | None
) -> tuple[tuple[Version, dict[str, str]] | None, Catalogue, list[Contact]]:
    """Return the registry in force, its catalogue, and whom the gateways heard."""
    from devices import catalogue
    from ioc import city
    from storage import contacts, registry

    async def ask(
        connection: psycopg.AsyncConnection[TupleRow],
    ) -> tuple[tuple[Version, dict[str, str]] | None, list[Contact]]:
        now = await registry.current(connection)
        texts = await registry.texts(connection, now.number) if now else {}
        heard = await contacts.contacts(connection, gateway, device)
        return (now, texts) if now else None, heard

    now, found = asked(settings, ask)
    try:
        return now, catalogue.build(now[1] if now else city.texts(settings.city)), found
    except ValueError as error:
        raise refusal(error) from None


def _is_known(catalogue: Catalogue, one: Contact) -> bool:
    """Whether a device of that gateway names itself so."""
    return any(
        known.gateway == one.gateway and one.device in (known.field_id, known.id)
        for known in catalogue.devices.values()
    )


def _unknown(catalogue: Catalogue, one: Contact) -> dict[str, str]:
    """Return the names of a contact that mean no datastream yet, with their units."""
    known = catalogue.keys_of.get(one.gateway, {})
    return {key: unit for key, unit in one.keys.items() if key not in known}


def _mapping(
    one: Contact, catalogue: Catalogue, options: Sequence[str]
) -> list[tuple[Suggestion, str]]:
    """Return which names become which property: as told, else as suggested."""
    from devices import PROPERTIES
    from devices.tables import nearest
    from ioc.suggestion import fits, suggest

    suggested = suggest(one.device, _unknown(catalogue, one))
    codes = {each.code for each in suggested if each.code}
    told: dict[str, str] = {}
    for option in options:
        code, equals, name = option.rpartition("=")
        if not equals:
            raise refusal(f"--property: {option!r} is not CODE=PROPERTY, e.g. w01018=ph")
        if code not in codes:
            words = sorted(codes) or ["none that are unknown"]
            raise refusal(f"--property: {one.device} sends no {code!r}; {nearest(code, words)}")
        if name and name not in PROPERTIES:
            raise refusal(f"--property: {name!r} is no property; {nearest(name, list(PROPERTIES))}")
        told[code] = name
    found = []
    for each in suggested:
        name = told.get(each.code, each.property)
        if not each.code or not name:
            continue
        if not fits(each.unit, name):
            raise refusal(
                f"--property: {each.code} comes in {each.unit!r}, and {name} is in "
                f"{PROPERTIES[name].unit!r}"
            )
        found.append((each, name))
    if not found:
        raise refusal(
            f"{one.device}: none of its names means a property: "
            f"{', '.join(sorted(codes)) or 'it sends no values'}; say --property CODE=PROPERTY"
        )
    return found


def _entered(
    texts: Mapping[str, str],
    catalogue: Catalogue,
    one: Contact,
    name: str,
    place: str,
    kind: str,
    names: tuple[str, str],
    wanted: Sequence[tuple[Suggestion, str]],
) -> dict[str, str]:
    """Return the tables with a device and its datastreams, and its gateway if that is new."""
    from devices import revision
    from ioc.suggestion import physical_range

    sheets = {
        file: revision.sheet(texts[file])
        for file in ("gateways.csv", "devices.csv", "datastreams.csv")
    }
    if one.gateway not in catalogue.gateways:
        sheets["gateways.csv"].add(
            {"id": one.gateway, "place": place, "name_zh": one.gateway, "name_en": one.gateway}
        )
    known = catalogue.devices.get(name)
    if known is None:
        sheets["devices.csv"].add(
            {
                "id": name, "gateway": one.gateway, "place": place, "kind": kind,
                "name_zh": names[0], "name_en": names[1],
                "field_id": "" if one.device == name else one.device,
            }
        )  # fmt: skip
    elif known.gateway != one.gateway or one.device not in (known.field_id, known.id):
        raise refusal(
            f"--as: {name} is a device already, {known.field_id or known.id} behind "
            f"{known.gateway}; choose another id"
        )
    for each, observed in wanted:
        statistic = f":{each.statistic}" if each.statistic else ""
        low, high = physical_range(observed)
        sheets["datastreams.csv"].add(
            {
                "slot": "", "id": f"{name}/{observed}{statistic}", "device": name,
                "observed_property": observed, "period_s": f"{_period()}",
                "physical_min": f"{low:g}", "physical_max": f"{high:g}",
                "statistic": each.statistic,
                "field_code": "" if each.code == observed else each.code,
            }
        )  # fmt: skip
    return {**texts, **{file: each.text() for file, each in sheets.items()}}


def _no_place(place: str | None, gateway: str, catalogue: Catalogue) -> str:
    from devices.tables import nearest

    if place is None:
        return f"--place: {gateway} is new too, so say where it is"
    near = nearest(place, sorted(catalogue.places)).partition(",")[0]
    return f"--place: {place!r} is not known; {near}; enter new places by `ioc devices import`"


def _period() -> str:
    from ioc.suggestion import PERIOD_S

    return f"{PERIOD_S:g}"
