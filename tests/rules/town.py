"""A town that rules of every kind can watch: a river, an underpass, a weir, five air stations."""

from devices import Catalogue, catalogue

TEXTS = {
    "city.yaml": """
code: "000000"
name: {zh: 河城, en: Riverton}
bounds: [119.9, 32.3, 120.3, 32.7]
datum: WGS-84
map_approval: none
towns:
  - {id: east, code: "000000001", name: {zh: 东镇, en: East}, centre: [120.2, 32.5],
     flood_regime: tongnan}
  - {id: west, code: "000000002", name: {zh: 西镇, en: West}, centre: [120.0, 32.5],
     flood_regime: tongnan}
""",
    # 0.01° of latitude are 1.11 km.
    "places.csv": """id,town,kind,name_zh,name_en,lon,lat,downstream,tags
mill,west,river_station,磨坊站,Mill,120.00,32.50,ford,
ford,west,ford,浅滩,Ford,120.05,32.50,bridge,
bridge,east,river_station,大桥站,Bridge,120.10,32.50,harbour,flood-key
harbour,east,river_station,港口站,Harbour,120.20,32.50,,
weir,east,sluice,节制闸,Weir,120.15,32.50,,
dip,east,underpass,下穿通道,Underpass,120.11,32.51,,
air-1,east,air_station,一号站,Air 1,120.20,32.60,,
air-2,east,air_station,二号站,Air 2,120.20,32.61,,
air-3,east,air_station,三号站,Air 3,120.20,32.62,,
air-4,west,air_station,四号站,Air 4,120.20,32.63,,
""",
    "gateways.csv": """id,place,name_zh,name_en,zone
gw-mill,mill,磨坊网关,Mill gateway,river
gw-east,bridge,东镇网关,East gateway,river
gw-dip,dip,通道网关,Underpass gateway,
gw-air,air-1,空气网关,Air gateway,
""",
    "devices.csv": """id,gateway,place,kind,name_zh,name_en,tags
mill-gauge,gw-mill,mill,water_gauge,磨坊水位计,Mill gauge,
bridge-gauge,gw-east,bridge,water_gauge,大桥水位计,Bridge gauge,
harbour-gauge,gw-east,harbour,water_gauge,港口水位计,Harbour gauge,flood-key
weir-up,gw-east,weir,water_gauge,闸上水位计,Weir gauge above,up
weir-down,gw-east,weir,water_gauge,闸下水位计,Weir gauge below,down
dip-depth,gw-dip,dip,depth_gauge,积水计,Depth gauge,
dip-camera-1,gw-dip,dip,camera,一号摄像机,Camera 1,first
dip-camera-2,gw-dip,dip,camera,二号摄像机,Camera 2,second
station-1,gw-air,air-1,air_station,一号空气站,Air station 1,
station-2,gw-air,air-2,air_station,二号空气站,Air station 2,
station-3,gw-air,air-3,air_station,三号空气站,Air station 3,
station-4,gw-air,air-4,air_station,四号空气站,Air station 4,
""",
    "datastreams.csv": "slot,id,device,observed_property,period_s,physical_min,physical_max,limits,"
    """statistic,retired,tags
0,mill-gauge/water_level,mill-gauge,water_level,60,-1,10,warning=3.80 guaranteed=4.60,,,
1,bridge-gauge/water_level,bridge-gauge,water_level,120,-1,10,warning=3.50 guaranteed=4.60,,,
2,harbour-gauge/water_level,harbour-gauge,water_level,120,-1,10,warning=3.80,,,flood-key
3,weir-up/water_level,weir-up,water_level,300,-1,10,,,,
4,weir-down/water_level,weir-down,water_level,300,-1,10,,,,
5,dip-depth/water_depth,dip-depth,water_depth,60,0,3,caution=0.15 closed=0.27,,,
6,dip-camera-1/ponding,dip-camera-1,ponding,10,0,1,confident=0.6,,,
7,dip-camera-2/ponding,dip-camera-2,ponding,10,0,1,confident=0.6,,,
8,bridge-gauge/rain_1h,bridge-gauge,rain_1h,60,0,200,stuck_s=7200,,,
9,station-1/pm25,station-1,pm25,60,0,1000,,,,
10,station-2/pm25,station-2,pm25,60,0,1000,,,,
11,station-3/pm25,station-3,pm25,60,0,1000,,,,
12,station-4/pm25,station-4,pm25,60,0,1000,,,,
13,station-1/pm25:mean_1h,station-1,pm25,3600,0,1000,,mean_1h,,
14,mill-gauge/rain_1h,mill-gauge,rain_1h,60,0,200,,,yes,
15,dip-depth/rain_1h,dip-depth,rain_1h,60,0,200,heavy=20,,,
""",
}  # fmt: skip


def town(**changed: str) -> Catalogue:
    """Build it, with some files given anew by name without ending."""
    return catalogue.build(TEXTS | {f"{name}.csv": text for name, text in changed.items()})


(MILL, BRIDGE, HARBOUR, ABOVE, BELOW, DEPTH, SEEN_1, SEEN_2, RAIN, AIR_1, AIR_2, AIR_3, AIR_4,
 AIR_1_HOUR, RETIRED, DIP_RAIN) = range(16)  # fmt: skip

HEAD = """rules:
  - id: one
    version: 1
    domain: water
    message: {zh: "{place}", en: "{place}"}
"""

THRESHOLD = """    kind: threshold
    subjects: {property: water_level}
    levels: {yellow: {limit: warning}, red: {limit: guaranteed, plus: 0.1}}
    hysteresis: 0.05
    for: 1min
    off_delay: 5min
    clear_after_quiet: 10min
    repeat: {times: 3, within: 10min}
    quality: [good, manual]
    schedule: {days: [workdays, sat], from: "07:00", to: "22:00"}
    suppress: {maintenance: false, parent: true}
    realarm: 30min
    flapping: {times: 5, within: 30min, hold: 10min}
    plan: plan-flood-iv
    skill: drainage
"""

RATE = """    kind: rate
    subjects: {property: water_level}
    window: 30min
    per: 1h
    of: change
    levels: {yellow: {value: 0.3}, orange: {value: 0.6}}
    hysteresis: 0.1
"""

STUCK = """    kind: stuck
    subjects: {property: rain_1h}
    tolerance: 0.001
    except: [0]
    levels: {blue: {value: 1h}, yellow: {limit: stuck_s}}
    hysteresis: 1min
"""

COUNT = """    kind: count
    subjects: {property: ponding}
    at_least: 0.6
    within: 10min
    levels: {yellow: {value: 3}, orange: {value: 6}}
    hysteresis: 1
"""

SILENCE = """    kind: silence
    subjects: {domain: [water, camera]}
    levels: {blue: {periods: 3}, yellow: {value: 30min}}
    fold:
      periods: 2
      share: 0.8
      least: 2
      level: orange
      message: {zh: "{gateway}", en: "{gateway}"}
"""

BOOLEAN = """    kind: boolean
    by: place
    conditions:
      deep: {property: water_depth, above: caution}
      seen: {property: ponding, above: 0.6, tag: [first], max_age: 1min}
    levels: {yellow: deep or seen, red: deep and seen}
"""

EXPRESSION = """    kind: expression
    by: place
    inputs:
      up: {property: water_level, tag: [up]}
      down: {property: water_level, tag: [down]}
    value: up - down
    unit: m
    levels: {yellow: {value: 1.5}}
    hysteresis: 0.2
"""

NEIGHBOURS = """    kind: neighbours
    subjects: {property: pm25}
    radius_km: 2.5
    least: 2
    measure: ratio
    max_age: 10min
    levels: {yellow: {value: 3}}
"""

UPSTREAM = """    kind: upstream
    subjects: {property: water_level, place_kind: [river_station]}
    measure: difference
    levels: {yellow: {value: 0.8}}
    hysteresis: 0.1
"""
