"""The words of an alert: templates of rules, filled with what the rule saw."""

from __future__ import annotations

import string
from typing import Final

from devices import PROPERTIES, Catalogue
from rules.alerts import Severity

FIELDS: Final = ("place", "town", "property", "value", "unit", "limit", "level", "limit_name")
"""What a template may name in braces."""

COLOUR: Final = {
    Severity.NONE: ("正常", "normal"),
    Severity.BLUE: ("蓝色", "blue"),
    Severity.YELLOW: ("黄色", "yellow"),
    Severity.ORANGE: ("橙色", "orange"),
    Severity.RED: ("红色", "red"),
}
"""Warning colour in Chinese and English."""

CLEARED: Final = (
    "{place}{property}已恢复，{value} {unit}",
    "{place}: {property} back to normal, {value} {unit}",
)
"""What a cleared alert says, in Chinese and English."""

WITHDRAWN: Final = (
    "{place}{property}告警已撤销：规则不再适用",
    "{place}: {property} alert withdrawn, its rule no longer applies",
)

LIMIT_NAMES: Final = {
    "warning": ("警戒水位", "warning level"),
    "guaranteed": ("保证水位", "guaranteed level"),
    "rule": ("规则限值", "limit of the rule"),
}
"""Names of station limits that the field has its own words for."""


class MessageError(ValueError):
    """A template names something that is not there."""


def check_template(template: str) -> None:
    """Refuse a template that cannot be filled.

    Raises:
        MessageError: unbalanced braces, or a field that is none of `FIELDS`.

    >>> check_template("{place}: {value} {unit}")
    """
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise MessageError(f"{template!r}: {error}; braces must close") from error
    for _, field, spec, conversion in parts:
        if field is not None and (field not in FIELDS or spec or conversion):
            raise MessageError(f"{{{field}}} is unknown; a message may use {', '.join(FIELDS)}")


def fill(
    templates: tuple[str, str],
    catalogue: Catalogue,
    slot: int,
    result: float,
    limit: float,
    limit_name: str,
    severity: Severity,
) -> tuple[str, str]:
    """Return a message in Chinese and in English.

    Args:
        templates: Chinese and English, checked by `check_template`.
        catalogue: where names, units and digits come from.
        slot: the datastream concerned.
        result: what was read, canonical unit.
        limit: what it was held against.
        limit_name: where that limit comes from.
        severity: level of the alert.
    """
    about = PROPERTIES[catalogue.datastreams[slot].observed_property]
    place = catalogue.place_of(slot)
    town = catalogue.towns[place.town]
    texts = []
    for index, template in enumerate(templates):
        texts.append(
            template.format(
                place=place.name[index],
                town=town.name[index],
                property=(about.zh, about.en)[index],
                value=f"{result:.{about.decimals}f}",
                unit=about.symbol,
                limit=f"{limit:.{about.decimals}f}",
                level=COLOUR[severity][index],
                limit_name=LIMIT_NAMES.get(limit_name, (limit_name, limit_name))[index],
            )
        )
    return texts[0], texts[1]
