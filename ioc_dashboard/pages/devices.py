"""设备: who is heard and who is not, and how well each keeps to its protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dash import html
from dash.development.base_component import Component

from devices import DOMAINS
from ioc_dashboard.pages.panel import panel, word

if TYPE_CHECKING:
    from ioc_dashboard.pages.table import Region


def layout() -> Mapping[Region, list[Component]]:
    """Return the panels of the page; the map shows who is silent."""
    return {
        "left": [_towns()],
        "right": [
            panel(
                "devices-gateways", "devices.gateways",
                [html.Ol(id="gateway-list", className="rows"),
                 html.Div(id="gateway-more", className="left-over")],
            ),
        ],
        "bottom": [
            panel(
                "devices-silent", "devices.silent",
                [html.Ol(id="silent-list", className="rows"),
                 html.Div(id="silent-more", className="left-over")],
            ),
            panel(
                "devices-scores", "devices.conformance",
                [html.Ol(id="score-list", className="rows"),
                 html.Div(id="score-more", className="left-over")],
            ),
        ],
    }  # fmt: skip


def _towns() -> Component:
    return panel(
        "devices-towns",
        "devices.towns",
        [
            html.Div(
                className="town-heads",
                children=[
                    html.Span(),
                    *(html.Span(className="glyph", **{"data-glyph": name}) for name in DOMAINS),
                    word("devices.online"),
                ],
            ),
            html.Ol(id="town-devices", className="rows"),
            html.Div(id="devices-sum", className="sum-line"),
        ],
    )
