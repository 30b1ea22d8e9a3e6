"""`ioc index`: the air quality index and the class of water of some numbers, with the reasoning.

`docs/indices.md` says what each rule is and where it stands.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import typer

from ioc.command import AsJson, check_word, instant_of, refusal, show

app = typer.Typer(
    help="What numbers mean by the standards: air quality index, class of water.",
    no_args_is_help=True,
)

_AIR_ALIASES: Final = {"pm2.5": "pm25", "pm2_5": "pm25"}
_WATER_ALIASES: Final = {
    "do": "dissolved_oxygen", "codmn": "permanganate_index", "codcr": "cod", "bod": "bod5",
    "nh3n": "ammonia_nitrogen", "nh3-n": "ammonia_nitrogen", "ammonia": "ammonia_nitrogen",
    "tp": "total_phosphorus", "tn": "total_nitrogen", "temperature": "water_temperature",
    "temp": "water_temperature",
}  # fmt: skip
"""What people type, lower case, by what it is."""

_CLASSES: Final = {
    word: number
    for number, words in enumerate((("Ⅰ", "I", "1"), ("Ⅱ", "II", "2"), ("Ⅲ", "III", "3"),
                                    ("Ⅳ", "IV", "4"), ("Ⅴ", "V", "5")), start=1)
    for word in words
}  # fmt: skip

At = Annotated[
    str | None,
    typer.Option(
        help="When the hour or day begins: 30m, 1h, 2d ago, or ISO time with offset; default now."
    ),
]


@app.command()
def aqi(
    values: Annotated[
        list[str], typer.Argument(metavar="POLLUTANT=VALUE", help="µg/m³, CO mg/m³: pm25=61 ….")
    ],
    kind: Annotated[str, typer.Option(help="daily or realtime.")] = "daily",
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show the air quality index of HJ 633, in the edition of its time, with every step."""
    from ioc import index_text as text
    from rules.indices import IndexInputError, Report, edition_at
    from rules.indices import aqi_explained as air

    check_word("--kind", kind, list(Report))
    report, time_us = Report(kind), _instant(at)
    edition = edition_at(time_us)
    known = air.words(edition, report)
    given = _pairs(values, _AIR_ALIASES, known, f"in the {report} report of {edition}")
    try:
        found = air.explain(edition, report, given)
    except IndexInputError as error:
        raise refusal(error) from None
    show(text.air_facts(found, time_us), text.air(found, time_us), as_json)


@app.command()
def water(
    values: Annotated[
        list[str], typer.Argument(metavar="ITEM=VALUE", help="mg/L: do=6.2 nh3n=0.4 ….")
    ],
    is_lake: Annotated[
        bool | None, typer.Option("--lake/--river", help="Which limits apply.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Class that it should have: Ⅲ, III or 3.")
    ] = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show the class of surface water by GB 3838-2002, with every step."""
    from ioc import index_text as text
    from rules.indices import IndexInputError, Water, gb3838

    if is_lake is None:
        raise refusal("--lake or --river: say which; phosphorus and nitrogen have other limits")
    check_word("--target", target, list(_CLASSES))
    kind, time_us = Water.LAKE if is_lake else Water.RIVER, _instant(at)
    given = _pairs(values, _WATER_ALIASES, gb3838.words(kind), f"of a {kind}")
    try:
        found = gb3838.explain(kind, given, None if target is None else _CLASSES[target])
    except IndexInputError as error:
        raise refusal(error) from None
    show(text.water_facts(found, time_us), text.water(found, time_us), as_json)


def _instant(at: str | None) -> int:
    return time.time_ns() // 1000 if at is None else instant_of("--at", at)


def _pairs(
    pairs: Sequence[str], aliases: Mapping[str, str], known: Sequence[str], where: str
) -> dict[str, float]:
    """Return `name=value` arguments as numbers by what the names mean.

    Raises:
        typer.Exit: one is not of this form, its name is not known or given twice, or its value is
            no number; it has been told.
    """
    from devices import PROPERTIES

    chinese = {PROPERTIES[one].zh: one for one in known if one in PROPERTIES}
    meant = {**chinese, **aliases}
    found: dict[str, float] = {}
    for pair in pairs:
        word, equals, value = pair.partition("=")
        if not equals:
            raise refusal(f"{pair!r} is not name=value, e.g. {known[0]}=7")
        name = meant.get(word.lower(), word.lower())
        if name not in known:
            raise _unknown(word, aliases, known, where)
        if name in found:
            raise refusal(f"{word}: {name} is given twice; say it once")
        found[name] = _number(word, value)
    return found


def _unknown(word: str, aliases: Mapping[str, str], known: Sequence[str], where: str) -> typer.Exit:
    """Tell the nearest name and all that there are."""
    from rules.language.mistakes import nearest

    short = [alias for alias, name in aliases.items() if name in known]
    return refusal(f"{word!r} is not known {where}{nearest(word.lower(), [*known, *short])}")


def _number(word: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise refusal(f"{word}: {value!r} is no number; write it without a unit") from None
    if not math.isfinite(number):
        raise refusal(f"{word}: {value!r} is no finite number; leave out what is missing")
    return number
