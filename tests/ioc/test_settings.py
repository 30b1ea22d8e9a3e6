"""Every mistake in a settings file is told by its place and by what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.codecs import FRAMERS
from ioc import settings
from ioc.settings import SettingsError
from tests.ingest import line_codec

MISTAKES = {
    "not toml": ("port = = 1\n", "{file}: is not TOML: Invalid value (at line 1, column 8)"),
    "unknown table": ("[mqqt]\nport = 1\n", "{file}: mqqt: no such setting; did you mean mqtt?"),
    "unknown key": (
        "[wall]\nprot = 8050\n",
        "{file}: wall.prot: no such setting; did you mean wall.port?",
    ),
    "right key in the wrong table": (
        "[gateway]\npartitions = 4\n",
        "{file}: gateway.partitions: no such setting; did you mean kafka.partitions?",
    ),
    "unknown key at the top": (
        'datadir = "x"\n',
        "{file}: datadir: no such setting; did you mean data_dir?",
    ),
    "value where a table belongs": (
        "wall = 8050\n",
        "{file}: wall: must be a table: [wall] on a line of its own",
    ),
    "text for a number": (
        '[mqtt]\nport = "1883"\n',
        "{file}: mqtt.port: '1883' must be a whole number",
    ),
    "truth for a number": (
        "[mqtt]\nport = true\n",
        "{file}: mqtt.port: True must be a whole number",
    ),
    "number for a text": (
        "[mqtt]\nhost = 7\n",
        "{file}: mqtt.host: 7 must be a text in quotes",
    ),
    "number for a folder": (
        "city = 7\n",
        "{file}: city: 7 must be the path of a folder, in quotes",
    ),
    "port out of range": (
        "[kafka]\nport = 70000\n",
        "{file}: kafka.port: 70000 is not a TCP port; it must be 1 to 65535",
    ),
    "no memory for the log": (
        "[kafka]\nmemory_mib = 1\n",
        "{file}: kafka.memory_mib: 1 must be 64 to 1048576",
    ),
    "no partitions": (
        "[kafka]\npartitions = 0\n",
        "{file}: kafka.partitions: 0 must be 1 to 1000",
    ),
    "alarm beyond everything": (
        "[quarantine]\nalarm_percent = 101\n",
        "{file}: quarantine.alarm_percent: 101 must be 0 to 100",
    ),
    "alarm over no time": (
        "[quarantine]\nalarm_minutes = 0\n",
        "{file}: quarantine.alarm_minutes: 0 must be 1 to 1440",
    ),
    "alarm over no readings": (
        "[quarantine]\nalarm_least = 0\n",
        "{file}: quarantine.alarm_least: 0 must be 1 to 1000000000",
    ),
    "sender of the feed with a space": (
        '[feed]\nsender = "a b"\n',
        "{file}: feed.sender: 'a b' must have no space, comma, < or &",
    ),
    "circle larger than the district": (
        "[feed]\nradius_km = 51\n",
        "{file}: feed.radius_km: 51 must be 0 to 50",
    ),
    "server without port": (
        '[kafka]\nservers = "kafka-1"\n',
        "{file}: kafka.servers: 'kafka-1' is not host:port, e.g. kafka-1:9092",
    ),
    "another database, password not repeated": (
        '[database]\nurl = "mysql://root:secret@db/ioc"\n',
        "{file}: database.url: must start with postgresql://, as in postgresql://ioc@db:5432/ioc",
    ),
    "a room's own bounds": (
        "[gateway]\nwindow_ms = 0\n",
        "{file}: gateway.window_ms is 0; it must be 1 to 1000",
    ),
    "number for a list": (
        "[gateway]\ntcp = 8212\n",
        '{file}: gateway.tcp: 8212 must be a list of texts, e.g. ["a", "b"]',
    ),
    "list of numbers": (
        "[gateway]\ntcp = [8212]\n",
        '{file}: gateway.tcp: [8212] must be a list of texts, e.g. ["a", "b"]',
    ),
    "listener without port": (
        '[gateway]\ntcp = ["line:8212", "line"]\n',
        "{file}: gateway.tcp holds 'line'; it must be line:PORT",
    ),
    "listener for what is no stream": (
        '[gateway]\ntcp = ["senml:8212"]\n',
        "{file}: gateway.tcp holds 'senml:8212'; it must be line:PORT",
    ),
    "listener beyond all ports": (
        '[gateway]\ntcp = ["line:70000"]\n',
        "{file}: gateway.tcp holds 'line:70000'; it must be line:PORT",
    ),
    "no connections": (
        "[gateway]\ntcp_connections = 0\n",
        "{file}: gateway.tcp_connections is 0; it must be 1 to 10000",
    ),
    "the wall's own bounds": (
        "[wall]\ntrend_hours = 100\n",
        "{file}: wall.trend_hours is 100; it must be 0.1 to 48 h",
    ),
}


@pytest.fixture(autouse=True)
def _one_stream(monkeypatch):
    """Let there be one codec for TCP, whichever this version has."""
    for name in list(FRAMERS):
        monkeypatch.delitem(FRAMERS, name)
    monkeypatch.setitem(FRAMERS, "line", line_codec.Framer)


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistake_in_the_file_is_told(tmp_path: Path, text: str, message: str):
    file = tmp_path / "ioc.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as told:
        settings.load({}, file)
    assert str(told.value) == message.format(file=file)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        (
            "IOC_WAL_PORT",
            "1",
            "IOC_WAL_PORT: no such setting; did you mean IOC_WALL_PORT?",
        ),
        ("IOC_WALL_PORT", "x", "IOC_WALL_PORT: 'x' must be a whole number"),
        ("IOC_SIMULATOR_SPEED", "fast", "IOC_SIMULATOR_SPEED: 'fast' must be a number"),
        (
            "IOC_WORKER_TAKE",
            "0",
            "IOC_WORKER_TAKE: worker.take is 0; it must be 1 to 1000",
        ),
    ],
)
def test_mistake_in_the_environment_is_told(variable: str, value: str, message: str):
    with pytest.raises(SettingsError) as told:
        settings.load({variable: value})
    assert str(told.value) == message


def test_missing_file_that_was_named_is_told(tmp_path: Path):
    with pytest.raises(SettingsError, match="there is no such file"):
        settings.load({}, tmp_path / "other.toml")


def test_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path):
    file = tmp_path / "ioc.toml"
    file.write_text("[wall]\nport = 1111\ntrend_hours = 3\n[mqtt]\nport = 2222\n")
    found = settings.load({"IOC_WALL_PORT": "3333", "PATH": "/bin"}, file)
    assert (found.wall.port, found.wall.trend_hours, found.mqtt.port) == (3333, 3.0, 2222)
    assert found.kafka.port == 9092


def test_a_list_is_written_as_one_in_the_file_and_with_commas_in_the_environment(tmp_path: Path):
    file = tmp_path / "ioc.toml"
    file.write_text('[gateway]\ntcp = ["line:8212", "line:8213"]\n')
    assert settings.load({}, file).gateway.tcp_ports == [("line", 8212), ("line", 8213)]
    found = settings.load({"IOC_GATEWAY_TCP": "line:8214, line:8215"}, file)
    assert found.gateway.tcp == ("line:8214", "line:8215")
    assert settings.load({"IOC_GATEWAY_TCP": ""}, file).gateway.tcp == ()


def test_a_path_in_the_file_counts_from_the_file(tmp_path: Path):
    file = tmp_path / "ioc.toml"
    file.write_text('data_dir = "data"\n')
    assert settings.load({}, file).data_dir == tmp_path / "data"
    assert settings.load({"IOC_DATA_DIR": "data"}, file).data_dir == Path.cwd() / "data"


def test_rooms_are_handed_what_they_must_agree_on(tmp_path: Path):
    found = settings.load(
        {
            "IOC_DATA_DIR": str(tmp_path),
            "IOC_MQTT_HOST": "broker",
            "IOC_MQTT_PORT": "1999",
            "IOC_KAFKA_SERVERS": "k1:9092,k2:9092",
            "IOC_KAFKA_PARTITIONS": "12",
            "IOC_DATABASE_URL": "postgresql://ioc@db/ioc",
        }
    )
    assert (found.gateway.mqtt_host, found.simulator.mqtt_host) == ("broker", "broker")
    assert (found.gateway.mqtt_port, found.simulator.mqtt_port) == (1999, 1999)
    assert {found.gateway.kafka, found.worker.kafka, found.wall.kafka} == {"k1:9092,k2:9092"}
    assert (found.gateway.partitions, found.worker.partitions) == (12, 12)
    assert {found.worker.database_url, found.wall.database_url} == {"postgresql://ioc@db/ioc"}


def test_a_wall_on_every_interface_is_still_an_address_for_a_browser():
    assert settings.load({"IOC_WALL_HOST": "0.0.0.0"}).wall_url == "http://127.0.0.1:8050/"
    assert settings.load({"IOC_WALL_HOST": "::"}).wall_url == "http://[::1]:8050/"


def test_every_setting_can_be_given_by_the_environment():
    names = ["IOC_" + key.replace(".", "_").upper() for key in settings.every_key()]
    assert len(set(names)) == len(names)
    assert {"IOC_CITY", "IOC_DATABASE_URL", "IOC_SIMULATOR_SCENARIO"} <= set(names)
