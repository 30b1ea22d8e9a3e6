"""Catalogue and rules in force, asked of the database: what gateway, worker and wall follow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import structlog

from devices import Catalogue, CatalogueError, SourceError, catalogue
from ioc import city
from ioc.database_texts import DatabaseTexts
from ioc.settings import Settings
from rules.digest import digest_of
from rules.language import RuleError, parse
from rules.ruleset import RuleSet
from storage import registry, rule_versions

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)

_log = structlog.get_logger()


class DatabaseCatalogue:
    """Implements `devices.CatalogueSource` on the registry."""

    def __init__(self, settings: Settings) -> None:
        """Prepare; the connection is made with the first question."""
        self._texts = DatabaseTexts(
            settings.database_url, "registry", registry.VERSIONS,
            settings.data_dir / "registry.json",
        )  # fmt: skip

    async def newer(self, digest: str) -> Catalogue | None:
        """Return the catalogue in force, or None if it is the one with this digest.

        None too where the database has none yet, or one that this version cannot read.

        Raises:
            SourceError: the database is away.
        """
        texts = await self._texts.newer(digest)
        if texts is None:
            return None
        try:
            # A large city takes a tenth of a second.
            found = await asyncio.to_thread(catalogue.build, texts)
        except CatalogueError as error:
            _log.error("the registry cannot be read by this version", why=str(error))
            return None
        self._texts.keep(texts)
        return found

    def kept(self) -> Catalogue | None:
        """Return what the database last said; None where that is not known."""
        try:
            return catalogue.build(self._texts.kept() or {})
        except ValueError:
            return None

    async def close(self) -> None:
        """End the connection."""
        await self._texts.close()


def _rules(settings: Settings) -> DatabaseTexts:
    return DatabaseTexts(
        settings.database_url, "rules", rule_versions.VERSIONS, settings.data_dir / "rules.json"
    )


class DatabaseRules:
    """Implements `streams.rule_source.RuleSource`: rules in force for the catalogue in force."""

    def __init__(
        self, settings: Settings, source: DatabaseCatalogue, texts: Mapping[str, str]
    ) -> None:
        """Take where the catalogue comes from, and the texts of the rules that the worker has."""
        self._source = source
        self._rules = _rules(settings)
        self._texts = dict(texts)
        self._catalogue: Catalogue | None = None
        self._unfit = ("", "")

    async def newer(self, rule_set: RuleSet) -> RuleSet | None:
        """Return the rules in force for the catalogue in force, or None if these are they.

        None too where the two do not fit each other: those that are in force go on.

        Raises:
            SourceError: the database is away.
        """
        wanted = self._catalogue or rule_set.catalogue
        found = await self._source.newer(wanted.digest)
        texts = await self._rules.newer(digest_of(self._texts))
        self._catalogue = wanted = found or wanted
        if texts is not None:
            self._texts = texts
        digests = (wanted.digest, digest_of(self._texts))
        if digests in ((rule_set.catalogue.digest, rule_set.digest), self._unfit):
            return None
        try:
            compiled = await asyncio.to_thread(parse, self._texts, wanted)
        except RuleError as error:
            self._unfit = digests
            _log.error("the rules do not fit the registry; the old ones go on", why=str(error))
            return None
        if texts is not None:
            self._rules.keep(texts)
        return compiled

    async def close(self) -> None:
        """End the connections, the catalogue's too."""
        await self._rules.close()
        await self._source.close()


def at_start(settings: Settings) -> Catalogue:
    """Return the catalogue for a program that starts: of the database, else as it last was known.

    Where neither is there, which is before the first start, of the city's files.

    Raises:
        ValueError: the city's files are needed and wrong.
    """
    source = DatabaseCatalogue(settings)
    return _first("registry", source, source.kept) or city.load(settings.city).catalogue


def rules_at_start(settings: Settings) -> dict[str, str]:
    """Return the rules for a program that starts, found as the catalogue is.

    Raises:
        ioc.city.CityError: the city's files are needed and unreadable.
    """
    source = _rules(settings)
    found = _first("rules", source, source.kept)
    if found:
        source.keep(found)
    return found or city.rule_texts(settings.city)


class _Source(Protocol[_T_co]):
    async def newer(self, digest: str) -> _T_co | None: ...

    async def close(self) -> None: ...


def _first(name: str, source: _Source[_T], kept: Callable[[], _T | None]) -> _T | None:
    """Return what a source says, or what it kept where it is away."""

    async def ask() -> _T | None:
        try:
            return await source.newer("")
        finally:
            await source.close()

    try:
        return asyncio.run(ask())
    except SourceError as error:
        found = kept()
        _log.warning(f"{name} away", why=str(error), instead="last known" if found else "files")
        return found
