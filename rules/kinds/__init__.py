"""One module for each kind of condition; the tables of kinds stand here and nowhere else.

A kind answers one question: which value of a row is held against its limits. Levels, delays,
alerts and state are the engine's and are the same for all kinds. Most kinds look at a datastream's
own readings and are judged at each of them; the others look at several datastreams, or at time
itself, and are judged at ticks, on what is known then.
"""

from __future__ import annotations

from typing import Final

READING_KINDS: Final = ("threshold", "rate", "stuck", "count")
"""Judged at each judged reading of their datastream."""

TICK_KINDS: Final = ("silence", "boolean", "expression", "neighbours", "upstream")
"""Judged at each tick."""

FOLD: Final = "fold"
"""Silence of gateways, judged at each tick before all others. Made from silence rules."""

KINDS: Final = READING_KINDS + TICK_KINDS
"""Every kind by its name in rule files."""
