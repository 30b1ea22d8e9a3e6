"""How indices read: for a person at a terminal, first in Chinese, then in English; and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta, timezone
from fractions import Fraction
from typing import Any, Final

from devices import PROPERTIES
from rules.indices.aqi_explained import AirQuality, Outcome, Verdict
from rules.indices.aqi_explained import Step as AirStep
from rules.indices.aqi_tables import Report
from rules.indices.gb3838 import Step as WaterStep
from rules.indices.gb3838 import WaterQuality
from rules.indices.gb3838_tables import CLASSES, Water
from storage.instants import instant

_BEIJING: Final = timezone(timedelta(hours=8))
"""Days and hours of the standards are Beijing's, wherever this machine stands."""

_LEVELS: Final = ("", "一级", "二级", "三级", "四级", "五级", "六级")

_VERDICTS: Final = {
    Verdict.INCOMPLETE: (
        "缺项，其余污染物算得 {computed}，不大于100，不发布",
        "a pollutant is missing and the others give {computed}; only above 100 it is published",
    ),
    Verdict.UNBOUNDED: (
        "有污染物浓度超出本列上限，可替代的平均值缺失，无法给出",
        "a pollutant is beyond its column and the mean that gives its index then is missing",
    ),
    Verdict.EMPTY: ("没有可计算的分指数", "nothing that was given has an index"),
}
"""Why there is no AQI: Chinese and English."""

_OUTCOMES: Final = {
    Outcome.BEYOND: ("超过最高限值 {top:g}，分指数取 {iaqi}", "above {top:g}: the index is {iaqi}"),
    Outcome.NO_INDEX: ("超过 {top:g}，不计算分指数", "above {top:g} there is no index"),
    Outcome.SPARE: ("备用，未采用", "stands by, not needed"),
    Outcome.SHOWN: ("只报浓度，不计算分指数", "shown, without an index"),
    Outcome.MISSING: ("缺测 NA", "missing, NA"),
}
"""What became of an indicator: Chinese and English."""


def air_facts(found: AirQuality, time_us: int) -> dict[str, Any]:
    """Return an air quality index as JSON."""
    return {
        "standard": str(found.edition),
        "kind": str(found.report),
        "at": _moment(time_us),
        "aqi": found.aqi,
        "verdict": str(found.verdict),
        "computed": found.computed,
        "level": None if found.level is None else asdict(found.level),
        "primary": list(found.primary),
        "exceeding": list(found.exceeding),
        "missing": list(found.missing),
        "steps": [_air_step_facts(one) for one in found.steps],
        "clauses": asdict(found.clauses),
    }


def air(found: AirQuality, time_us: int) -> str:
    """Return the same for a person, Chinese and then English."""
    told = [*_air_zh(found, time_us), "", *_air_en(found, time_us)]
    return "\n".join(told)


def water_facts(found: WaterQuality, time_us: int) -> dict[str, Any]:
    """Return the class of a water as JSON."""
    return {
        "standard": "GB 3838-2002",
        "water": str(found.water),
        "at": _moment(time_us),
        "class": None if found.grade is None else asdict(found.grade),
        "deciding": list(found.deciding),
        "missing": list(found.missing),
        "not_classed": list(found.not_classed),
        "target": None if found.target is None else found.target.name,
        "complies": found.complies,
        "failing": list(found.failing),
        "steps": [
            {
                "item": one.item.id,
                "value": one.value,
                "unit": PROPERTIES[one.item.id].unit,
                "class": None if one.number is None else CLASSES[one.number - 1].name,
                "limit": one.limit,
                "saturation": one.saturation,
                "clause": one.clause,
            }
            for one in found.steps
        ],
    }


def water(found: WaterQuality, time_us: int) -> str:
    """Return the same for a person, Chinese and then English."""
    return "\n".join([*_water_zh(found, time_us), "", *_water_en(found, time_us)])


def _air_zh(found: AirQuality, time_us: int) -> Iterator[str]:
    level, clauses = found.level, found.clauses
    if level is None:
        why = _VERDICTS[found.verdict][0].format(computed=found.computed)
        yield f"空气质量指数 AQI：NA（{why}；{clauses.missing}）"
    else:
        yield (
            f"空气质量指数 AQI：{found.aqi}，{level.zh}（{_LEVELS[level.number]}，"
            f"{level.colour_zh} RGB {_rgb(level.rgb)}；{clauses.level}）"
        )
    kind = "日报" if found.report is Report.DAILY else "实时报"
    yield f"依据：{found.edition}，{kind}，{_moment(time_us)}"
    if level is not None:
        names = "、".join(PROPERTIES[one].zh for one in found.primary)
        yield f"首要污染物：{names or '无（AQI 不大于50）'}（{clauses.primary}）"
    if found.exceeding:
        names = "、".join(PROPERTIES[one].zh for one in found.exceeding)
        yield f"超标污染物：{names}（{clauses.primary}）"
    if found.missing:
        yield f"缺项：{'、'.join(found.missing)}（{clauses.missing}）"
    for one in found.steps:
        name = f"{PROPERTIES[one.indicator.pollutant].zh} {one.indicator.zh}"
        given = _given(one, "修约", clauses.rounding)
        yield f"  {name}{given}：{_reason(one, 0)}（{one.clause}）"
    if found.computed is not None:
        published = "" if level is None else "AQI = "
        yield f"  {published}最大分指数 = {found.computed}（{clauses.highest}）"


def _air_en(found: AirQuality, time_us: int) -> Iterator[str]:
    level, clauses = found.level, found.clauses
    if level is None:
        why = _VERDICTS[found.verdict][1].format(computed=found.computed)
        yield f"Air quality index: NA ({why}; {clauses.missing})"
    else:
        yield (
            f"Air quality index: {found.aqi}, {level.en} (level {level.number}, "
            f"{level.colour_en} RGB {_rgb(level.rgb)}; {clauses.level})"
        )
    yield f"by {found.edition}, {found.report} report, {_moment(time_us)}"
    if level is not None:
        names = ", ".join(PROPERTIES[one].en for one in found.primary)
        yield f"primary pollutant: {names or 'none, the AQI is 50 or less'} ({clauses.primary})"
    if found.exceeding:
        names = ", ".join(PROPERTIES[one].en for one in found.exceeding)
        yield f"pollutants in excess: {names} ({clauses.primary})"
    if found.missing:
        yield f"missing: {', '.join(found.missing)} ({clauses.missing})"
    for one in found.steps:
        name = f"{PROPERTIES[one.indicator.pollutant].en}, {one.indicator.en}"
        given = _given(one, "rounded", clauses.rounding)
        yield f"  {name}{given}: {_reason(one, 1)} ({one.clause})"
    if found.computed is not None:
        published = "" if level is None else "AQI = "
        yield f"  {published}largest sub-index = {found.computed} ({clauses.highest})"


def _given(step: AirStep, rounded: str, clause: str) -> str:
    """Return the concentration with what it was rounded to, if it was."""
    if step.concentration is None or step.used is None:
        return ""
    unit = PROPERTIES[step.indicator.pollutant].symbol
    change = "" if step.used == step.concentration else f" → {step.used:.10g} [{rounded} {clause}]"
    if not clause:
        change = ""
    return f" {step.concentration:.10g}{change} {unit}"


def _reason(step: AirStep, language: int) -> str:
    """Return how the sub-index came about; language 0 is Chinese, 1 English."""
    if step.outcome is not Outcome.INTERPOLATED or step.exact is None:
        column = step.indicator.column
        top = column.breakpoints[-1] if column else 0
        return _OUTCOMES[step.outcome][language].format(top=top, iaqi=step.iaqi)
    label = ("分指数", "sub-index")[language]
    ceiling = "" if step.exact == step.iaqi else (" ↑ 进位 {}", " ↑ rounded up {}")[language]
    return (
        f"{label} {step.iaqi} = ({step.index_high} − {step.index_low}) ÷ ({step.high} − {step.low})"
        f" × ({step.used:.10g} − {step.low}) + {step.index_low} = {_decimal(step.exact)}"
        f"{ceiling.format(step.iaqi)}"
    )


def _air_step_facts(step: AirStep) -> dict[str, Any]:
    one = step.indicator
    return {
        "indicator": one.id,
        "pollutant": one.pollutant,
        "unit": PROPERTIES[one.pollutant].unit,
        "concentration": step.concentration,
        "used": step.used,
        "outcome": str(step.outcome),
        "breakpoints": None if step.low is None else [step.low, step.high],
        "indices": None if step.low is None else [step.index_low, step.index_high],
        "exact": None if step.exact is None else float(step.exact),
        "iaqi": step.iaqi,
        "clause": step.clause,
    }


def _water_zh(found: WaterQuality, time_us: int) -> Iterator[str]:
    grade = found.grade
    if grade is None:
        yield "地表水水质类别：NA（没有可评价的项目）"
    else:
        yield f"地表水水质类别：{grade.name}类，{grade.zh}（{grade.colour_zh}）"
        yield f"决定因子：{'、'.join(PROPERTIES[one].zh for one in found.deciding)}"
    kind = "河流" if found.water is Water.RIVER else "湖、库"
    yield f"依据：GB 3838-2002 单因子评价，{kind}，{_moment(time_us)}"
    if found.target is not None and grade is not None:
        failing = "、".join(PROPERTIES[one].zh for one in found.failing)
        verdict = "达标" if found.complies else f"不达标，超标项目：{failing}"
        yield f"目标{found.target.name}类：{verdict}"
    for one in found.steps:
        if one.number is not None:
            unit = _unit(one)
            yield (
                f"  {PROPERTIES[one.item.id].zh} {one.value:.10g}{unit}："
                f"{CLASSES[one.number - 1].name}类，{_limit(one, 0)}（{one.clause}）"
            )
    if found.missing:
        yield f"  未给出、未参评：{'、'.join(PROPERTIES[one].zh for one in found.missing)}"
    if found.not_classed:
        names = "、".join(PROPERTIES[one].zh for one in found.not_classed)
        yield f"  不参与定类：{names}"


def _water_en(found: WaterQuality, time_us: int) -> Iterator[str]:
    grade = found.grade
    if grade is None:
        yield "Class of water: NA (nothing that decides was given)"
    else:
        yield f"Class of water: {_class(grade.number)}, {grade.en} ({grade.colour_en})"
        yield f"decided by: {', '.join(PROPERTIES[one].en for one in found.deciding)}"
    yield f"by GB 3838-2002, worst single item, {found.water}, {_moment(time_us)}"
    if found.target is not None and grade is not None:
        failing = ", ".join(PROPERTIES[one].en for one in found.failing)
        verdict = "complies" if found.complies else f"does not comply: {failing}"
        yield f"target class {found.target.name}: {verdict}"
    for one in found.steps:
        if one.number is not None:
            yield (
                f"  {PROPERTIES[one.item.id].en} {one.value:.10g}{_unit(one)}: "
                f"{_class(one.number)}, {_limit(one, 1)} ({one.clause})"
            )
    if found.missing:
        names = ", ".join(PROPERTIES[one].en for one in found.missing)
        yield f"  not given, not judged: {names}"
    if found.not_classed:
        names = ", ".join(PROPERTIES[one].en for one in found.not_classed)
        yield f"  decides nothing: {names}"


def _class(number: int) -> str:
    return f"class {CLASSES[number - 1].name}" if number < len(CLASSES) else "worse than class Ⅴ"


def _unit(step: WaterStep) -> str:
    symbol = PROPERTIES[step.item.id].symbol
    return f" {symbol}" if symbol else ""


def _limit(step: WaterStep, language: int) -> str:
    """Return what limit held, or did not; language 0 is Chinese, 1 English."""
    item = step.item
    if step.saturation is not None:
        share = f"≥ 90 % × {step.saturation:.2f}"
        return share + ("（饱和溶解氧，HJ 2.3-2018）", " (saturation, HJ 2.3-2018)")[language]
    is_beyond = step.number == len(CLASSES)
    if item.smallest is not None:
        outside = ("超出 ", "outside ")[language] if is_beyond else ""
        return f"{outside}{item.smallest:g}–{item.limits[-1]:g}"
    sign = ("<" if is_beyond else "≥") if item.is_least else (">" if is_beyond else "≤")
    of_last = ("（Ⅴ类限值）", ", the limit of class Ⅴ")[language] if is_beyond else ""
    return f"{sign} {step.limit:g}{of_last}"


def _decimal(exact: Fraction) -> str:
    """Return a number with as many digits as tell whether it was whole.

    >>> _decimal(Fraction(101)), _decimal(Fraction(1110, 11)), _decimal(Fraction(1000001, 10000))
    ('101', '100.91', '100.0001')
    """
    if exact.denominator == 1:
        return str(exact.numerator)
    for digits in (2, 4, 6):
        told = f"{float(exact):.{digits}f}"
        if Fraction(told).denominator != 1:
            return told
    return f"{float(exact):.9f}"


def _rgb(colour: tuple[int, int, int]) -> str:
    return ",".join(str(one) for one in colour)


def _moment(time_us: int) -> str:
    return instant(time_us).astimezone(_BEIJING).isoformat(timespec="seconds")
