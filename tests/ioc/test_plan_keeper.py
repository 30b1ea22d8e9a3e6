"""The plans' keeper: rules' plans start and overdue items are told, beside everything else."""

from __future__ import annotations

import psycopg
import pytest
from structlog.testing import capture_logs

from dispatch.plans import read
from ioc.plan_keeper import PlanKeeper
from tests.dispatch.test_plan_file import PLANS
from tests.ioc.test_incident_keeper import wait_until
from tests.storage.happenings import count, incident
from tests.storage.test_plans import alert, earlier


@pytest.fixture
def keeper(own_database_url):
    one = PlanKeeper(own_database_url, read(PLANS), every_s=0.02)
    one.start()
    yield one
    one.end()


def test_a_plan_starts_with_its_alert_and_what_is_late_is_told_once(own_database_url, keeper):
    incident(own_database_url, alert(own_database_url))
    wait_until(lambda: count(own_database_url, "plan_run") == 1)
    earlier(own_database_url, 60)
    wait_until(lambda: count(own_database_url, "plan_overdue") == 2)
    looks = keeper.looks
    wait_until(lambda: keeper.looks > looks + 2)
    assert count(own_database_url, "plan_overdue") == 2
    assert count(own_database_url, "plan_run") == 1


def test_a_plan_that_the_city_has_not_is_logged_once(own_database_url, keeper):
    with capture_logs() as logs:
        incident(own_database_url, alert(own_database_url, plan="unheard-of"))
        wait_until(lambda: any("plan that the city has not" in one["event"] for one in logs))
        looks = keeper.looks
        wait_until(lambda: keeper.looks > looks + 2)
    assert [one["plan"] for one in logs] == ["unheard-of"]


def test_a_lost_database_is_waited_for(own_database_url, keeper):
    wait_until(lambda: keeper.looks > 0)
    with capture_logs() as logs:
        with psycopg.connect(own_database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'ioc plans' AND datname = current_database()"
            )
        wait_until(lambda: any(one["event"] == "plans not kept" for one in logs))
    incident(own_database_url, alert(own_database_url))
    wait_until(lambda: count(own_database_url, "plan_run") == 1)
