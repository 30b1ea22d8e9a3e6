"""Read a city's folder: the only place where its files are opened."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices import calendar, catalogue
from devices.calendar import Calendar
from devices.catalogue import Catalogue
from devices.crew import Roster
from dispatch.cases import CasePolicy, policy_file
from dispatch.handover import DutyRoster
from dispatch.plans import PlanBook
from rules.language.mistakes import nearest
from rules.ruleset import RuleSet


class CityError(ValueError):
    """A city's folder lacks a file, or a file cannot be read.

    What is wrong inside the tables and rules is said by `CatalogueError` and `RuleError`, which
    are ValueErrors too.
    """


@dataclass(frozen=True, slots=True)
class City:
    """What a city's folder holds."""

    catalogue: Catalogue
    texts: dict[str, str]
    """Of the catalogue, by file name; empty where it was not read from here."""
    base_map: dict[str, Any]
    """GeoJSON FeatureCollection: outline, waters, roads."""
    rule_texts: dict[str, str]
    """YAML by file name: the files, or where the city was read for a program the rules in force."""
    calendar: Calendar
    """Of all files in `calendar/`; Monday to Friday where there are none."""
    case_policy: CasePolicy | None = None
    """Of `cases.yaml`; None where there is none, and no cases are kept."""


def load(folder: Path, known: Catalogue | None = None) -> City:
    """Read and check a city.

    Args:
        folder: as `cities/jiangyan`.
        known: the catalogue; None reads it from the folder's tables.

    Raises:
        CityError: the folder or one of its files is missing or unreadable.
        devices.CatalogueError: the tables, the calendar's files or `cases.yaml` contradict
            themselves or each other.
    """
    if not folder.is_dir():
        raise CityError(
            f"{folder}: there is no such folder; "
            "set city (IOC_CITY) to a folder like cities/jiangyan"
        )
    try:
        base_map = json.loads(read_text(folder / "base.json"))
    except json.JSONDecodeError as error:
        raise CityError(f"{folder / 'base.json'}: is not JSON: {error}") from None
    if not isinstance(base_map, dict) or base_map.get("type") != "FeatureCollection":
        raise CityError(f"{folder / 'base.json'}: must be a GeoJSON FeatureCollection")
    found = {} if known is not None else texts(folder)
    known = known or catalogue.build(found)
    working = _calendar(folder)
    return City(
        catalogue=known,
        texts=found,
        base_map=base_map,
        rule_texts=rule_texts(folder),
        calendar=working,
        case_policy=_case_policy(folder, known, working),
    )


def roster(folder: Path, known: Catalogue) -> Roster:
    """Return a city's crews; none where it has no file of them.

    Raises:
        CityError: the file is unreadable.
        rules.language.RuleError: what it says is wrong.
    """
    from dispatch.crews import file

    path = folder / file.FILE
    return file.read(read_text(path), known) if path.exists() else Roster()


def duty(folder: Path) -> DutyRoster | None:
    """Return who is on duty when; None where the city has no file of it.

    Raises:
        CityError: the file is unreadable.
        rules.language.RuleError: what it says is wrong.
    """
    from dispatch.handover import duty_file

    path = folder / duty_file.FILE
    return duty_file.read(read_text(path)) if path.exists() else None


def plan_book(folder: Path) -> PlanBook:
    """Return a city's plans; none where it has no file of them.

    Raises:
        CityError: the file is unreadable.
        rules.language.RuleError: what it says is wrong.
    """
    from dispatch.plans import file

    path = folder / file.FILE
    return file.read(read_text(path)) if path.exists() else PlanBook()


def check_plans(rules: RuleSet, book: PlanBook) -> None:
    """Return if the plans that rules name are there; a city without plans may name any.

    Raises:
        CityError: one is not.
    """
    for rule in rules.rules:
        if rule.plan and book.plans and rule.plan not in book.plans:
            raise CityError(
                f"rules: {rule.id}: plan: {rule.plan!r}{nearest(rule.plan, list(book.plans))}; "
                "plans stand in plans.yaml"
            )


def texts(folder: Path) -> dict[str, str]:
    """Return the texts of a city's tables by file name; those that are optional if they are there.

    Raises:
        CityError: one is missing or unreadable.
    """
    names = [
        *catalogue.FILES,
        *(name for name in catalogue.OPTIONAL_FILES if (folder / name).exists()),
    ]
    return {name: read_text(folder / name) for name in names}


def rule_texts(folder: Path) -> dict[str, str]:
    """Return the rules of a city and the working calendar they go by: YAML by file name.

    Raises:
        CityError: one is unreadable.
    """
    return {
        f"{kind}/{file.name}": read_text(file)
        for kind in ("calendar", "rules")
        for file in sorted(folder.glob(f"{kind}/*.yaml"))
    }


def plain_rule_texts(folder: Path) -> dict[str, str]:
    """Return the rule files of a folder that holds nothing else, named as those of a city.

    Raises:
        CityError: one is unreadable.
    """
    return {f"rules/{file.name}": read_text(file) for file in sorted(folder.glob("*.yaml"))}


def _calendar(folder: Path) -> Calendar:
    files = {f"calendar/{file.name}": file for file in sorted(folder.glob("calendar/*.yaml"))}
    return calendar.merge(
        {name: calendar.read(read_text(file), name) for name, file in files.items()}
    )


def _case_policy(folder: Path, known: Catalogue, working: Calendar) -> CasePolicy | None:
    file = folder / policy_file.FILE
    if not file.exists():
        return None
    return policy_file.read(read_text(file), policy_file.FILE, known.code, working)


def read_text(file: Path) -> str:
    """Return what a file says.

    Raises:
        CityError: it is missing or unreadable.
    """
    try:
        # Spreadsheets begin a UTF-8 CSV with a byte order mark.
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise CityError(f"{file}: is missing") from None
    except UnicodeDecodeError as error:
        raise CityError(f"{file}: is not UTF-8: {error}") from None
