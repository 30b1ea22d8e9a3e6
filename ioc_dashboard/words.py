"""Words of the page: gettext catalogues, one domain for each page, in Chinese and English.

A message id is the word's name, as in `data-word` and `ioc.say`; `wall.po` holds what every page
uses, `flood.po` what only that page says, each name beginning with `flood.`. The page gets all of
them as one table and switches language without asking again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LANGUAGES: Final = ("zh", "en")
"""In the order of every pair of words."""

LOCALE: Final = Path(__file__).parent / "locale"


class WordsError(ValueError):
    """A catalogue says less than the other language, or the same name twice."""


def read(locale: Path = LOCALE) -> dict[str, tuple[str, str]]:
    """Return every word by its name: (Chinese, English).

    Args:
        locale: a folder `{language}/LC_MESSAGES/*.po` for each of `LANGUAGES`.

    Raises:
        WordsError: naming language, file and word.

    >>> read()["water"]
    ('水务', 'Water')
    """
    found: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for language, words in found.items():
        for path in sorted((locale / language / "LC_MESSAGES").glob("*.po")):
            for name, text in _told(_read(path), f"{language}/{path.name}").items():
                if name in words:
                    raise WordsError(
                        f"{language}/{path.name}: {name} stands in another file too; once is right"
                    )
                words[name] = text
    chinese, english = (found[language] for language in LANGUAGES)
    if missing := sorted(chinese.keys() ^ english.keys()):
        raise WordsError(
            f"only one language has {', '.join(missing)}; every word must be in both catalogues"
        )
    return {name: (text, english[name]) for name, text in chinese.items()}


def as_json() -> bytes:
    """Return what the page fetches: an object of pairs."""
    return msgspec.json.encode(read())


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def _told(catalogue: Catalog, where: str) -> dict[str, str]:
    words = {}
    for message in catalogue:
        if not message.id:
            continue
        if message.fuzzy or not isinstance(message.string, str) or not message.string:
            raise WordsError(f"{where}: {message.id} has no word yet; write it")
        words[str(message.id)] = message.string
    return words
