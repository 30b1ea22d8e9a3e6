"""Versions of the registry on a real PostgreSQL: one follows another, and slots stay."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from psycopg import AsyncConnection

from devices import CatalogueError, revision
from storage import register, registry
from storage.register import RegistrationError
from storage.registry import StaleError
from tests.small_city import TEXTS, city

WIDER = {
    **TEXTS,
    "datastreams.csv": TEXTS["datastreams.csv"] + "5,camera/crowd,camera,crowd,10,0,1000,\n",
}


def in_database(url, work):
    async def run():
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            return await work(connection)

    return asyncio.run(run())


def put(url, expected, texts, files=None):
    return in_database(
        url, lambda connection: registry.put(connection, expected, texts, "ann", "why", files)
    )


def slots(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT slot, id FROM datastream ORDER BY slot").fetchall()


def test_versions_follow_one_another_with_their_datastreams(own_database_url):
    assert in_database(own_database_url, registry.current) is None
    first = put(own_database_url, 0, TEXTS, "f1")
    second = put(own_database_url, 1, WIDER)
    assert (first.number, second.number) == (1, 2)
    assert second.sha256 != first.sha256 == city().digest

    async def ask(connection):
        return (
            await registry.history(connection),
            await registry.last_from_files(connection),
            await registry.texts(connection, 1),
            await registry.newer(connection, first.sha256),
            await registry.newer(connection, second.sha256),
            await registry.texts(connection, 3),
        )

    assert in_database(own_database_url, ask) == ([second, first], first, TEXTS, WIDER, None, {})
    assert slots(own_database_url)[-1] == (5, "camera/crowd")


def test_who_did_not_see_the_version_in_force_is_told_who_made_it(own_database_url):
    put(own_database_url, 0, TEXTS)
    put(own_database_url, 1, WIDER)
    with pytest.raises(
        StaleError, match="stands at version 2, by ann: why; yours follows version 1"
    ):
        put(own_database_url, 1, TEXTS)
    assert in_database(own_database_url, registry.current).number == 2


def test_of_two_at_once_one_is_in_force_and_the_other_is_told(own_database_url):
    put(own_database_url, 0, TEXTS)
    names = ["crowd", "obstruction", "ponding:max_1h", "ponding:mean_1h"]

    async def race(_):
        async def one(name):
            observed, _, statistic = name.partition(":")
            row = f"5,camera/{name},camera,{observed},10,0,1,,{statistic}\n"
            text = TEXTS["datastreams.csv"].replace("limits\n", "limits,statistic\n") + row
            async with await AsyncConnection.connect(own_database_url, autocommit=True) as own:
                return await registry.put(
                    own, 1, {**TEXTS, "datastreams.csv": text}, "ann", name
                )  # fmt: skip

        return await asyncio.gather(*(one(name) for name in names), return_exceptions=True)

    made = in_database(own_database_url, race)
    (winner,) = [one for one in made if not isinstance(one, BaseException)]
    assert sum(isinstance(one, StaleError) for one in made) == len(names) - 1
    assert slots(own_database_url)[-1] == (5, f"camera/{winner.note}")


def test_a_slot_never_means_something_else(own_database_url):
    put(own_database_url, 0, WIDER)
    other = {**WIDER, "datastreams.csv": WIDER["datastreams.csv"].replace("crowd", "obstruction")}
    with pytest.raises(CatalogueError, match=r"^datastreams\.csv:7: slot: 5 holds the readings of"):
        put(own_database_url, 1, other)
    with pytest.raises(CatalogueError, match="camera/crowd is missing; it must stay"):
        put(own_database_url, 1, TEXTS)
    put(own_database_url, 1, revision.complete(TEXTS, WIDER))
    assert slots(own_database_url)[-1] == (5, "camera/crowd")


def test_readings_from_before_the_registry_keep_their_names(own_database_url):
    register.register(own_database_url, city())
    other = {**TEXTS, "datastreams.csv": TEXTS["datastreams.csv"].replace(
        "4,bridge-gauge/rain_1h,bridge-gauge", "4,lock-gauge/rain_1h,lock-gauge")}  # fmt: skip
    with pytest.raises(RegistrationError, match="slot 4 holds the readings of bridge-gauge/rain"):
        put(own_database_url, 0, other)
    assert in_database(own_database_url, registry.current) is None
    assert put(own_database_url, 0, TEXTS).number == 1
