"""Which alerts are listed and counted, on a real PostgreSQL."""

import psycopg

from storage import alert_life, queries
from tests.storage.episodes import Episode, in_database, told


def several(url):
    """Return the ids of alerts by what became of them."""
    made = {
        name: Episode(rule=name)
        for name in ("blue", "red", "parent", "schedule", "shelved", "was_shelved", "cleared")
    }
    for name, one in made.items():
        told(url, one.tell("raised", name if name in ("blue", "red") else "yellow"))
    told(
        url,
        made["parent"].tell("suppressed", reason="parent"),
        made["schedule"].tell("suppressed", reason="schedule"),
        made["cleared"].tell("cleared", at_s=60),
    )
    with psycopg.connect(url, autocommit=True) as connection:
        for name, sign in (("shelved", "+"), ("schedule", "+"), ("was_shelved", "-")):
            connection.execute(
                f"UPDATE alert SET shelved_until = now() {sign} interval '1 h', "
                "shelved_by = 'ann', shelve_reason = 'noise' WHERE rule = %s",
                (name,),
            )
    return {one.id: name for name, one in made.items()}


def test_hidden_alerts_are_last_on_the_list_and_counted_apart(own_database_url):
    names = several(own_database_url)

    async def ask(connection):
        return (
            await queries.open_alerts(connection),
            await queries.open_alerts(connection, 500, "air"),
            await queries.recent_alerts(connection, 1, "water"),
            await queries.open_counts(connection),
            await queries.hidden_counts(connection),
        )

    listed, air, (newest,), told_counts, hidden = in_database(own_database_url, ask)
    order = [names[one.id] for one in listed]
    assert order[:3] == ["red", "was_shelved", "blue"]
    assert sorted(order[3:]) == ["parent", "schedule", "shelved"]
    assert air == []
    assert names[newest.id] == "cleared"
    assert told_counts == {"red": 1, "yellow": 1, "blue": 1}
    assert hidden == {"parent": 1, "shelved": 2}


def test_whether_a_row_is_told_depends_on_the_time(own_database_url):
    several(own_database_url)
    rows = in_database(own_database_url, queries.open_alerts)
    (shelved,) = (one for one in rows if one.rule == "shelved")
    until_us = shelved.shelved_until_us
    assert (shelved.is_told(until_us - 1), shelved.is_told(until_us)) == (False, True)
    (schedule,) = (one for one in rows if one.rule == "schedule")
    assert not schedule.is_told(until_us)


def test_alerts_are_found_by_the_beginning_of_their_id(own_database_url):
    names = several(own_database_url)

    async def ask(connection):
        some = next(iter(names))
        return (
            await alert_life.ids(connection, some[:8]),
            await alert_life.ids(connection, some),
            await alert_life.ids(connection, "%"),
            await alert_life.ids(connection, "", 3),
        )

    short, whole, none, few = in_database(own_database_url, ask)
    assert short == whole == [next(iter(names))]
    assert none == []
    assert few == sorted(names)[:3]


def test_transitions_from_before_versions_were_kept_are_of_the_alerts_version(own_database_url):
    one = Episode()
    told(own_database_url, one.tell("raised", "yellow"))
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute("UPDATE alert_transition SET rule_version = NULL")
    (step,) = in_database(own_database_url, lambda c: alert_life.transitions(c, one.id))
    assert (step.rule_version, step.kind, step.evidence["limit"]) == (3, "raised", 3.8)
