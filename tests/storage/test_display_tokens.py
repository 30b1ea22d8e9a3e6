"""Display tokens on a real PostgreSQL."""

import hashlib

import psycopg
import pytest

from storage import display_tokens
from storage.display_tokens import DisplayTokenError
from tests.storage.episodes import in_database, row


def create(url, name="hall"):
    return in_database(url, lambda one: display_tokens.create(one, name, "ann"))


def revoke(url, name="hall"):
    in_database(url, lambda one: display_tokens.revoke(one, name, "bob"))


def test_the_token_itself_is_stored_nowhere(own_database_url):
    token = create(own_database_url)
    stored = row(own_database_url, "SELECT * FROM display_token")
    assert hashlib.sha256(token.encode()).digest() in stored
    assert all(token not in str(one) for one in stored)
    assert len(token) >= 43  # 256 bits


def test_a_wall_has_one_token_and_another_one_once_it_is_revoked(own_database_url):
    first = create(own_database_url)
    with pytest.raises(DisplayTokenError, match="the wall hall has a token; revoke it first"):
        create(own_database_url, " hall ")
    revoke(own_database_url)
    second = create(own_database_url)
    assert first != second
    live = in_database(own_database_url, display_tokens.live)
    assert [one.sha256 for one in live] == [display_tokens.digest(second)]
    every = in_database(own_database_url, lambda one: display_tokens.tokens(one, revoked=True))
    assert [(one.revoked_by, one.created_by) for one in every] == [("bob", "ann"), (None, "ann")]


def test_what_cannot_be_revoked_names_what_can(own_database_url):
    with pytest.raises(DisplayTokenError, match="hal has no token; no wall has one"):
        revoke(own_database_url, "hal")
    create(own_database_url)
    with pytest.raises(DisplayTokenError, match="hal has no token; those that have one: hall"):
        revoke(own_database_url, "hal")
    revoke(own_database_url)
    with pytest.raises(DisplayTokenError, match="the wall hall has no token"):
        revoke(own_database_url)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x1b[2J", "x" * 65])
def test_a_name_that_is_none_is_refused(own_database_url, name):
    with pytest.raises(DisplayTokenError, match="is no name of a wall; it must be 1 to 64"):
        create(own_database_url, name)


def test_who_comes_last_has_the_seat_and_none_is_given_on_a_revoked_token(own_database_url):
    create(own_database_url)
    (one,) = in_database(own_database_url, display_tokens.live)
    assert one.seat_sha256 is None

    def sit(address):
        return in_database(
            own_database_url, lambda at: display_tokens.take_seat(at, one.id, address)
        )

    first, second = sit("10.0.0.1"), sit("10.0.0.2")
    (now,) = in_database(own_database_url, display_tokens.live)
    assert now.seat_sha256 == display_tokens.digest(second) != display_tokens.digest(first)
    (told,) = in_database(own_database_url, display_tokens.tokens)
    assert told.last_address == "10.0.0.2"
    revoke(own_database_url)
    assert sit("10.0.0.3") is None


def test_who_was_seen_is_noted_with_time_and_place(own_database_url):
    create(own_database_url, "hall")
    create(own_database_url, "lobby")
    hall, lobby = in_database(own_database_url, display_tokens.tokens)
    assert (hall.last_seen_us, hall.last_address) == (None, None)
    in_database(own_database_url, lambda one: display_tokens.saw(one, {hall.id: "::1", 999: "x"}))
    hall, lobby = in_database(own_database_url, display_tokens.tokens)
    assert hall.last_address == "::1"
    assert hall.last_seen_us >= hall.created_us
    assert lobby.last_seen_us is None


def test_a_hash_of_another_length_is_refused(own_database_url):
    with (
        psycopg.connect(own_database_url) as connection,
        pytest.raises(psycopg.errors.CheckViolation),
    ):
        connection.execute(
            "INSERT INTO display_token (name, sha256, created_by) VALUES ('a', 'plain', 'b')"
        )
