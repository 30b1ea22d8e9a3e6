"""Observed properties: what a datastream measures, in which canonical unit, in which domain.

Written out in one table. A unit is canonical inside: everything is converted at the edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DOMAINS: Final = ("water", "air", "traffic", "camera")
"""The four domains, in the order in which every page, table and report shows them."""


@dataclass(frozen=True, slots=True)
class ObservedProperty:
    """One thing that can be measured.

    >>> PROPERTIES["pm25"].unit
    'ug/m3'
    """

    id: str
    """Name in datastream ids, rules and topics; lower case with underscores."""
    domain: str
    """One of `DOMAINS`."""
    unit: str
    """Canonical unit, spelled as in the SenML unit registry where that has it (RFC 8428, 8798)."""
    symbol: str
    """The unit as people read it."""
    zh: str
    """Chinese name."""
    en: str
    """English name."""
    decimals: int
    """Digits after the point that mean something on a screen."""


_TABLE: Final = (
    ObservedProperty("water_level", "water", "m", "m", "水位", "Water level", 2),
    ObservedProperty("rain_1h", "water", "mm", "mm", "1小时雨量", "Rain in 1 h", 1),
    ObservedProperty("rain", "water", "mm", "mm", "降水量", "Rain", 1),
    ObservedProperty("rain_today", "water", "mm", "mm", "当日降水量", "Rain since day start", 1),
    ObservedProperty("rain_total", "water", "mm", "mm", "降水量累计值", "Rain in total", 1),
    ObservedProperty("evaporation", "water", "mm", "mm", "蒸发量", "Evaporation", 1),
    ObservedProperty(
        "evaporation_today", "water", "mm", "mm", "当日蒸发量", "Evaporation since day start", 1
    ),
    ObservedProperty(
        "relative_level", "water", "m", "m", "相对水位", "Level above the station's reference", 2
    ),
    ObservedProperty("upstream_level", "water", "m", "m", "闸上水位", "Level above the gate", 2),
    ObservedProperty("downstream_level", "water", "m", "m", "闸下水位", "Level below the gate", 2),
    ObservedProperty(
        "groundwater_depth", "water", "m", "m", "地下水埋深", "Depth to groundwater", 2
    ),
    ObservedProperty("wave_height", "water", "m", "m", "波浪高度", "Wave height", 2),
    ObservedProperty("gate_opening", "water", "m", "m", "闸门开度", "Gate opening", 2),
    ObservedProperty("gates_open", "water", "count", "孔", "闸门开启孔数", "Gates open", 0),
    ObservedProperty("pumps_running", "water", "count", "台", "开机台数", "Pumps running", 0),
    ObservedProperty("flow_velocity", "water", "m/s", "m/s", "流速", "Flow velocity", 2),
    ObservedProperty("sediment", "water", "kg/m3", "kg/m³", "含沙量", "Sediment", 3),
    ObservedProperty("battery_voltage", "water", "V", "V", "电源电压", "Supply voltage", 2),
    ObservedProperty("flow", "water", "m3/s", "m³/s", "流量", "Discharge", 2),
    ObservedProperty("water_depth", "water", "m", "m", "积水深度", "Ponding depth", 2),
    ObservedProperty("pump_power", "water", "kW", "kW", "泵站功率", "Pump power", 1),
    ObservedProperty("water_temperature", "water", "Cel", "℃", "水温", "Water temperature", 1),
    ObservedProperty("ph", "water", "pH", "", "pH", "pH", 2),
    ObservedProperty("dissolved_oxygen", "water", "mg/L", "mg/L", "溶解氧", "Dissolved oxygen", 2),
    ObservedProperty("ammonia_nitrogen", "water", "mg/L", "mg/L", "氨氮", "Ammonia nitrogen", 3),
    ObservedProperty("permanganate_index", "water", "mg/L", "mg/L", "高锰酸盐指数", "CODMn", 2),
    ObservedProperty("total_phosphorus", "water", "mg/L", "mg/L", "总磷", "Total phosphorus", 3),
    ObservedProperty("total_nitrogen", "water", "mg/L", "mg/L", "总氮", "Total nitrogen", 2),
    ObservedProperty("conductivity", "water", "uS/cm", "µS/cm", "电导率", "Conductivity", 0),
    ObservedProperty("redox_potential", "water", "mV", "mV", "氧化还原电位", "Redox potential", 0),
    ObservedProperty("turbidity", "water", "NTU", "NTU", "浊度", "Turbidity", 1),
    ObservedProperty("cod", "water", "mg/L", "mg/L", "化学需氧量", "COD", 1),
    ObservedProperty("bod5", "water", "mg/L", "mg/L", "五日生化需氧量", "BOD5", 1),
    ObservedProperty("suspended_solids", "water", "mg/L", "mg/L", "悬浮物", "Suspended solids", 0),
    ObservedProperty("water_volume", "water", "m3", "m³", "累计水量", "Volume of water", 1),
    ObservedProperty("cod_mass", "water", "kg", "kg", "化学需氧量排放量", "COD discharged", 2),
    ObservedProperty(
        "ammonia_nitrogen_mass", "water", "kg", "kg", "氨氮排放量", "Ammonia nitrogen discharged", 3
    ),
    ObservedProperty(
        "total_phosphorus_mass", "water", "kg", "kg", "总磷排放量", "Total phosphorus discharged", 3
    ),
    ObservedProperty(
        "total_nitrogen_mass", "water", "kg", "kg", "总氮排放量", "Total nitrogen discharged", 3
    ),
    ObservedProperty("pm25", "air", "ug/m3", "µg/m³", "PM2.5", "PM2.5", 0),
    ObservedProperty("pm10", "air", "ug/m3", "µg/m³", "PM10", "PM10", 0),
    ObservedProperty("so2", "air", "ug/m3", "µg/m³", "二氧化硫", "SO2", 0),
    ObservedProperty("no2", "air", "ug/m3", "µg/m³", "二氧化氮", "NO2", 0),
    ObservedProperty("o3", "air", "ug/m3", "µg/m³", "臭氧", "O3", 0),
    ObservedProperty("co", "air", "mg/m3", "mg/m³", "一氧化碳", "CO", 1),
    ObservedProperty("tsp", "air", "ug/m3", "µg/m³", "总悬浮颗粒物", "TSP", 0),
    ObservedProperty("no", "air", "ug/m3", "µg/m³", "一氧化氮", "NO", 0),
    ObservedProperty("nox", "air", "ug/m3", "µg/m³", "氮氧化物", "NOx", 0),
    ObservedProperty("air_pressure", "air", "hPa", "hPa", "气压", "Air pressure", 1),
    ObservedProperty("air_temperature", "air", "Cel", "℃", "气温", "Air temperature", 1),
    ObservedProperty("relative_humidity", "air", "%RH", "%", "相对湿度", "Relative humidity", 0),
    ObservedProperty("ground_temperature", "air", "Cel", "℃", "地温", "Ground temperature", 1),
    ObservedProperty("wind_speed", "air", "m/s", "m/s", "风速", "Wind speed", 1),
    ObservedProperty("wind_direction", "air", "deg", "°", "风向", "Wind direction", 0),
    ObservedProperty("noise", "air", "dB", "dB(A)", "噪声", "Noise", 0),
    ObservedProperty("noise_leq", "air", "dB", "dB(A)", "等效声级", "Equivalent noise level", 1),
    ObservedProperty("speed", "traffic", "km/h", "km/h", "平均车速", "Mean speed", 0),
    ObservedProperty("vehicle_flow", "traffic", "1/h", "辆/时", "车流量", "Traffic flow", 0),
    ObservedProperty("occupancy", "traffic", "%", "%", "时间占有率", "Occupancy", 0),
    ObservedProperty("ponding", "camera", "/", "", "积水识别", "Ponding seen", 2),
    ObservedProperty("crowd", "camera", "count", "人", "人群计数", "People counted", 0),
    ObservedProperty("obstruction", "camera", "/", "", "占道识别", "Obstruction seen", 2),
)

PROPERTIES: Final = {one.id: one for one in _TABLE}
"""Observed property by id. Camera results without a unit are confidences between 0 and 1."""
