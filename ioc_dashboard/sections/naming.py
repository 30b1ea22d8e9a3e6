"""Names instead of ids: what people call an incident, where it is, a crew.

Pairs are Chinese and English. Where nobody knows a name it is None, and the page says so in words:
an id means nothing to whoever looks up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from devices import Catalogue
from ioc_dashboard.arrangements import Arrangements

if TYPE_CHECKING:
    from dispatch.incidents import Incident
    from storage.dispatch_picture import Picture

Name: TypeAlias = tuple[str, str]


class Title(msgspec.Struct, frozen=True):
    """What an incident is called."""

    name: Name | None
    """None: nobody called it anything, and none of its alerts says what it is."""
    is_written: bool
    """Somebody wrote it, in one language: both of the pair are the same."""


class Where(msgspec.Struct, frozen=True):
    """Where something is."""

    place: Name | None
    town: int | None
    """Index in the atlas."""


class Naming:
    """Knows what a city calls its places, towns and crews."""

    def __init__(self, catalogue: Catalogue, arrangements: Arrangements) -> None:
        """Index towns."""
        self._places = catalogue.places
        self._towns = {town: at for at, town in enumerate(catalogue.towns)}
        self._crews = arrangements.roster.crews

    def where(self, place: str, town: str = "") -> Where:
        """Return where a place is; where it is not known, in which town at least.

        Args:
            place: id; empty where nobody knows.
            town: id, used where the place does not tell.
        """
        if known := self._places.get(place):
            return Where(known.name, self._towns[known.town])
        return Where(None, self._towns.get(town))

    def crew(self, crew: str) -> Name | None:
        """Return what a crew is called; None where it stands in no file any more."""
        known = self._crews.get(crew)
        return known.name if known else None

    def title(self, incident: Incident | None, picture: Picture) -> Title:
        """Return what an incident is called: as people wrote, else what its worst alert says."""
        if incident is None:
            return Title(None, False)
        if incident.title:
            return Title((incident.title, incident.title), True)
        return Title(picture.messages.get(incident.id), False)
