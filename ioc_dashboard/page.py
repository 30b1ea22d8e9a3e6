"""The document: a bar, one stage, and on it the regions of all pages, one page at a time.

Dash serves it and draws the charts. Everything that moves comes over `/ws/wall`, so there is no
callback here. Every visible word is named by `data-word` and stands in the catalogues under
`locale/`. Elements filled by scripts have no children here: React must never want them back.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dash import Dash, html
from dash.development.base_component import Component
from fastapi import FastAPI

from ioc_dashboard.pages import PAGES, Page
from ioc_dashboard.pages.panel import word

ASSETS = Path(__file__).parent / "assets"

_INDEX = """<!DOCTYPE html>
<html lang="zh-CN">
  <head>
    {%metas%}
    <title>{%title%}</title>
    <link rel="icon" type="image/svg+xml" href="/assets/icon.svg">
    {%css%}
  </head>
  <body>
    {%app_entry%}
    <footer>
      {%config%}
      {%scripts%}
      {%renderer%}
    </footer>
  </body>
</html>
"""


def build(server: FastAPI, title: str) -> Dash:
    """Return the Dash app on a server that serves nothing else of Dash's own.

    Args:
        server: made with `docs_url=None, redoc_url=None, openapi_url=None`.
        title: of the browser's window.
    """
    app = Dash(
        "ioc_dashboard",
        server=server,
        title=title,
        update_title=None,
        assets_folder=str(ASSETS),
        assets_path_ignore=["^console$"],  # of the console's own page
        index_string=_INDEX,
        serve_locally=True,
        compress=False,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    app.layout = _layout()
    _without_dashs_own_socket(app, server)
    return app


def _without_dashs_own_socket(app: Dash, server: FastAPI) -> None:
    # Dash 4.4 opens a socket for callbacks from every page, even with no callback and with
    # websocket_callbacks off: a second line per screen that nobody watches, with its own origin
    # rules. Both ends are taken away here.
    app.backend.websocket_capability = False
    server.router.routes[:] = [
        route
        for route in server.router.routes
        if getattr(route, "path", "") != "/_dash-ws-callback"
    ]


def _layout() -> Component:
    return html.Div(
        id="wall",
        children=[
            _bar(),
            html.Div(id="banner", role="alert"),
            html.Main(
                className="stage",
                children=[
                    html.Section(
                        className="panel map-panel",
                        children=_map(),
                        **_only_on(one.id for one in PAGES if one.has_map),
                    ),
                    html.Section(
                        className="panel alerts-panel",
                        children=_alerts(),
                        **_only_on(one.id for one in PAGES if "right" not in one.layout()),
                    ),
                    *(region for one in PAGES for region in _regions(one)),
                ],
            ),
        ],
    )


def _only_on(pages: Iterable[str]) -> dict[str, str]:
    """Return the attribute by which `assets/pages.js` shows an element on these pages only."""
    return {"data-pages": " ".join(pages)}


def _regions(page: Page) -> list[Component]:
    return [
        html.Div(className=f"region {name}", children=panels, **_only_on([page.id]))
        for name, panels in page.layout().items()
    ]


def _bar() -> Component:
    return html.Header(
        className="bar",
        children=[
            html.H1(id="title"),
            html.Nav(
                className="tabs",
                children=[
                    html.Button(
                        word(f"page.{one.id}"),
                        className="tab",
                        type="button",
                        **{"data-page": one.id},
                    )
                    for one in PAGES
                ],
                **{"data-label": "pages"},
            ),
            html.Div(id="turning", className="turning"),
            html.Div(id="lag", className="lag"),
            html.Div(id="links", className="links"),
            html.Div(
                className="when",
                children=[html.Div(id="time", className="time"), html.Div(id="date")],
            ),
            html.Button("中 / EN", id="language", type="button"),
        ],
    )


def _map() -> list[Component]:
    return [
        html.Div(id="map"),
        html.Div(id="legend", className="legend"),
        html.Div(id="map-note", className="map-note"),
        html.Div(id="map-overlays", className="map-overlays"),
        html.Div(id="map-overlay-legends", className="map-overlay-legends"),
        html.Section(id="map-card", className="map-card", hidden=True),
    ]


def _alerts() -> list[Component]:
    return [
        html.Header(
            children=[
                word("alert_list", html.H2),
                html.Span(id="alerts-doubt", className="doubt"),
                html.Span(id="drill-note", className="drill"),
                word("alert_order", className="hint"),
            ]
        ),
        html.Ol(id="alert-list"),
        html.Div(id="alert-none", className="nothing"),
        html.Div(id="alert-more", className="more"),
    ]
