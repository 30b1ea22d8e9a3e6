"""How the class of a water comes about, in words: line by line, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Iterator

from devices import PROPERTIES
from rules.indices.gb3838 import Step, WaterQuality
from rules.indices.gb3838_tables import CLASSES, Water


def chinese(found: WaterQuality, at: str) -> Iterator[str]:
    """Yield the result, what it stands on, then each item with its clause, indented.

    Args:
        found: the class.
        at: of what time, as it is to be read.
    """
    grade = found.grade
    if grade is None:
        yield "地表水水质类别：NA（没有可评价的项目）"
    else:
        yield f"地表水水质类别：{grade.name}类，{grade.zh}（{grade.colour_zh}）"
        yield f"决定因子：{'、'.join(PROPERTIES[one].zh for one in found.deciding)}"
    kind = "河流" if found.water is Water.RIVER else "湖、库"
    yield f"依据：GB 3838-2002 单因子评价，{kind}，{at}"
    if found.target is not None and grade is not None:
        failing = "、".join(PROPERTIES[one].zh for one in found.failing)
        verdict = "达标" if found.complies else f"不达标，超标项目：{failing}"
        yield f"目标{found.target.name}类：{verdict}"
    for one in found.steps:
        if one.number is not None:
            yield f"  {step_told(one)[0]}（{one.clause}）"
    if found.missing:
        yield f"  未给出、未参评：{'、'.join(PROPERTIES[one].zh for one in found.missing)}"
    if found.not_classed:
        names = "、".join(PROPERTIES[one].zh for one in found.not_classed)
        yield f"  不参与定类：{names}"


def english(found: WaterQuality, at: str) -> Iterator[str]:
    """Yield the same in English."""
    grade = found.grade
    if grade is None:
        yield "Class of water: NA (nothing that decides was given)"
    else:
        yield f"Class of water: {_class(grade.number)}, {grade.en} ({grade.colour_en})"
        yield f"decided by: {', '.join(PROPERTIES[one].en for one in found.deciding)}"
    yield f"by GB 3838-2002, worst single item, {found.water}, {at}"
    if found.target is not None and grade is not None:
        failing = ", ".join(PROPERTIES[one].en for one in found.failing)
        verdict = "complies" if found.complies else f"does not comply: {failing}"
        yield f"target class {found.target.name}: {verdict}"
    for one in found.steps:
        if one.number is not None:
            yield f"  {step_told(one)[1]} ({one.clause})"
    if found.missing:
        names = ", ".join(PROPERTIES[one].en for one in found.missing)
        yield f"  not given, not judged: {names}"
    if found.not_classed:
        names = ", ".join(PROPERTIES[one].en for one in found.not_classed)
        yield f"  decides nothing: {names}"


def step_told(step: Step) -> tuple[str, str]:
    """Return how one item was judged, without its clause: Chinese and English."""
    what = PROPERTIES[step.item.id]
    if step.number is None or step.value is None:
        return f"{what.zh}：缺测 NA", f"{what.en}: missing, NA"
    given = f"{step.value:.10g}{_unit(step)}"
    return (
        f"{what.zh} {given}：{CLASSES[step.number - 1].name}类，{_limit(step, 0)}",
        f"{what.en} {given}: {_class(step.number)}, {_limit(step, 1)}",
    )


def _class(number: int) -> str:
    return f"class {CLASSES[number - 1].name}" if number < len(CLASSES) else "worse than class Ⅴ"


def _unit(step: Step) -> str:
    symbol = PROPERTIES[step.item.id].symbol
    return f" {symbol}" if symbol else ""


def _limit(step: Step, language: int) -> str:
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
