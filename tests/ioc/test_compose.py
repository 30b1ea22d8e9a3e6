"""The compose file and the image fit the code: commands, variables, ports and paths exist."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from ioc import settings
from ioc.main import app

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if "build" in one}
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
PASSWORD = "${POSTGRES_PASSWORD:?set it in .env, see .env.example}"


def test_whole_line_is_there():
    assert set(OURS) == {"prepare", "gateway", "worker", "wall", "simulator"}
    assert set(SERVICES) - set(OURS) == {"mqtt", "kafka", "database"}
    assert SERVICES["simulator"]["profiles"] == ["demo"]


@pytest.mark.parametrize("name", OURS)
def test_command_exists(name: str):
    commands = get_command(app).commands
    assert OURS[name]["command"][0] in commands
    check = OURS[name].get("healthcheck", {}).get("test", ["CMD", "python", "-m", "ioc", "alive"])
    assert check[:4] == ["CMD", "python", "-m", "ioc"]
    assert check[4] in commands


@pytest.mark.parametrize("name", OURS)
def test_environment_is_accepted_as_settings(name: str):
    environment = {key: value.replace(PASSWORD, "pw") for key, value in
                   OURS[name]["environment"].items()}  # fmt: skip
    found = settings.load(environment)
    assert found.mqtt.host == "mqtt"
    assert found.kafka_servers == "kafka:9092"
    assert found.database_url == "postgresql://ioc:pw@database:5432/ioc"


def test_addresses_are_those_of_the_engines():
    database = SERVICES["database"]["environment"]
    assert (database["POSTGRES_USER"], database["POSTGRES_DB"]) == ("ioc", "ioc")
    assert "kafka:9092" in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    mosquitto = (ROOT / "deploy" / "mosquitto.conf").read_text()
    port = OURS["gateway"]["environment"]["IOC_MQTT_PORT"]
    assert re.search(rf"^listener {port}$", mosquitto, re.MULTILINE)


def test_broker_lets_as_many_be_in_flight_as_the_gateway_asks_for():
    mosquitto = (ROOT / "deploy" / "mosquitto.conf").read_text()
    found = re.search(r"^max_inflight_messages (\d+)$", mosquitto, re.MULTILINE)
    assert found is not None
    assert int(found.group(1)) >= settings.load({}).gateway.receive_maximum


def test_wall_is_published_from_the_port_it_listens_on():
    (published,) = OURS["wall"]["ports"]
    assert published.endswith(":" + OURS["wall"]["environment"]["IOC_WALL_PORT"])
    assert all("ports" not in one for name, one in SERVICES.items() if name != "wall")


def test_every_dependency_can_become_true():
    for name, one in SERVICES.items():
        for other, wanted in one.get("depends_on", {}).items():
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], f"{name} waits for {other} for ever"
            else:
                assert SERVICES[other]["restart"] == "no"


def test_no_password_stands_in_any_file():
    assert SERVICES["database"]["environment"]["POSTGRES_PASSWORD"] == PASSWORD
    assert re.search(r"^POSTGRES_PASSWORD=$", EXAMPLE, re.MULTILINE)
    wanted = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert wanted == set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))


def test_mounted_files_and_volumes_exist():
    for one in SERVICES.values():
        for mount in one.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).is_file()
            else:
                assert source in COMPOSE["volumes"]


def test_image_holds_what_the_programs_need_and_does_not_run_as_root():
    copied = re.findall(r"^COPY (\S+) \./", DOCKERFILE, re.MULTILINE)
    assert {"requirements.txt", "cities", *settings_rooms()} == set(copied)
    assert all((ROOT / name).exists() for name in copied)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in copied} <= set(ignored)
    assert re.search(r"^USER ioc$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE
    assert 'ENTRYPOINT ["python", "-m", "ioc"]' in DOCKERFILE


def test_image_variables_are_settings():
    given = dict(re.findall(r"(IOC_\w+)=(\S+)", DOCKERFILE))
    found = settings.load(given)
    assert (str(found.city), str(found.data_dir)) == ("/app/cities/jiangyan", "/data")


def settings_rooms() -> set[str]:
    return {"devices", "rules", "dispatch", "documents", "storage", "ingest", "streams",
            "ioc_dashboard", "simulators", "ioc"}  # fmt: skip


@pytest.mark.parametrize("script", [".ci/run", "deploy/launcher.sh"])
def test_script_may_be_executed(script: str):
    assert (ROOT / script).stat().st_mode & stat.S_IXUSR
