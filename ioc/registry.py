"""The registry and the city's files: what is in force, and the files as a start takes them."""

from __future__ import annotations

import getpass
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

import psycopg
from psycopg.rows import TupleRow

from devices import catalogue, revision
from ioc import city
from ioc.in_force import InForce, ask
from ioc.rule_registry import RuleFiles
from ioc.settings import Settings
from ioc.taking import ACTOR, DivergedError, Files, Texts
from rules.language import parse
from storage import registry, rule_versions
from storage.registry import Version
from storage.versions import Versions

__all__ = ["DivergedError", "InForce", "actor", "in_force", "take_files"]

_Connection = psycopg.AsyncConnection[TupleRow]


async def take_files(url: str, folder: Path) -> Version:
    """Bring the city's files into force where they are newer, tables and then rules.

    Returns:
        The version of the registry in force.

    Raises:
        DivergedError: one of the two changed, and so did what the database has of it, not by the
            files; that one was left alone.
        ValueError: the files are wrong, or tables and rules do not fit each other.
        psycopg.Error: the database refused.
    """
    read = city.load(folder)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        rules = RuleFiles(folder, read.rule_texts)
        tables = TableFiles(folder, read.texts, read.catalogue.digest)
        tables.rules = read.rule_texts
        if not await rules.are_newer(connection):
            tables.rules = await rule_versions.newer(connection, "") or {}
        made = await tables.take(connection)
        rules.tables = await registry.texts(connection, made.number)
        await rules.take(connection)
    return made


class TableFiles(Files):
    """The city's tables."""

    versions: ClassVar[Versions] = registry.VERSIONS

    rules: Texts = MappingProxyType({})
    """Those that will be in force with them."""

    def meant(self, before: Texts) -> Texts:
        """Return them with what they leave out, retired."""
        return revision.complete(self.texts, before)

    def differ(self, before: Texts, wanted: Texts) -> bool:
        """Return whether a row differs."""
        return bool(revision.differences(before, wanted))

    def check(self, before: Texts, wanted: Texts) -> None:  # noqa: ARG002 (`put` looks at both)
        """Return if the rules fit them."""
        parse(self.rules, catalogue.build(wanted))

    async def put(
        self, connection: _Connection, expected: int, wanted: Texts, note: str
    ) -> Version:
        """Put them into force, with their datastreams."""
        return await registry.put(connection, expected, wanted, ACTOR, note, self.digest)

    def diverged(self, last: int, now: Version) -> str:
        """Say it of the registry."""
        return (
            f"{self.folder}: changed since the registry last took it over (version {last}), and "
            f"the registry is at version {now.number}, by {now.actor}: {now.note}; write the "
            f"registry into the files with `ioc devices export {self.folder}` and change them "
            f"again, or put the files into force as they are with `ioc devices import "
            f"{self.folder} --force`"
        )


def actor() -> str:
    """Return who runs this program, for the history."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return "command line"


def in_force(settings: Settings) -> InForce:
    """Return the tables in force: of the database, or of the city's files where it is away.

    Raises:
        ioc.city.CityError: the files are needed and missing.
    """
    return ask(settings, "registry", registry.VERSIONS, lambda: city.texts(settings.city))
