"""Who is whose neighbour, against the slow and obvious way; and cities of any size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.rules import city
from devices.geo import distance_km
from rules.language import RuleError, compile_rules
from tests.rules import town as t

_degrees = st.floats(0, 0.3).map(lambda one: round(one, 4))


@settings(max_examples=100, deadline=None)
@given(
    points=st.lists(st.tuples(_degrees, _degrees), min_size=1, max_size=25),
    radius_km=st.floats(0.5, 30).map(lambda one: round(one, 2)),
    south=st.sampled_from([-0.1, 32.0, 69.0]),
    least=st.integers(1, 3),
)
def test_neighbours_are_all_within_the_radius_at_other_places(points, radius_km, south, least):
    lon = np.array([120 + east for east, _ in points])
    lat = np.array([south + north for _, north in points])
    places = "".join(
        f"p{n},east,air_station,站,Station,{lon[n]:.6f},{lat[n]:.6f},,\n" for n in range(lon.size)
    )
    devices = "".join(f"d{n},gw-air,p{n},air_station,站,Station,\n" for n in range(lon.size))
    streams = "".join(f"{n},d{n}/pm25,d{n},pm25,60,0,1000,,,,\n" for n in range(lon.size))
    head = {name: text.splitlines(True)[0] for name, text in t.TEXTS.items()}
    streams_head = "".join(t.TEXTS["datastreams.csv"].splitlines(True)[:1])
    catalogue = t.town(
        places=head["places.csv"] + places,
        gateways=head["gateways.csv"] + "gw-air,p0,网关,Gateway,\n",
        devices=head["devices.csv"] + devices,
        datastreams=streams_head + streams,
    )
    rows = distance_km(lon[:, None], lat[:, None], lon, lat) <= radius_km
    np.fill_diagonal(rows, False)
    due = {n: np.flatnonzero(row).tolist() for n, row in enumerate(rows) if row.sum() >= least}
    body = t.NEIGHBOURS.replace("2.5", str(radius_km)).replace("least: 2", f"least: {least}")
    if not due:
        with pytest.raises(RuleError, match="no station has"):
            compile_rules({"r.yaml": t.HEAD + body}, catalogue)
        return
    ((rule,), _) = compile_rules({"r.yaml": t.HEAD + body}, catalogue)
    partners = rule.parameters.partners
    found = {
        slot: sorted(one for one in row if one >= 0)
        for slot, row in zip(rule.slots.tolist(), partners.tolist(), strict=True)
    }
    assert found == due


def test_a_city_of_any_size_has_subjects_for_rules_of_every_kind():
    catalogue = city.catalogue(1000)
    assert len(catalogue.datastreams) == 1000
    assert [catalogue.slot_of[one.id] for one in catalogue.datastreams] == list(range(1000))
    rules, _ = compile_rules(city.texts(44), catalogue)
    assert len({rule.kind for rule in rules}) == 10
    assert {rule.id for rule in rules} == {f"rule-{n}" for n in range(44)}
    # Every rule of the first turn watches the whole city, the others a tenth of it.
    sizes = {rule.id: rule.n for rule in rules if rule.kind == "threshold"}
    assert sizes["rule-0"] == 10 * sizes["rule-11"]
