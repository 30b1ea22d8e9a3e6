"""The rule language: YAML files become compiled rules, or an error that says where.

One file holds a list under `rules`. What each field means stands in `models` and `fields`; they are
also the JSON Schema for editors. The rest turns words of the city into arrays. A change here
changes which files are valid: the files of a city in service must stay so.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from devices import Catalogue, CatalogueError, calendar
from devices.calendar import Calendar
from rules.assembly import assemble
from rules.digest import digest_of
from rules.language.columns import Columns
from rules.language.compiling import compile_rule
from rules.language.explain import explain
from rules.language.mistakes import RuleError
from rules.language.models import RuleFile
from rules.language.yaml_lines import At, load
from rules.ruleset import CompiledRule, RuleSet

__all__ = ["CALENDAR", "RuleError", "RuleFile", "compile_rules", "parse"]

CALENDAR = "calendar/"
"""How the names of texts begin that are no rules but the days on which people work. They are part
of a rule set, because schedules judge by them."""


def parse(texts: Mapping[str, str], catalogue: Catalogue) -> RuleSet:
    """Check rule files and make the rule set of a city.

    Args:
        texts: YAML text by file name; names that begin with `calendar/` are files of the working
            calendar (`devices.calendar`).
        catalogue: the city whose datastreams are watched.

    Raises:
        RuleError: the first mistake: file, line, field, and what would be right.
    """
    return assemble(catalogue, *compile_rules(texts, catalogue))


def compile_rules(
    texts: Mapping[str, str], catalogue: Catalogue
) -> tuple[tuple[CompiledRule, ...], str]:
    """Check rule files and compile them for a city.

    Args:
        texts: as `parse`.
        catalogue: as `parse`.

    Returns:
        Rules in the order of their ids, a fold after its silence rule; and which texts these are,
        SHA-256, hexadecimal.

    Raises:
        RuleError: as `parse`.
    """
    columns = Columns(catalogue)
    compiled: dict[str, tuple[CompiledRule, ...]] = {}
    first: dict[str, str] = {}
    working = _calendar(texts)
    for name in sorted(texts):
        if name.startswith(CALENDAR):
            continue
        source = load(name, texts[name])
        try:
            file = RuleFile.model_validate(source.data)
        except ValidationError as error:
            raise explain(source, error.errors(include_url=False)) from error
        for index, rule in enumerate(file.rules):
            at = At(source, ("rules", index))
            if rule.id in compiled:
                raise at.error(("id",), f"{rule.id} is also in {first[rule.id]}; ids are unique")
            compiled[rule.id] = compile_rule(rule, columns, working, at)
            first[rule.id] = at.where()
    return tuple(one for key in sorted(compiled) for one in compiled[key]), digest_of(texts)


def _calendar(texts: Mapping[str, str]) -> Calendar:
    try:
        return calendar.merge(
            {
                name: calendar.read(text, name)
                for name, text in texts.items()
                if name.startswith(CALENDAR)
            }
        )
    except CatalogueError as error:
        raise RuleError(error.where, error.what) from error
