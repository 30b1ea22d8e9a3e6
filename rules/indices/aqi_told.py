"""How an air quality index comes about, in words: line by line, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from devices import PROPERTIES
from rules.indices.aqi_explained import AirQuality, Outcome, Step, Verdict
from rules.indices.aqi_tables import Report

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


def chinese(found: AirQuality, at: str) -> Iterator[str]:
    """Yield the result, what it stands on, then each step with its clause, indented.

    Args:
        found: the index.
        at: when the hour or day begins, as it is to be read.
    """
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
    yield f"依据：{found.edition}，{kind}，{at}"
    if level is not None:
        names = "、".join(PROPERTIES[one].zh for one in found.primary)
        yield f"首要污染物：{names or '无（AQI 不大于50）'}（{clauses.primary}）"
    if found.exceeding:
        names = "、".join(PROPERTIES[one].zh for one in found.exceeding)
        yield f"超标污染物：{names}（{clauses.primary}）"
    if found.missing:
        yield f"缺项：{'、'.join(found.missing)}（{clauses.missing}）"
    for one in found.steps:
        yield f"  {step_told(one, clauses.rounding)[0]}（{one.clause}）"
    if found.computed is not None:
        published = "" if level is None else "AQI = "
        yield f"  {published}最大分指数 = {found.computed}（{clauses.highest}）"


def english(found: AirQuality, at: str) -> Iterator[str]:
    """Yield the same in English."""
    level, clauses = found.level, found.clauses
    if level is None:
        why = _VERDICTS[found.verdict][1].format(computed=found.computed)
        yield f"Air quality index: NA ({why}; {clauses.missing})"
    else:
        yield (
            f"Air quality index: {found.aqi}, {level.en} (level {level.number}, "
            f"{level.colour_en} RGB {_rgb(level.rgb)}; {clauses.level})"
        )
    yield f"by {found.edition}, {found.report} report, {at}"
    if level is not None:
        names = ", ".join(PROPERTIES[one].en for one in found.primary)
        yield f"primary pollutant: {names or 'none, the AQI is 50 or less'} ({clauses.primary})"
    if found.exceeding:
        names = ", ".join(PROPERTIES[one].en for one in found.exceeding)
        yield f"pollutants in excess: {names} ({clauses.primary})"
    if found.missing:
        yield f"missing: {', '.join(found.missing)} ({clauses.missing})"
    for one in found.steps:
        yield f"  {step_told(one, clauses.rounding)[1]} ({one.clause})"
    if found.computed is not None:
        published = "" if level is None else "AQI = "
        yield f"  {published}largest sub-index = {found.computed} ({clauses.highest})"


def step_told(step: Step, clause: str) -> tuple[str, str]:
    """Return one step without its clause: Chinese and English.

    Args:
        step: of an index.
        clause: of the rounding, from `Clauses.rounding`; empty where there is none.
    """
    part, what = step.indicator, PROPERTIES[step.indicator.pollutant]
    return (
        f"{what.zh} {part.zh}{_given(step, '修约', clause)}：{_reason(step, 0)}",
        f"{what.en}, {part.en}{_given(step, 'rounded', clause)}: {_reason(step, 1)}",
    )


def _given(step: Step, rounded: str, clause: str) -> str:
    """Return the concentration with what it was rounded to, if it was."""
    if step.concentration is None or step.used is None:
        return ""
    unit = PROPERTIES[step.indicator.pollutant].symbol
    change = "" if step.used == step.concentration else f" → {step.used:.10g} [{rounded} {clause}]"
    if not clause:
        change = ""
    return f" {step.concentration:.10g}{change} {unit}"


def _reason(step: Step, language: int) -> str:
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
