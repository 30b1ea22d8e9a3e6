"""事件与调度: open incidents, crews, cases by stage and by limit, and who does not answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dash import html
from dash.development.base_component import Component

from ioc_dashboard.pages.panel import panel, word

if TYPE_CHECKING:
    from ioc_dashboard.pages.table import Region


def layout() -> Mapping[Region, list[Component]]:
    """Return the panels of the page; the map stands between incidents and crews."""
    return {
        "left": [panel("dispatch-incidents", "dispatch.incidents", _list("incidents"))],
        "right": [
            panel(
                "dispatch-crews",
                "dispatch.crews",
                [html.Div(id="crew-counts"), *_list("crews")],
            ),
        ],
        "bottom": [
            _stages(),
            panel("dispatch-due", "dispatch.due", _list("due")),
            panel("dispatch-told", "dispatch.told", _list("told")),
        ],
    }


def _stages() -> Component:
    heads = ("open", "amber", "red", "paused")
    return panel(
        "dispatch-stages",
        "dispatch.stages",
        [
            html.Div(
                className="stage-heads",
                children=[html.Span(), *(word(f"dispatch.head_{one}") for one in heads)],
            ),
            html.Ol(id="dispatch-stages-list", className="rows"),
            html.Div(
                className="fact-line",
                children=[
                    word("dispatch.ran_out"),
                    html.Span(id="dispatch-ran-out", className="fact"),
                ],
            ),
        ],
    )


def _list(name: str) -> list[Component]:
    return [
        html.Ol(id=f"dispatch-{name}-list", className="rows"),
        html.Div(id=f"dispatch-{name}-more", className="left-over"),
    ]
