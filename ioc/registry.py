"""The registry and the city's files: when files become a version, and when they must not."""

from __future__ import annotations

import asyncio
import getpass
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from devices import catalogue, revision
from ioc import city
from ioc.settings import Settings
from rules.language import parse
from storage import registry
from storage.registry import StaleError, Version

_Connection = psycopg.AsyncConnection[TupleRow]


class DivergedError(ValueError):
    """Files and registry were both changed since they were the same."""


async def take_files(url: str, folder: Path) -> Version:
    """Bring the city's files into force where they are newer; return the version in force.

    They become the first version, and another one each time they changed since they last were.

    Raises:
        DivergedError: they changed, and so did the registry, not by them; nothing was done.
        ValueError: the files, or the rules for what they say, are wrong.
        psycopg.Error: the database refused.
    """
    read = city.load(folder)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            try:
                return await _take(connection, folder, read)
            except StaleError:
                continue  # another start took them at the same moment, or somebody changed it


async def _take(connection: _Connection, folder: Path, read: city.City) -> Version:
    digest = read.catalogue.digest
    now = await registry.current(connection)
    last = await registry.last_from_files(connection)
    if now is None:
        parse(read.rule_texts, read.catalogue)
        return await registry.put(
            connection, 0, read.texts, "files", f"first start, from {folder.name}", digest
        )
    if last is not None and last.files_sha256 == digest:
        return now
    before = await registry.texts(connection, now.number)
    wanted = revision.complete(read.texts, before)
    if not revision.differences(before, wanted):
        await registry.are_the_files(connection, now.number, digest)
        return now
    if last is None or last.number != now.number:
        raise DivergedError(
            f"{folder}: changed since the registry last took it over (version "
            f"{last.number if last else 0}), and the registry is at version {now.number}, by "
            f"{now.actor}: {now.note}; write the registry into the files with `ioc devices "
            f"export {folder}` and change them again, or put the files into force as they are "
            f"with `ioc devices import {folder} --force`"
        )
    parse(read.rule_texts, catalogue.build(wanted))
    return await registry.put(
        connection, now.number, wanted, "files", f"from {folder.name}", digest
    )


def actor() -> str:
    """Return who runs this program, for the history."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return "command line"


@dataclass(frozen=True, slots=True)
class InForce:
    """The city's tables as they are in force."""

    texts: dict[str, str]
    version: Version | None
    """None where they are the city's files: there is no registry yet, or it is away."""
    why: str = ""
    """Why it is not asked; empty where it is, or where there is none yet."""

    def __str__(self) -> str:
        """Say which they are."""
        if self.version is not None:
            return f"registry version {self.version.number}"
        return f"the city's files ({self.why or 'no registry yet'})"


def in_force(settings: Settings) -> InForce:
    """Return the tables in force: of the database, or of the city's files where it is away.

    Raises:
        ioc.city.CityError: the files are needed and missing.
    """

    async def ask() -> InForce | None:
        async with await psycopg.AsyncConnection.connect(
            settings.database_url, autocommit=True, connect_timeout=3
        ) as connection:
            now = await registry.current(connection)
            if now is None:
                return None
            return InForce(await registry.texts(connection, now.number), now)

    try:
        found, why = asyncio.run(ask()), ""
    except psycopg.errors.UndefinedTable:
        found, why = None, ""
    except (psycopg.Error, OSError):
        found, why = None, "the database is away"
    return found or InForce(city.texts(settings.city), None, why)
