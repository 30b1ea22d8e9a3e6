"""The table of pages, in the order of their tabs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from dash.development.base_component import Component

from ioc_dashboard.pages import air, cameras, devices, dispatch, flood, overview, traffic

Region = Literal["left", "right", "under", "bottom"]
"""Where panels stand. On a 16:9 screen: left, the map, right with `under` below it where a page has
that, and bottom below map and right.
On several screens side by side each region keeps to one of them (see `assets/regions.css`)."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page."""

    id: str
    """In the address (`?page=`), in the catalogues (`page.{id}`), and for scripts and styles."""
    layout: Callable[[], Mapping[Region, list[Component]]]
    """Panels by region. A page that leaves out `right` has the alert list there."""
    has_map: bool = True
    """Whether it shows the shared map between left and right."""


PAGES = (
    Page("overview", overview.layout),
    Page("dispatch", dispatch.layout),
    Page("flood", flood.layout),
    Page("air", air.layout),
    Page("traffic", traffic.layout),
    Page("cameras", cameras.layout, has_map=False),
    Page("devices", devices.layout),
)
