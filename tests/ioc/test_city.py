"""A city's folder is read whole, and a gap in it is told by the file's name."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from devices.calendar import WEEKDAYS_ONLY
from ioc import city

JIANGYAN = Path(__file__).parents[2] / "cities" / "jiangyan"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(JIANGYAN, tmp_path / "jiangyan")


def test_jiangyan_is_read(folder: Path):
    found = city.load(folder)
    assert len(found.catalogue.datastreams) == 2000
    assert found.base_map["type"] == "FeatureCollection"
    assert all(name.startswith(("rules/", "calendar/")) for name in found.rule_texts)
    assert found.rule_texts
    assert not found.calendar.is_workday(date(2026, 10, 1))
    assert found.calendar.is_workday(date(2026, 10, 10))


def test_city_without_a_calendar_works_from_monday_to_friday(folder: Path):
    shutil.rmtree(folder / "calendar")
    assert city.load(folder).calendar == WEEKDAYS_ONLY


def test_calendars_of_several_years_are_read(folder: Path):
    text = "holidays: [2027-01-01]\nworkdays: [2027-01-02]\n"
    (folder / "calendar" / "2027.yaml").write_text(text)
    found = city.load(folder).calendar
    assert date(2026, 10, 1) in found.holidays
    assert date(2027, 1, 1) in found.holidays


def test_mistake_in_a_calendar_names_its_line(folder: Path):
    (folder / "calendar" / "2027.yaml").write_text("holidays:\n  - 2027-13-01\nworkdays: []\n")
    with pytest.raises(ValueError, match=r"^calendar/2027\.yaml:2: holidays: 2027-13-01 is no day"):
        city.load(folder)


@pytest.mark.parametrize("name", ["city.yaml", "datastreams.csv", "base.json"])
def test_missing_file_is_named(folder: Path, name: str):
    (folder / name).unlink()
    with pytest.raises(city.CityError) as told:
        city.load(folder)
    assert str(told.value) == f"{folder / name}: is missing"


def test_missing_folder_says_what_to_set(tmp_path: Path):
    with pytest.raises(city.CityError, match="set city \\(IOC_CITY\\)"):
        city.load(tmp_path / "nowhere")


def test_text_in_another_encoding_is_named(folder: Path):
    (folder / "places.csv").write_bytes("溱潼".encode("gb18030"))
    with pytest.raises(city.CityError, match=r"places\.csv: is not UTF-8"):
        city.load(folder)


def test_map_that_is_no_collection_is_named(folder: Path):
    (folder / "base.json").write_text("[]")
    with pytest.raises(city.CityError, match=r"base\.json: must be a GeoJSON FeatureCollection"):
        city.load(folder)


def test_map_that_is_not_json_is_named(folder: Path):
    (folder / "base.json").write_text("{")
    with pytest.raises(city.CityError, match=r"base\.json: is not JSON"):
        city.load(folder)
