"""The plain pages for people: sign in, one-time token, change of password, one's account.

No script and nothing to fetch, so that they work for who may see nothing else yet.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Final

from ioc_dashboard import words
from ioc_dashboard.access import ACCOUNT, CONSOLE, ONE_TIME, PASSWORD, SIGN_IN, SIGN_OUT
from ioc_dashboard.passwords import AT_LEAST, AT_MOST

_STYLE: Final = """
html { background: #0b1622; color: #e6eef6;
  font: 18px/1.6 "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
main { box-sizing: border-box; width: min(30rem, 100%); padding: 1.5rem; }
h1 { font-size: 1.7rem; line-height: 1.3; margin: 0 0 .3rem; }
p, dl, ul { margin: 0 0 1rem; }
.hint, .links, dt { color: #a9b8c6; }
.hint { font-size: .9rem; margin: .2rem 0 0; }
.field { margin: 0 0 1rem; }
label { display: block; margin-bottom: .2rem; }
input, button { font: inherit; box-sizing: border-box; width: 100%; padding: .55rem .8rem;
  border-radius: 4px; }
input { color: inherit; background: #13233a; border: 1px solid #7c8b9a; }
button { color: #0b1622; background: #4da3ff; border: 1px solid #4da3ff; font-weight: 700;
  cursor: pointer; }
a { color: #4da3ff; }
a:focus-visible, input:focus-visible, button:focus-visible { outline: 3px solid #ffe45c;
  outline-offset: 2px; }
[role=alert], .warning { border-left: 4px solid #ff9f1a; background: #13233a;
  padding: .6rem .9rem; margin: 0 0 1rem; }
.links { display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; margin: 1.4rem 0 0; }
ul { padding-left: 1.2rem; }
dd { margin: 0 0 .6rem; }
"""

_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of these pages: stricter than the wall's, but they may send forms."""

_WORDS: Final = words.read()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a page."""

    language: str = "zh"
    """One of `words.LANGUAGES`."""
    is_overheard: bool = False
    """Whether what is typed goes over the network as it is."""

    def say(self, name: str, /, **values: object) -> str:
        """Return a word as it stands in HTML."""
        said = self.text(name)
        for key, value in values.items():
            said = said.replace(f"{{{key}}}", str(value))
        return escape(said)

    def text(self, name: str) -> str:
        """Return a word."""
        return _WORDS[name][words.LANGUAGES.index(self.language)]

    def path(self, path: str) -> str:
        """Return an address in the reader's language."""
        return path if self.language == words.LANGUAGES[0] else f"{path}?lang={self.language}"


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says about what was sent before."""

    word: str
    """Names it."""
    wait_s: int = 0
    """Seconds, where somebody has to wait."""


@dataclass(frozen=True, slots=True)
class _Field:
    """One input."""

    name: str
    label: str
    autocomplete: str
    is_secret: bool = True
    hint: str = ""
    value: str = ""


_NAME: Final = _Field("name", "people.name", "username", is_secret=False)
_NEW: Final = (
    _Field("password", "people.new", "new-password", hint="people.new_hint"),
    _Field("again", "people.again", "new-password"),
)


def sign_in(reader: Reader, told: Told | None = None, name: str = "") -> str:
    """Return the page on which people sign in."""
    fields = (
        replace(_NAME, value=name),
        _Field("password", "people.password", "current-password"),
    )
    form = _form(reader, SIGN_IN, "people.sign_in", fields, told)
    return _page(reader, SIGN_IN, "people.sign_in", form, (ONE_TIME, "people.with_token"))


def one_time(reader: Reader, told: Told | None = None, name: str = "") -> str:
    """Return the page on which somebody sets a password by a one-time token."""
    fields = (
        _Field("token", "people.token", "off", is_secret=False, hint="people.token_hint"),
        replace(_NAME, value=name, hint="people.name_hint"),
        *_NEW,
    )
    form = _form(reader, ONE_TIME, "people.set_password", fields, told)
    return _page(reader, ONE_TIME, "people.with_token", form, (SIGN_IN, "people.sign_in"))


def password(reader: Reader, name: str, told: Told | None = None) -> str:
    """Return the page on which somebody changes their own password."""
    fields = (_Field("current", "people.current", "current-password"), *_NEW)
    whose = f"<p>{reader.say('people.signed_in_as', name=name)}</p>"
    form = _form(reader, PASSWORD, "people.set_password", fields, told)
    return _page(reader, PASSWORD, "people.change", whose + form, (ACCOUNT, "people.account"))


def account(
    reader: Reader, name: str, roles: Sequence[str], told: Told | None = None, *, may_look: bool
) -> str:
    """Return the page that says who is signed in and what they may do.

    Args:
        reader: who reads it.
        name: of the account.
        roles: in words, with their limits.
        told: why nobody was signed out.
        may_look: whether the wall is open to them.
    """
    held = "".join(f"<li>{escape(one)}</li>" for one in roles)
    said = f"<ul>{held}</ul>" if held else f"<p>{reader.say('people.no_role')}</p>"
    body = (
        f"<dl><dt>{reader.say('people.name')}</dt><dd data-account>{escape(name)}</dd>"
        f"<dt>{reader.say('people.roles')}</dt><dd data-roles>{said}</dd></dl>"
    )
    if may_look:
        body += f'<p><a href="{reader.path("/")}">{reader.say("people.to_wall")}</a></p>'
        body += f'<p><a href="{reader.path(CONSOLE)}">{reader.say("people.console")}</a></p>'
    body += _form(reader, SIGN_OUT, "people.sign_out", (), told)
    return _page(reader, ACCOUNT, "people.account", body, (PASSWORD, "people.change"))


def _form(
    reader: Reader, path: str, submit: str, fields: Sequence[_Field], told: Told | None
) -> str:
    said = ""
    if told is not None:
        text = reader.say(told.word, seconds=told.wait_s, least=AT_LEAST, most=AT_MOST)
        said = f'<p role="alert" id="told" data-told="{escape(told.word)}">{text}</p>'
    first = next((one.name for one in fields if not one.value), "")
    inputs = "".join(_input(reader, one, is_first=one.name == first) for one in fields)
    return (
        f'{said}<form method="post" action="{reader.path(path)}">{inputs}'
        f'<button type="submit">{reader.say(submit)}</button></form>'
    )


def _input(reader: Reader, field: _Field, *, is_first: bool) -> str:
    hint = described = ""
    if field.hint:
        text = reader.say(field.hint, least=AT_LEAST, most=AT_MOST)
        hint = f'<p class="hint" id="{field.name}-hint">{text}</p>'
        described = f' aria-describedby="{field.name}-hint"'
    kind = "password" if field.is_secret else "text"
    return (
        f'<div class="field"><label for="{field.name}">{reader.say(field.label)}</label>'
        f'<input id="{field.name}" name="{field.name}" type="{kind}" required '
        f'autocomplete="{field.autocomplete}" autocapitalize="none" spellcheck="false" '
        f'value="{escape(field.value)}"{described}{" autofocus" if is_first else ""}>{hint}</div>'
    )


def _page(reader: Reader, path: str, title: str, body: str, other: tuple[str, str]) -> str:
    lang = {"zh": "zh-CN", "en": "en"}
    language = "en" if reader.language == "zh" else "zh"
    switched = Reader(language)
    warning = (
        f'<p class="warning" data-overheard>{reader.say("people.overheard")}</p>'
        if reader.is_overheard
        else ""
    )
    return f"""<!DOCTYPE html>
<html lang="{lang[reader.language]}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{reader.say(title)} · {reader.say("centre")}</title>
<link rel="icon" href="data:,"><style>{_STYLE}</style></head>
<body><main data-page="{path}">
<h1>{reader.say(title)}</h1><p class="hint">{reader.say("centre")}</p>
{warning}{body}
<nav class="links"><a href="{reader.path(other[0])}">{reader.say(other[1])}</a>
<a href="{path}?lang={language}" lang="{lang[language]}">{switched.say("people.language")}</a></nav>
</main></body></html>
"""
