"""A city for stories: three gateways, four places, ten datastreams, all results from 0 to 5.

One property on one scale everywhere, so that any rule fits any datastream and values are always
near some limit. `gw-lock` has most datastreams and is the one whose silence is folded; the place
`bridge` is observed through two gateways.
"""

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
lock,north,river_station,船闸站,Lock,120.10,32.42
weir,north,river_station,水堰站,Weir,120.10,32.44
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
weir-gauge,gw-lock,weir,water_gauge,水堰水位计,Weir gauge
bridge-camera,gw-road,bridge,camera,大桥摄像机,Bridge camera
camera,gw-road,road,camera,大路摄像机,Road camera
radar,gw-road,road,radar,大路雷达,Road radar
""",
    "datastreams.csv": """\
slot,id,device,observed_property,statistic,period_s,physical_min,physical_max,limits
0,bridge-gauge/water_level,bridge-gauge,water_level,,10,-10,10,
1,bridge-gauge/rain_1h,bridge-gauge,rain_1h,,5,-10,10,
2,lock-gauge/water_level,lock-gauge,water_level,,10,-10,10,
3,lock-gauge/upstream_level,lock-gauge,upstream_level,,10,-10,10,
4,lock-gauge/downstream_level,lock-gauge,downstream_level,,20,-10,10,
5,weir-gauge/water_level,weir-gauge,water_level,,5,-10,10,
6,weir-gauge/water_level:mean_1min,weir-gauge,water_level,mean_1min,60,-10,10,
7,bridge-camera/ponding,bridge-camera,ponding,,5,-10,10,
8,camera/ponding,camera,ponding,,5,-10,10,
9,radar/speed,radar,speed,,10,-10,10,
""",
}

CITY: Catalogue = catalogue.build(TEXTS)

(
    BRIDGE, RAIN, LOCK, UP, DOWN, WEIR, WEIR_MEAN, BRIDGE_CAMERA, CAMERA, SPEED,
) = range(10)  # fmt: skip
