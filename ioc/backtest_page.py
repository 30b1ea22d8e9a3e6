"""A back-test as one HTML file that needs nothing else: it opens on a machine without a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np
import plotly.graph_objects as go
from plotly.io import to_html
from plotly.offline import get_plotlyjs

from ioc.backtest_text import SAID, about
from ioc.replay_text import moment, speed
from rules import differing
from rules.differing import Change, Episode, Pair
from rules.figures import OPEN, TEN_MINUTES_US
from storage.instants import instant

if TYPE_CHECKING:
    from devices import Catalogue
    from ioc.backtest import Backtest, Side

_BEFORE, _AFTER = "#7b8794", "#1769aa"
_COLOURS: Final = {
    Change.GAINED: "#c2410c",
    Change.LOST: "#7b8794",
    Change.EARLIER: "#1769aa",
    Change.LATER: "#6d28d9",
}

_MOST_LISTED: Final = 500
"""Alerts in the table; a page with more is read by nobody and slow to open."""

_MOST_LINES: Final = 60
"""Rows of the timeline that can still be told apart."""

_STYLE: Final = """
body { font: 15px/1.5 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif;
       color: #1f2933; background: #fff; max-width: 1180px; margin: 24px auto; padding: 0 20px }
h1 { font-size: 24px; margin: 0 } h2 { font-size: 18px; margin: 32px 0 8px }
.en { color: #616e7c; font-weight: normal } .facts { color: #616e7c; margin: 4px 0 20px }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: 5px 10px; border-bottom: 1px solid #e4e7eb }
th { font-weight: 600; background: #f5f7fa } td.n, th.n { text-align: right;
     font-variant-numeric: tabular-nums } .mark { display: inline-block; width: 10px; height: 10px;
     border-radius: 2px; margin-right: 6px }
"""

_PLAIN: Final = {"displaylogo": False, "responsive": True, "modeBarButtonsToRemove": ["lasso2d"]}


def render(found: Backtest, catalogue: Catalogue) -> str:
    """Return the page.

    Args:
        found: what to show.
        catalogue: where names of subjects come from.
    """
    return "".join(
        [
            '<!doctype html><html lang="zh"><head><meta charset="utf-8">'
            "<title>规则回测 · rules back-test</title>"
            f"<style>{_STYLE}</style><script>{get_plotlyjs()}</script></head><body>",
            f'<h1>规则回测 <span class="en">Rules back-test</span></h1><p class="facts">'
            f"{moment(found.from_us)} – {moment(found.until_us)}<br>"
            f"对照 against: {escape(about(found.before.name))} · "
            f"{escape(speed(found.judged))}</p>",
            *_figures(found),
            _heading("每10分钟告警数", "Alarms per 10 minutes"),
            _chart(_rates(found)),
            _heading("变化时间线", "What changed, and when"),
            _chart(_timeline(found, catalogue)),
            *_rules(found),
            *_alerts(found.pairs, catalogue),
            "</body></html>",
        ]
    )


def _figures(found: Backtest) -> Iterator[str]:
    before, after = found.before, found.after
    rows = [
        ("告警总数", "alarms raised", before.figures.alarms, after.figures.alarms, "d"),
        (
            "每人每小时告警", "alarms per operator and hour",
            before.per_operator_hour, after.per_operator_hour, ".2f",
        ),
        ("洪泛分钟", "minutes in flood", before.flood_min, after.flood_min, ".1f"),
        (
            "任意10分钟峰值", "most in any 10 minutes, per operator",
            before.figures.peak, after.figures.peak, ".1f",
        ),
    ]  # fmt: skip
    yield (
        f'<table><tr><th></th><th class="n">{escape(about(before.name))}</th>'
        f'<th class="n">{escape(about(after.name))}</th></tr>'
    )
    for zh, en, was, now, digits in rows:
        yield (
            f'<tr><td>{zh} <span class="en">{en}</span></td><td class="n">{was:{digits}}</td>'
            f'<td class="n">{now:{digits}}</td></tr>'
        )
    yield "</table>"


def _rates(found: Backtest) -> go.Figure:
    """Draw how many alarms came in each ten minutes."""
    figure, most = go.Figure(), 0
    for side, colour in ((found.before, _BEFORE), (found.after, _AFTER)):
        starts, counts = _counts(side, found.from_us, found.until_us)
        figure.add_bar(
            x=[_local(one) for one in starts], y=counts, name=about(side.name), marker_color=colour,
            xperiod=TEN_MINUTES_US // 1000, xperiodalignment="middle",
        )  # fmt: skip
        most = max([most, *counts])
    figure.update_layout(barmode="group", bargap=0.1, height=320, **_LAYOUT)
    figure.update_xaxes(range=_range(found))
    figure.update_yaxes(title="告警 alarms", rangemode="tozero", dtick=1 if most < 10 else None)
    return figure


def _counts(side: Side, from_us: int, until_us: int) -> tuple[list[int], list[int]]:
    raised = [one.raised_us for one in side.alerts if from_us <= one.raised_us < until_us]
    periods = -(-(until_us - from_us) // TEN_MINUTES_US)
    index = (np.array(raised, dtype=np.int64) - from_us) // TEN_MINUTES_US
    counts = np.bincount(index, minlength=periods).tolist()
    return [from_us + number * TEN_MINUTES_US for number in range(periods)], counts


def _timeline(found: Backtest, catalogue: Catalogue) -> go.Figure:
    """Draw each alert that changed from its raise to its end, a line for each alarm."""
    changed = [one for one in found.pairs if one.change is not Change.SAME]
    names = list(dict.fromkeys(_name(one.either, catalogue) for one in changed))[:_MOST_LINES]
    shown = set(names)
    figure = go.Figure()
    for change in (Change.GAINED, Change.LOST, Change.EARLIER, Change.LATER):
        x: list[datetime | None] = []
        y: list[str | None] = []
        for one in changed:
            name = _name(one.either, catalogue)
            if one.change is not change or name not in shown:
                continue
            alert = one.after or one.either
            end_us = found.until_us if alert.cleared_us == OPEN else alert.end_us
            x += [_local(alert.raised_us), _local(end_us), None]
            y += [name, name, None]
        figure.add_scatter(
            x=x, y=y, mode="lines+markers", name=SAID[change], connectgaps=False,
            line={"color": _COLOURS[change], "width": 6}, marker={"size": 8},
        )  # fmt: skip
    figure.update_xaxes(range=_range(found))
    figure.update_layout(height=140 + 26 * max(1, len(names)), **_LAYOUT)
    figure.update_yaxes(
        automargin=True, categoryorder="array", categoryarray=names[::-1], type="category"
    )
    return figure


_LAYOUT: Final = {
    "template": "plotly_white",
    "margin": {"l": 60, "r": 20, "t": 10, "b": 40},
    "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    "font": {"family": "Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"},
}


def _rules(found: Backtest) -> Iterator[str]:
    yield _heading("按规则", "By rule")
    yield "<table><tr><th>规则 rule</th>"
    yield "".join(f'<th class="n">{_mark(one)}{said}</th>' for one, said in SAID.items())
    yield "</tr>"
    for rule, count in differing.by_rule(found.pairs).items():
        cells = "".join(f'<td class="n">{count[one] or "·"}</td>' for one in SAID)
        yield f"<tr><td>{escape(rule)}</td>{cells}</tr>"
    yield "</table>"


def _alerts(pairs: Sequence[Pair], catalogue: Catalogue) -> Iterator[str]:
    changed = [one for one in pairs if one.change is not Change.SAME]
    yield _heading("变化的告警", "Alerts that changed")
    yield (
        "<table><tr><th>变化 change</th><th>规则 rule</th><th>对象 subject</th>"
        "<th>原发生 raised before</th><th>改后发生 raised after</th></tr>"
    )
    for one in changed[:_MOST_LISTED]:
        yield (
            f"<tr><td>{_mark(one.change)}{SAID[one.change]}</td><td>{escape(one.either.rule)}</td>"
            f"<td>{escape(_subject(one.either, catalogue))}</td>"
            f"<td>{_raised(one.before)}</td><td>{_raised(one.after)}</td></tr>"
        )
    yield "</table>"
    if len(changed) > _MOST_LISTED:
        more = len(changed) - _MOST_LISTED
        yield f"<p>另有 {more} 条，见 --json · and {more} more; --json has all</p>"


def _raised(one: Episode | None) -> str:
    return "–" if one is None else f"{moment(one.raised_us)} {one.severity.word}"


def _name(one: Episode, catalogue: Catalogue) -> str:
    return f"{one.rule} · {_subject(one, catalogue)}"


def _subject(one: Episode, catalogue: Catalogue) -> str:
    """Return the place of a datastream's device beside its id; of others the id."""
    slot = catalogue.slot_of.get(one.subject)
    return one.subject if slot is None else f"{catalogue.place_of(slot).name[0]} {one.subject}"


def _range(found: Backtest) -> list[datetime]:
    return [_local(found.from_us), _local(found.until_us)]


def _local(time_us: int) -> datetime:
    """Return a time as the reader's clock shows it; the chart knows no offsets."""
    return instant(time_us).astimezone().replace(tzinfo=None)


def _heading(zh: str, en: str) -> str:
    return f'<h2>{zh} <span class="en">{en}</span></h2>'


def _mark(change: Change) -> str:
    colour = _COLOURS.get(change)
    return f'<span class="mark" style="background:{colour}"></span>' if colour else ""


def _chart(figure: go.Figure) -> str:
    text: str = to_html(figure, include_plotlyjs=False, full_html=False, config=_PLAIN)
    return text
