"""Which datastreams a rule means: words of the city, checked and turned into slots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rules.language.columns import Columns, Slots
from rules.language.fields import INSTANT
from rules.language.mistakes import nearest
from rules.language.models import Input, Where
from rules.language.yaml_lines import At, Path


def select(where: Where | Input, columns: Columns, at: At, field: Path) -> Slots:
    """Return the live datastreams for which all that is said holds, ascending.

    Args:
        where: what is said.
        columns: of the city.
        at: the rule.
        field: where in the rule it is said.

    Raises:
        RuleError: a word that nothing in the city has.
    """
    observed = getattr(where, "property", None)
    slots = columns.live if observed is None else columns.of_property.get(observed, _NONE)
    if where.statistic is not None:
        statistic = "" if where.statistic == INSTANT else where.statistic
        slots = slots[_allowed(columns.statistics, [statistic])[columns.statistic[slots]]]
    if where.device_kind is not None:
        _known(where.device_kind, columns.device_kinds, at, (*field, "device_kind"))
        allowed = _allowed(columns.device_kinds, where.device_kind)[columns.device_kind]
        slots = slots[allowed[columns.device[slots]]]
    if where.tag is not None:
        _known(where.tag, columns.tags, at, (*field, "tag"))
        tagged = np.zeros(slots.size, dtype=np.bool_)
        for tag in where.tag:
            tagged |= columns.tagged(tag)[slots]
        slots = slots[tagged]
    return _within(where, columns, slots, at, field) if isinstance(where, Where) else slots


def _within(where: Where, columns: Columns, slots: Slots, at: At, field: Path) -> Slots:
    if where.town is not None:
        _known(where.town, list(columns.catalogue.towns), at, (*field, "town"))
        allowed = _allowed(columns.towns, where.town)[columns.town]
        slots = slots[allowed[columns.place[slots]]]
    if where.place_kind is not None:
        kinds = sorted(columns.place_kinds)
        _known(where.place_kind, kinds, at, (*field, "place_kind"))
        allowed = _allowed(columns.place_kinds, where.place_kind)[columns.place_kind]
        slots = slots[allowed[columns.place[slots]]]
    if where.place is not None:
        _known(where.place, columns.places, at, (*field, "place"))
        slots = slots[_allowed(columns.places, where.place)[columns.place[slots]]]
    if where.domain is not None:
        slots = slots[columns.in_domain(where.domain)[slots]]
    return slots


_NONE = np.zeros(0, dtype=np.int32)


def _allowed(known: Sequence[str], words: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([one in words for one in known], dtype=np.bool_)


def _known(words: Sequence[str], known: Sequence[str], at: At, field: Path) -> None:
    for word in words:
        if word not in known:
            raise at.error(field, f"{word!r}{nearest(word, known)}")
