"""How long who tries must wait, on a real PostgreSQL; time passes by moving what was noted."""

import asyncio

import pytest
from psycopg import AsyncConnection

from storage import sign_in_delays
from storage.sign_in_delays import ADDRESS, NAME
from tests.storage.episodes import in_database, row


@pytest.fixture
def url(own_database_url):
    return own_database_url


def begin(url, name="ann", address="10.0.0.1"):
    return in_database(url, lambda one: sign_in_delays.begin(one, name, address))


def passed(url, seconds):
    async def work(connection):
        await connection.execute(
            "UPDATE sign_in_delay SET last = last - %s * interval '1 s', "
            "until = until - %s * interval '1 s'",
            (seconds, seconds),
        )

    in_database(url, work)


def test_the_first_failures_of_a_name_cost_nothing_and_then_each_doubles_the_wait(url):
    assert [begin(url, address=f"10.0.0.{one}") for one in range(NAME.free)] == [0] * NAME.free
    waited = []
    for one in range(12):
        wait_s = begin(url, address=f"10.0.1.{one}")
        waited.append(round(wait_s))
        passed(url, wait_s)
        assert begin(url, address=f"10.0.1.{one}") == 0
    assert waited == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_a_try_that_comes_too_soon_counts_for_nothing(url):
    for _ in range(NAME.free):
        begin(url)
    before = row(url, "SELECT sum(failures) FROM sign_in_delay")
    for _ in range(10):
        assert 0 < begin(url) <= 1
    assert row(url, "SELECT sum(failures) FROM sign_in_delay") == before


def test_an_address_waits_too_whatever_names_it_tries(url):
    assert [begin(url, name=f"n{one}") for one in range(ADDRESS.free)] == [0] * ADDRESS.free
    assert 0 < begin(url, name="another") <= 1
    assert begin(url, name="another", address="10.0.0.2") == 0


def test_one_time_tokens_are_counted_by_address(url):
    assert [begin(url, name=None) for _ in range(ADDRESS.free)] == [0] * ADDRESS.free
    assert 0 < begin(url, name=None) <= 1


def test_of_ipv6_a_whole_network_counts_as_one_address(url):
    for one in range(ADDRESS.free):
        begin(url, name=f"n{one}", address=f"2001:db8::{one:x}")
    assert begin(url, name="x", address="2001:db8::ffff") > 0
    assert begin(url, name="x", address="2001:db8:0:1::1") == 0


def test_success_forgets_the_failures_of_the_name_and_of_the_address_only_itself(url):
    for _ in range(NAME.free - 1):
        begin(url)
    begin(url)
    in_database(url, lambda one: sign_in_delays.succeeded(one, "ann", "10.0.0.1"))
    assert begin(url) == 0
    assert row(url, "SELECT failures FROM sign_in_delay WHERE key LIKE 'address%%'") == (NAME.free,)


def test_signing_in_between_does_not_free_an_address(url):
    """Who has an account of their own guesses at others' no faster."""
    waited = 0
    for one in range(60):
        wait_s = begin(url, name=f"n{one}")
        passed(url, wait_s)
        waited += wait_s
        if wait_s:
            assert begin(url, name=f"n{one}") == 0
        wait_s = begin(url, name="eve")
        passed(url, wait_s)
        waited += wait_s
        if wait_s:
            assert begin(url, name="eve") == 0
        in_database(url, lambda at: sign_in_delays.succeeded(at, "eve", "10.0.0.1"))
    assert waited > 10_000


def test_failures_are_forgotten_after_an_hour_without_one(url):
    for _ in range(NAME.free):
        begin(url)
    assert begin(url) > 0
    passed(url, 3599)
    assert begin(url) == 0
    assert 1 < begin(url) <= 2
    passed(url, 3610)
    assert [begin(url) for _ in range(NAME.free)] == [0] * NAME.free


def test_a_name_can_be_forgiven(url):
    for _ in range(NAME.free):
        begin(url)
    in_database(url, lambda one: sign_in_delays.forget(one, "ann"))
    assert begin(url) == 0


def test_names_are_not_kept_as_they_were_typed(url):
    begin(url, name="my secret password")
    keys = row(url, "SELECT string_agg(key, ' ') FROM sign_in_delay")[0]
    assert "secret" not in keys


def test_a_hundred_at_once_are_a_hundred(url):
    async def work():
        async def one():
            async with await AsyncConnection.connect(url, autocommit=True) as connection:
                return await sign_in_delays.begin(connection, "ann", "10.0.0.1")

        return await asyncio.gather(*(one() for _ in range(20)))

    let_in = asyncio.run(work()).count(0)
    assert NAME.free <= let_in < 20
    counted = row(url, "SELECT failures FROM sign_in_delay WHERE key LIKE 'name%%'")
    assert counted == (let_in,)


def test_what_is_no_address_is_one_all_the_same(url):
    assert begin(url, address="") == 0
    assert begin(url, address="unix:\udcff"[:5]) == 0
