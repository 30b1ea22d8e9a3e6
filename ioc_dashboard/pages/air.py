"""生态环境: air quality by district, town and station, what has no index, and classes of water."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dash import html
from dash.development.base_component import Component

from ioc_dashboard.pages.panel import panel, word

if TYPE_CHECKING:
    from ioc_dashboard.pages.table import Region


def layout() -> Mapping[Region, list[Component]]:
    """Return the panels of the page; the map stands between stations and towns."""
    return {
        "left": [
            panel("air-district", "air.district", [html.Div(id="air-now", className="air-now")]),
            _list("air-towns", "air.towns"),
        ],
        "right": [_list("air-stations", "air.stations"), _list("air-waters", "air.waters")],
        "bottom": [
            panel("air-hours", "air.hours", [html.Div(id="air-bars", className="air-bars")]),
            _list("air-dust", "air.dust"),
            _list("air-roadside", "air.roadside"),
            _list("air-noise", "air.noise"),
        ],
    }


def _list(name: str, title: str) -> Component:
    """Return a panel with a line of headings, rows, and how many rows did not fit."""
    return html.Section(
        id=name,
        className="panel air-list",
        children=[
            html.Header(
                children=[
                    word(title, html.H2),
                    word(f"{title}_note", className="air-note"),
                    html.Span(id=f"{name}-more", className="air-more"),
                ]
            ),
            html.Div(id=f"{name}-heads", className="air-row air-heads"),
            html.Ol(id=f"{name}-rows", className="air-rows"),
        ],
    )
