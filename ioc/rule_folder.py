"""Rules that are not in force: read from a folder, checked against the city, not stored."""

from __future__ import annotations

from pathlib import Path

from devices import Catalogue
from ioc import city
from rules.language import parse


def read(folder: Path, known: Catalogue, instead: Path) -> dict[str, str]:
    """Return the texts of a folder's rules, as `rules.language.parse` takes them.

    Args:
        folder: of rule files (`*.yaml`), or a city's folder with `rules/` in it. The working
            calendar is the one in `calendar/` in it or beside it.
        known: the catalogue that they must fit.
        instead: the city's folder, whose calendar holds where there is none here.

    Raises:
        ioc.city.CityError: there are none, or one is unreadable.
        rules.language.RuleError: the first mistake: file, line, field, and what would be right.
    """
    if not folder.is_dir():
        raise city.CityError(f"{folder}: there is no such folder; give one with *.yaml in it")
    texts = city.rule_texts(folder)
    if not any(name.startswith("rules/") for name in texts):
        files = sorted(folder.glob("*.yaml"))
        texts |= {f"rules/{one.name}": city.read_text(one) for one in files}
    if not any(name.startswith("rules/") for name in texts):
        raise city.CityError(f"{folder}: holds no rule files; give a folder with *.yaml in it")
    for beside in (folder.resolve().parent, instead):
        if any(name.startswith("calendar/") for name in texts):
            break
        found = city.rule_texts(beside)
        texts |= {name: text for name, text in found.items() if name.startswith("calendar/")}
    parse(texts, known)
    return texts
