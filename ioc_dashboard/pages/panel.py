"""How panels are written, the same on every page."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component


def word(name: str, tag: type[Component] = html.Span, **more: str) -> Component:
    """Return an element that says a word of the catalogues."""
    return tag(**{"data-word": name, **more})


def panel(name: str, title: str, children: list[Component], **more: str) -> Component:
    """Return a panel with a title; scripts find it by its id.

    Args:
        name: id of the panel.
        title: the word of its heading.
        children: below the heading.
        more: attributes; `className` is added to the panel's own.
    """
    own = more.pop("className", "")
    return html.Section(
        id=name,
        className=f"panel {own}".strip(),
        children=[html.Header(children=[word(title, html.H2)]), *children],
        **more,
    )


def graph(name: str) -> Component:
    """Return an empty chart: dark from the first moment, the scripts bring its lines."""
    return dcc.Graph(
        id=name,
        className="graph",
        responsive=True,
        config={"displayModeBar": False, "locale": "zh-CN", "showTips": False},
        figure={
            "data": [],
            "layout": {
                "paper_bgcolor": "rgba(0,0,0,0)",
                "plot_bgcolor": "rgba(0,0,0,0)",
                "xaxis": {"visible": False},
                "yaxis": {"visible": False},
            },
        },
    )
