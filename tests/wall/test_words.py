"""The catalogues: complete in both languages, and saying no more than the page asks for."""

import json
import re
from pathlib import Path

import pytest

from ioc_dashboard import page, words
from tests.wall.test_server import get

ROOM = Path(page.__file__).parent
PLACE = re.compile(r"\{(\w+)\}")
HAN = re.compile(r"[\u3400-\u9fff]")

LITERAL = re.compile(r"""\bsay\(\s*["']([\w.-]+)["']""")
"""A word that a script names outright."""
COMPOSED = re.compile(r"say\(\s*`([\w.-]*)\$\{")
"""The beginning of words that a script puts together."""


def sources(pattern):
    return [path.read_text(encoding="utf-8") for path in sorted(ROOM.rglob(pattern))
            if "vendor" not in path.parts]  # fmt: skip


def in_layout():
    found = set()
    for text in sources("*.py"):
        found |= set(re.findall(r"""\bword\(\s*["']([\w.-]+)["']""", text))
    return found


def test_every_word_a_script_or_panel_names_is_there():
    named = in_layout().union(*(LITERAL.findall(text) for text in sources("*.js")))
    assert named - words.read().keys() == set()


def test_every_word_in_the_catalogues_is_said_somewhere():
    """By its name, as a string that becomes a name, or as the end of a composed one."""
    text = "\n".join([*sources("*.js"), *sources("*.py")])
    composed = set(COMPOSED.findall(text)) | set(
        re.findall(r"""(?:word|text)\(\s*f["']([\w.-]*)\{""", text)
    )
    quoted = set(re.findall(r"""["'`]([\w.-]+)["'`]""", text)) | set(
        re.findall(r"\b([a-z][\w]*):", text)
    )
    unsaid = [
        name
        for name in words.read()
        if name not in quoted and not any(name.startswith(one) for one in composed if one)
    ]
    assert unsaid == []


def test_both_languages_fill_the_same_places():
    differing = {
        name: pair
        for name, pair in words.read().items()
        if set(PLACE.findall(pair[0])) != set(PLACE.findall(pair[1]))
    }
    assert differing == {}


def test_english_is_english():
    assert {name: en for name, (_, en) in words.read().items() if HAN.search(en)} == {}


def test_the_page_gets_them_all(stage):
    status, headers, body = get(stage, "/wall/words.json")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert {name: tuple(pair) for name, pair in json.loads(body).items()} == words.read()


HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.mark.parametrize(
    ("zh", "en", "message"),
    [
        ({"wall": {"a": "甲", "b": "乙"}}, {"wall": {"a": "A"}}, "only one language has b"),
        ({"wall": {"a": ""}}, {"wall": {"a": "A"}}, "zh/wall.po: a has no word yet"),
        (
            {"flood": {"a": "甲"}, "wall": {"a": "甲"}},
            {"wall": {"a": "A"}},
            "zh/wall.po: a stands in another file too",
        ),
    ],
    ids=["one-language", "no-word", "twice"],
)
def test_a_wrong_catalogue_is_told(tmp_path, zh, en, message):
    for language, files in {"zh": zh, "en": en}.items():
        folder = tmp_path / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        for name, told in files.items():
            body = "\n".join(f'msgid "{key}"\nmsgstr "{text}"\n' for key, text in told.items())
            (folder / f"{name}.po").write_text(HEAD + body, encoding="utf-8")
    with pytest.raises(words.WordsError, match=message):
        words.read(tmp_path)
