"""All settings of a running system: one file, overridden by the environment.

The only module that reads them. `ioc.toml` (in the working folder, or named by `--config`) holds
two keys at the top and a table for each part; `IOC_<TABLE>_<KEY>` in the environment wins over it.
The tables `gateway`, `edge`, `worker`, `wall` and `simulator` are the settings of those rooms; what
the rooms must agree on (addresses, folders, the number of partitions) is set once, in the other
tables, and handed to them here.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dispatch.cap_told import FeedSettings
from ingest.edge_settings import EdgeSettings
from ingest.settings import GatewaySettings
from ioc.parts import postgres
from ioc.parts.part import Port
from ioc_dashboard.settings import WallSettings
from simulators.settings import SimulatorSettings
from streams.settings import WorkerSettings

LOCALHOST = "127.0.0.1"
"""Where embedded parts listen: nobody outside this machine reaches them."""

_EMBEDDED_SESSION_S = 1.5
"""`worker.session_timeout_s` on the embedded log. A worker that was killed is back at the group
after 2 s, and its predecessor must have expired by then: otherwise the log lets it join, waits for
the dead one, and has it join again (measured from start to first row: 12.8 s with 6 s, 9.8 s with
4 s in two of five, 3.7 s with 3 s, 2.7 s with 1.5 s and 2 s)."""

_FILE = "ioc.toml"
_NOT_SETTINGS = {"IOC_CONFIG"}
"""Variables that begin like settings and are read elsewhere."""


class SettingsError(ValueError):
    """A setting is unknown, of the wrong type, or out of its bounds."""


def _check_port(name: str, number: int) -> None:
    if not 1 <= number <= 65535:
        raise ValueError(f"{name}: {number} is not a TCP port; it must be 1 to 65535")


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The MQTT broker."""

    host: str = ""
    """Name or address of a broker; empty: `ioc up` starts its own on 127.0.0.1."""
    port: int = 1883
    """TCP port, 1 to 65535."""

    def __post_init__(self) -> None:
        """Check bounds; raises ValueError."""
        _check_port("port", self.port)


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """The log."""

    servers: str = ""
    """Bootstrap servers `host:port[,host:port]`; empty: `ioc up` starts its own on 127.0.0.1."""
    port: int = 9092
    """TCP port of the embedded log, 1 to 65535."""
    partitions: int = 4
    """Partitions of the topic `observations`, 1 to 1000; as many workers can share the work."""
    memory_mib: int = 1024
    """Memory from which the embedded log is started anew and empty, MiB, 64 to 1048576."""

    def __post_init__(self) -> None:
        """Check bounds; raises ValueError."""
        _check_port("port", self.port)
        if not 1 <= self.partitions <= 1000:
            raise ValueError(f"partitions: {self.partitions} must be 1 to 1000")
        if not 64 <= self.memory_mib <= 1 << 20:
            raise ValueError(f"memory_mib: {self.memory_mib} must be 64 to 1048576")
        for server in filter(None, self.servers.split(",")):
            if not re.fullmatch(r"\S+:\d{1,5}", server):
                raise ValueError(f"servers: {server!r} is not host:port, e.g. kafka-1:9092")


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """The database."""

    url: str = ""
    """PostgreSQL or TimescaleDB URL; empty: `ioc up` starts its own on 127.0.0.1."""
    port: int = 5442
    """TCP port of the embedded database, 1 to 65535."""

    def __post_init__(self) -> None:
        """Check bounds; raises ValueError."""
        _check_port("port", self.port)
        if self.url and not self.url.startswith(("postgresql://", "postgres://")):
            # The value may hold a password: it is not repeated.
            raise ValueError(
                "url: must start with postgresql://, as in postgresql://ioc@db:5432/ioc"
            )


@dataclass(frozen=True, slots=True)
class QuarantineSettings:
    """When too much is refused."""

    alarm_percent: float = 5.0
    """Share of refused readings above which `ioc status` warns, of all and of each field gateway,
    percent, 0 to 100."""
    alarm_minutes: int = 5
    """Over how long the share is taken, minutes of receipt, 1 to 1440."""
    alarm_least: int = 100
    """Readings in that time below which there is no share worth a warning, 1 to 1000000000."""

    def __post_init__(self) -> None:
        """Check bounds; raises ValueError."""
        if not 0 <= self.alarm_percent <= 100:
            raise ValueError(f"alarm_percent: {self.alarm_percent:g} must be 0 to 100")
        if not 1 <= self.alarm_minutes <= 1440:
            raise ValueError(f"alarm_minutes: {self.alarm_minutes} must be 1 to 1440")
        if not 1 <= self.alarm_least <= 10**9:
            raise ValueError(f"alarm_least: {self.alarm_least} must be 1 to 1000000000")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set."""

    file: Path | None
    """Where it was read; None without a file."""
    city: Path
    """Folder of the city's files; default `cities/jiangyan`."""
    data_dir: Path
    """Folder for the database, logs and state; default `var`."""
    mqtt: MqttSettings
    kafka: KafkaSettings
    database: DatabaseSettings
    quarantine: QuarantineSettings
    feed: FeedSettings
    gateway: GatewaySettings
    edge: EdgeSettings
    worker: WorkerSettings
    wall: WallSettings
    simulator: SimulatorSettings

    @property
    def run_dir(self) -> Path:
        """Heartbeats and the state of the supervisor."""
        return self.data_dir / "run"

    @property
    def log_dir(self) -> Path:
        """Logs, one for each part."""
        return self.data_dir / "log"

    @property
    def mqtt_port(self) -> Port:
        """Where the embedded broker listens."""
        return Port(LOCALHOST, self.mqtt.port, "mqtt.port")

    @property
    def kafka_port(self) -> Port:
        """Where the embedded log listens."""
        return Port(LOCALHOST, self.kafka.port, "kafka.port")

    @property
    def database_port(self) -> Port:
        """Where the embedded database listens."""
        return Port(LOCALHOST, self.database.port, "database.port")

    @property
    def wall_port(self) -> Port:
        """Where the wall listens."""
        return Port(self.wall.host, self.wall.port, "wall.port")

    @property
    def kafka_servers(self) -> str:
        """Bootstrap servers of the log, wherever it runs."""
        return self.kafka.servers or f"{LOCALHOST}:{self.kafka.port}"

    @property
    def database_url(self) -> str:
        """URL of the database, wherever it runs; without password before the first start."""
        return _database_url(self.database, self.data_dir)

    @property
    def wall_url(self) -> str:
        """Address of the wall as a browser on this machine wants it."""
        host = {"0.0.0.0": LOCALHOST, "::": "::1"}.get(self.wall.host, self.wall.host)  # noqa: S104 # compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.wall.port}/"


_TABLES: dict[str, Any] = {
    "mqtt": MqttSettings,
    "kafka": KafkaSettings,
    "database": DatabaseSettings,
    "quarantine": QuarantineSettings,
    "feed": FeedSettings,
    "gateway": GatewaySettings,
    "edge": EdgeSettings,
    "worker": WorkerSettings,
    "wall": WallSettings,
    "simulator": SimulatorSettings,
}
_TOP = {"city": "cities/jiangyan", "data_dir": "var"}
_HANDED_IN = {
    "mqtt_host",
    "mqtt_port",
    "kafka",
    "database_url",
    "partitions",
    "data_dir",
    "spool_dir",
}
_TEXTS = tuple[str, ...]
"""The type of a setting that is a list: in the environment with commas between."""

_ROOMS = ("gateway", "edge", "worker", "wall", "simulator")


@dataclass(frozen=True, slots=True)
class _Given:
    """One value as somebody wrote it."""

    value: Any
    place: str
    """The file or the variable."""


def load(environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """Read and check all settings.

    Args:
        environment: variables; those that begin with `IOC_` must be settings.
        file: a TOML file that must exist; None takes `ioc.toml` of the working folder if there.

    Raises:
        SettingsError: the first mistake: where it stands, and what would be right.
    """
    if file is None and Path(_FILE).is_file():
        file = Path(_FILE)
    given = _from_file(file) if file is not None else {}
    given |= _from_environment(environment)
    paths = {key: _path(key, given.get(key), file) for key in _TOP}
    tables: dict[str, Any] = {
        name: _build(name, given, {})
        for name in ("mqtt", "kafka", "database", "quarantine", "feed")
    }
    wired = {
        "mqtt_host": tables["mqtt"].host or LOCALHOST,
        "mqtt_port": tables["mqtt"].port,
        "kafka": tables["kafka"].servers or f"{LOCALHOST}:{tables['kafka'].port}",
        "database_url": _database_url(tables["database"], paths["data_dir"]),
        "partitions": tables["kafka"].partitions,
        "data_dir": paths["data_dir"] / "faust",
        "spool_dir": paths["data_dir"] / "spool",
    }
    if not tables["kafka"].servers:
        wired["session_timeout_s"] = _EMBEDDED_SESSION_S
    tables |= {name: _build(name, given, wired) for name in _ROOMS}
    return Settings(file=file, city=paths["city"], data_dir=paths["data_dir"], **tables)


def _database_url(database: DatabaseSettings, data_dir: Path) -> str:
    try:
        return database.url or postgres.url(
            Port(LOCALHOST, database.port, "database.port"), data_dir
        )
    except PermissionError as error:
        raise SettingsError(
            f"{error.filename}: belongs to another user; run as that user, or choose another "
            "data_dir (IOC_DATA_DIR)"
        ) from None


def every_key() -> list[str]:
    """Return every key that may be set, dotted as in `wall.port`."""
    found = list(_TOP)
    for table, kind in _TABLES.items():
        found += [f"{table}.{field}" for field in _settable(table, kind)]
    return found


def _settable(table: str, kind: Any) -> dict[str, Any]:  # noqa: ANN401 # a dataclass
    hints = typing.get_type_hints(kind)
    hidden = _HANDED_IN if table in _ROOMS else set()
    return {one.name: hints[one.name] for one in dataclasses.fields(kind) if one.name not in hidden}


def _from_file(file: Path) -> dict[str, _Given]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{file}: there is no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: is not TOML: {error}") from None
    given: dict[str, _Given] = {}
    for name, value in content.items():
        if name in _TABLES and not isinstance(value, dict):
            raise SettingsError(f"{file}: {name}: must be a table: [{name}] on a line of its own")
        inner = {f"{name}.{key}": one for key, one in value.items()} if name in _TABLES else {}
        given |= {key: _Given(one, str(file)) for key, one in (inner or {name: value}).items()}
    for key in given:
        if key not in every_key() and key not in _TABLES:  # an empty table is none
            raise SettingsError(
                f"{file}: {key}: no such setting; {_nearest(key, [*every_key(), *_TABLES])}"
            )
    return given


def _from_environment(environment: Mapping[str, str]) -> dict[str, _Given]:
    known = {"IOC_" + key.replace(".", "_").upper(): key for key in every_key()}
    given = {}
    for name, text in environment.items():
        if not name.startswith("IOC_") or name in _NOT_SETTINGS:
            continue
        if name not in known:
            raise SettingsError(f"{name}: no such setting; {_nearest(name, list(known))}")
        key = known[name]
        table, _, field = key.rpartition(".")
        kind = _settable(table, _TABLES[table])[field] if table else str
        given[key] = _Given(_parse(text, kind, name), name)
    return given


def _nearest(word: str, valid: list[str]) -> str:
    near = difflib.get_close_matches(word, valid, n=1, cutoff=0.5)
    if not near:  # right key, wrong table
        last = word.rpartition(".")[2]
        near = [one for one in valid if one.rpartition(".")[2] == last][:1]
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(valid)}"


def _accepts(kind: Any, wanted: type) -> bool:  # noqa: ANN401 # a type or a union
    union = isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union
    return wanted in (typing.get_args(kind) if union else (kind,))


def _parse(text: str, kind: Any, source: str) -> Any:  # noqa: ANN401 # what the field holds
    """Turn the text of a variable into what the field holds."""
    if not text and _accepts(kind, type(None)):
        return None
    if kind == _TEXTS:
        return tuple(filter(None, (one.strip() for one in text.split(","))))
    if _accepts(kind, bool):
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if text.lower() not in words:
            raise SettingsError(f"{source}: {text!r} must be true or false")
        return words[text.lower()]
    for number, name in ((int, "a whole number"), (float, "a number")):
        if _accepts(kind, number):
            try:
                return number(text)
            except ValueError:
                raise SettingsError(f"{source}: {text!r} must be {name}") from None
    return text


def _build(table: str, given: Mapping[str, _Given], wired: Mapping[str, Any]) -> Any:  # noqa: ANN401 # the table's dataclass
    kind = _TABLES[table]
    names = {one.name for one in dataclasses.fields(kind)}
    arguments = {key: value for key, value in wired.items() if key in names}
    for field, wanted in _settable(table, kind).items():
        one = given.get(f"{table}.{field}")
        if one is not None:
            arguments[field] = _typed(f"{one.place}: {table}.{field}", one.value, wanted)
    try:
        return kind(**arguments)
    except ValueError as error:
        raise SettingsError(_located(table, str(error), given)) from None


def _typed(where: str, value: Any, wanted: Any) -> Any:  # noqa: ANN401 # what the field holds
    """Check a TOML value against the type of its field."""
    if value is None or _accepts(wanted, type(value)):
        return value
    if type(value) is int and _accepts(wanted, float):
        return float(value)
    if type(value) is str and _accepts(wanted, Path):
        return Path(value)
    if wanted == _TEXTS:
        if type(value) is tuple:
            return value
        if type(value) is list and all(type(one) is str for one in value):
            return tuple(value)
        raise SettingsError(f'{where}: {value!r} must be a list of texts, e.g. ["a", "b"]')
    names = {
        int: "a whole number",
        float: "a number",
        str: "a text in quotes",
        bool: "true or false",
    }
    right = next((text for kind, text in names.items() if _accepts(wanted, kind)), str(wanted))
    raise SettingsError(f"{where}: {value!r} must be {right}")


def _located(table: str, text: str, given: Mapping[str, _Given]) -> str:
    """Say where the value that a room refused was written."""
    text = text.removeprefix(f"{table}.")
    field = re.match(r"\w*", text)
    one = given.get(f"{table}.{field.group()}") if field else None
    return f"{one.place}: {table}.{text}" if one else f"{table}.{text}"


def _path(key: str, one: _Given | None, file: Path | None) -> Path:
    """Return an absolute path; one from the file counts from the file's folder."""
    if one is None:
        return Path(_TOP[key]).absolute()
    if not isinstance(one.value, str) or not one.value:
        raise SettingsError(
            f"{one.place}: {key}: {one.value!r} must be the path of a folder, in quotes"
        )
    base = file.parent if file is not None and one.place == str(file) else Path()
    return (base / one.value).absolute()
