"""交通: the travel time index, states of segments, what hinders traffic, intersections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dash import html
from dash.development.base_component import Component

from ioc_dashboard.pages.panel import graph, panel, word

if TYPE_CHECKING:
    from ioc_dashboard.pages.table import Region


def layout() -> Mapping[Region, list[Component]]:
    """Return the panels of the page; the map stands between them."""
    return {
        "left": [_index(), _towns()],
        "right": [
            panel("traffic-worst", "traffic.worst", [_worst_heads(), *_list("worst")]),
            panel("traffic-incidents", "traffic.incidents", _list("incident")),
        ],
        "bottom": [
            panel("traffic-day", "traffic.day", [_keys("day"), graph("traffic-day-graph")]),
            panel("traffic-hours", "traffic.hours", [graph("traffic-hours-graph")]),
            panel("traffic-crossings", "traffic.crossings", _list("crossing")),
        ],
    }  # fmt: skip


def _index() -> Component:
    return panel(
        "traffic-index",
        "traffic.index",
        [
            html.Div(
                className="index-now",
                children=[
                    html.Div(id="tti", className="big", **{"data-index": "tti"}),
                    html.Div(
                        className="index-beside",
                        children=[html.Div(id="tti-of"), html.Div(id="tti-age")],
                    ),
                ],
            ),
            html.Div(
                className="fact-line",
                children=[word("traffic.hour"), html.Span(id="tti-hour", className="fact")],
            ),
            html.Div(
                className="fact-line",
                children=[word("traffic.last_week"), html.Span(id="tti-week", className="fact")],
            ),
            html.Ol(id="traffic-states"),
            word("traffic.formula", html.Div, className="formula"),
        ],
    )


def _towns() -> Component:
    return panel(
        "traffic-towns",
        "traffic.towns",
        [
            html.Div(
                className="traffic-heads",
                children=[html.Span(), *(word(f"traffic.head_{one}") for one in
                                         ("index", "week", "congested"))],
            ),
            html.Ol(id="traffic-town-list", className="rows"),
        ],
    )  # fmt: skip


def _worst_heads() -> Component:
    names = ("speed", "flow", "occupancy", "since")
    return html.Div(
        className="worst-heads",
        children=[
            html.Span(className="state"),
            html.Span(className="name"),
            *(word(f"traffic.head_{one}", className=one) for one in names),
        ],
    )


def _keys(name: str) -> Component:
    return html.Div(id=f"traffic-{name}-keys", className="line-keys")


def _list(name: str) -> list[Component]:
    return [
        html.Ol(id=f"{name}-list", className="rows"),
        html.Div(id=f"{name}-more", className="left-over"),
    ]
