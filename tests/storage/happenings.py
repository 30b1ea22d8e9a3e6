"""Crews and incidents on a real database, in few words."""

from __future__ import annotations

import uuid

import psycopg

from devices.crew import Crew, Shift, Step
from dispatch.crews.commands import Do
from dispatch.incidents import Open
from storage import crews, incidents
from tests.small_city import city
from tests.storage.episodes import SECOND, Episode, in_database, row, told

CHAIN = (
    Step("leader", ("队长", "Leader"), 180 * SECOND),
    Step("duty", ("值班长", "Duty leader"), 300 * SECOND),
)


def crew(name="pumps", chain=CHAIN):
    return Crew(
        name, ("排涝队", "Pumps"), "water", "bridge", (), ("drainage",),
        (Shift(("all",), 0, 86400),), chain,
    )  # fmt: skip


def place_of(slot):
    return city().place_of(slot).id


def act(url, do, seen, actor="ann", name="pumps", **more):
    return in_database(url, lambda one: crews.act(one, crew(name), Do(do), seen, actor, **more))


def state(url, name="pumps"):
    return in_database(url, lambda one: crews.states(one, [name]))[name]


def raised(url, rule="level", severity="yellow", raised_s=0, subject="bridge-gauge/water_level"):
    """Raise an alert at the bridge."""
    one = Episode(rule, subject, raised_s)
    told(url, one.tell("raised", severity))
    return one


def incident(url, *alerts, title="", actor="ann"):
    """Open an incident by hand and return its id."""
    made = str(uuid.uuid4())

    async def work(connection):
        members = await incidents.members(connection, [one.id for one in alerts], place_of)
        await incidents.act(
            connection,
            Open(actor=actor, at_us=0, incident=made, title=title or made, members=tuple(members)),
        )

    in_database(url, work)
    return made


def do(url, command):
    return in_database(url, lambda one: incidents.act(one, command))


def load(url, name):
    return in_database(url, lambda one: incidents.by_id(one, [name]))[name]


def collect(url):
    return in_database(url, lambda one: incidents.collect(one, place_of))


def count(url, table, condition="true"):
    return row(url, f"SELECT count(*) FROM {table} WHERE {condition}")[0]


def terminal_says(url, device, lon, at_us, kind="position", lat=32.5):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO event (gateway, boot, seq, number, device, sent_as, kind, priority, time, "
            "received, lon, lat, attributes) SELECT 'gw', 'b', count(*), 0, %s, %s, %s, 0, "
            "to_timestamp(%s), now(), %s, %s, '{}' FROM event",
            (device, device, kind, at_us / 1e6, lon, lat),
        )
