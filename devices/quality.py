"""How far a result may be believed: one enumeration for every protocol.

The numbers are stored; a new meaning gets a new number and none is ever reused.
"""

from __future__ import annotations

from enum import IntEnum


class Quality(IntEnum):
    """Result quality of one observation, stored as int16.

    Source:
        OGC SensorThings 1.1, `resultQuality`; the meanings follow the data flags of HJ 212-2017,
        table 5, and the status word of SL 651-2014.

    >>> Quality(0).name
    'GOOD'
    """

    GOOD = 0
    """Nothing speaks against it; the only quality that may raise an environmental alert."""
    SUSPECT = 1
    """Decoded, but implausible beside its neighbours or its own past."""
    MAINTENANCE = 2
    """The device says that somebody works on it."""
    CALIBRATING = 3
    """The device says that it measures a standard, not the city."""
    FAULT = 4
    """The device says that it is broken."""
    COMMUNICATION_FAULT = 5
    """The gateway says that it cannot reach the device."""
    MANUAL = 6
    """Typed in by a person."""
    STOPPED = 7
    """The observed plant stands still."""
    OVER_RANGE = 8
    """The device says that the value is beyond what it can measure."""
    LATE = 9
    """Received long after its phenomenon time: true then, no news now."""
    OUT_OF_ORDER = 10
    """Older than a reading of the same datastream that was stored before."""
    DUPLICATE = 11
    """Says again what a stored reading of the same datastream and time says."""
    FUTURE = 12
    """Its phenomenon time is beyond what clocks may differ."""
    OUT_OF_PHYSICAL_RANGE = 13
    """Beyond what the instrument, as the registry describes it, can give."""
