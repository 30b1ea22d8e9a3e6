"""The console's document: three columns side by side, filled by `assets/console/*.js`.

Plain HTML and no Dash: nothing here waits for a framework, and 10 000 alerts are as many rows as a
screen has. Scripts of the wall that it shares stand in `_SHARED`.
"""

from __future__ import annotations

from html import escape
from typing import Final

from ioc_dashboard import access, words

_SHARED: Final = (
    "0_signals.js", "words.js", "clock.js", "shapes.js", "charts.js", "behind.js",
    "behind_alert.js", "behind_datastream.js",
)  # fmt: skip

_OWN: Final = ("line.js", "sound.js", "acting.js", "dialogs.js", "queue.js", "detail.js",
               "crews.js", "keys.js", "start.js")  # fmt: skip

_STYLES: Final = ("fonts.css", "wall.css", "behind.css", "console/console.css")

_PLOTLY: Final = "/_dash-component-suites/plotly/package_data/plotly.min.js"
"""Which Dash serves for the wall's charts. The last: nothing waits for its 5 MB but a chart."""

STATES: Final = ("open", "unacknowledged", "acknowledged", "shelved", "suppressed")
DOMAINS: Final = ("water", "air", "traffic", "camera")

_WORDS: Final = words.read()


def render(build: str, language: str) -> str:
    """Return the document.

    Args:
        build: names this version of the scripts, so that no browser keeps an older one.
        language: one of `words.LANGUAGES`.
    """
    at = words.LANGUAGES.index(language)

    def say(name: str) -> str:
        return escape(_WORDS[name][at])

    def word(name: str, tag: str = "span") -> str:
        return f'<{tag} data-word="{name}">{say(name)}</{tag}>'

    def label(name: str) -> str:
        return f'data-label="{name}" aria-label="{say(name)}"'

    states = "".join(
        f'<button type="button" class="state" data-state="{one}" '
        f'aria-pressed="{str(one == "open").lower()}">{word(f"console.state_{one}")}'
        f'<b data-count="{one}"></b></button>'
        for one in STATES
    )
    domains = "".join(
        f'<button type="button" class="domain" data-domain="{one}" '
        f'aria-pressed="{str(not one).lower()}">{word(one or "console.all_domains")}</button>'
        for one in ("", *DOMAINS)
    )
    styles = "".join(f'<link rel="stylesheet" href="/assets/{one}?{build}">' for one in _STYLES)
    names = (*_SHARED, *(f"console/{one}" for one in _OWN))
    scripts = "".join(f'<script defer src="/assets/{one}?{build}"></script>' for one in names)
    return f"""<!DOCTYPE html>
<html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{say("people.console")} · {say("centre")}</title>
<link rel="icon" type="image/svg+xml" href="/assets/icon.svg">
{styles}{scripts}</head>
<body><main class="console" data-page="{access.CONSOLE}" data-link="down"
 data-plotly="{_PLOTLY} /assets/vendor/plotly_locale_zh_cn.js?{build}">
<header class="console-bar">
{word("people.console", "h1")}
<div id="open" class="open-counts"></div>
<div class="oldest">{word("oldest_unacknowledged")}<b id="oldest"></b></div>
<div id="line" class="line" role="status"></div>
<div class="sound"><span id="muted" role="timer"></span>
<button type="button" id="sound">{say("console.sound_start")}</button></div>
<time id="time"></time>
<button type="button" id="help">{word("console.help")} <kbd>?</kbd></button>
<a id="account" href="{access.ACCOUNT}"></a>
<button type="button" id="language">中 / EN</button>
</header>
<section class="panel queue" {label("console.queue")}>
<div class="filters">
<div class="states" role="group" {label("console.states")}>{states}</div>
<div class="domains" role="group" {label("console.domains")}>{domains}</div>
<input id="search" type="search" maxlength="100" autocomplete="off" spellcheck="false"
 data-hint="console.search_hint" placeholder="{say("console.search_hint")}"
 {label("console.search")}>
<button type="button" id="fresh" hidden></button>
</div>
<div id="list" role="tree" tabindex="0" {label("console.queue")}>
<div id="rows" role="presentation"></div></div>
<p id="none" class="none"></p>
</section>
<section class="panel evidence" id="detail" tabindex="-1" {label("console.detail")}></section>
<aside class="panel beside" id="beside" tabindex="-1" {label("console.beside")}></aside>
<div id="toasts" role="status" aria-live="polite"></div>
<div id="alarm" class="sr" role="alert"></div>
</main></body></html>
"""
