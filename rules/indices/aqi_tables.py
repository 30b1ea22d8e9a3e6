"""The tables of HJ 633, both editions: breakpoints, levels, and what a report consists of.

Written out once; the arithmetic stands in `aqi`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Edition(StrEnum):
    """Which text applies."""

    HJ_633_2012 = "HJ 633-2012"
    """《环境空气质量指数（AQI）技术规定（试行）》"""
    HJ_633_2026 = "HJ 633-2026"
    """《环境空气质量指数（AQI）技术规定》"""


class Report(StrEnum):
    """Which of the two reports."""

    DAILY = "daily"
    """日报: of a day, 0 to 24 h Beijing time."""
    REALTIME = "realtime"
    """实时报: of an hour."""


FROM_2026_US: Final = 1_772_294_400_000_000
"""2026-03-01T00:00:00+08:00, µs since 1970: data from then on are judged by HJ 633-2026."""


def edition_at(time_us: int) -> Edition:
    """Return the edition for data.

    Args:
        time_us: when the hour or day that they describe **begins**, µs since 1970.

    >>> str(edition_at(FROM_2026_US)), str(edition_at(FROM_2026_US - 1))
    ('HJ 633-2026', 'HJ 633-2012')
    """
    return Edition.HJ_633_2026 if time_us >= FROM_2026_US else Edition.HJ_633_2012


INDEX: Final = (0, 50, 100, 150, 200, 300, 400, 500)
"""IAQI of the breakpoints of every column."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table of breakpoints."""

    name: str
    """As in the table's head, e.g. `SO2 24h`."""
    breakpoints: tuple[int, ...]
    """Concentrations of `INDEX`, µg/m³, of CO mg/m³; a shorter column has no index beyond."""
    is_capped: bool = True
    """Beyond its end its last index holds; else there is none."""
    beyond: str = ""
    """Clause of that; empty where the standard does not say."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One figure of a report: a mean of one pollutant."""

    id: str
    """`{pollutant}_{time}`, e.g. `o3_8h`."""
    pollutant: str
    """A key of `devices.PROPERTIES`; that says the unit, too."""
    zh: str
    """What mean it is."""
    en: str
    column: Column | None
    """None: shown in the report, without an index."""
    stands_in_for: str = ""
    """Indicator whose index it gives where that is beyond its column; it counts only then."""


POLLUTANTS: Final = ("pm25", "pm10", "so2", "no2", "co", "o3")
"""The six, in the order in which they are shown."""

DECIMALS: Final = {"pm25": 0, "pm10": 0, "so2": 0, "no2": 0, "co": 1, "o3": 0}
"""Digits that concentrations are rounded to before the index. HJ 633-2026, §4.2."""

_SO2_24H = Column("SO2 24h", (0, 50, 150, 475, 800, 1600, 2100, 2620))
_NO2_24H = Column("NO2 24h", (0, 40, 80, 180, 280, 565, 750, 940))
_NO2_1H = Column("NO2 1h", (0, 100, 200, 700, 1200, 2340, 3090, 3840))
_CO_24H = Column("CO 24h", (0, 2, 4, 14, 24, 36, 48, 60))
_CO_1H = Column("CO 1h", (0, 5, 10, 35, 60, 90, 120, 150))
_O3_1H = Column("O3 1h", (0, 160, 200, 300, 400, 800, 1000, 1200))
_SO2_1H = (0, 150, 500, 650, 800)
_O3_8H = (0, 100, 160, 215, 265, 800)
_SO2_1H_2012 = Column("SO2 1h", _SO2_1H, is_capped=False, beyond="表1注2")
_O3_8H_2012 = Column("O3 8h", _O3_8H, is_capped=False, beyond="表1注3")
_SO2_1H_2026 = Column("SO2 1h", _SO2_1H, beyond="表3注")
_O3_8H_2026 = Column("O3 8h", _O3_8H, beyond="表3注")
_PM10_2012 = Column("PM10 24h", (0, 50, 150, 250, 350, 420, 500, 600))
_PM25_2012 = Column("PM2.5 24h", (0, 35, 75, 115, 150, 250, 350, 500))
_PM10_2026 = Column("PM10 24h", (0, 50, 120, 250, 350, 420, 500, 600))
_PM25_2026 = Column("PM2.5 24h", (0, 35, 60, 115, 150, 250, 350, 500))

_HOUR = ("1小时平均", "1-hour mean")
_DAY = ("24小时平均", "24-hour mean")
_ROLLING_DAY = ("24小时滑动平均", "24-hour rolling mean")
_ROLLING_8H = ("8小时滑动平均", "8-hour rolling mean")
_MOST_8H = ("日最大8小时滑动平均", "largest 8-hour rolling mean of the day")
_MOST_1H = ("日最大1小时平均", "largest 1-hour mean of the day")

REPORTS: Final = {
    (Edition.HJ_633_2012, Report.DAILY): (
        Indicator("pm25_24h", "pm25", *_DAY, _PM25_2012),
        Indicator("pm10_24h", "pm10", *_DAY, _PM10_2012),
        Indicator("so2_24h", "so2", *_DAY, _SO2_24H),
        Indicator("no2_24h", "no2", *_DAY, _NO2_24H),
        Indicator("co_24h", "co", *_DAY, _CO_24H),
        Indicator("o3_8h", "o3", *_MOST_8H, _O3_8H_2012),
        Indicator("o3_1h", "o3", *_MOST_1H, _O3_1H),
    ),
    (Edition.HJ_633_2012, Report.REALTIME): (
        Indicator("pm25_24h", "pm25", *_ROLLING_DAY, _PM25_2012),
        Indicator("pm25_1h", "pm25", *_HOUR, None),
        Indicator("pm10_24h", "pm10", *_ROLLING_DAY, _PM10_2012),
        Indicator("pm10_1h", "pm10", *_HOUR, None),
        Indicator("so2_1h", "so2", *_HOUR, _SO2_1H_2012),
        Indicator("so2_24h", "so2", *_ROLLING_DAY, _SO2_24H, stands_in_for="so2_1h"),
        Indicator("no2_1h", "no2", *_HOUR, _NO2_1H),
        Indicator("co_1h", "co", *_HOUR, _CO_1H),
        Indicator("o3_1h", "o3", *_HOUR, _O3_1H),
        Indicator("o3_8h", "o3", *_ROLLING_8H, _O3_8H_2012),
    ),
    (Edition.HJ_633_2026, Report.DAILY): (
        Indicator("pm25_24h", "pm25", *_DAY, _PM25_2026),
        Indicator("pm10_24h", "pm10", *_DAY, _PM10_2026),
        Indicator("so2_24h", "so2", *_DAY, _SO2_24H),
        Indicator("no2_24h", "no2", *_DAY, _NO2_24H),
        Indicator("co_24h", "co", *_DAY, _CO_24H),
        Indicator("o3_8h", "o3", *_MOST_8H, _O3_8H_2026),
    ),
    (Edition.HJ_633_2026, Report.REALTIME): (
        Indicator("pm25_1h", "pm25", *_HOUR, _PM25_2026),
        Indicator("pm10_1h", "pm10", *_HOUR, _PM10_2026),
        Indicator("so2_1h", "so2", *_HOUR, _SO2_1H_2026),
        Indicator("no2_1h", "no2", *_HOUR, _NO2_1H),
        Indicator("co_1h", "co", *_HOUR, _CO_1H),
        Indicator("o3_1h", "o3", *_HOUR, _O3_1H),
    ),
}
"""Indicators by edition and report. Of a pollutant the first one with an index is what is meant
where only the pollutant is named.

Source:
    HJ 633-2012, 表1 and clause 5: seven daily and nine real-time indicators, and SO2 24h where its
    1-h mean has no index. HJ 633-2026, 表3: six in both.
"""


@dataclass(frozen=True, slots=True)
class Clauses:
    """Where an edition says what."""

    index: str
    """The sub-index of a concentration, rounded up."""
    rounding: str
    """Rounding of the concentration before; empty where there is none."""
    highest: str
    """The AQI is the largest sub-index."""
    primary: str
    """首要污染物."""
    missing: str
    """What becomes of a report that lacks an indicator."""
    level: str
    """Level and colour of an AQI."""


CLAUSES: Final = {
    Edition.HJ_633_2012: Clauses(
        "表1, §4.2 式(1)", "", "§4.4.1 式(2)", "§4.4.2", "§5", "§4.3 表2, 附录A"
    ),
    Edition.HJ_633_2026: Clauses(
        "表3, 式(1)", "§4.2", "§4.3.1 式(2)", "§4.3", "§5.3.1", "§4.3"
    ),
}  # fmt: skip
"""By edition. Those of 2026 are told by secondary sources; `docs/indices.md` says which are."""


@dataclass(frozen=True, slots=True)
class Level:
    """空气质量级别: what an AQI means."""

    number: int
    """一级 is 1 … 六级 is 6."""
    zh: str
    en: str
    highest: int
    """Largest AQI, inclusive."""
    colour_zh: str
    colour_en: str
    rgb: tuple[int, int, int]
    """On screens."""


LEVELS: Final = (
    Level(1, "优", "excellent", 50, "绿色", "green", (0, 228, 0)),
    Level(2, "良", "good", 100, "黄色", "yellow", (255, 255, 0)),
    Level(3, "轻度污染", "lightly polluted", 150, "橙色", "orange", (255, 126, 0)),
    Level(4, "中度污染", "moderately polluted", 200, "红色", "red", (255, 0, 0)),
    Level(5, "重度污染", "heavily polluted", 300, "紫色", "purple", (153, 0, 76)),
    Level(6, "严重污染", "severely polluted", 500, "褐红色", "maroon", (126, 0, 35)),
)
"""The same in both editions."""
