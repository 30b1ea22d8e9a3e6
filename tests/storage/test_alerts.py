"""Transitions into tables, on a real PostgreSQL: every kind, and what it does to people's work."""

import math

import msgspec
import psycopg
import pytest

from rules.alerts import Seen, TransitionKind
from storage.alerts import VersionError
from storage.commit import Stretch, commit
from tests.simulation.database import Tables
from tests.storage.episodes import EVIDENCE, Episode, in_database, row, state, told

FLAGS = ("severity", "active", "suppressed", "flapping", "returned")

LIVES = [
    pytest.param([("escalated", "red")], ("red", True, None, False, False), id="escalated"),
    pytest.param([("deescalated", "blue")], ("blue", True, None, False, False), id="deescalated"),
    pytest.param([("cleared",)], ("yellow", False, None, False, False), id="cleared"),
    pytest.param([("withdrawn",)], ("yellow", False, None, False, False), id="withdrawn"),
    pytest.param([("realarmed",)], ("yellow", True, None, False, False), id="realarmed"),
    pytest.param([("returned",)], ("yellow", True, None, False, True), id="returned"),
    pytest.param(
        [("returned",), ("cleared",)], ("yellow", False, None, False, False), id="reset"
    ),
    pytest.param(
        [("returned",), ("reactivated", "red")], ("red", True, None, False, False),
        id="reactivated",
    ),
    pytest.param(
        [("suppressed", "", 1, "parent")], ("yellow", True, "parent", False, False),
        id="suppressed",
    ),
    pytest.param(
        [("suppressed", "", 1, "schedule"), ("escalated", "red")],
        ("red", True, "schedule", False, False),
        id="suppressed-and-worse",
    ),
    pytest.param(
        [("suppressed", "", 1, "maintenance"), ("unsuppressed",)],
        ("yellow", True, None, False, False),
        id="unsuppressed",
    ),
    pytest.param(
        [("suppressed", "", 1, "maintenance"), ("cleared",)],
        ("yellow", False, "maintenance", False, False),
        id="cleared-while-suppressed",
    ),
    pytest.param([("flapping",)], ("yellow", True, None, True, False), id="flapping"),
    pytest.param(
        [("flapping",), ("escalated", "orange")], ("orange", True, None, True, False),
        id="flapping-and-worse",
    ),
    pytest.param(
        [("flapping",), ("cleared",)], ("yellow", False, None, False, False), id="calm-again"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("life", "wanted"), LIVES)
def test_an_alert_stands_as_its_transitions_leave_it(own_database_url, life, wanted):
    one = Episode()
    told_by = [one.tell("raised", "yellow"), *(one.tell(*step) for step in life)]
    told(own_database_url, *told_by)
    assert state(own_database_url, one.id, *FLAGS) == wanted
    simulated = Tables()
    simulated.commit(Stretch([], transitions=told_by))
    alert = simulated.alerts[one.id]
    assert (alert.active, alert.suppressed, alert.flapping, alert.returned) == wanted[1:]
    counts = "SELECT count(*)::int FROM"
    assert (
        state(
            own_database_url,
            one.id,
            "version",
            f"({counts} alert_transition)",
            f"({counts} outbox)",
        )
        == (len(told_by),) * 3
    )


def test_every_kind_is_among_these_lives():
    kinds = {step[0] for life in LIVES for step in life.values[0]} | {"raised"}
    assert kinds == {one.value for one in TransitionKind}


def acknowledged(url, alert):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "UPDATE alert SET acknowledged = true, acknowledged_by = 'ann', "
            "acknowledged_at = now(), owner = 'ben' WHERE id = %s",
            (alert,),
        )


@pytest.mark.parametrize(
    ("life", "stays"),
    [
        pytest.param([("escalated", "red")], False, id="escalated"),
        pytest.param([("realarmed",)], False, id="realarmed"),
        pytest.param([("returned",), ("reactivated",)], False, id="reactivated"),
        pytest.param(
            [("suppressed", "", 1, "parent"), ("unsuppressed",)], False, id="unsuppressed"
        ),
        pytest.param([("deescalated", "blue")], True, id="deescalated"),
        pytest.param([("suppressed", "", 1, "parent")], True, id="suppressed"),
        pytest.param([("returned",)], True, id="returned"),
        pytest.param([("flapping",)], True, id="flapping"),
        pytest.param([("cleared",)], True, id="cleared"),
    ],
)
def test_what_is_told_anew_is_acknowledged_anew_and_keeps_its_owner(own_database_url, life, stays):
    one = Episode()
    told(own_database_url, one.tell("raised", "yellow"))
    acknowledged(own_database_url, one.id)
    told(own_database_url, *(one.tell(*step) for step in life))
    assert state(
        own_database_url, one.id, "acknowledged", "acknowledged_by", "acknowledged_at IS NOT NULL",
        "owner", "handled",
    ) == (stays, "ann" if stays else None, stays, "ben", 0)  # fmt: skip


def test_plan_and_skill_are_those_of_the_newest_transition(own_database_url):
    one = Episode()
    told(own_database_url, one.tell("raised", "yellow", plan="flood-3", skill="pump"))
    assert state(own_database_url, one.id, "plan", "skill") == ("flood-3", "pump")
    told(own_database_url, one.tell("escalated", "red", plan="flood-1"))
    assert state(own_database_url, one.id, "plan", "skill") == ("flood-1", "")


def test_the_outbox_says_of_each_transition_whether_it_is_to_be_told(own_database_url):
    one = Episode()
    told(
        own_database_url,
        one.tell("raised", "yellow"),
        one.tell("suppressed", "", 1, "parent"),
        one.tell("escalated", "red", 2),
        one.tell("unsuppressed", "", 3),
        one.tell("suppressed", "", 4, "schedule"),
        one.tell("cleared", "", 5),
    )
    with psycopg.connect(own_database_url) as connection:
        found = connection.execute(
            "SELECT payload->>'kind', payload->>'suppressed' FROM outbox ORDER BY id"
        ).fetchall()
    assert found == [
        ("raised", None), ("suppressed", "parent"), ("escalated", "parent"),
        ("unsuppressed", None), ("suppressed", "schedule"), ("cleared", "schedule"),
    ]  # fmt: skip


def test_evidence_is_kept_as_it_was_and_missing_numbers_are_null(own_database_url):
    one = Episode("both", "bridge")
    seen = Seen("rain", "bridge-gauge/rain_1h", math.nan, 0)
    evidence = msgspec.structs.replace(EVIDENCE, value=math.nan, inputs=(seen,), reason="quiet")
    raised = msgspec.structs.replace(one.tell("raised", "red"), evidence=evidence)
    told(own_database_url, raised)
    (kept,) = row(own_database_url, "SELECT evidence FROM alert_transition")
    (payload,) = row(own_database_url, "SELECT payload->'evidence' FROM outbox")
    assert kept == payload
    assert (kept["value"], kept["limit_name"], kept["reason"]) == (None, "warning", "quiet")
    assert kept["inputs"] == [
        {"name": "rain", "datastream": "bridge-gauge/rain_1h", "result": None,
         "phenomenon_time_us": 0}
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [one.value for one in TransitionKind if one.value != "raised"])
def test_a_transition_that_does_not_follow_is_refused(own_database_url, kind):
    one = Episode()
    told(own_database_url, one.tell("raised", "yellow"))
    one.tell("escalated", "red")  # which never came
    wrong = one.tell(kind)

    async def work(connection):
        with pytest.raises(VersionError, match=f"is not at version 2, which {kind} of bridge-g"):
            await commit(connection, Stretch([], transitions=[wrong]))

    in_database(own_database_url, work)
    assert state(own_database_url, one.id, "version", "severity") == (1, "yellow")
