"""Accounts, sessions, one-time tokens and the audit trail on a real PostgreSQL."""

import hashlib
from datetime import timedelta

import psycopg
import pytest

from dispatch import Grant, Role
from dispatch.rights import ROLES_OF_PEOPLE
from storage import accounts, audit_trail, one_time, sessions
from storage.accounts import AccountError
from storage.sessions import Limits
from tests.storage.episodes import in_database, row

LIMITS = Limits(idle=timedelta(minutes=60), absolute=timedelta(hours=14))
HASH = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$" + "A" * 43
DISPATCHER = Grant(Role.DISPATCHER, town="baimi")


@pytest.fixture
def url(own_database_url):
    return own_database_url


def add(url, name="王晓明", *grants):
    return in_database(url, lambda one: accounts.add(one, name, grants or (DISPATCHER,), "root"))


def account(url, name="王晓明"):
    return in_database(url, lambda one: accounts.find(one, name))


def start(url, name="王晓明"):
    return in_database(url, lambda one: sessions.start(one, account_id(url, name), "10.0.0.1"))


def account_id(url, name):
    return row(url, "SELECT id FROM account WHERE name = %s", name)[0]


def live(url):
    return in_database(url, lambda one: sessions.live(one, LIMITS))


def redeem(url, token, name="王晓明"):
    async def work(connection):
        found = await one_time.find(connection, token)
        if found is None:
            return None
        return await accounts.redeem(connection, found, name, HASH, "10.0.0.1")

    return in_database(url, work)


def trail(url):
    entries = in_database(url, audit_trail.entries)
    return [(one.actor, one.action, one.subject) for one in reversed(entries)]


def execute(url, statement, *values):
    async def work(connection):
        await connection.execute(statement, values)

    in_database(url, work)


# -- accounts -----------------------------------------------------------------------------------


def test_a_new_database_has_no_account(url):
    assert in_database(url, accounts.accounts) == []


def test_an_account_is_added_without_password_and_with_its_roles(url):
    add(url, "王晓明", DISPATCHER, Grant(Role.CREW, "water", "yuxi"))
    (one,) = in_database(url, accounts.accounts)
    assert one.name == "王晓明"
    assert set(one.grants) == {DISPATCHER, Grant(Role.CREW, "water", "yuxi")}
    assert (one.password_us, one.disabled_us, one.created_by) == (None, None, "root")
    assert trail(url) == [("root", "account_added", "王晓明")]


@pytest.mark.parametrize("name", ["Ann", "ANN", " ann ", "Ａｎｎ"])
def test_two_names_that_look_alike_are_one(url, name):
    add(url, "ann")
    with pytest.raises(AccountError, match="there is an account"):
        add(url, name)
    assert account(url, name).name == "ann"
    assert len(in_database(url, accounts.accounts)) == 1


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x1b[2J", "a\0b", "x" * 65])
def test_a_name_that_is_none_is_refused(url, name):
    with pytest.raises(AccountError, match="is no name to sign in with; it must be 1 to 64"):
        add(url, name)
    assert trail(url) == []


def test_who_is_not_there_is_told_with_those_who_are(url):
    with pytest.raises(AccountError, match="no account has the name 'bob'; there are: nobody"):
        account(url, "bob")
    add(url, "ann")
    with pytest.raises(AccountError, match="no account has the name 'bob'; there are: ann"):
        account(url, "bob")


def test_every_role_of_people_can_be_given(url):
    grants = [Grant(role) for role in ROLES_OF_PEOPLE]
    add(url, "ann", *grants)
    assert set(account(url, "ann").grants) == set(grants)


def test_a_role_of_screens_cannot_be_given_to_people(url):
    with pytest.raises(psycopg.errors.CheckViolation):
        add(url, "ann", Grant(Role.DISPLAY))
    assert in_database(url, accounts.accounts) == []


def test_another_role_ends_the_sessions_and_the_same_one_does_not(url):
    add(url)
    start(url)
    start(url)

    def give(*grants):
        return in_database(url, lambda one: accounts.set_grants(one, "王晓明", grants, "root"))

    assert give(DISPATCHER) == 0
    assert len(live(url)) == 2
    assert give(Grant(Role.VIEWER)) == 2
    assert live(url) == []
    assert account(url).grants == (Grant(Role.VIEWER),)
    assert trail(url)[1:] == [("root", "roles_changed", "王晓明")]
    start(url)
    assert give() == 1
    assert account(url).grants == ()


def test_who_is_disabled_has_no_session_no_token_and_no_credentials(url):
    token = add(url)
    start(url)
    assert in_database(url, lambda one: accounts.disable(one, "王晓明", "root")) == 1
    assert live(url) == []
    assert redeem(url, token) is None
    found = in_database(url, lambda one: accounts.credentials(one, "王晓明"))
    assert found.is_disabled
    assert not in_database(url, lambda one: accounts.still_stands(one, found))
    for again in (accounts.disable, accounts.reset):
        with pytest.raises(AccountError, match="王晓明 was disabled by root"):
            in_database(url, lambda one, again=again: again(one, "王晓明", "root"))
    in_database(url, lambda one: accounts.enable(one, "王晓明", "root"))
    with pytest.raises(AccountError, match="is not disabled"):
        in_database(url, lambda one: accounts.enable(one, "王晓明", "root"))


def test_a_session_of_a_disabled_account_admits_nobody_even_if_it_was_not_ended(url):
    add(url)
    start(url)
    execute(url, "UPDATE account SET disabled = now(), disabled_by = 'by hand'")
    assert live(url) == []


def test_a_reset_takes_password_and_sessions_away(url):
    redeem(url, add(url))
    start(url)
    token = in_database(url, lambda one: accounts.reset(one, "王晓明", "root"))
    assert account(url).password_us is None
    assert live(url) == []
    assert redeem(url, token) == account(url).id
    assert account(url).password_us is not None


# -- one-time tokens ----------------------------------------------------------------------------


def test_a_token_is_stored_nowhere(url):
    token = add(url)
    stored = row(url, "SELECT * FROM one_time_token")
    letters = token.replace("-", "")
    assert hashlib.sha256(letters.encode()).digest() in stored
    assert all(letters not in str(one) and token not in str(one) for one in stored)
    assert len(letters) == 24  # 120 bits


def test_a_token_is_good_once(url):
    token = add(url)
    assert redeem(url, token) == account(url).id
    assert redeem(url, token) is None


def test_of_two_who_use_a_token_at_once_one_wins(url):
    token = add(url)

    async def work(connection):
        found = await one_time.find(connection, token)
        return [await accounts.redeem(connection, found, "x", HASH, "") for _ in range(2)]

    assert in_database(url, work) == [account(url).id, None]


def test_a_token_is_good_for_a_day(url):
    token = add(url)
    execute(url, "UPDATE one_time_token SET expires = expires - interval '23 h 59 min'")
    found = in_database(url, lambda one: one_time.find(one, token))
    assert found is not None
    execute(url, "UPDATE one_time_token SET expires = expires - interval '1 min'")
    assert redeem(url, token) is None
    assert not in_database(url, lambda one: one_time.use(one, found))


def test_a_newer_token_replaces_the_older_one_of_the_same_account_only(url):
    first, other = add(url), add(url, "ann")
    second = in_database(url, lambda one: accounts.reset(one, "王晓明", "root"))
    assert redeem(url, first) is None
    assert redeem(url, other, "ann") == account(url, "ann").id
    assert redeem(url, second) == account(url).id


@pytest.mark.parametrize("change", [str.lower, lambda token: token.replace("-", " "), str.strip])
def test_a_token_may_be_typed_as_people_type(url, change):
    assert redeem(url, change(add(url))) == account(url).id


@pytest.mark.parametrize("token", ["", "-", "AAAA-AAAA", "\0", "x" * 100_000])
def test_what_is_no_token_is_good_for_nothing(url, token):
    add(url)
    assert redeem(url, token) is None


def test_the_first_token_makes_one_administrator_and_no_second(url):
    older = in_database(url, lambda one: accounts.first_token(one, "root"))
    token = in_database(url, lambda one: accounts.first_token(one, "root"))
    assert redeem(url, older, "eve") is None
    assert redeem(url, token, "王晓明") == account(url).id
    assert account(url).grants == (Grant(Role.ADMINISTRATOR),)
    assert redeem(url, token, "eve") is None
    assert in_database(url, lambda one: accounts.first_token(one, "root")) is None
    assert trail(url) == [
        ("root", "token_made", ""),
        ("root", "token_made", ""),
        ("王晓明", "account_added", "王晓明"),
        ("王晓明", "password_set", "王晓明"),
    ]


def test_the_first_token_is_good_no_more_once_somebody_was_added_otherwise(url):
    token = in_database(url, lambda one: accounts.first_token(one, "root"))
    add(url)
    assert redeem(url, token, "eve") is None
    assert [one.name for one in in_database(url, accounts.accounts)] == ["王晓明"]


def test_a_name_that_cannot_be_leaves_the_token_good(url):
    token = in_database(url, lambda one: accounts.first_token(one, "root"))
    with pytest.raises(AccountError):
        redeem(url, token, "a\nb")
    assert redeem(url, token, "ann") is not None


# -- sessions -----------------------------------------------------------------------------------


def test_the_cookie_is_stored_nowhere(url):
    add(url)
    secret = start(url)
    stored = row(url, "SELECT * FROM account_session")
    assert hashlib.sha256(secret.encode()).digest() in stored
    assert all(secret not in str(one) for one in stored)
    assert len(secret) >= 43  # 256 bits


def test_a_live_session_tells_who_it_is_and_what_they_may(url):
    add(url)
    secret = start(url)
    (one,) = live(url)
    assert (one.name, one.grants) == ("王晓明", (DISPATCHER,))
    assert one.sha256 == hashlib.sha256(secret.encode()).digest()


@pytest.mark.parametrize(
    ("column", "age", "is_live"),
    [
        ("last_used", "59 min 50 s", True),
        ("last_used", "60 min", False),
        ("started", "13 h 59 min 50 s", True),
        ("started", "14 h", False),
    ],
)
def test_a_session_lasts_as_long_as_the_limits_say(url, column, age, is_live):
    add(url)
    start(url)
    execute(url, f"UPDATE account_session SET {column} = {column} - interval '{age}'")
    assert bool(live(url)) is is_live
    assert bool(in_database(url, lambda one: sessions.sessions(one, LIMITS))) is is_live


def test_one_session_ends_or_all_of_an_account_and_no_other(url):
    add(url)
    add(url, "ann")
    for name in ("王晓明", "王晓明", "王晓明", "ann"):
        start(url, name)
    first = live(url)[0]

    def end(session):
        return in_database(url, lambda one: accounts.end_sessions(one, first.name, session, "root"))

    assert end(first.id) == 1
    for wrong in (first.id, 999):
        with pytest.raises(AccountError, match="王晓明 has no open session"):
            end(wrong)
    others = next(one.id for one in live(url) if one.name == "ann")
    with pytest.raises(AccountError, match="王晓明 has no open session"):
        end(others)
    assert end(None) == 2
    assert [one.name for one in live(url)] == ["ann"]


def test_a_use_is_noted_when_it_was_and_never_backwards(url):
    add(url)
    start(url)
    (one,) = live(url)

    def use(ago_s):
        in_database(url, lambda at: sessions.used(at, {one.id: ("10.0.0.9", ago_s), 999: ("", 0)}))

    execute(url, "UPDATE account_session SET last_used = last_used - interval '30 min'")
    use(600)
    (now,) = live(url)
    assert 600 <= now.idle_s < 1800
    use(1200)
    assert 600 <= live(url)[0].idle_s < 1200
    (told,) = in_database(url, lambda at: sessions.sessions(at, LIMITS))
    assert told.address == "10.0.0.9"


def test_rows_of_old_sessions_go_when_one_starts(url):
    add(url)
    start(url)
    execute(url, "UPDATE account_session SET started = started - interval '91 d'")
    start(url)
    assert row(url, "SELECT count(*) FROM account_session") == (1,)


# -- passwords and the trail --------------------------------------------------------------------


def test_a_new_password_ends_all_sessions(url):
    add(url)
    start(url)

    async def work(connection):
        async with connection.transaction():
            await accounts.set_password(
                connection, account_id(url, "王晓明"), HASH, "王晓明", "::1"
            )

    in_database(url, work)
    assert live(url) == []
    assert trail(url)[-1] == ("王晓明", "password_set", "王晓明")


def test_a_stronger_hash_replaces_only_the_one_it_was_made_of(url):
    redeem(url, add(url))
    stronger = HASH.replace("t=1", "t=3")

    def rehash(before):
        in_database(
            url, lambda one: accounts.rehash(one, account_id(url, "王晓明"), before, stronger)
        )

    rehash("$argon2id$other")
    assert row(url, "SELECT password FROM account") == (HASH,)
    rehash(HASH)
    assert row(url, "SELECT password FROM account") == (stronger,)


def test_nothing_but_argon2id_can_be_a_password(url):
    add(url)
    with pytest.raises(psycopg.errors.CheckViolation):
        execute(url, "UPDATE account SET password = 'plain', password_set = now()")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_trail SET actor = 'x'", "DELETE FROM audit_trail", "TRUNCATE audit_trail"],
)
def test_the_trail_only_grows(url, statement):
    add(url)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="rows are only ever added"):
        execute(url, statement)
    assert trail(url) == [("root", "account_added", "王晓明")]


def test_the_trail_has_its_newest_first_and_all_that_was_told(url):
    add(url, "ann")
    add(url, "bob", Grant(Role.CREW, "water", "yuxi"))
    (newest,) = in_database(url, lambda one: audit_trail.entries(one, 1))
    assert (newest.subject, newest.address) == ("bob", "")
    assert newest.detail == {"roles": ["crew:water@yuxi"]}
