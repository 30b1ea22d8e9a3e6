"""From version to version of a city's tables: a slot means one datastream for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devices import catalogue, revision
from devices.revision import Change
from tests.small_city import TEXTS


def edited(name, before, after, texts=TEXTS):
    assert before in texts[name]
    return {**texts, name: texts[name].replace(before, after, 1)}


def test_what_needs_nothing_comes_back_as_it_is():
    assert revision.complete(TEXTS, {}) == TEXTS
    assert revision.complete(TEXTS, TEXTS) == TEXTS


def test_an_empty_slot_is_the_next_free_one_or_the_one_it_had():
    text = TEXTS["datastreams.csv"].replace("\n1,lock", "\n,lock")
    text += (
        ",camera/crowd,camera,crowd,10,0,1000,\n,camera/obstruction,camera,obstruction,10,0,1,\n"
    )
    made = revision.complete({**TEXTS, "datastreams.csv": text}, TEXTS)
    city = catalogue.build(made)
    assert city.slot_of["lock-gauge/water_level"] == 1
    assert (city.slot_of["camera/crowd"], city.slot_of["camera/obstruction"]) == (5, 6)


def test_a_datastream_that_is_left_out_is_retired_with_what_it_stands_on():
    # The lock is pulled down: its place, gateway, gauge and level are struck from the files.
    texts = {
        name: "".join(line for line in text.splitlines(True) if "lock" not in line)
        if name.endswith(".csv") else text
        for name, text in TEXTS.items()
    }  # fmt: skip
    made = revision.complete(texts, TEXTS)
    city = catalogue.build(made)
    assert city.retired.tolist() == [False, True, False, False, False]
    assert city.datastreams[1].id == "lock-gauge/water_level"
    assert city.place_of(1).name == ("船闸站", "Lock")
    assert [(one.table, one.id, one.kind) for one in revision.differences(TEXTS, made)] == [
        ("datastreams.csv", "lock-gauge/water_level", "retired")
    ]
    # Nobody else gets its slot, and it can come back.
    assert revision.complete(texts, made) == made
    new = edited(
        "datastreams.csv", "4,bridge", ",camera/crowd,camera,crowd,10,0,9,\n4,bridge", made
    )
    assert catalogue.build(revision.complete(new, made)).slot_of["camera/crowd"] == 5
    assert revision.complete(TEXTS, made) == TEXTS


def test_a_retired_datastream_keeps_the_rest_of_its_river():
    rows = (
        TEXTS["places.csv"].replace("lat\n", "lat,downstream\n").replace("32.60\n", "32.60,sea\n")
    )
    before = {**TEXTS, "places.csv": rows + "sea,north,river_station,海,Sea,120.1,32.7\n"}
    texts = {
        name: "".join(
            line for line in text.splitlines(True) if "lock" not in line and "sea" not in line
        )
        if name.endswith(".csv") else text
        for name, text in before.items()
    }  # fmt: skip
    city = catalogue.build(revision.complete(texts, before))
    assert city.places["lock"].downstream == "sea"
    assert city.retired.tolist() == [False, True, False, False, False]


def test_a_slot_that_would_mean_something_else_is_told():
    swapped = (
        TEXTS["datastreams.csv"]
        .replace("\n0,", "\n9,").replace("\n1,", "\n0,").replace("\n9,", "\n1,")
    )  # fmt: skip
    told = revision.contradictions({**TEXTS, "datastreams.csv": swapped}, TEXTS)
    assert [str(one) for one in told] == [
        "datastreams.csv:2: slot: bridge-gauge/water_level has slot 0 for ever and cannot get 1; "
        "leave the cell empty",
        "datastreams.csv:3: slot: lock-gauge/water_level has slot 1 for ever and cannot get 0; "
        "leave the cell empty",
    ]
    reused = edited("datastreams.csv", "4,bridge-gauge/rain_1h,bridge-gauge,rain_1h",
                    "4,lock-gauge/rain_1h,lock-gauge,rain_1h")  # fmt: skip
    told = revision.contradictions(revision.complete(reused, TEXTS), TEXTS)
    assert [str(one) for one in told] == [
        "datastreams.csv:6: slot: 4 holds the readings of bridge-gauge/rain_1h and cannot become "
        "lock-gauge/rain_1h; leave the cell empty"
    ]


def test_differences_are_told_by_row_and_cell():
    after = edited("places.csv", "lock,north,river_station,船闸站", "lock,north,sluice,船闸站")
    after = edited(
        "devices.csv", "kind,name_zh,name_en\n", "kind,name_zh,name_en,field_id\n", after
    )
    after["devices.csv"] += "buoy,gw-lock,lock,buoy,浮标,Buoy,B1\n"
    after = edited("city.yaml", "Smallville", "Largeville", after)
    assert revision.differences(TEXTS, after) == [
        Change("city.yaml", "", "changed"),
        Change("places.csv", "lock", "changed", {"kind": ("river_station", "sluice")}),
        Change("devices.csv", "buoy", "added"),
    ]
    assert revision.differences(after, TEXTS)[-1] == Change("devices.csv", "buoy", "removed")
    assert revision.differences(TEXTS, TEXTS) == []


NAMES = [f"d{number}/ph" for number in range(6)]
HEAD = "slot,id,device,observed_property,period_s,physical_min,physical_max\n"


def files(names):
    """A city of some devices that give no slots."""
    devices = "".join(f"{one[:-3]},gw-lock,lock,x,名,N\n" for one in names)
    rows = "".join(f",{one},{one[:-3]},ph,60,0,14\n" for one in names)
    return {**TEXTS, "devices.csv": "id,gateway,place,kind,name_zh,name_en\n" + devices,
            "datastreams.csv": HEAD + rows}  # fmt: skip


@given(st.lists(st.lists(st.sampled_from(NAMES), unique=True), min_size=1, max_size=8))
def test_whatever_comes_and_goes_a_slot_means_one_datastream(cities):
    before: dict[str, str] = {}
    meant: dict[str, int] = {}
    for names in cities:
        before = revision.complete(files(names), before)
        city = catalogue.build(before)
        assert meant.items() <= city.slot_of.items()
        meant = dict(city.slot_of)
        assert {one.id for one in city.datastreams if not one.retired} == set(names)
