"""The class of water: the table of GB 3838-2002, and the same class as one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.indices import IndexInputError, Water
from rules.indices.gb3838 import NA, classify, explain
from tests.rules.indices.standard import limits, water_class

RIVER, LAKE = Water.RIVER, Water.LAKE
COMMON = ("dissolved_oxygen", "permanganate_index", "cod", "bod5", "ammonia_nitrogen")
ITEMS = [
    *((water, item) for water in Water for item in (*COMMON, "total_phosphorus")),
    (LAKE, "total_nitrogen"),
]
NUMBERS = {"dissolved_oxygen": 3, "permanganate_index": 4, "cod": 5, "bod5": 6,
           "ammonia_nitrogen": 7, "total_phosphorus": 8, "total_nitrogen": 9}  # fmt: skip

CELLS = [
    pytest.param(
        water, item, float(limit), number,
        id=f"GB 3838-2002-表1-{NUMBERS[item]}-{water}-{item}-{number}",
    )
    for water, item in ITEMS
    for number, limit in enumerate(limits(item, water), start=1)
]  # fmt: skip


def class_of(water, item, *values):
    return classify(water, {item: np.array(values, dtype=float)}).worst.tolist()


@pytest.mark.parametrize(("water", "item", "limit", "number"), CELLS)
def test_a_limit_belongs_to_its_class_and_what_passes_it_to_a_worse_one(water, item, limit, number):
    step = -0.001 if item == "dissolved_oxygen" else 0.001
    at, past = class_of(water, item, limit, limit + step)
    # Where two classes share a limit, COD and BOD5 have Ⅰ = Ⅱ, the better one holds.
    assert at == 1 + [float(one) for one in limits(item, water)].index(limit)
    assert past > number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        pytest.param(value, number, id=f"GB 3838-2002-表1-2-ph-{value}")
        for value, number in ((5.99, 6), (6, 1), (7, 1), (9, 1), (9.01, 6), (0, 6), (14, 6))
    ],
)
def test_ph_is_within_6_and_9_or_worse_than_all_classes(value, number):
    assert class_of(RIVER, "ph", value) == [number]


@pytest.mark.parametrize(
    ("water", "values", "name", "deciding"),
    [
        pytest.param(RIVER, {"dissolved_oxygen": 8, "ammonia_nitrogen": 2.1}, "劣Ⅴ",
                     ("ammonia_nitrogen",), id="GB 3838-2002-表1-7-beyond-5"),
        pytest.param(RIVER, {"dissolved_oxygen": 1.9, "cod": 10}, "劣Ⅴ", ("dissolved_oxygen",),
                     id="GB 3838-2002-表1-3-beyond-5"),
        pytest.param(RIVER, {"total_phosphorus": 0.05}, "Ⅱ", ("total_phosphorus",),
                     id="GB 3838-2002-表1-8-river"),
        pytest.param(LAKE, {"total_phosphorus": 0.05}, "Ⅲ", ("total_phosphorus",),
                     id="GB 3838-2002-表1-8-lake"),
        pytest.param(LAKE, {"total_nitrogen": 1.2, "cod": 20}, "Ⅳ", ("total_nitrogen",),
                     id="GB 3838-2002-表1-9-lake"),
        pytest.param(RIVER, {"cod": 25, "permanganate_index": 8, "bod5": 2}, "Ⅳ",
                     ("permanganate_index", "cod"), id="GB 3838-2002-ties-together"),
    ],
)  # fmt: skip
def test_the_worst_item_decides(water, values, name, deciding):
    found = explain(water, values)
    assert (found.grade.name, found.deciding) == (name, deciding)


def test_nitrogen_temperature_and_turbidity_do_not_class_a_river():
    others = {"total_nitrogen": 9.0, "water_temperature": 30.0, "turbidity": 500.0}
    found = explain(RIVER, {"cod": 15, **others})
    assert found.grade.name == "Ⅰ"
    assert set(found.not_classed) == set(others)
    alone = explain(RIVER, others)
    assert (alone.grade, alone.deciding, alone.complies) == (None, (), None)


@pytest.mark.parametrize(
    ("oxygen", "temperature", "number"),
    [
        # 468 / (31.6 + 28.4) = 7.8; 90 % of it are 7.02.
        pytest.param(7.02, 28.4, 1, id="HJ 2.3-2018-附录D-28.4-at-90-percent"),
        pytest.param(7.019, 28.4, 2, id="HJ 2.3-2018-附录D-28.4-below"),
        pytest.param(7.5, 5.0, 1, id="GB 3838-2002-表1-3-cold-7.5-is-enough"),
        pytest.param(7.4, 5.0, 2, id="GB 3838-2002-表1-3-cold-below-7.5"),
        pytest.param(7.2, 41.0, 2, id="HJ 2.3-2018-附录D-not-above-40"),
        pytest.param(7.02, np.nan, 2, id="GB 3838-2002-表1-3-no-temperature"),
    ],
)
def test_oxygen_reaches_class_1_by_saturation(oxygen, temperature, number):
    found = explain(RIVER, {"dissolved_oxygen": oxygen, "water_temperature": temperature})
    assert found.grade.number == number
    is_by_saturation = number == 1 and oxygen < 7.5
    assert (found.steps[1].saturation is not None) == is_by_saturation


def test_what_is_missing_decides_nothing_and_is_told():
    found = explain(RIVER, {"dissolved_oxygen": 5.5, "cod": np.nan})
    assert found.grade.name == "Ⅲ"
    assert found.missing == (
        "ph", "permanganate_index", "cod", "bod5", "ammonia_nitrogen", "total_phosphorus"
    )  # fmt: skip
    assert class_of(RIVER, "cod", np.nan) == [NA]


def test_compliance_with_a_target():
    values = {"dissolved_oxygen": 4.0, "ammonia_nitrogen": 1.2, "cod": 18}
    found = explain(RIVER, values, target=3)
    assert (found.complies, found.failing) == (False, ("dissolved_oxygen", "ammonia_nitrogen"))
    assert explain(RIVER, values, target=4).complies
    assert explain(RIVER, {"turbidity": 3}, target=3).complies is None


def test_a_result_explains_itself():
    found = explain(RIVER, {"dissolved_oxygen": 1.0, "ph": 5.5, "cod": 30})
    steps = {one.item.id: one for one in found.steps}
    assert (steps["dissolved_oxygen"].number, steps["dissolved_oxygen"].limit) == (6, 2)
    assert (steps["ph"].number, steps["ph"].limit, steps["ph"].clause) == (6, 6, "表1 序号2")
    assert (steps["cod"].number, steps["cod"].limit) == (4, 30)
    assert steps["bod5"].number is None


@pytest.mark.parametrize(("water", "item"), [*ITEMS, (RIVER, "ph"), (LAKE, "ph")])
@settings(max_examples=25)
@given(st.lists(st.decimals(0, 45, places=3).map(str), min_size=1, max_size=30))
def test_columns_give_what_comparison_gives_one_by_one(water, item, texts):
    slow = [water_class(item, water, text) for text in texts]
    assert class_of(water, item, *map(float, texts)) == slow


@settings(max_examples=60)
@given(st.data())
def test_the_worst_of_stations_that_do_not_touch_each_other(data):
    water = data.draw(st.sampled_from(Water))
    names = [item for where, item in ITEMS if where is water]
    one = st.one_of(st.just(np.nan), st.decimals(0, 20, places=2).map(float))
    station = st.fixed_dictionaries(dict.fromkeys(names, one))
    stations = data.draw(st.lists(station, min_size=1, max_size=5))
    found = classify(water, {key: np.array([each[key] for each in stations]) for key in names})
    for at, values in enumerate(stations):
        judged = {key: value for key, value in values.items() if not np.isnan(value)}
        classes = {key: water_class(key, water, f"{value:.2f}") for key, value in judged.items()}
        worst = max(classes.values(), default=NA)
        assert found.worst[at] == worst
        deciding = [
            one.id for one, is_one in zip(found.items, found.deciding[:, at], strict=True) if is_one
        ]
        assert set(deciding) == {key for key, number in classes.items() if number == worst}


@pytest.mark.parametrize(
    ("values", "target", "told"),
    [
        pytest.param({"cod": -1}, None, "cod: -1 is below 0", id="negative"),
        pytest.param({"cod": np.inf}, None, "cod: inf is not a finite number", id="inf"),
        pytest.param({"water_temperature": -11}, None, "is below -10", id="ice"),
        pytest.param({"zinc": 1}, None, "zinc: is no item of a river; there are ph", id="unknown"),
        pytest.param({"cod": 1}, 6, "target: 6 is no class; say 1 to 5", id="target"),
        pytest.param({}, None, "nothing: is given; there are ph", id="nothing"),
    ],
)
def test_what_is_wrong_is_told(values, target, told):
    with pytest.raises(IndexInputError) as error:
        explain(RIVER, values, target)
    assert told in str(error.value)


def test_arrays_of_different_length_are_refused():
    with pytest.raises(IndexInputError, match=r"ph \(2,\), cod \(1,\)"):
        classify(RIVER, {"ph": np.zeros(2), "cod": np.zeros(1)})
