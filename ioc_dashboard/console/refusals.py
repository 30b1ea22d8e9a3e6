"""Why something was not done, in both languages: what, who, and what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Final

import msgspec
from fastapi.responses import Response

from dispatch.crews import words as crew_words
from dispatch.incidents import words as incident_words
from ioc_dashboard import words
from ioc_dashboard.answers import answer
from storage.crews import CrewError
from storage.handling import HandlingError
from storage.incidents import IncidentError

_WORDS: Final = words.read()

_BEIJING: Final = timezone(timedelta(hours=8))

_FIRST: Final = frozenset({"stale", "ahead", "acknowledged", "busy", "merged", "closed"})
"""Somebody was first."""

_STATUS: Final = {
    "unknown": 404, "forbidden": 403, "away": 503, "malformed": 400, "too_large": 413,
}  # fmt: skip


class Said(msgspec.Struct, frozen=True):
    """What the browser is told."""

    code: str
    told: tuple[str, str]
    """Chinese, English."""
    by: str = ""
    """Who was first."""


class Refusal(Exception):  # noqa: N818 # it is what people are told, not a fault
    """Something was not done; nothing was.

    Attributes:
        code: names the word `console.refused_…`.
        facts: what it needs.
    """

    def __init__(self, code: str, facts: Mapping[str, str | int | float]) -> None:
        """Say why."""
        super().__init__(code)
        self.code, self.facts = code, facts


def told(error: Refusal | HandlingError | CrewError | IncidentError) -> Said:
    """Return what to say about a refusal."""
    if isinstance(error, CrewError):
        facts = error.refusal.facts
        by = str(facts.get("by") or facts.get("assigned_by") or "")
        return Said(error.refusal.code, crew_words.refusal(error.refusal), by)
    if isinstance(error, IncidentError):
        by = str(error.refusal.facts.get("by") or "")
        return Said(error.refusal.code, incident_words.refusal(error.refusal), by)
    if not error.code:
        return Said("refused", (str(error), str(error)))
    by = str(error.facts.get("by") or "")
    return Said(error.code, _say(f"console.refused_{error.code}", error.facts), by)


def response(said: Said) -> Response:
    """Return a refusal as an answer."""
    status = 409 if said.code in _FIRST else _STATUS.get(said.code, 422)
    return answer(status, said)


def _say(name: str, facts: Mapping[str, str | int | float]) -> tuple[str, str]:
    texts = []
    for at in range(len(words.LANGUAGES)):
        text = _WORDS[name][at]
        filled: dict[str, object] = dict(facts)
        if "done" in facts:
            filled["done"] = _WORDS[f"behind.{facts['done']}"][at]
        if "severity" in facts:
            filled["severity"] = _WORDS[f"console.colour_{facts['severity']}"][at]
        if "at_us" in facts:
            moment = datetime.fromtimestamp(float(facts["at_us"]) / 1e6, _BEIJING)
            filled["at"] = moment.strftime("%H:%M:%S")
        if "hours" in facts:
            filled["hours"] = f"{facts['hours']:g}"
        texts.append(text.format(**filled))
    return texts[0], texts[1]
