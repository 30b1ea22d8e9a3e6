"""A city of one river, one road and two cameras, small enough to see at once."""

from devices import Catalogue, catalogue

TEXTS = {
    "city.yaml": """
code: "000000"
name: {zh: 小城, en: Smallville}
bounds: [119.9, 32.3, 120.3, 32.7]
datum: WGS-84
map_approval: none
towns:
  - {id: north, code: "000000001", name: {zh: 北镇, en: North}, centre: [120.1, 32.6],
     flood_regime: lixiahe}
  - {id: south, code: "000000002", name: {zh: 南镇, en: South}, centre: [120.1, 32.4],
     flood_regime: tongnan}
""",
    "places.csv": """id,town,kind,name_zh,name_en,lon,lat
bridge,south,river_station,大桥站,Bridge,120.10,32.40
lock,north,river_station,船闸站,Lock,120.10,32.60
road,south,road_segment,大路,Road,120.11,32.41
""",
    "gateways.csv": """id,place,name_zh,name_en
gw-bridge,bridge,大桥网关,Bridge gateway
gw-lock,lock,船闸网关,Lock gateway
gw-road,road,大路网关,Road gateway
""",
    "devices.csv": """id,gateway,place,kind,name_zh,name_en
bridge-gauge,gw-bridge,bridge,water_gauge,大桥水位计,Bridge gauge
lock-gauge,gw-lock,lock,water_gauge,船闸水位计,Lock gauge
radar,gw-road,road,radar,大路雷达,Road radar
camera,gw-road,road,camera,大路摄像机,Road camera
""",
    "datastreams.csv": """slot,id,device,observed_property,period_s,physical_min,physical_max,limits
0,bridge-gauge/water_level,bridge-gauge,water_level,60,-1,10,warning=3.80 guaranteed=4.60
1,lock-gauge/water_level,lock-gauge,water_level,60,-1,10,warning=2.00
2,radar/speed,radar,speed,60,0,200,congested=20 jammed=15
3,camera/ponding,camera,ponding,10,0,1,confident=0.6
4,bridge-gauge/rain_1h,bridge-gauge,rain_1h,60,0,200,
""",
}


def city() -> Catalogue:
    return catalogue.build(TEXTS)


BRIDGE, LOCK, SPEED, PONDING, RAIN = range(5)

RULES = {
    "rules.yaml": """
rules:
  - id: level
    version: 3
    domain: water
    kind: threshold
    subjects: {property: water_level}
    levels:
      yellow: {limit: warning}
      red: {limit: guaranteed}
    hysteresis: 0.05
    off_delay: 60s
    message: {zh: "{place}水位{value}{unit}超{limit_name}{limit}", en: "{place} {value} {limit}"}
  - id: slow
    version: 1
    domain: traffic
    kind: threshold
    subjects: {property: speed}
    direction: below
    levels: {blue: {limit: congested}, yellow: {limit: jammed}}
    hysteresis: 3
    for: 2min
    message: {zh: "{place}{value}", en: "{place} {value}"}
"""
}
