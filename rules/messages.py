"""The words of an alert: templates of rules, filled with what the rule saw."""

from __future__ import annotations

import math
import string
from typing import Final

from devices import PROPERTIES, Catalogue
from rules.alerts import Severity

FIELDS: Final = (
    "place", "town", "device", "gateway", "property", "value", "unit", "measure", "measure_unit",
    "limit", "limit_name", "level",
)  # fmt: skip
"""What a template may name in braces. `value` is the newest reading, `measure` what is held against
the limit: a slope, a duration, a count, a difference."""

_LACKING: Final = {
    "boolean": ("property", "measure", "measure_unit", "limit", "limit_name"),
    "expression": ("property",),
    "fold": ("property", "value", "unit"),
}
"""Fields that mean nothing for a kind of rule."""

COLOUR: Final = {
    Severity.NONE: ("正常", "normal"),
    Severity.BLUE: ("蓝色", "blue"),
    Severity.YELLOW: ("黄色", "yellow"),
    Severity.ORANGE: ("橙色", "orange"),
    Severity.RED: ("红色", "red"),
}
"""Warning colour in Chinese and English."""

_CLEARED: Final = {
    "silence": ("{place}{property}已恢复上报", "{place}: {property} heard again"),
    "fold": ("{gateway}已恢复上报", "{gateway}: heard again"),
    "boolean": ("{place}告警已恢复", "{place}: back to normal"),
    "expression": (
        "{place}已恢复，{measure} {measure_unit}",
        "{place}: back to normal, {measure} {measure_unit}",
    ),
}  # fmt: skip

_BACK: Final = (
    "{place}{property}已恢复，{value} {unit}",
    "{place}: {property} back to normal, {value} {unit}",
)

WITHDRAWN: Final = (
    "{place}{property}告警已撤销：规则不再适用",
    "{place}: {property} alert withdrawn, its rule no longer applies",
)
"""What an alert says whose rule or subject is gone, in Chinese and English."""

LIMIT_NAMES: Final = {
    "warning": ("警戒水位", "warning level"),
    "guaranteed": ("保证水位", "guaranteed level"),
    "rule": ("规则限值", "limit of the rule"),
}
"""Names of station limits that the field has its own words for."""

_DURATIONS: Final = (
    (2 * 86400.0, 86400.0, "天", "d"),
    (2 * 3600.0, 3600.0, "小时", "h"),
    (2 * 60.0, 60.0, "分钟", "min"),
    (0.0, 1.0, "秒", "s"),
)
"""From how many seconds on, length of the unit, and its name."""


class MessageError(ValueError):
    """A template names something that is not there."""


def check_template(template: str, kind: str = "threshold") -> None:
    """Refuse a template that cannot be filled.

    Args:
        template: as in a rule file.
        kind: of the rule.

    Raises:
        MessageError: unbalanced braces, or a field that the kind has not.

    >>> check_template("{place}: {value} {unit}")
    """
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise MessageError(f"{template!r}: {error}; braces must close") from error
    known = [one for one in FIELDS if one not in _LACKING.get(kind, ())]
    for _, field, spec, conversion in parts:
        if field is not None and (field not in known or spec or conversion):
            raise MessageError(f"{{{field}}} is unknown; a message may use {', '.join(known)}")


def cleared(kind: str) -> tuple[str, str]:
    """Return what a cleared alert of a kind of rule says, in Chinese and English."""
    return _CLEARED.get(kind, _BACK)


def returned(kind: str) -> tuple[str, str]:
    """Return what a latched alert says whose condition is gone, in Chinese and English."""
    zh, en = cleared(kind)
    return f"{zh}，待复位", f"{en}; waits for reset"


def fill(
    templates: tuple[str, str],
    catalogue: Catalogue,
    slot: int,
    kind: str,
    severity: Severity,
    *,
    result: float = math.nan,
    measure: float = math.nan,
    measure_unit: str = "",
    decimals: int = 0,
    limit: float = math.nan,
    limit_name: str = "rule",
) -> tuple[str, str]:
    """Return a message in Chinese and in English.

    Args:
        templates: Chinese and English, checked by `check_template`.
        catalogue: where names, units and digits come from.
        slot: the datastream concerned; of several the first.
        kind: of the rule.
        severity: level of the alert.
        result: newest reading of the datastream, canonical unit; NaN where there is none.
        measure: what was held against the limit; NaN where there is none.
        measure_unit: `CompiledRule.value_unit`; with `s` the measure and the limit are durations,
            told with their own units, and `measure_unit` is told empty.
        decimals: `CompiledRule.value_decimals`.
        limit: what the measure was held against.
        limit_name: where that limit comes from.
    """
    one = catalogue.datastreams[slot]
    about = PROPERTIES[one.observed_property]
    device = catalogue.devices[one.device]
    place = catalogue.places[device.place]
    town = catalogue.towns[place.town]
    gateway = catalogue.gateways[device.gateway]
    is_time = measure_unit == "s"
    texts = []
    for index, template in enumerate(templates):
        texts.append(
            template.format(
                place=place.name[index],
                town=town.name[index],
                device=device.name[index],
                gateway=gateway.name[index],
                property=""
                if "property" in _LACKING.get(kind, ())
                else (about.zh, about.en)[index],
                value=_number(result, about.decimals),
                unit=about.symbol,
                measure=duration(measure, index) if is_time else _number(measure, decimals),
                measure_unit="" if is_time else measure_unit,
                limit=duration(limit, index) if is_time else _number(limit, decimals),
                limit_name=LIMIT_NAMES.get(limit_name, (limit_name, limit_name))[index],
                level=COLOUR[severity][index],
            ).strip()
        )
    return texts[0], texts[1]


def duration(seconds: float, language: int) -> str:
    """Return a duration as people say it, in Chinese (0) or English (1).

    >>> [duration(one, 1) for one in (45.0, 720.0, 12_600.0, 259_200.0)]
    ['45 s', '12 min', '3.5 h', '3 d']
    """
    if not math.isfinite(seconds):
        return _NOTHING
    length, *names = next(row[1:] for row in _DURATIONS if seconds >= row[0] or not row[0])
    number = round(seconds / length, 1 if length > 60 else 0)
    return f"{number:g} {names[language]}"


_NOTHING: Final = "–"
"""Told where there is no number."""


def _number(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}" if math.isfinite(value) else _NOTHING
