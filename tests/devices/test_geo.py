"""Distances over the ground, against known ones and against the angle between two vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devices.geo import EARTH_KM, distance_km


@pytest.mark.parametrize(
    ("one", "other", "known_km"),
    [
        pytest.param((120.15, 32.51), (120.15, 32.51), 0.0, id="the_same_point"),
        # A degree of a great circle: 2 π R / 360.
        pytest.param((120.0, 0.0), (121.0, 0.0), 111.19508, id="a_degree_of_the_equator"),
        pytest.param((120.0, 32.0), (120.0, 33.0), 111.19508, id="a_degree_of_a_meridian"),
        pytest.param((0.0, 0.0), (77.0, 90.0), 10007.5572, id="equator_to_pole"),
        pytest.param((10.0, 20.0), (-170.0, -20.0), 20015.1144, id="opposite_points"),
        pytest.param((179.5, 0.0), (-179.5, 0.0), 111.19508, id="over_the_date_line"),
        # Rosetta Code, Haversine formula: 2887.2599506 km on a sphere of 6372.8 km.
        pytest.param(
            (-86.67, 36.12), (-118.40, 33.94), 2887.2599506 * EARTH_KM / 6372.8,
            id="nashville_to_los_angeles",
        ),
    ],
)  # fmt: skip
def test_known_distance(one, other, known_km):
    assert float(distance_km(*one, *other)) == pytest.approx(known_km, rel=1e-6, abs=1e-9)
    assert float(distance_km(*other, *one)) == pytest.approx(known_km, rel=1e-6, abs=1e-9)


def test_arrays_broadcast():
    lon, lat = np.array([120.0, 121.0, np.nan]), np.array([32.0, 32.0, 32.0])
    every = distance_km(lon[:, None], lat[:, None], lon, lat)
    assert every.shape == (3, 3)
    assert every[0, 1] == every[1, 0] == float(distance_km(120.0, 32.0, 121.0, 32.0))
    assert every[0, 0] == 0.0
    assert np.isnan(every[2]).all()


def test_a_metre_is_a_metre():
    a_metre = math.degrees(0.001 / EARTH_KM)
    assert float(distance_km(120.0, 32.5, 120.0, 32.5 + a_metre)) == pytest.approx(1e-3, rel=1e-6)


def between_vectors(lon1, lat1, lon2, lat2):
    one, other = (
        np.array([
            math.cos(math.radians(lat)) * math.cos(math.radians(lon)),
            math.cos(math.radians(lat)) * math.sin(math.radians(lon)),
            math.sin(math.radians(lat)),
        ])
        for lon, lat in ((lon1, lat1), (lon2, lat2))
    )  # fmt: skip
    return EARTH_KM * math.atan2(np.linalg.norm(np.cross(one, other)), one @ other)


LON, LAT = st.floats(-180, 180), st.floats(-90, 90)


@given(LON, LAT, LON, LAT)
@example(10.0, 20.0, -170.0, -20.0)
def test_equals_the_angle_between_vectors(lon1, lat1, lon2, lat2):
    # The haversine is steady for near points, and good to some metres for opposite ones.
    found = float(distance_km(lon1, lat1, lon2, lat2))
    assert found == pytest.approx(between_vectors(lon1, lat1, lon2, lat2), rel=1e-7, abs=1e-3)
