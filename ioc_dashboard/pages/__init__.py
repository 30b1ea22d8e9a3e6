"""The pages of the wall: what stands in which region of each.

A page knows its regions and their empty panels, nothing of data: scripts of the same name in
`assets/pages/` fill them, from what `sections` of the same name compute. All pages are in one
document and share one map and one alert list, so that turning to another page loads nothing.
A new page is a module here, one there, a script, a style sheet, and a catalogue in each language.
"""

from ioc_dashboard.pages.table import PAGES, Page, Region

__all__ = ["PAGES", "Page", "Region"]
