"""The table of sections."""

from __future__ import annotations

from devices import Catalogue
from ioc_dashboard.sections.air import AirSection
from ioc_dashboard.sections.devices import DevicesSection
from ioc_dashboard.sections.overview import OverviewSection
from ioc_dashboard.sections.section import Section


def sections_of(catalogue: Catalogue) -> list[Section]:
    """Return a new section for each page that has one."""
    return [
        OverviewSection(catalogue),
        AirSection(catalogue),
        DevicesSection(catalogue),
    ]
