"""What people do with alerts, on a real PostgreSQL: one wins, and the engine goes on beside it."""

import asyncio
import time

import psycopg
import pytest
from psycopg import AsyncConnection

from rules.commands import MaintenanceEnd, Reset
from storage import engine_commands, handling, maintenance
from storage.handling import SHELVED_AT_MOST, HandlingError, StaleError
from tests.storage.episodes import NOON, SECOND, Episode, in_database, row, state, told

HOUR = 3600 * SECOND


def soon(hours):
    """Return µs since 1970 so many hours from now."""
    return time.time_ns() // 1000 + round(hours * HOUR)


def act(url, work, *given, **named):
    return in_database(url, lambda connection: work(connection, *given, **named))


def actions(url, alert):
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT number, kind, actor, reason FROM alert_action WHERE alert = %s ORDER BY number",
            (alert,),
        ).fetchall()


@pytest.fixture
def raised(own_database_url):
    one = Episode()
    told(own_database_url, one.tell("raised", "yellow"))
    return one


@pytest.fixture
def url(own_database_url):
    return own_database_url


def test_an_alert_is_acknowledged_by_one_and_owned_by_another(url, raised):
    act(
        url, handling.acknowledge, {raised.id: 0}, "ann", owner="pumps", comment="on the way\0"
    )  # fmt: skip
    assert state(
        url, raised.id, "acknowledged", "acknowledged_by", "owner", "handled", "version"
    ) == (True, "ann", "pumps", 1, 1)
    assert actions(url, raised.id) == [(1, "acknowledge", "ann", "on the way␀")]
    at, acknowledged = row(
        url, "SELECT a.at, b.acknowledged_at FROM alert_action a, alert b WHERE a.alert = b.id"
    )
    assert at == acknowledged


def test_the_engine_goes_on_whatever_people_do(url, raised):
    act(url, handling.acknowledge, {raised.id: 0}, "ann")
    told(url, raised.tell("deescalated", "blue"), raised.tell("escalated", "red"))
    assert state(url, raised.id, "version", "handled", "acknowledged", "owner") == (
        3, 1, False, "ann",
    )  # fmt: skip
    act(url, handling.acknowledge, {raised.id: 1}, "ben")
    assert state(url, raised.id, "acknowledged_by", "owner") == ("ben", "ann")
    told(url, raised.tell("cleared"))
    act(url, handling.comment, {raised.id: 2}, "ben", "a lorry stood there")
    assert state(url, raised.id, "version", "handled") == (4, 3)


def test_a_cleared_alert_can_be_acknowledged_and_not_shelved(url, raised):
    told(url, raised.tell("cleared"))
    with pytest.raises(HandlingError, match="is cleared; only an open alert can be shelved"):
        act(url, handling.shelve, {raised.id: 0}, "ann", soon(1), "noise")
    act(url, handling.acknowledge, {raised.id: 0}, "ann")
    assert state(url, raised.id, "acknowledged", "active") == (True, False)


def test_undo_gives_an_alert_back_to_whose_it_was(url, raised):
    act(url, handling.acknowledge, {raised.id: 0}, "ann", owner="pumps")
    act(url, handling.unacknowledge, {raised.id: 1}, "ann", reason="wrong row")
    assert state(url, raised.id, "acknowledged", "acknowledged_by", "owner", "handled") == (
        False, None, None, 2,
    )  # fmt: skip
    act(url, handling.acknowledge, {raised.id: 2}, "ben")
    told(url, raised.tell("realarmed"))
    act(url, handling.acknowledge, {raised.id: 3}, "eve", owner="eve")
    act(url, handling.unacknowledge, {raised.id: 4}, "eve")
    assert state(url, raised.id, "owner") == ("ben",)
    with pytest.raises(HandlingError, match="is not acknowledged"):
        act(url, handling.unacknowledge, {raised.id: 5}, "eve")
    assert len(actions(url, raised.id)) == 5


def test_who_comes_second_is_told_who_was_first(url, raised):
    act(url, handling.acknowledge, {raised.id: 0}, "ann")
    with pytest.raises(StaleError, match=f"alert {raised.id[:8]} was acknowledged by ann, 20") as e:
        act(url, handling.shelve, {raised.id: 0}, "ben", soon(1), "noise")
    assert e.value.by == "ann"
    with pytest.raises(HandlingError, match="is acknowledged already, by ann"):
        act(url, handling.acknowledge, {raised.id: 1}, "ben")
    other = Episode(subject="lock-gauge/water_level")
    told(url, other.tell("raised", "red"))
    with pytest.raises(StaleError, match="nobody has handled it yet"):
        act(url, handling.acknowledge, {other.id: 3}, "ben")


def test_of_many_at_once_one_wins(url, raised):
    async def race(_):
        async def one(name):
            async with await AsyncConnection.connect(url, autocommit=True) as own:
                await handling.acknowledge(own, {raised.id: 0}, name)
                return name

        return await asyncio.gather(*(one(name) for name in "abcdef"), return_exceptions=True)

    ended = in_database(url, race)
    (winner,) = [one for one in ended if isinstance(one, str)]
    assert [one.by for one in ended if isinstance(one, StaleError)] == [winner] * 5
    assert actions(url, raised.id) == [(1, "acknowledge", winner, "")]


def test_of_several_alerts_all_are_handled_or_none(url, raised):
    other = Episode(subject="lock-gauge/water_level")
    told(url, other.tell("raised", "red"))
    act(url, handling.comment, {other.id: 0}, "ann", "seen")
    with pytest.raises(StaleError, match="was commented by ann"):
        act(url, handling.acknowledge, {raised.id: 0, other.id: 0}, "ben")
    with pytest.raises(HandlingError, match="there is no alert 00000000-0000"):
        act(
            url,
            handling.acknowledge,
            {raised.id: 0, "0" * 8 + "-0000" * 3 + "-" + "0" * 12: 0},
            "ben",
        )
    assert state(url, raised.id, "handled", "acknowledged") == (0, False)
    act(url, handling.acknowledge, {raised.id: 0, other.id: 1}, "ben")
    assert state(url, other.id, "handled", "acknowledged_by") == (2, "ben")


@pytest.mark.parametrize("severity", SHELVED_AT_MOST)
def test_the_graver_an_alert_the_shorter_it_is_shelved(url, severity):
    one = Episode()
    told(url, one.tell("raised", severity))
    most = SHELVED_AT_MOST[severity].total_seconds() / 3600
    with pytest.raises(HandlingError, match=f"is {severity} and can be shelved for {most:g} h"):
        act(url, handling.shelve, {one.id: 0}, "ann", soon(most + 0.1), "sensor is cleaned")
    act(url, handling.shelve, {one.id: 0}, "ann", soon(most - 0.1), "sensor is cleaned")
    assert state(
        url, one.id, "shelved_until > now()", "shelved_by", "shelve_reason", "handled"
    ) == (True, "ann", "sensor is cleaned", 1)


@pytest.mark.parametrize(
    ("until_us", "reason", "why"),
    [
        pytest.param(NOON - HOUR * 24 * 300, "noise", "is past", id="past"),
        pytest.param(None, " ", "a reason is needed", id="no-reason"),
    ],
)
def test_shelving_needs_a_time_to_come_and_a_reason(url, raised, until_us, reason, why):
    with pytest.raises(HandlingError, match=why):
        act(url, handling.shelve, {raised.id: 0}, "ann", until_us or soon(1), reason)
    assert state(url, raised.id, "handled") == (0,)


SHELVING = ("shelved_until IS NOT NULL", "shelved_by", "shelve_reason")


def test_an_alert_is_back_when_it_is_unshelved_or_gets_graver(url, raised):
    act(url, handling.shelve, {raised.id: 0}, "ann", soon(1), "noise")
    told(url, raised.tell("realarmed"), raised.tell("deescalated", "blue"))
    assert state(url, raised.id, *SHELVING) == (True, "ann", "noise")
    act(url, handling.unshelve, {raised.id: 1}, "ben")
    assert state(url, raised.id, *SHELVING) == (False, None, None)
    with pytest.raises(HandlingError, match="is not shelved"):
        act(url, handling.unshelve, {raised.id: 2}, "ben")
    act(url, handling.shelve, {raised.id: 2}, "ann", soon(1), "noise")
    told(url, raised.tell("escalated", "yellow"))
    assert state(url, raised.id, *SHELVING, "handled") == (False, None, None, 3)


def again(url, severity, at_s):
    one = Episode(raised_s=at_s)
    told(url, one.tell("raised", severity))
    return one


def test_what_its_rule_raises_again_there_is_shelved_as_long(url, raised):
    act(url, handling.shelve, {raised.id: 0}, "ann", soon(1), "noise")
    told(url, raised.tell("cleared"))
    second = again(url, "yellow", 60)
    assert state(url, second.id, *SHELVING, "handled") == (True, "ann", "noise", 1)
    until = state(url, raised.id, "shelved_until")
    assert state(url, second.id, "shelved_until") == until
    ((number, kind, actor, reason),) = actions(url, second.id)
    assert (number, kind, actor, reason) == (1, "shelve", "ann", "noise")
    (source,) = row(
        url, "SELECT detail->>'taken_over_from' FROM alert_action WHERE alert = %s", second.id
    )
    assert source == raised.id
    told(url, second.tell("cleared"))
    graver = again(url, "orange", 120)
    assert state(url, graver.id, *SHELVING, "handled") == (False, None, None, 0)
    told(url, graver.tell("cleared"))
    # The alert before it was not shelved, whatever was before that.
    assert state(url, again(url, "yellow", 180).id, *SHELVING) == (False, None, None)


def test_another_subject_or_rule_is_not_shelved_with_it(url, raised):
    act(url, handling.shelve, {raised.id: 0}, "ann", soon(1), "noise")
    told(url, raised.tell("cleared"))
    for other in (Episode(rule="rain", raised_s=9), Episode(subject="lock-gauge/x", raised_s=9)):
        told(url, other.tell("raised", "blue"))
        assert state(url, other.id, *SHELVING) == (False, None, None)


def test_a_cleared_alert_is_unshelved_so_that_its_next_raise_is_seen(url, raised):
    act(url, handling.shelve, {raised.id: 0}, "ann", soon(1), "noise")
    told(url, raised.tell("cleared"))
    act(url, handling.unshelve, {raised.id: 1}, "ann")
    assert state(url, again(url, "yellow", 60).id, *SHELVING) == (False, None, None)


def test_shelving_that_is_over_is_not_taken_over(url, raised):
    act(url, handling.shelve, {raised.id: 0}, "ann", soon(1), "noise")
    told(url, raised.tell("cleared"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE alert SET shelved_until = now()")
    assert state(url, again(url, "yellow", 60).id, *SHELVING) == (False, None, None)


def test_a_verdict_stands_until_another_replaces_it(url, raised):
    act(url, handling.verdict, {raised.id: 0}, "ann", is_true=True, reason="water on the road")
    assert state(url, raised.id, "verdict") == ("true",)
    act(url, handling.verdict, {raised.id: 1}, "ben", is_true=False, reason="a spider")
    assert state(url, raised.id, "verdict") == ("false",)
    with pytest.raises(HandlingError, match="a reason is needed"):
        act(url, handling.verdict, {raised.id: 2}, "ben", is_true=True, reason="")


def commands(url):
    return act(url, engine_commands.newer_commands, 0)


def test_a_latched_alert_is_reset_by_the_engine_once_its_condition_is_gone(url, raised):
    with pytest.raises(HandlingError, match="cannot be reset: only a latched alert"):
        act(url, handling.reset, {raised.id: 0}, "ann")
    told(url, raised.tell("returned"))
    act(url, handling.reset, {raised.id: 0}, "ann", reason="pump is dry")
    ((command),) = commands(url)
    assert command == Reset(command.id, raised.id)
    assert state(url, raised.id, "active", "handled") == (True, 1)
    with pytest.raises(StaleError, match="was reset by ann"):
        act(url, handling.reset, {raised.id: 0}, "ben")
    told(url, raised.tell("cleared", reason="reset"))
    with pytest.raises(HandlingError, match="is cleared already"):
        act(url, handling.reset, {raised.id: 1}, "ben")
    assert len(commands(url)) == 1


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(lambda c, seen: handling.acknowledge(c, seen, " "), id="acknowledge"),
        pytest.param(lambda c, seen: handling.comment(c, seen, "", "hm"), id="comment"),
        pytest.param(
            lambda c, _: maintenance.announce(c, "rule", "x", 0, 1, "", "why"), id="maintenance"
        ),
    ],
)
def test_nobody_does_nothing(url, raised, work):
    with pytest.raises(HandlingError, match="an actor is needed"):
        act(url, work, {raised.id: 0})


def test_a_comment_says_something(url, raised):
    with pytest.raises(HandlingError, match="a comment is needed"):
        act(url, handling.comment, {raised.id: 0}, "ann", "\n")


def test_listeners_are_told_which_alerts_were_handled(url, raised):
    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute("LISTEN alerts")
        act(url, handling.acknowledge, {raised.id: 0}, "ann")
        (note,) = listener.notifies(timeout=10, stop_after=1)
    assert note.payload == f'["{raised.id}"]'


def announce(url, *, scope="place", subject="bridge", from_us=NOON, until_us=NOON + HOUR, by="ann"):
    return act(url, maintenance.announce, scope, subject, from_us, until_us, by, "pump 3")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        pytest.param(
            {"scope": "city"}, "scope 'city' is not known; there are datastream, device", id="scope"
        ),
        pytest.param({"until_us": NOON}, "its end must be after its start", id="no-time"),
        pytest.param({"subject": ""}, "a subject is needed", id="subject"),
    ],
)
def test_maintenance_that_could_not_be_is_refused(url, given, why):
    with pytest.raises(HandlingError, match=why):
        announce(url, **given)
    assert commands(url) == []


def test_maintenance_is_ended_once_and_listed_with_who_did_what(url):
    first = announce(url)
    second = announce(url, scope="rule", subject="level", until_us=NOON + 2 * HOUR, by="ben")
    act(url, maintenance.end, first, "eve", reason="done early")
    with pytest.raises(StaleError, match=f"maintenance {first} was ended by eve, 20"):
        act(url, maintenance.end, first, "ann")
    with pytest.raises(HandlingError, match="there is no maintenance 999"):
        act(url, maintenance.end, 999, "ann")
    assert [one for one in commands(url) if isinstance(one, MaintenanceEnd)] == [
        MaintenanceEnd(second + 1, first)
    ]
    every = act(url, maintenance.announced)
    assert [
        (one.maintenance.id, one.actor, one.reason, one.ended_by, one.ended_us is not None)
        for one in every
    ] == [(second, "ben", "pump 3", None, False), (first, "ann", "pump 3", "eve", True)]
    assert act(url, maintenance.announced, until_us=NOON + HOUR) == every[:1]


def test_of_several_who_end_maintenance_one_does(url):
    announced = announce(url)

    async def race(_):
        async def one(name):
            async with await AsyncConnection.connect(url, autocommit=True) as own:
                return await maintenance.end(own, announced, name)

        return await asyncio.gather(*(one(name) for name in "abcd"), return_exceptions=True)

    ended = in_database(url, race)
    assert sorted(type(one) is StaleError for one in ended) == [False, True, True, True]
    assert len(commands(url)) == 2
