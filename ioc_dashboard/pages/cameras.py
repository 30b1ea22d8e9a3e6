"""视频: the newest events with their pictures, every camera's state, and what they see now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dash import html
from dash.development.base_component import Component

from ioc_dashboard.pages.panel import panel

if TYPE_CHECKING:
    from ioc_dashboard.pages.table import Region


def layout() -> Mapping[Region, list[Component]]:
    """Return the panels of the page; it has no map: pictures take its room."""
    return {
        "left": [panel("camera-events", "cameras.events", [html.Ol(id="event-grid")])],
        "right": [
            panel(
                "camera-states",
                "cameras.states",
                [html.Div(id="camera-counts"), html.Ol(id="camera-towns")],
            )
        ],
        "bottom": [
            _finding("ponding", "cameras.ponding"),
            _finding("obstruction", "cameras.obstruction"),
            _finding("crowd", "cameras.crowd"),
        ],
    }


def _finding(kind: str, title: str) -> Component:
    return panel(
        f"camera-{kind}",
        title,
        [
            html.Div(
                className="finding",
                children=[
                    html.Div(
                        className="finding-count",
                        children=[
                            html.Div(id=f"count-{kind}", className="big"),
                            html.Div(id=f"of-{kind}", className="finding-of"),
                        ],
                    ),
                    html.Div(
                        className="finding-list",
                        children=[
                            html.Ol(id=f"{kind}-list", className="rows"),
                            html.Div(id=f"{kind}-more", className="left-over"),
                        ],
                    ),
                ],
            )
        ],
    )
