"""The table of GB 3838-2002 as far as stations of a district measure it: items and their limits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Water(StrEnum):
    """Which limits apply."""

    RIVER = "river"
    """河流."""
    LAKE = "lake"
    """湖、库: other limits of total phosphorus, and total nitrogen counts."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item that decides the class."""

    id: str
    """A key of `devices.PROPERTIES`; that says the unit, too."""
    number: int
    """序号 in 表1 of GB 3838-2002."""
    limits: tuple[float, ...]
    """Of classes Ⅰ to Ⅴ, inclusive; of pH the largest."""
    is_least: bool = False
    """The limit is the smallest value instead of the largest."""
    smallest: float | None = None
    """Smallest value of all classes, inclusive: pH alone."""

    @property
    def clause(self) -> str:
        """Where the limits stand."""
        return f"表1 序号{self.number}"


_PH: Final = Item("ph", 2, (9, 9, 9, 9, 9), smallest=6)
_DISSOLVED_OXYGEN: Final = Item("dissolved_oxygen", 3, (7.5, 6, 5, 3, 2), is_least=True)
_ORGANIC: Final = (
    Item("permanganate_index", 4, (2, 4, 6, 10, 15)),
    Item("cod", 5, (15, 15, 20, 30, 40)),
    Item("bod5", 6, (3, 3, 4, 6, 10)),
    Item("ammonia_nitrogen", 7, (0.15, 0.5, 1.0, 1.5, 2.0)),
)

ITEMS: Final = {
    Water.RIVER: (
        _PH, _DISSOLVED_OXYGEN, *_ORGANIC,
        Item("total_phosphorus", 8, (0.02, 0.1, 0.2, 0.3, 0.4)),
    ),
    Water.LAKE: (
        _PH, _DISSOLVED_OXYGEN, *_ORGANIC,
        Item("total_phosphorus", 8, (0.01, 0.025, 0.05, 0.1, 0.2)),
        Item("total_nitrogen", 9, (0.2, 0.5, 1.0, 1.5, 2.0)),
    ),
}  # fmt: skip
"""Items that decide, by kind of water, in the order of the table."""

NOT_CLASSED: Final = {
    Water.RIVER: ("water_temperature", "total_nitrogen", "turbidity", "conductivity"),
    Water.LAKE: ("water_temperature", "turbidity", "conductivity"),
}
"""Items that stations measure too and that decide nothing: of turbidity and conductivity 表1 knows
nothing, of temperature it limits what people change, of total nitrogen it limits lakes."""

SATURATION_SHARE: Final = (9, 10)
"""Class Ⅰ: 90 % of saturation, where that is less than 7.5 mg/L. 表1 序号3."""

TEMPERATURES: Final = (0.0, 40.0)
"""℃, inclusive: where the formula of saturation is taken for good."""


@dataclass(frozen=True, slots=True)
class WaterClass:
    """水质类别."""

    number: int
    """Ⅰ is 1 … Ⅴ is 5, 劣Ⅴ is 6."""
    name: str
    zh: str
    """水质状况."""
    en: str
    colour_zh: str
    colour_en: str


CLASSES: Final = (
    WaterClass(1, "Ⅰ", "优", "excellent", "蓝色", "blue"),
    WaterClass(2, "Ⅱ", "优", "excellent", "蓝色", "blue"),
    WaterClass(3, "Ⅲ", "良好", "good", "绿色", "green"),
    WaterClass(4, "Ⅳ", "轻度污染", "lightly polluted", "黄色", "yellow"),
    WaterClass(5, "Ⅴ", "中度污染", "moderately polluted", "橙色", "orange"),
    WaterClass(6, "劣Ⅴ", "重度污染", "heavily polluted", "红色", "red"),
)
"""By number less one. States and colours: 《地表水环境质量评价办法（试行）》 环办〔2011〕22号."""
