"""The catalogue in force, asked of the database: what gateway, worker and wall follow.

What the database last said is kept in the data folder. A program that starts while the database is
away goes on with that: the city's files may lack what was adopted since.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping

import psycopg
import structlog
from psycopg.rows import TupleRow

from devices import Catalogue, CatalogueError, SourceError, catalogue
from ioc import city
from ioc.settings import Settings
from rules.language import RuleError, parse
from rules.ruleset import RuleSet
from storage import registry

_WITHIN_S = 5.0
"""A database that does not answer by then is away."""

_log = structlog.get_logger()


class DatabaseCatalogue:
    """Implements `devices.CatalogueSource` on the registry; keeps one connection."""

    def __init__(self, settings: Settings) -> None:
        """Prepare; the connection is made with the first question."""
        self._url = settings.database_url
        self._copy = settings.data_dir / "registry.json"
        self._connection: psycopg.AsyncConnection[TupleRow] | None = None

    async def newer(self, digest: str) -> Catalogue | None:
        """Return the catalogue in force, or None if it is the one with this digest.

        None too where the database has none yet, or one that this version cannot read.

        Raises:
            SourceError: the database is away.
        """
        try:
            async with asyncio.timeout(_WITHIN_S):
                connection = await self._connect()
                texts = await registry.newer(connection, digest)
        except psycopg.errors.UndefinedTable:
            return None  # the schema comes with the first start
        except (psycopg.Error, OSError) as error:  # TimeoutError is an OSError
            await self.close()
            raise SourceError(f"registry: {str(error).strip() or repr(error)}") from error
        if texts is None:
            return None
        try:
            # A large city takes a tenth of a second.
            found = await asyncio.to_thread(catalogue.build, texts)
        except CatalogueError as error:
            _log.error("the registry cannot be read by this version", why=str(error))
            return None
        self._keep(texts)
        return found

    def kept(self) -> Catalogue | None:
        """Return what the database last said; None where that is not known."""
        try:
            return catalogue.build(json.loads(self._copy.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None

    async def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def _keep(self, texts: Mapping[str, str]) -> None:
        new = self._copy.with_name(f"{self._copy.name}.{os.getpid()}")
        try:
            self._copy.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")
            new.replace(self._copy)
        except OSError as error:
            _log.warning("registry not kept", error=str(error))

    async def _connect(self) -> psycopg.AsyncConnection[TupleRow]:
        if self._connection is None:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=3, application_name="ioc registry"
            )
        return self._connection


class DatabaseRules:
    """Implements `streams.rule_source.RuleSource`: the same rules for the catalogue in force."""

    def __init__(self, source: DatabaseCatalogue, texts: Mapping[str, str]) -> None:
        """Take where the catalogue comes from, and the texts of the rules."""
        self._source = source
        self._texts = dict(texts)
        self._unfit = ""

    async def newer(self, rule_set: RuleSet) -> RuleSet | None:
        """Return the rules for the catalogue in force, or None if these are for it.

        None too where the rules do not fit it: those that are in force go on.

        Raises:
            SourceError: the database is away.
        """
        found = await self._source.newer(self._unfit or rule_set.catalogue.digest)
        if found is None or found.digest == rule_set.catalogue.digest:
            return None
        try:
            compiled = await asyncio.to_thread(parse, self._texts, found)
        except RuleError as error:
            self._unfit = found.digest
            _log.error("the rules do not fit the registry; the old ones go on", why=str(error))
            return None
        self._unfit = ""
        return compiled


def at_start(settings: Settings) -> Catalogue:
    """Return the catalogue for a program that starts: of the database, else as it last was known.

    Where neither is there, which is before the first start, of the city's files.

    Raises:
        ValueError: the city's files are needed and wrong.
    """
    source = DatabaseCatalogue(settings)

    async def ask() -> Catalogue | None:
        try:
            return await source.newer("")
        finally:
            await source.close()

    try:
        found = asyncio.run(ask())
    except SourceError as error:
        found = source.kept()
        _log.warning("registry away", why=str(error), instead="last known" if found else "files")
    return found or city.load(settings.city).catalogue
