"""总览: open alerts, the four domains, the map, how things went lately, and what cases do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dash import html
from dash.development.base_component import Component

from devices import DOMAINS
from ioc_dashboard.pages.panel import graph, panel, word

if TYPE_CHECKING:
    from ioc_dashboard.pages.table import Region


def layout() -> Mapping[Region, list[Component]]:
    """Return the panels of the overview; the alert list stands on its right."""
    return {
        "left": [_summary(), *map(_domain, DOMAINS)],
        "under": [
            panel(
                "overview-towns",
                "overview.towns",
                [
                    html.Ol(id="town-ranking", className="rows"),
                    html.Div(id="town-ranking-more", className="left-over"),
                ],
            ),
        ],
        "bottom": [
            *(_trend(name) for name in DOMAINS),
            panel(
                "overview-cases",
                "overview.cases",
                [html.Ol(id="case-news", className="rows")],
            ),
        ],
    }


def _summary() -> Component:
    return html.Section(
        className="panel summary",
        children=[
            html.Header(
                children=[
                    word("open_alerts", html.H2),
                    html.Span(id="open-total", className="sum"),
                ]
            ),
            html.Div(id="open", className="open"),
            html.Div(
                className="fact-line",
                children=[word("oldest_unacknowledged"), html.Span(id="oldest", className="fact")],
            ),
        ],
    )


def _domain(name: str) -> Component:
    return html.Section(
        className="panel domain",
        id=f"domain-{name}",
        children=[
            html.Header(
                children=[
                    html.Span(className="glyph", **{"data-glyph": name}),
                    word(name, html.H2),
                    html.Span(id=f"age-{name}", className="badge"),
                ]
            ),
            html.Div(id=f"figures-{name}", className="domain-figures"),
            html.Div(id=f"sign-{name}", className="vital-sign"),
            html.Div(id=f"devices-{name}", className="domain-devices"),
        ],
    )


def _trend(domain: str) -> Component:
    return html.Section(
        className="panel trend",
        children=[
            html.Header(
                children=[
                    html.Span(className="glyph", **{"data-glyph": domain}),
                    word(f"trend_{domain}", html.H2),
                    html.Span(id=f"unit-{domain}", className="unit"),
                    html.Span(id=f"legend-{domain}", className="keys"),
                ]
            ),
            graph(f"trend-{domain}"),
        ],
    )
