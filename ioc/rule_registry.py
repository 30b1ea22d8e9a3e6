"""The rules in force and the city's rule files: as a start takes them, and as people name them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

import psycopg
from psycopg.rows import TupleRow

from devices import catalogue
from ioc import city
from ioc.city import CityError
from ioc.in_force import InForce, ask
from ioc.settings import Settings
from ioc.taking import ACTOR, Files, Texts
from rules import revision
from rules.digest import digest_of
from rules.language import CALENDAR, parse
from storage import rule_versions
from storage.versions import Version, Versions

_Connection = psycopg.AsyncConnection[TupleRow]


class RuleFiles(Files):
    """The city's rules, with its working calendar."""

    versions: ClassVar[Versions] = rule_versions.VERSIONS

    tables: Texts = MappingProxyType({})
    """Those that are in force with them."""

    def __init__(self, folder: Path, texts: Texts) -> None:
        """Take the city's folder and what it says."""
        super().__init__(folder, texts, digest_of(texts))

    def meant(self, before: Texts) -> Texts:  # noqa: ARG002 (rules that are left out are no more)
        """Return them as they are."""
        return self.texts

    def differ(self, before: Texts, wanted: Texts) -> bool:
        """Return whether a text differs, if only in its layout."""
        return dict(before) != dict(wanted)

    def check(self, before: Texts, wanted: Texts) -> None:
        """Return if they fit the tables, and no rule was changed under its old version."""
        parse(wanted, catalogue.build(self.tables))
        check_raised(before, wanted)

    async def put(
        self, connection: _Connection, expected: int, wanted: Texts, note: str
    ) -> Version:
        """Put them into force."""
        return await rule_versions.put(connection, expected, wanted, ACTOR, note, self.digest)

    def diverged(self, last: int, now: Version) -> str:
        """Say it of the rules."""
        return (
            f"{self.folder}: its rules changed since they last were in force (version {last}), "
            f"and version {now.number} of the rules is in force, by {now.actor}: {now.note}; write "
            f"those into the files with `ioc rules export {self.folder}` and change them again, or "
            f"put the files into force as they are with `ioc rules activate {self.folder}`"
        )


def check_raised(before: Texts, wanted: Texts) -> None:
    """Return if every rule that was changed has a higher version than before.

    Raises:
        RuleError: the first that has not.
    """
    for one in revision.not_raised(revision.differences(before, wanted)):
        raise one


def read_folder(folder: Path, calendar: Callable[[], Texts]) -> dict[str, str]:
    """Return the rules of a city's folder, or of one that holds nothing but rule files.

    Args:
        folder: as `cities/jiangyan`, or as `cities/jiangyan/rules`.
        calendar: gives texts whose calendar holds where the folder is no city's.

    Raises:
        CityError: there are no rules, or one is unreadable.
    """
    if not folder.is_dir():
        raise CityError(f"{folder}: there is no such folder; name one that holds rule files")
    if (folder / "rules").is_dir():
        return city.rule_texts(folder)
    found = city.plain_rule_texts(folder)
    if not found:
        raise CityError(f"{folder}: holds no rules; name a city's folder, or one of files *.yaml")
    days = {name: text for name, text in calendar().items() if name.startswith(CALENDAR)}
    return {**days, **found}


def write_folder(folder: Path, texts: Texts) -> None:
    """Write rules into a city's folder.

    Raises:
        CityError: the folder holds a rule file that is not among them, and would come into force
            with them; or it cannot be written.
    """
    for name in city.rule_texts(folder):
        if name not in texts:
            raise CityError(
                f"{folder / name}: is no file of these rules and would come into force with them; "
                "move it away first"
            )
    try:
        for name, text in texts.items():
            file = folder / name
            if file.parent.parent != folder:
                raise CityError(f"{name}: is no name of a rule file; nothing more was written")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise CityError(f"{folder}: {error.strerror or error}") from None


def in_force(settings: Settings) -> InForce:
    """Return the rules in force: of the database, or of the city's files where it is away.

    Raises:
        ioc.city.CityError: the files are needed and unreadable.
    """
    return ask(settings, "rules", rule_versions.VERSIONS, lambda: city.rule_texts(settings.city))
