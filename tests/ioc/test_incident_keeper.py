"""The keeper: alerts become incidents and what is due is told, beside everything else."""

from __future__ import annotations

import time

import psycopg
import pytest
from structlog.testing import capture_logs

from ioc.catalogue_source import DatabaseCatalogue
from ioc.incident_keeper import Keeper, place_of
from ioc.settings import load
from tests.small_city import city
from tests.storage.happenings import act, count, incident, raised


@pytest.fixture
def keeper(own_database_url, tmp_path):
    settings = load({"IOC_DATABASE_URL": own_database_url, "IOC_DATA_DIR": str(tmp_path)})
    one = Keeper(own_database_url, city(), DatabaseCatalogue(settings), every_s=0.02)
    one.start()
    yield one
    one.end()


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.01)


def test_an_alert_becomes_an_incident_and_an_assignment_is_told(own_database_url, keeper):
    raised(own_database_url)
    wait_until(lambda: count(own_database_url, "incident") == 1)
    act(own_database_url, "dispatch", 0, incident=incident(own_database_url))
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute("UPDATE assignment SET assigned = assigned - interval '4 minutes'")
    wait_until(lambda: count(own_database_url, "escalation") == 1)
    looks = keeper.looks
    wait_until(lambda: keeper.looks > looks + 2)
    assert count(own_database_url, "escalation") == 1


def test_a_lost_database_is_waited_for(own_database_url, keeper):
    wait_until(lambda: keeper.looks > 0)
    with capture_logs() as logs:
        with psycopg.connect(own_database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name IN ('ioc incidents', 'ioc registry') "
                "AND datname = current_database()"
            )
        wait_until(lambda: any(one["event"] == "incidents not kept" for one in logs))
    raised(own_database_url)
    wait_until(lambda: count(own_database_url, "incident") == 1)


def test_a_datastream_that_nobody_knows_is_nowhere():
    find = place_of(city())
    assert [find(slot) for slot in (0, 4, 5, -1)] == ["bridge", "bridge", "", ""]
