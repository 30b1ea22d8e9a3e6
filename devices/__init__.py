"""The city's vocabulary: what is observed, by what, where, and in which unit.

Knows nothing of brokers, databases, rules or screens; every other room may import it.
Change here only what is true of the city itself. A new column in `Batch` is a new record
schema version: see `devices.record`.
"""

from devices.batch import Batch, BatchError
from devices.catalogue import Catalogue, CatalogueError
from devices.catalogue_source import CatalogueSource, SourceError
from devices.city import Datastream, Device, Gateway, Place, Terminal, Town
from devices.properties import DOMAINS, PROPERTIES, ObservedProperty
from devices.quality import Quality
from devices.tick import Tick

__all__ = [
    "DOMAINS",
    "PROPERTIES",
    "Batch",
    "BatchError",
    "Catalogue",
    "CatalogueError",
    "CatalogueSource",
    "Datastream",
    "Device",
    "Gateway",
    "ObservedProperty",
    "Place",
    "Quality",
    "SourceError",
    "Terminal",
    "Tick",
    "Town",
]
