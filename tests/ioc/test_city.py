"""A city's folder is read whole, and a gap in it is told by the file's name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ioc import city

JIANGYAN = Path(__file__).parents[2] / "cities" / "jiangyan"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(JIANGYAN, tmp_path / "jiangyan")


def test_jiangyan_is_read(folder: Path):
    found = city.load(folder)
    assert len(found.catalogue.datastreams) == 2000
    assert found.base_map["type"] == "FeatureCollection"
    assert all(name.startswith("rules/") for name in found.rule_texts)
    assert found.rule_texts


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
