"""The rules that judged what is kept, found again by their digests and compiled.

Texts are those of the database, where every version stays. Rules that were never put there are
looked for in the city's folder: a worker may go by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices import Catalogue, CatalogueError, catalogue
from ioc import city
from rules.digest import digest_of
from rules.language import RuleError, parse
from rules.replaying import Kept
from rules.ruleset import RuleSet
from storage import registry, rule_versions

_Connection = AsyncConnection[TupleRow]


class TextsError(ValueError):
    """What some digest stands for is not kept, or cannot be read by this version."""


class JudgedRules:
    """Gives the same rule set for the same digests. Learns before it is asked."""

    def __init__(self, folder: Path, instead: Mapping[str, str] | None = None) -> None:
        """Prepare.

        Args:
            folder: of the city.
            instead: texts of rules to judge by, whatever judged; None: those that judged.
        """
        self._folder, self._instead = folder, instead
        self._catalogues: dict[str, Catalogue] = {}
        self._texts: dict[str, Mapping[str, str]] = {}
        self._sets: dict[tuple[str, str], RuleSet] = {}

    def rule_set(self, rules: str, of_catalogue: str) -> RuleSet:
        """Return the rules of two digests that were learnt."""
        return self._sets[self._key(rules, of_catalogue)]

    async def learn(self, connection: _Connection, kept: Kept) -> None:
        """Compile the rules of a piece, where they are new.

        Raises:
            TextsError: they cannot be had.
            rules.language.RuleError: the rules to judge by do not fit the catalogue.
        """
        key = self._key(kept.rules, kept.catalogue)
        if key in self._sets:
            return
        if kept.catalogue not in self._catalogues:
            self._catalogues[kept.catalogue] = await self._catalogue(connection, kept.catalogue)
        texts = self._instead
        if texts is None:
            if kept.rules not in self._texts:
                self._texts[kept.rules] = await self._rules(connection, kept.rules)
            texts = self._texts[kept.rules]
        try:
            self._sets[key] = parse(texts, self._catalogues[kept.catalogue])
        except RuleError as error:
            if self._instead is not None:
                raise
            raise TextsError(
                f"rules {kept.rules[:12]} cannot be read by this version: {error}"
            ) from error

    def _key(self, rules: str, of_catalogue: str) -> tuple[str, str]:
        return ("" if self._instead is not None else rules, of_catalogue)

    async def _catalogue(self, connection: _Connection, digest: str) -> Catalogue:
        texts = await registry.texts_of(connection, digest)
        try:
            found = catalogue.build(city.texts(self._folder) if texts is None else texts)
        except (CatalogueError, city.CityError) as error:
            raise TextsError(
                f"catalogue {digest[:12]} cannot be read by this version: {error}"
            ) from error
        if found.digest != digest:
            raise TextsError(
                f"catalogue {digest[:12]} judged, and neither a version of the registry nor "
                f"{self._folder} is that one; put its tables back with `ioc devices import`"
            )
        return found

    async def _rules(self, connection: _Connection, digest: str) -> Mapping[str, str]:
        if (texts := await rule_versions.texts_of(connection, digest)) is not None:
            return texts
        try:
            files = city.rule_texts(self._folder)
        except city.CityError:
            files = {}
        if digest_of(files) != digest:
            raise TextsError(
                f"rules {digest[:12]} judged, and neither a version of the rules nor "
                f"{self._folder} is that one; put these files back to judge by them again"
            )
        return files
