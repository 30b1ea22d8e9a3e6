"""防汛: stations of both regimes, underpasses, pumps, sluices, rain and a river's course."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dash import html
from dash.development.base_component import Component

from ioc_dashboard.pages.panel import panel

if TYPE_CHECKING:
    from ioc_dashboard.pages.table import Region


def layout() -> Mapping[Region, list[Component]]:
    """Return the panels; alerts of water show in flood mode only, sluices and rain then do not."""
    return {
        "left": [_list("tongnan"), _list("lixiahe")],
        "right": [_list("underpasses"), _list("alerts"), _list("pumps"), _list("sluices")],
        "bottom": [
            panel("flood-profile", "flood.profile", [html.Div(id="flood-course")]),
            _list("rain", ("1 h", "3 h", "6 h", "24 h")),
        ],
    }


def _list(name: str, heads: tuple[str, ...] = ()) -> Component:
    return panel(
        f"flood-{name}",
        f"flood.{name}",
        [
            *([html.Div(className="rain-heads", children=[html.Span(one) for one in heads])]
              if heads else []),
            html.Ol(id=f"flood-{name}-list", className="rows"),
            html.Div(id=f"flood-{name}-more", className="left-over"),
        ],
    )  # fmt: skip
