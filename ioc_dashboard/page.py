"""The page: an empty frame of regions, which the scripts in `assets/` fill and keep true.

Dash serves it and draws the charts. Everything that moves comes over `/ws/wall`, so there is no
callback here. Every visible word is named by `data-word` and stands in `assets/words.js`, in both
languages. Elements filled by scripts have no children here: React must never want them back.
"""

from __future__ import annotations

from pathlib import Path

from dash import Dash, dcc, html
from dash.development.base_component import Component
from fastapi import FastAPI

from devices import DOMAINS

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
        index_string=_INDEX,
        serve_locally=True,
        compress=False,
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


def _word(name: str, tag: type[Component] = html.Span, **more: str) -> Component:
    return tag(**{"data-word": name, **more})


def _layout() -> Component:
    return html.Div(
        id="wall",
        children=[
            _bar(),
            html.Div(id="banner", role="alert"),
            html.Aside(className="figures", children=[_summary(), *map(_domain, DOMAINS)]),
            html.Main(className="panel map-panel", children=_map()),
            html.Section(className="panel alerts-panel", children=_alerts()),
            html.Section(className="trends", children=[_trend(name) for name in DOMAINS]),
        ],
    )


def _bar() -> Component:
    return html.Header(
        className="bar",
        children=[
            html.Div(
                className="title",
                children=[
                    html.H1(id="title"),
                    _word("subtitle", className="subtitle"),
                ],
            ),
            html.Div(id="links", className="links"),
            html.Div(id="lag", className="lag"),
            html.Div(
                className="when",
                children=[html.Div(id="time", className="time"), html.Div(id="date")],
            ),
            html.Button("中 / EN", id="language", type="button"),
        ],
    )


def _summary() -> Component:
    return html.Section(
        className="panel summary",
        children=[
            html.Header(
                children=[
                    _word("open_alerts", html.H2),
                    html.Span(id="open-total", className="sum"),
                ]
            ),
            html.Div(id="open", className="open"),
            html.Div(
                className="fact-line",
                children=[_word("oldest_unacknowledged"), html.Span(id="oldest", className="fact")],
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
                    _word(name, html.H2),
                    html.Span(id=f"age-{name}", className="badge"),
                ]
            ),
            html.Div(id=f"figures-{name}", className="domain-figures"),
            html.Div(id=f"devices-{name}", className="domain-devices"),
        ],
    )


def _map() -> list[Component]:
    return [
        html.Div(id="map"),
        html.Div(id="legend", className="legend"),
        html.Div(id="map-note", className="map-note"),
    ]


def _alerts() -> list[Component]:
    return [
        html.Header(
            children=[
                _word("alert_list", html.H2),
                html.Span(id="alerts-doubt", className="doubt"),
                html.Span(id="drill-note", className="drill"),
                _word("alert_order", className="hint"),
            ]
        ),
        html.Ol(id="alert-list"),
        html.Div(id="alert-none", className="nothing"),
        html.Div(id="alert-more", className="more"),
    ]


def _trend(domain: str) -> Component:
    return html.Section(
        className="panel trend",
        children=[
            html.Header(
                children=[
                    html.Span(className="glyph", **{"data-glyph": domain}),
                    _word(f"trend_{domain}", html.H2),
                    html.Span(id=f"unit-{domain}", className="unit"),
                    html.Span(id=f"legend-{domain}", className="keys"),
                ]
            ),
            dcc.Graph(
                id=f"trend-{domain}",
                className="graph",
                responsive=True,
                config={"displayModeBar": False, "locale": "zh-CN", "showTips": False},
                # Dark from the first moment; the scripts bring the lines with the snapshot.
                figure={
                    "data": [],
                    "layout": {
                        "paper_bgcolor": "rgba(0,0,0,0)",
                        "plot_bgcolor": "rgba(0,0,0,0)",
                        "xaxis": {"visible": False},
                        "yaxis": {"visible": False},
                    },
                },
            ),
        ],
    )
