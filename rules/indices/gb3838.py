"""The class of surface water by GB 3838-2002: the worst single item decides (单因子评价).

`classify` computes for many stations; `explain` computes one in the same way and says every step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.indices.exact import MISSING, SCALE, counts
from rules.indices.gb3838_tables import (
    CLASSES,
    ITEMS,
    NOT_CLASSED,
    SATURATION_SHARE,
    TEMPERATURES,
    Item,
    Water,
    WaterClass,
)
from rules.indices.given import IndexInputError, size_of

NA: Final = 0
"""Where there is no class."""

_SATURATION: Final = (468, 31.6)
"""mg/L · ℃ and ℃: DO_f = 468 / (31.6 + T)."""
_COLDEST: Final = -10.0
"""℃; water that flows is warmer, a sensor in ice may not be."""


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Classes of n stations; m items."""

    water: Water
    items: tuple[Item, ...]
    """Those that can decide, m of them."""
    by_item: NDArray[np.int8]
    """(m, n) class of each item, 1 to 6; `NA` where it is missing."""
    worst: NDArray[np.int8]
    """(n,) class of the water; `NA` where nothing was judged."""
    deciding: NDArray[np.bool_]
    """(m, n) whether an item has that class."""


@dataclass(frozen=True, slots=True)
class Step:
    """How one item was judged."""

    item: Item
    value: float | None
    """As given; None where missing."""
    number: int | None
    """Class, 1 to 6; None where missing."""
    limit: float | None
    """Of that class; of 劣Ⅴ that of class Ⅴ, which does not hold. None where missing."""
    saturation: float | None
    """DO at saturation, mg/L, where 90 % of it made class Ⅰ; else None."""
    clause: str
    """Of GB 3838-2002."""


@dataclass(frozen=True, slots=True)
class WaterQuality:
    """The class of one water, with its reasons."""

    water: Water
    grade: WaterClass | None
    """None: nothing that decides was given."""
    deciding: tuple[str, ...]
    """Items of that class; more than one where they tie, all of them in class Ⅰ."""
    missing: tuple[str, ...]
    """Items that could decide and were not given: the class is of the others."""
    not_classed: tuple[str, ...]
    """What was given and decides nothing."""
    target: WaterClass | None
    """水质目标, where there is one."""
    complies: bool | None
    """Whether the class is the target or better; None without target or class."""
    failing: tuple[str, ...]
    """Items worse than the target."""
    steps: tuple[Step, ...]
    """One for each item that can decide, in the order of the table."""


def classify(water: Water, values: Mapping[str, NDArray[np.floating]]) -> Classes:
    """Return the classes of many stations.

    Args:
        water: whose limits apply.
        values: (n,) by property, canonical units; items and what is not classed. NaN, or no such
            key, is missing and decides nothing. `water_temperature` in ℃ lets DO reach class Ⅰ by
            saturation.

    Raises:
        IndexInputError: a property is not known here, there is none, arrays differ in length, or a
            value is negative or infinite.

    Source:
        GB 3838-2002, 表1, 序号 2 to 9; 单因子评价: 环办〔2011〕22号.

    >>> classify(Water.RIVER, {"ammonia_nitrogen": np.array([0.15, 0.151, 2.01, np.nan])}).worst
    array([1, 2, 6, 0], dtype=int8)
    """
    whole = _whole(water, values)
    size = next(iter(whole.values())).shape
    by_item = np.stack([
        _class_of(one, whole[one.id], whole.get("water_temperature"))
        if one.id in whole else np.full(size, NA, dtype=np.int8)
        for one in ITEMS[water]
    ])  # fmt: skip
    worst: NDArray[np.int8] = by_item.max(axis=0)
    return Classes(water, ITEMS[water], by_item, worst, (by_item == worst) & (by_item != NA))


def explain(water: Water, values: Mapping[str, float], target: int | None = None) -> WaterQuality:
    """Return the class of one water with every step.

    Args:
        water: whose limits apply.
        values: by property, canonical units; NaN, or no such key, is missing.
        target: number of the class it should have, 1 to 5.

    Raises:
        IndexInputError: as `classify` does, or the target is no class.

    >>> found = explain(Water.RIVER, {"dissolved_oxygen": 6.2, "ammonia_nitrogen": 0.4}, target=1)
    >>> found.grade.name, found.deciding, found.complies
    ('Ⅱ', ('dissolved_oxygen', 'ammonia_nitrogen'), False)
    """
    if target is not None and not 1 <= target <= len(CLASSES) - 1:
        raise IndexInputError("target", f"{target} is no class; say 1 to {len(CLASSES) - 1}")
    found = classify(water, {key: np.array([one], dtype=float) for key, one in values.items()})
    numbers = [int(one) for one in found.by_item[:, 0]]
    temperature = values.get("water_temperature", np.nan)
    worst = int(found.worst[0])
    goal = None if target is None else CLASSES[target - 1]
    return WaterQuality(
        water,
        None if worst == NA else CLASSES[worst - 1],
        tuple(one.id for one, is_one in zip(found.items, found.deciding[:, 0], strict=True)
              if is_one),
        tuple(one.id for one, number in zip(found.items, numbers, strict=True) if number == NA),
        tuple(one for one in NOT_CLASSED[water] if not np.isnan(values.get(one, np.nan))),
        goal,
        None if goal is None or worst == NA else worst <= goal.number,
        tuple(one.id for one, number in zip(found.items, numbers, strict=True)
              if goal is not None and number > goal.number),
        tuple(_step(one, values.get(one.id, np.nan), number, temperature)
              for one, number in zip(found.items, numbers, strict=True)),
    )  # fmt: skip


def words(water: Water) -> tuple[str, ...]:
    """Return what may be given of a water: items that decide, then those that do not."""
    return (*(one.id for one in ITEMS[water]), *NOT_CLASSED[water])


def saturation_mg_l(temperature: float) -> float:
    """Return dissolved oxygen of fresh water at saturation and normal pressure, mg/L.

    Args:
        temperature: ℃, of `TEMPERATURES`.

    Source:
        HJ 2.3-2018, 附录D, 溶解氧的标准指数, of rivers: DO_f = 468 / (31.6 + T).

    >>> round(saturation_mg_l(22.0), 2)
    8.73
    """
    amount, offset = _SATURATION
    return amount / (offset + temperature)


def _whole(
    water: Water, values: Mapping[str, NDArray[np.floating]]
) -> dict[str, NDArray[np.int64]]:
    size_of(values, words(water), f"item of a {water}")
    return {
        key: counts(key, one, _COLDEST if key == "water_temperature" else 0.0)
        for key, one in values.items()
    }


def _class_of(
    item: Item, whole: NDArray[np.int64], temperature: NDArray[np.int64] | None
) -> NDArray[np.int8]:
    """Return the class of an item: the first whose limit holds, or the one beyond all."""
    limits = counts(item.id, np.array(item.limits))
    if item.is_least:
        found = np.searchsorted(-limits, -np.where(whole == MISSING, 0, whole)) + 1
        if temperature is not None:
            found = np.where(_is_saturated(whole, temperature), 1, found)
    else:
        found = np.searchsorted(limits, whole) + 1
    if item.smallest is not None:
        found = np.where(whole < round(item.smallest * SCALE), len(CLASSES), found)
    return np.where(whole == MISSING, NA, found).astype(np.int8)


def _is_saturated(oxygen: NDArray[np.int64], temperature: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return where oxygen is at least 90 % of saturation; exact, without a division."""
    amount, offset = _SATURATION
    share, of = SATURATION_SHARE
    lowest, highest = (round(one * SCALE) for one in TEMPERATURES)
    is_known = (oxygen != MISSING) & (temperature >= lowest) & (temperature <= highest)
    warmth = np.where(is_known, temperature, 0) + round(offset * SCALE)
    # Beyond 100 mg/L all is saturated; the bound keeps the product within 64 bits.
    amount_there = np.clip(oxygen, 0, 100 * SCALE) * warmth
    found: NDArray[np.bool_] = is_known & (amount_there >= amount * share * SCALE // of * SCALE)
    return found


def _step(item: Item, value: float, number: int, temperature: float) -> Step:
    if number == NA:
        return Step(item, None, None, None, None, item.clause)
    limit = item.limits[min(number, len(item.limits)) - 1]
    if item.smallest is not None and value < item.smallest:
        limit = item.smallest
    by_saturation = item.is_least and number == 1 and value < limit
    saturation = saturation_mg_l(temperature) if by_saturation else None
    return Step(item, float(value), number, limit, saturation, item.clause)
