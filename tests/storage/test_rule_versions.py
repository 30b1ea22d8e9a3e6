"""Versions of the rules on a real PostgreSQL: one follows another, and one wins."""

import asyncio

import pytest
from psycopg import AsyncConnection

from rules.digest import digest_of
from storage import rule_versions
from storage.rule_versions import StaleError
from tests.storage.episodes import in_database

FIRST = {"rules/water.yaml": "rules: []\n"}
SECOND = {**FIRST, "rules/air.yaml": "rules: []  # 空气\n"}


def put(url, expected, texts, note="why", files=None):
    return in_database(
        url, lambda one: rule_versions.put(one, expected, texts, "ann", note, files)
    )  # fmt: skip


def test_versions_follow_one_another(own_database_url):
    assert in_database(own_database_url, rule_versions.current) is None
    first = put(own_database_url, 0, FIRST, files="f1")
    second = put(own_database_url, 1, SECOND)
    third = put(own_database_url, 2, FIRST, "back to version 1")

    async def ask(connection):
        await rule_versions.are_the_files(connection, 2, "f2")
        return (
            await rule_versions.history(connection, 2),
            await rule_versions.last_from_files(connection),
            await rule_versions.texts(connection, 2),
            await rule_versions.texts(connection, 4),
            await rule_versions.newer(connection, digest_of(SECOND)),
            await rule_versions.newer(connection, digest_of(FIRST)),
            [await rule_versions.texts_of(connection, one) for one in (digest_of(FIRST), "none")],
        )

    history, last, texts, none, newer, same, of = in_database(own_database_url, ask)
    assert [one.number for one in history] == [3, 2]
    assert (history[0], third.note) == (third, "back to version 1")
    assert (last.number, last.files_sha256, last.sha256) == (2, "f2", second.sha256)
    assert (texts, none, newer, same) == (SECOND, {}, FIRST, None)
    assert of == [FIRST, None]
    assert third.sha256 == first.sha256 == digest_of(FIRST)


def test_who_did_not_see_the_version_in_force_is_told_who_made_it(own_database_url):
    with pytest.raises(StaleError, match="the rules stand at version 0; yours follows version 1"):
        put(own_database_url, 1, FIRST)
    put(own_database_url, 0, FIRST, "too low")
    with pytest.raises(StaleError, match="at version 1, by ann: too low; yours follows version 0"):
        put(own_database_url, 0, SECOND)


def test_of_several_at_once_one_is_in_force(own_database_url):
    async def race(_):
        async def one(name):
            async with await AsyncConnection.connect(own_database_url, autocommit=True) as own:
                return await rule_versions.put(own, 0, {"a.yaml": name}, "ann", name)

        return await asyncio.gather(*(one(name) for name in "abcd"), return_exceptions=True)

    made = in_database(own_database_url, race)
    (winner,) = [one for one in made if not isinstance(one, BaseException)]
    assert sum(isinstance(one, StaleError) for one in made) == 3
    assert in_database(own_database_url, rule_versions.current) == winner
