"""`ioc devices` as an operator uses it, on a real database."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from devices import catalogue, revision
from ioc import registry, sheets
from ioc.main import app
from tests.small_city import RULES, TEXTS


class Desk:
    """A city's folder, its database, and the command line over both."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url, self.city = folder, url, folder / "city"
        sheets.write_folder(self.city, TEXTS)
        (self.city / "base.json").write_text('{"type": "FeatureCollection", "features": []}')
        sheets.write_folder(self.city / "rules", RULES)
        self.environment: dict[str, str | None] = {
            **{name: None for name in os.environ if name.startswith("IOC_")},
            "IOC_CITY": str(self.city), "IOC_DATA_DIR": str(folder / "var"),
            "IOC_DATABASE_URL": url, "COLUMNS": "300",
        }  # fmt: skip

    def run(self, *words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, words, env=self.environment)
        assert done.exit_code == code, (done.output, done.exception)
        return done.output

    def json(self, *words: str):
        return json.loads(self.run("devices", *words, "--json"))

    def start(self, code: int = 0) -> str:
        return self.run("db", "migrate", code=code)

    def edit(self, name: str, before: str, after: str) -> None:
        text = (self.city / name).read_text(encoding="utf-8")
        assert before in text
        (self.city / name).write_text(text.replace(before, after), encoding="utf-8")

    def query(self, statement, *values):
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else None

    def hear(self, gateway, device, keys, codec="hj212", payload=b"##0101ST=21;\x1b[2J") -> None:
        self.query(
            "INSERT INTO contact (gateway, device, codec, first_seen, last_seen, messages, topic, "
            "last_payload, keys) VALUES (%s, %s, %s, now(), now(), 7, %s, %s, %s)",
            gateway, device, codec, f"up/{gateway}/{codec}", payload, json.dumps(keys),
        )  # fmt: skip

    def versions(self):
        return self.query("SELECT version, actor FROM registry_version ORDER BY 1")


@pytest.fixture
def desk(own_database_url, tmp_path) -> Desk:
    return Desk(tmp_path, own_database_url)


def test_a_start_takes_the_files_once_and_again_when_they_changed(desk):
    desk.start()
    desk.start()
    assert desk.versions() == [(1, "files")]
    desk.edit("places.csv", "Lock,", "Old lock,")
    desk.start()
    assert desk.versions() == [(1, "files"), (2, "files")]
    assert desk.json("history")["versions"][0]["note"] == "from city"


def test_starts_at_the_same_moment_make_one_version(desk):
    async def race():
        return await asyncio.gather(
            *(registry.take_files(desk.url, desk.city) for _ in range(4))
        )  # fmt: skip

    assert {one.number for one in asyncio.run(race())} == {1}
    desk.edit("places.csv", "Lock,", "Old lock,")
    assert {one.number for one in asyncio.run(race())} == {2}
    assert desk.versions() == [(1, "files"), (2, "files")]


def test_a_start_does_not_overwrite_what_was_made_otherwise(desk):
    desk.start()
    table = desk.folder / "gateways.csv"
    table.write_text(TEXTS["gateways.csv"].replace("Lock gateway", "New lock gateway"))
    assert "~ gateways gw-lock: name_en: Lock gateway → New lock gateway" in desk.run(
        "devices", "import", str(table), "--note", "new box"
    )
    desk.start()  # the files are what they were
    desk.edit("places.csv", "Lock,", "Old lock,")
    told = desk.start(code=2)
    assert "changed since the registry last took it over (version 1)" in told
    assert "at version 2, by" in told
    assert ": new box;" in told
    assert f"`ioc devices export {desk.city}`" in told
    assert f"`ioc devices import {desk.city} --force`" in told
    assert len(desk.versions()) == 2
    # The one way: the registry into the files, then the change again.
    desk.run("devices", "export", str(desk.city))
    desk.start()
    desk.edit("places.csv", "Lock,", "Old lock,")
    desk.start()
    assert desk.versions()[-1] == (3, "files")
    # The other: the files win, as they are.
    table.write_text(TEXTS["gateways.csv"].replace("Lock gateway", "Newer lock gateway"))
    desk.run("devices", "import", str(table), "--force")
    desk.edit("places.csv", "Old lock,", "Oldest lock,")
    desk.start(code=2)
    desk.run("devices", "import", str(desk.city), "--force")
    desk.start()
    assert desk.json("show", "lock-gauge")["place"]["name"][1] == "Oldest lock"


def test_what_was_exported_and_imported_changes_nothing(desk):
    desk.start()
    for target in ("copy", "copy.xlsx"):
        desk.run("devices", "export", str(desk.folder / target))
        assert "nothing differs" in desk.run("devices", "import", str(desk.folder / target))
    assert desk.versions() == [(1, "files")]
    assert desk.run("devices", "export", "--csv", "devices") == TEXTS["devices.csv"]


def test_new_rows_get_slots_and_missing_ones_are_retired_only_by_force(desk):
    desk.start()
    text = TEXTS["datastreams.csv"].replace("4,bridge-gauge/rain_1h,bridge-gauge,rain_1h,60,0,200",
                                            ",camera/crowd,camera,crowd,10,0,1000")  # fmt: skip
    table = desk.folder / "datastreams.csv"
    table.write_text(text)
    dry = desk.json("import", str(table), "--dry-run")
    assert [(one["id"], one["kind"]) for one in dry["changes"]] == [
        ("camera/crowd", "added"), ("bridge-gauge/rain_1h", "retired"),
    ]  # fmt: skip
    assert "these would be no more" in desk.run("devices", "import", str(table), code=2)
    assert len(desk.versions()) == 1
    desk.run("devices", "import", str(table), "--force")
    assert desk.query("SELECT id FROM datastream WHERE slot = 5") == [("camera/crowd",)]
    shown = desk.json("show", "bridge-gauge")["datastreams"]
    assert [(one["id"], one["retired"]) for one in shown] == [
        ("bridge-gauge/water_level", False), ("bridge-gauge/rain_1h", True),
    ]  # fmt: skip


def test_all_mistakes_of_files_are_told_and_nothing_is_imported(desk):
    desk.start()
    desk.edit("places.csv", "120.11", "far")
    desk.edit("devices.csv", "kind,", "sort,")
    told = desk.run("devices", "check", code=1)
    assert "places.csv:4: lon: 'far' is not a finite number" in told
    assert "devices.csv:1: sort: is not a column" in told
    assert "nothing was imported" in desk.run("devices", "import", str(desk.city), code=2)
    # A table that is right, but leaves a rule nothing to watch.
    table = desk.folder / "datastreams.csv"
    table.write_text(TEXTS["datastreams.csv"].replace("congested=20 jammed=15", ""))
    assert "rules/rules.yaml" in desk.run("devices", "check", str(table), code=1)
    assert len(desk.versions()) == 1
    assert "nothing is wrong" in desk.run("devices", "check", str(desk.city / "gateways.csv"))


def test_devices_are_listed_by_what_was_asked_and_shown_with_their_newest_value(desk):
    desk.start()
    listed = lambda *words: [one["id"] for one in desk.json("list", *words)["devices"]]  # noqa: E731
    assert listed() == ["bridge-gauge", "lock-gauge", "radar", "camera"]
    assert listed("--town", "north") == ["lock-gauge"]
    assert listed("--kind", "water_gauge", "--gateway", "gw-bridge") == ["bridge-gauge"]
    assert listed("--property", "speed") == ["radar"]
    table = desk.run("devices", "list", "--town", "south").splitlines()
    assert table[0].split() == [
        "id", "kind", "town", "place", "gateway", "properties", "name",
    ]  # fmt: skip
    assert table[-1] == "3 devices, 4 datastreams: registry version 1"
    assert "--town: 'nord' is not known; did you mean 'north'?" in desk.run(
        "devices", "list", "--town", "nord", code=2
    )
    desk.query("INSERT INTO latest VALUES (0, clock_timestamp() - interval '1 day', 3.42, 0)")
    shown = desk.json("show", "bridge-gauge/water_level")
    level, rain = shown["datastreams"]
    assert (level["latest"]["result"], level["latest"]["quality"]) == (3.42, "good")
    assert 86400 <= level["latest"]["age_s"] < 90000
    assert rain["latest"] is None
    assert "warning=3.8 guaranteed=4.6" in desk.run("devices", "show", "bridge-gauge")
    desk.environment["IOC_DATABASE_URL"] = "postgresql://ioc@127.0.0.1:1/ioc"
    assert "database away" in desk.run("devices", "show", "bridge-gauge")
    assert "the city's files (the database is away)" in desk.run("devices", "list")


KEYS = {
    "A110/rain": "mm", "A110/ph": "", "A110/w01009:mean_1h": "mg/L", "A110/pm2.5": "m",
    "A110/i1": "A",
}  # fmt: skip


def test_the_lobby_names_who_is_unknown_and_what_it_may_be(desk):
    desk.start()
    assert desk.run("devices", "lobby") == "nobody waits in the lobby\n"
    desk.hear("gw-bridge", "A110", KEYS)
    desk.hear("gw-road", "radar", {"radar/speed": "km/h"}, "senml")  # known
    desk.hear("gw-new", "B1", {"B1/降水量": "mm"})
    waiting = {one["device"]: one for one in desk.json("lobby")["waiting"]}
    assert waiting.keys() == {"A110", "B1"}
    assert (waiting["A110"]["place"], waiting["B1"]["place"]) == ("bridge", None)
    assert {one["key"]: one["property"] for one in waiting["A110"]["mapping"]} == {
        "A110/rain": "rain", "A110/ph": "ph", "A110/w01009:mean_1h": None,
        "A110/pm2.5": None, "A110/i1": None,
    }  # fmt: skip
    shown = desk.run("devices", "lobby")
    assert "\x1b" not in shown
    assert "ioc devices adopt gw-new B1 --as ID --place PLACE" in shown


def test_an_adopted_device_is_known_by_all_it_calls_itself(desk):
    desk.start()
    desk.hear("gw-bridge", "A110", KEYS)
    words = ("adopt", "gw-bridge", "A110", "--as", "bridge-lab", "--kind", "water_quality_station",
             "--property", "w01009=dissolved_oxygen", "--property", "rain=")  # fmt: skip
    assert len(desk.json(*words, "--dry-run")["changes"]) == 3
    told = desk.run("devices", *words)
    assert "ioc quarantine replay --reason unknown_datastream --gateway gw-bridge" in told
    ((texts,),) = desk.query("SELECT texts FROM registry_version WHERE version = 2")
    city = catalogue.build(texts)
    keys = city.keys_of["gw-bridge"]
    assert keys["A110/ph"] == city.slot_of["bridge-lab/ph"] == 5
    assert keys["A110/w01009:mean_1h"] == city.slot_of["bridge-lab/dissolved_oxygen:mean_1h"] == 6
    assert "A110/rain" not in keys
    assert city.devices["bridge-lab"].field_id == "A110"
    # What is left of it can follow.
    assert [one["code"] for one in desk.json("lobby")["waiting"][0]["mapping"]] == [
        "i1", "pm2.5", "rain",
    ]  # fmt: skip
    desk.json("adopt", "gw-bridge", "A110", "--as", "bridge-lab")
    ((texts,),) = desk.query("SELECT texts FROM registry_version WHERE version = 3")
    assert catalogue.build(texts).keys_of["gw-bridge"]["A110/rain"] == 7
    assert revision.differences(texts, texts) == []


def test_a_successor_takes_over_the_name_of_a_device_that_is_no_more(desk):
    desk.start()
    desk.hear("gw-bridge", "A110", {"A110/ph": ""})
    desk.run("devices", "adopt", "gw-bridge", "A110", "--as", "old-lab")
    desk.run("devices", "import", str(desk.city), "--force")  # the files do not have it
    desk.run("devices", "adopt", "gw-bridge", "A110", "--as", "new-lab")
    ((texts,),) = desk.query("SELECT texts FROM registry_version ORDER BY version DESC LIMIT 1")
    city = catalogue.build(texts)
    assert city.device_of["gw-bridge"]["A110"] == "new-lab"
    assert city.keys_of["gw-bridge"]["A110/ph"] == city.slot_of["new-lab/ph"] == 6
    assert city.datastreams[5].id == "old-lab/ph"
    assert city.datastreams[5].retired


def test_a_device_behind_a_new_gateway_brings_it_along(desk):
    desk.start()
    desk.hear("gw-new", "B1", {"B1/降水量": "mm"})
    assert "gw-new is new too, so say where it is" in desk.run(
        "devices", "adopt", "gw-new", "B1", "--as", "roof", code=2
    )
    told = desk.run("devices", "adopt", "gw-new", "B1", "--as", "roof", "--place", "lock")
    assert "ioc quarantine replay --reason unknown_gateway --gateway gw-new" in told
    assert [one["id"] for one in desk.json("list", "--gateway", "gw-new")["devices"]] == ["roof"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["gw-bridge", "nobody", "--as", "x"], "was never heard;", id="never_heard"),
        pytest.param(
            ["gw-bridge", "A110", "--as", "x", "--place", "brige"],
            "--place: 'brige' is not known; did you mean 'bridge'?", id="place",
        ),
        pytest.param(
            ["gw-bridge", "A110", "--as", "x", "--property", "ph"],
            "'ph' is not CODE=PROPERTY", id="no_equals",
        ),
        pytest.param(
            ["gw-bridge", "A110", "--as", "x", "--property", "rainn=rain_1h"],
            "A110 sends no 'rainn'; did you mean 'rain'?", id="no_such_code",
        ),
        pytest.param(
            ["gw-bridge", "A110", "--as", "x", "--property", "ph=phh"],
            "'phh' is no property; did you mean 'ph'?", id="no_such_property",
        ),
        pytest.param(
            ["gw-bridge", "A110", "--as", "x", "--property", "rain=ph"],
            "rain comes in 'mm', and ph is in 'pH'", id="unit",
        ),
        pytest.param(
            ["gw-bridge", "A110", "--as", "radar"],
            "radar is a device already, radar behind gw-road; choose another id", id="id_taken",
        ),
    ],
)  # fmt: skip
def test_a_mistake_in_adopting_is_told_and_changes_nothing(desk, words, told):
    desk.start()
    desk.hear("gw-bridge", "A110", KEYS)
    assert told in desk.run("devices", "adopt", *words, code=2)
    assert desk.versions() == [(1, "files")]
