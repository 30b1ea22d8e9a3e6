"""Sections: what a page of the wall shows beyond what all pages share, computed for it.

A section knows the newest readings, the alerts and what the database remembers; nothing of
screens, sockets or HTML. The hub asks those sections that somebody looks at and sends each answer,
serialised once, to the screens on that page. Its structs are what `assets/pages/` reads: change
both together.
"""

from ioc_dashboard.sections.section import Explains, Now, Section
from ioc_dashboard.sections.table import sections_of

__all__ = ["Explains", "Now", "Section", "sections_of"]
