"""An ordinary day in the district: the same for the same seed, plausible, and quiet."""

import calendar

import numpy as np
import pytest

from devices.catalogue import build
from simulators.city_model import MODELS, CityModel

MONDAY_S = float(calendar.timegm((2026, 11, 22, 16, 0, 0)))
"""Monday 2026-11-23, 00:00 in Jiangyan."""
DAY_S = 86_400.0


@pytest.fixture(scope="module")
def slots(jiangyan):
    return np.arange(len(jiangyan.datastreams), dtype=np.int32)


@pytest.fixture(scope="module")
def week(jiangyan, slots):
    """Every datastream each half hour from Monday to Sunday: (336, 2000)."""
    model = CityModel(jiangyan, seed=1)
    moments = MONDAY_S + np.arange(7 * 48) * 1800.0
    return np.array([model.values(slots, np.full(len(slots), moment)) for moment in moments])


@pytest.fixture(scope="module")
def mean_at(jiangyan, week):
    """Mean over the city of an observed property at an hour of a day; 0 is Monday."""

    def mean(observed, hour, day=0):
        columns = [
            one.slot for one in jiangyan.datastreams if one.observed_property == observed
        ]  # fmt: skip
        return week[round(day * 48 + hour * 2), columns].mean()

    return mean


def test_the_same_seed_and_time_give_the_same_city(jiangyan, slots):
    time_s = MONDAY_S + slots * 13.7
    first = CityModel(jiangyan, seed=7).values(slots, time_s)
    np.testing.assert_array_equal(CityModel(jiangyan, seed=7).values(slots, time_s), first)


def test_a_value_does_not_depend_on_what_else_is_asked(jiangyan, slots):
    model = CityModel(jiangyan, seed=7)
    time_s = MONDAY_S + slots * 13.7
    whole = model.values(slots, time_s)
    back = np.arange(len(slots))[::-3]
    np.testing.assert_array_equal(model.values(slots[back], time_s[back]), whole[back])


def test_another_seed_gives_another_city(jiangyan, slots):
    time_s = np.full(len(slots), MONDAY_S + 40_000)
    one, other = (CityModel(jiangyan, seed).values(slots, time_s) for seed in (1, 2))
    assert (one != other).mean() > 0.5


def test_every_value_is_one_the_instrument_can_give(jiangyan, week):
    assert np.isfinite(week).all()
    assert (week >= jiangyan.physical_min).all()
    assert (week <= jiangyan.physical_max).all()


def test_no_datastream_stands_still_all_week(jiangyan, week):
    still = np.flatnonzero(week.min(axis=0) == week.max(axis=0))
    # No drop falls in this week of the seed, and a road without water shows none.
    assert {jiangyan.datastreams[slot].observed_property for slot in still} <= {"rain_1h"}


@pytest.mark.parametrize(
    ("observed", "limit"),
    [
        ("water_level", "warning"), ("water_depth", "caution"), ("rain_1h", "heavy"),
        ("pm25", "light"), ("pm10", "light"), ("o3", "light"), ("no2", "light"),
        ("ponding", "confident"), ("crowd", "capacity"),
    ],
)  # fmt: skip
def test_an_ordinary_week_stays_below_every_limit(jiangyan, week, observed, limit):
    found = [one for one in jiangyan.datastreams if one.observed_property == observed]
    for one in found:
        assert week[:, one.slot].max() < one.limits[limit], one.id


@pytest.mark.parametrize(
    ("observed", "more", "less"),
    [
        pytest.param("vehicle_flow", 7.5, 11.0, id="morning_rush"),
        pytest.param("vehicle_flow", 17.5, 14.0, id="evening_rush"),
        pytest.param("vehicle_flow", 12.0, 3.0, id="empty_nights"),
        pytest.param("speed", 3.0, 17.5, id="rush_is_slow"),
        pytest.param("occupancy", 7.5, 3.0, id="rush_is_full"),
        pytest.param("o3", 14.5, 8.0, id="ozone_in_the_afternoon"),
        pytest.param("o3", 14.5, 21.0, id="no_ozone_in_the_evening"),
        pytest.param("pm25", 5.5, 16.0, id="particles_at_night"),
        pytest.param("no2", 7.5, 3.0, id="exhaust_in_the_rush"),
        pytest.param("air_temperature", 14.5, 4.0, id="warm_afternoon"),
        pytest.param("relative_humidity", 4.0, 14.5, id="damp_night"),
        pytest.param("noise", 9.0, 3.0, id="quiet_night"),
        pytest.param("crowd", 19.5, 9.0, id="dancing_in_the_evening"),
        pytest.param("dissolved_oxygen", 15.0, 4.0, id="algae_work_by_day"),
    ],
)
def test_daily_pattern(mean_at, observed, more, less):
    assert mean_at(observed, more) > mean_at(observed, less)


def test_weekends_have_no_rush_hour(mean_at):
    saturday = 5
    assert mean_at("vehicle_flow", 7.5, saturday) < 0.6 * mean_at("vehicle_flow", 7.5)
    assert mean_at("crowd", 19.5, saturday) > mean_at("crowd", 19.5)


def test_november_is_cooler_than_july(jiangyan, slots):
    model = CityModel(jiangyan, seed=1)
    chosen = slots[[one.observed_property == "air_temperature" for one in jiangyan.datastreams]]
    july, november = (
        model.values(
            chosen, np.full(len(chosen), float(calendar.timegm((2026, month, 15, 6, 0, 0))))
        )
        for month in (7, 11)
    )
    assert july.min() > november.max() + 5
    assert 5 < november.mean() < 20
    assert 25 < july.mean() < 40


def test_noise_remembers_itself(jiangyan):
    """Neighbouring minutes are closer to each other than distant hours."""
    model = CityModel(jiangyan, seed=1)
    slot = jiangyan.slot_of["luotang-air-1-station/pm25"]
    minutes = MONDAY_S + np.arange(1440) * 60.0
    day = model.values(np.full(1440, slot, dtype=np.int32), minutes)
    assert np.abs(np.diff(day)).mean() < np.abs(day[300:] - day[:-300]).mean() / 3


def test_every_observed_property_has_a_model(jiangyan):
    assert {one.observed_property for one in jiangyan.datastreams} == MODELS.keys()


def test_a_datastream_without_the_limit_its_model_builds_on_is_refused():
    small = {
        "city.yaml": "code: 1\nname: {zh: 城, en: City}\nbounds: [0, 0, 1, 1]\ndatum: WGS-84\n"
        "map_approval: none\ntowns:\n  - {id: a, code: 1, name: {zh: 甲, en: A}, centre: [0, 0],"
        " flood_regime: tongnan}\n",
        "places.csv": "id,town,kind,name_zh,name_en,lon,lat\np,a,road_segment,路,Road,0,0\n",
        "gateways.csv": "id,place,name_zh,name_en\ng,p,网关,Gateway\n",
        "devices.csv": "id,gateway,place,kind,name_zh,name_en\nd,g,p,radar,雷达,Radar\n",
        "datastreams.csv": "slot,id,device,observed_property,period_s,physical_min,physical_max,"
        "limits\n0,d/speed,d,speed,60,0,180,slow=30\n",
    }
    with pytest.raises(
        ValueError, match="d/speed has no limit 'free_flow'; its model builds on it"
    ):
        CityModel(build(small), seed=1)
