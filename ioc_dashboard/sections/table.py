"""The table of sections."""

from __future__ import annotations

from devices import Catalogue
from ioc_dashboard.arrangements import Arrangements
from ioc_dashboard.sections.air import AirSection
from ioc_dashboard.sections.cameras import CamerasSection
from ioc_dashboard.sections.devices import DevicesSection
from ioc_dashboard.sections.dispatch import DispatchSection
from ioc_dashboard.sections.flood import FloodSection
from ioc_dashboard.sections.overview import OverviewSection
from ioc_dashboard.sections.section import Section
from ioc_dashboard.sections.traffic import TrafficSection


def sections_of(catalogue: Catalogue, arrangements: Arrangements) -> list[Section]:
    """Return a new section for each page that has one."""
    return [
        OverviewSection(catalogue, arrangements),
        DispatchSection(catalogue, arrangements),
        TrafficSection(catalogue),
        CamerasSection(catalogue),
        FloodSection(catalogue),
        AirSection(catalogue),
        DevicesSection(catalogue),
    ]
