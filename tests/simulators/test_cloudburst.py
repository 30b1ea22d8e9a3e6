"""A storm over one town, told like a log: what rises, what falls, when, and nowhere else."""

import calendar

import numpy as np
import pytest

from simulators.city_model import CityModel
from simulators.scenario import NAMES, Cloudburst, named

NOON_S = float(calendar.timegm((2026, 11, 24, 4, 0, 0)))
TOWN = "luotang"


class Storm:
    """The district with the storm and without it, side by side."""

    def __init__(self, jiangyan, town):
        centres = {one.id: (one.lon, one.lat) for one in jiangyan.towns.values()}
        self.scenario = named("cloudburst", town, centres, NOON_S)
        self._dry = CityModel(jiangyan, seed=1)
        self._wet = CityModel(jiangyan, seed=1, scenario=self.scenario)
        self._streams = jiangyan.datastreams
        self._town = np.array([jiangyan.place_of(one.slot).town for one in jiangyan.datastreams])
        self._property = np.array([one.observed_property for one in jiangyan.datastreams])
        self.town = town

    def slots(self, observed, *, inside=True):
        chosen = (self._property == observed) & ((self._town == self.town) == inside)
        return np.flatnonzero(chosen).astype(np.int32)

    def limits(self, observed, name):
        return np.array([self._streams[slot].limits[name] for slot in self.slots(observed)])

    def values(self, observed, after_s, *, wet=True):
        slots = self.slots(observed)
        model = self._wet if wet else self._dry
        return model.values(slots, np.full(len(slots), NOON_S + after_s))

    def everything_else(self, after_s):
        slots = np.flatnonzero(self._town != self.town).astype(np.int32)
        time_s = np.full(len(slots), NOON_S + after_s)
        return self._wet.values(slots, time_s), self._dry.values(slots, time_s)


@pytest.fixture(scope="module", params=["luotang", "qintong", "baimi"])
def storm(jiangyan, request):
    return Storm(jiangyan, request.param)


@pytest.fixture(scope="module")
def luotang(jiangyan):
    return Storm(jiangyan, TOWN)


def test_before_the_first_drop_nothing_has_changed(storm):
    for observed in ("water_level", "rain_1h", "speed", "ponding", "crowd", "pm25"):
        wet, dry = (storm.values(observed, -1, wet=wet) for wet in (True, False))
        np.testing.assert_array_equal(wet, dry)


@pytest.mark.parametrize("after_s", [60, 240, 1800, 3700, 6000])
def test_other_towns_never_notice(storm, after_s):
    wet, dry = storm.everything_else(after_s)
    np.testing.assert_array_equal(wet, dry)


def test_all_river_levels_of_the_town_pass_their_warning_level(storm):
    assert (storm.values("water_level", 240) > storm.limits("water_level", "warning")).all()


def test_close_to_the_core_levels_pass_the_guaranteed_level(storm):
    over = storm.values("water_level", 240) > storm.limits("water_level", "guaranteed")
    assert over.any()


def test_levels_pass_the_warning_level_within_three_minutes_and_not_at_once(luotang):
    warning = luotang.limits("water_level", "warning")
    assert (luotang.values("water_level", 10) < warning).all()
    assert (luotang.values("water_level", 180) > warning).all()


def test_the_hours_rain_rises_minute_by_minute(storm):
    means = [storm.values("rain_1h", after_s).mean() for after_s in (0, 300, 900, 1800, 3600)]
    assert means == sorted(means)
    assert means[0] < 1
    assert means[-1] > 20


def test_underpasses_fill_until_they_must_be_closed(luotang):
    assert (luotang.values("water_depth", 0) < 0.15).all()
    assert (luotang.values("water_depth", 240) > luotang.limits("water_depth", "closed")).all()


def test_roads_stop(luotang):
    assert (luotang.values("speed", 0) > luotang.limits("speed", "slow")).all()
    assert (luotang.values("speed", 240) <= luotang.limits("speed", "jammed")).all()


def test_cameras_see_the_water(storm):
    assert (storm.values("ponding", 0) < 0.2).all()
    assert (storm.values("ponding", 240) > storm.limits("ponding", "confident")).all()


@pytest.mark.parametrize("observed", ["crowd", "pm25", "pm10", "vehicle_flow", "air_temperature"])
def test_falls_in_the_storm(storm, observed):
    assert storm.values(observed, 240).mean() < storm.values(observed, 240, wet=False).mean() - 0.5


@pytest.mark.parametrize("observed", ["flow", "pump_power", "turbidity", "wind_speed", "noise"])
def test_rises_in_the_storm(storm, observed):
    assert storm.values(observed, 240).mean() > storm.values(observed, 240, wet=False).mean() + 0.5


def test_it_drains_and_leaves_nothing_behind(storm):
    after_s = storm.scenario.ends_s - NOON_S
    falling = [storm.values("water_level", s).mean() for s in (4000, 5000, 6000, after_s + 1)]
    assert falling == sorted(falling, reverse=True)
    for observed in ("water_level", "speed", "ponding", "crowd"):
        wet, dry = (storm.values(observed, after_s + 1, wet=wet) for wet in (True, False))
        np.testing.assert_array_equal(wet, dry)
    for after in (after_s + 3600, after_s + 7200):
        wet, dry = (storm.values("rain_1h", after, wet=wet) for wet in (True, False))
        np.testing.assert_array_equal(wet, dry)


def test_values_stay_within_the_instruments_range(jiangyan, luotang):
    for after_s in range(0, 7500, 300):
        for observed in set(luotang._property.tolist()):
            slots = luotang.slots(observed)
            values = luotang.values(observed, after_s)
            assert (values >= jiangyan.physical_min[slots]).all(), observed
            assert (values <= jiangyan.physical_max[slots]).all(), observed


def test_the_cell_crosses_the_town_from_west_to_east():
    cell = Cloudburst(TOWN, lon=120.15, lat=32.51, begins_s=NOON_S)
    town = np.array([TOWN] * 2)
    west_and_east = np.array([120.12, 120.18])
    lat = np.full(2, 32.51)
    early, late = (
        cell.effect(town, west_and_east, lat, np.full(2, NOON_S + s)).rain_mm_h for s in (400, 3400)
    )
    assert early[0] > early[1]
    assert late[0] < late[1]


def test_no_name_is_an_ordinary_day():
    assert named(None, TOWN, {}, NOON_S) is None


def test_an_unknown_scenario_is_told_with_the_known_ones():
    with pytest.raises(ValueError, match=f"'typhoon' is not known; choose one of {NAMES[0]}"):
        named("typhoon", TOWN, {TOWN: (120, 32)}, NOON_S)


def test_an_unknown_town_is_told_with_the_known_ones():
    with pytest.raises(ValueError, match="'atlantis'; it must be one of baimi, luotang"):
        named("cloudburst", "atlantis", {"luotang": (1, 2), "baimi": (3, 4)}, NOON_S)
