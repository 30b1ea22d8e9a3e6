"""One small city, and one bad file for each mistake with its exact message."""

import numpy as np
import pytest

from devices.catalogue import FILES, CatalogueError, build, digest_of, examine

GOOD = {
    "city.yaml": (
        'code: "1"\nname: {zh: 城, en: City}\nbounds: [120, 32, 121, 33]\ndatum: WGS-84\n'
        "map_approval: GS1\ntowns:\n"
        '  - {id: east, code: "11", name: {zh: 东, en: East}, centre: [120.5, 32.5],'
        " flood_regime: tongnan}\n"
    ),
    "places.csv": (
        "id,town,kind,name_zh,name_en,lon,lat\nbridge,east,river_station,桥,Bridge,120.5,32.5\n"
    ),
    "gateways.csv": "id,place,name_zh,name_en\ngw-1,bridge,网关,Gateway\n",
    "devices.csv": (
        "id,gateway,place,kind,name_zh,name_en\ngauge,gw-1,bridge,water_gauge,水位计,Gauge\n"
    ),
    "datastreams.csv": (
        "slot,id,device,observed_property,period_s,physical_min,physical_max,limits\n"
        "1,gauge/rain_1h,gauge,rain_1h,60,0,200,\n"
        "0,gauge/water_level,gauge,water_level,60,-1,10,warning=3.80 guaranteed=4.60\n"
    ),
}


def test_a_good_city_is_indexed_by_slot():
    city = build(GOOD)
    assert [one.id for one in city.datastreams] == ["gauge/water_level", "gauge/rain_1h"]
    assert city.slot_of == {"gauge/water_level": 0, "gauge/rain_1h": 1}
    assert city.gateway_of == ("gw-1", "gw-1")
    assert city.datastreams[0].limits == {"warning": 3.8, "guaranteed": 4.6}
    assert city.datastreams[1].limits == {}
    assert city.place_of(0).name == ("桥", "Bridge")
    assert city.bounds == (120.0, 32.0, 121.0, 33.0)
    assert city.domain.tolist() == [0, 0]
    assert city.physical_min.dtype == np.float64
    assert city.physical_min.tolist() == [-1, 0]
    assert city.physical_max.tolist() == [10, 200]
    assert city.towns["east"].flood_regime == "tongnan"


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(name):
    texts = {key: text for key, text in GOOD.items() if key != name}
    with pytest.raises(CatalogueError) as caught:
        build(texts)
    assert str(caught.value) == f"{name}: is missing; a city needs {', '.join(FILES)}"
    assert caught.value.where == name


CITY_NEEDS = (
    "needs code, name{zh,en}, bounds[west,south,east,north], datum, "
    "map_approval, towns[id,code,name,centre[lon,lat],flood_regime]"
)


@pytest.mark.parametrize(
    ("name", "before", "after", "message"),
    [
        pytest.param(
            "city.yaml", GOOD["city.yaml"], "- one\n",
            "city.yaml: must be a mapping with code, name, bounds, towns …", id="city_is_a_list",
        ),
        pytest.param(
            "city.yaml", "datum: WGS-84\n", "", f"city.yaml: KeyError('datum'): {CITY_NEEDS}",
            id="city_without_datum",
        ),
        pytest.param(
            "city.yaml", ", 33]", "]",
            "city.yaml: ValueError('not enough values to unpack (expected 4, got 3)'): "
            + CITY_NEEDS,
            id="bounds_with_three_edges",
        ),
        pytest.param(
            "city.yaml", "centre: [120.5, 32.5]", "centre: [120.5]",
            f"city.yaml: IndexError('list index out of range'): {CITY_NEEDS}",
            id="centre_with_one_number",
        ),
        pytest.param(
            "city.yaml", "name: {zh: 城, en: City}", "name: 城",
            "city.yaml: TypeError(\"string indices must be integers, not 'str'\"): " + CITY_NEEDS,
            id="name_in_one_language",
        ),
        pytest.param(
            "places.csv", ",桥,", ",,", "places.csv:2: name_zh: is empty; every row needs it",
            id="place_without_name",
        ),
        pytest.param(
            "places.csv", "120.5,", "far,", "places.csv:2: lon: 'far' is not a finite number",
            id="longitude_is_a_word",
        ),
        pytest.param(
            "places.csv", "120.5,", "inf,", "places.csv:2: lon: 'inf' is not a finite number",
            id="longitude_is_infinite",
        ),
        pytest.param(
            "places.csv", ",east,", ",west,",
            "places.csv:2: town: 'west' is not known; add it or correct the id",
            id="place_in_no_town",
        ),
        pytest.param(
            "gateways.csv", GOOD["gateways.csv"],
            "id,place,name_zh,name_en,edition\ngw-1,bridge,网关,Gateway,hj212-2015\n",
            "gateways.csv:2: edition: 'hj212-2015' is not known; did you mean 'hj212-2025'?",
            id="edition_that_nobody_knows",
        ),
        pytest.param(
            "gateways.csv", ",bridge,", ",tower,",
            "gateways.csv:2: place: 'tower' is not known; add it or correct the id",
            id="gateway_at_no_place",
        ),
        pytest.param(
            "gateways.csv", "gw-1,bridge,网关,Gateway\n",
            "gw-1,bridge,网关,Gateway\ngw-1,bridge,网关,Gateway\n",
            "gateways.csv:3: id: gw-1 occurs twice; ids are unique", id="gateway_twice",
        ),
        pytest.param(
            "devices.csv", ",gw-1,", ",gw-2,",
            "devices.csv:2: gateway: 'gw-2' is not known; add it or correct the id",
            id="device_behind_no_gateway",
        ),
        pytest.param(
            "devices.csv", ",bridge,", ",tower,",
            "devices.csv:2: place: 'tower' is not known; add it or correct the id",
            id="device_at_no_place",
        ),
        pytest.param(
            "datastreams.csv", "0,gauge/water_level,gauge,", "0,buoy/water_level,buoy,",
            "datastreams.csv:3: device: 'buoy' is not known; add it or correct the id",
            id="datastream_of_no_device",
        ),
        pytest.param(
            "datastreams.csv", "1,gauge/rain", "2,gauge/rain",
            "datastreams.csv: slot: gauge/rain_1h has slot 2 where 1 is due; "
            "slots count from 0 without gap or repetition",
            id="slot_leaves_a_gap",
        ),
        pytest.param(
            "datastreams.csv", "1,gauge/rain", "0,gauge/rain",
            "datastreams.csv: slot: gauge/water_level has slot 0 where 1 is due; "
            "slots count from 0 without gap or repetition",
            id="slot_twice",
        ),
        pytest.param(
            "datastreams.csv", "1,gauge/rain", "-1,gauge/rain",
            "datastreams.csv:2: slot: '-1' is not a whole number ≥ 0", id="slot_is_negative",
        ),
        pytest.param(
            "datastreams.csv", "1,gauge/rain_1h,", "1,gauge/rain,",
            "datastreams.csv:2: id: 'gauge/rain' must be gauge/rain_1h", id="id_is_not_its_parts",
        ),
        pytest.param(
            "datastreams.csv", "rain_1h,60,0", "rain_1h,0,0",
            "datastreams.csv:2: period_s: 0 s must be above 0", id="period_of_zero",
        ),
        pytest.param(
            "datastreams.csv", "60,0,200", "60,200,200",
            "datastreams.csv:2: physical_min: 200 is not below physical_max 200",
            id="range_of_no_width",
        ),
        pytest.param(
            "datastreams.csv", "warning=3.80", "warning",
            "datastreams.csv:3: limits: 'warning' is not name=value, e.g. warning=3.80",
            id="limit_without_value",
        ),
        pytest.param(
            "datastreams.csv", "warning=3.80", "warning=high",
            "datastreams.csv:3: limits: 'high' is not a finite number", id="limit_is_a_word",
        ),
        pytest.param(
            "datastreams.csv", "warning=3.80", "warning=nan",
            "datastreams.csv:3: limits: 'nan' is not a finite number", id="limit_is_nan",
        ),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_place(name, before, after, message):
    assert before in GOOD[name]
    with pytest.raises(CatalogueError) as caught:
        build(GOOD | {name: GOOD[name].replace(before, after, 1)})
    assert str(caught.value) == message


def test_an_unknown_observed_property_is_told_with_the_known_ones():
    text = GOOD["datastreams.csv"].replace("gauge/rain_1h,gauge,rain_1h", "gauge/snow,gauge,snow")
    with pytest.raises(
        CatalogueError,
        match=r"^datastreams\.csv:2: observed_property: 'snow' is not one of water_level, rain_1h",
    ):
        build(GOOD | {"datastreams.csv": text})


def test_broken_yaml_is_told_with_its_line():
    with pytest.raises(CatalogueError, match=r"^city\.yaml:4: is not YAML: ") as caught:
        build(GOOD | {"city.yaml": 'code: "1"\nname: 城\nbounds: [1, 2\n: }\n'})
    assert caught.value.where == "city.yaml:4"


TERMINALS = (
    "id,crew,kind,name_zh,name_en,contact\n"
    "t1,crew-1,phone,一班手机,Phone of crew 1,+86 523 8888 0000\n"
)


@pytest.mark.parametrize(
    ("name", "before", "after", "message"),
    [
        pytest.param(
            "places.csv", ",lon,", ",longitude,",
            "places.csv:1: longitude: is not a column; did you mean 'lon'?", id="misspelled_column",
        ),
        pytest.param(
            "datastreams.csv", "limits\n", "limits,qzx\n",
            "datastreams.csv:1: qzx: is not a column; there are slot, id, device, "
            "observed_property, period_s, physical_min, physical_max, limits, statistic, "
            "field_code, sent_unit, late_s, future_s, beyond, datum, datum_m, retired, tags",
            id="foreign_column",
        ),
        pytest.param(
            "gateways.csv", "id,place,name_zh,name_en", "id,place,name_zh,place",
            "gateways.csv:1: place: is a column twice; the first is enough", id="column_twice",
        ),
        pytest.param(
            "gateways.csv", "id,place,name_zh,name_en\ngw-1,bridge,网关,Gateway",
            "id,place,name_zh\ngw-1,bridge,网关",
            "gateways.csv:1: name_en: the column is missing; every row needs it",
            id="column_missing",
        ),
        pytest.param(
            "places.csv", "桥,Bridge", '"桥"x,Bridge',
            "places.csv:2: is not CSV: ',' expected after '\"'", id="stray_quote",
        ),
        pytest.param(
            "places.csv", "32.5\n", "32.5,more,and\n",
            "places.csv:2: row: has 2 cells more than the header; quote commas",
            id="cells_beyond_the_header",
        ),
        pytest.param(
            "datastreams.csv", "limits\n1,gauge/rain_1h,gauge,rain_1h,60,0,200,\n",
            "limits,datum\n1,gauge/rain_1h,gauge,rain_1h,60,0,200,,wusong\n",
            "datastreams.csv:2: datum: rain_1h is no level; leave it empty", id="datum_of_rain",
        ),
        pytest.param(
            "datastreams.csv", "limits\n1,gauge/rain_1h,gauge,rain_1h,60,0,200,\n",
            "limits,datum_m\n1,gauge/rain_1h,gauge,rain_1h,60,0,200,,1.5\n",
            "datastreams.csv:2: datum_m: is above which datum? say one of 1985, huanghai-1956, "
            "feihuanghe, wusong, local in datum", id="height_above_nothing",
        ),
        pytest.param(
            "places.csv", "lat\nbridge,east,river_station,桥,Bridge,120.5,32.5",
            "lat,downstream\nbridge,east,river_station,桥,Bridge,120.5,32.5,weir",
            "places.csv:2: downstream: 'weir' is not known; add it or correct the id",
            id="river_to_nowhere",
        ),
        pytest.param(
            "places.csv", "lat\nbridge,east,river_station,桥,Bridge,120.5,32.5",
            "lat,downstream\nmill,east,weir,坊,Mill,120.5,32.6,bridge\n"
            "bridge,east,river_station,桥,Bridge,120.5,32.5,weir\n"
            "weir,east,weir,堰,Weir,120.5,32.4,bridge",
            "places.csv:3: downstream: bridge → weir → bridge is a circle; "
            "water does not come back", id="river_in_a_circle",
        ),
        pytest.param(
            "devices.csv", "name_en\ngauge,gw-1,bridge,water_gauge,水位计,Gauge",
            "name_en,tags\ngauge,gw-1,bridge,water_gauge,水位计,Gauge,flood;key",
            "devices.csv:2: tags: 'flood;key' is no tag; write lower-case words, e.g. flood-key",
            id="tags_joined_otherwise",
        ),
    ],
)  # fmt: skip
def test_a_mistake_of_the_table_itself_is_told(name, before, after, message):
    assert before in GOOD[name]
    with pytest.raises(CatalogueError) as caught:
        build(GOOD | {name: GOOD[name].replace(before, after, 1)})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param(
            ",phone,", ",phon,",
            "terminals.csv:2: kind: 'phon' is not known; did you mean 'phone'?", id="kind",
        ),
        pytest.param(
            ",phone,", ",,",
            "terminals.csv:2: kind: is empty; there are phone, app, radio, tablet, vehicle",
            id="no_kind",
        ),
        pytest.param(
            "+86 523 8888 0000", "ask Wang",
            "terminals.csv:2: contact: 'ask Wang' is no telephone number; write it like "
            "+86 523 8888 0000", id="no_number",
        ),
        pytest.param(",crew-1,", ",,", "terminals.csv:2: crew: is empty; every row needs it",
                     id="no_crew"),
    ],
)  # fmt: skip
def test_a_terminal_is_checked(before, after, message):
    assert build(GOOD | {"terminals.csv": TERMINALS}).terminals["t1"].contact.endswith("0000")
    with pytest.raises(CatalogueError) as caught:
        build(GOOD | {"terminals.csv": TERMINALS.replace(before, after, 1)})
    assert str(caught.value) == message


def test_a_level_has_a_datum_and_a_retired_datastream_no_key():
    text = (
        GOOD["datastreams.csv"]
        .replace("limits\n", "limits,datum,datum_m,retired\n")
        .replace("200,\n", "200,,,,yes\n")
        .replace("guaranteed=4.60\n", "guaranteed=4.60,wusong,0.35,\n")
    )
    city = build(GOOD | {"datastreams.csv": text})
    assert (city.datastreams[0].datum, city.datastreams[0].datum_m) == ("wusong", 0.35)
    assert city.retired.tolist() == [False, True]
    assert city.keys_of == {"gw-1": {"gauge/water_level": 0}}
    assert city.digest != build(GOOD).digest == digest_of({**GOOD, "base.json": "{}"})


def test_tags_rivers_and_zones_are_read():
    city = build(
        GOOD
        | {
            "places.csv": "id,town,kind,name_zh,name_en,lon,lat,downstream,tags\n"
            "bridge,east,river_station,桥,Bridge,120.5,32.5,weir,flood-key old flood-key\n"
            "weir,east,weir,堰,Weir,120.5,32.4,,\n",
            "gateways.csv": "id,place,name_zh,name_en,zone\ngw-1,bridge,网关,Gateway,river\n"
            "gw-2,weir,网关,Gateway,\n",
            "datastreams.csv": GOOD["datastreams.csv"]
            .replace("limits\n", "limits,tags\n").replace("200,\n", "200,,key\n")
            .replace("guaranteed=4.60\n", "guaranteed=4.60,\n"),
        }
    )  # fmt: skip
    assert city.places["bridge"].tags == ("flood-key", "old")
    assert (city.places["bridge"].downstream, city.places["weir"].downstream) == ("weir", "")
    assert [one.key for one in city.gateways.values()] == ["river", "weir"]
    assert [one.tags for one in city.datastreams] == [(), ("key",)]


def test_all_mistakes_are_told_at_once_and_none_that_follows_from_another():
    texts = GOOD | {
        "places.csv": GOOD["places.csv"].replace("120.5,", "far,").replace("桥", ""),
        "gateways.csv": GOOD["gateways.csv"] + "gw-2,tower,塔,Tower\n",
        "devices.csv": GOOD["devices.csv"].replace("kind,", "sort,"),
        "datastreams.csv": GOOD["datastreams.csv"].replace("60,0,200", "x,300,200"),
    }
    mistakes = examine(texts)
    assert [str(one) for one in mistakes.found] == [
        "places.csv:2: name_zh: is empty; every row needs it",
        "places.csv:2: lon: 'far' is not a finite number",
        "devices.csv:1: sort: is not a column; did you mean 'vendor'?",
        "devices.csv:1: kind: the column is missing; every row needs it",
        "datastreams.csv:2: period_s: 'x' is not a finite number",
        "datastreams.csv:2: physical_min: 300 is not below physical_max 200",
    ]
    with pytest.raises(CatalogueError) as caught:
        build(texts)
    assert str(caught.value) == str(mistakes.found[0])
    assert examine(GOOD).found == []


def test_a_file_of_mistakes_is_told_up_to_fifty():
    rows = "".join(f"g{number},bridge,,\n" for number in range(100))
    mistakes = examine(GOOD | {"gateways.csv": "id,place,name_zh,name_en\n" + rows})
    assert (len(mistakes.found), mistakes.total) == (50, 200)
