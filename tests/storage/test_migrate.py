"""Migrations and registration on a real PostgreSQL."""

import dataclasses
from datetime import date

import psycopg
import pytest

from devices import catalogue
from storage import migrate, partitions, register
from storage.migrate import Migration, MigrationError
from storage.register import RegistrationError
from tests.small_city import TEXTS, city


def test_migrating_again_changes_nothing(own_database_url):
    assert migrate.migrate(own_database_url) == []


def test_an_edited_migration_is_refused(own_database_url, monkeypatch):
    (first, *_) = migrate.migrations()
    edited = [Migration(first.name, first.sql + "-- changed"), *migrate.migrations()[1:]]
    monkeypatch.setattr(migrate, "migrations", lambda: edited)
    with pytest.raises(MigrationError, match=r"0001_line\.sql was applied with another content"):
        migrate.migrate(own_database_url)


def test_a_database_of_a_later_version_is_refused(own_database_url):
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO migration VALUES ('9999_later.sql', 'x')")
    with pytest.raises(MigrationError, match=r"9999_later\.sql, which this version does not know"):
        migrate.migrate(own_database_url)


def test_a_migration_that_fails_leaves_nothing_behind(own_database_url, monkeypatch):
    broken = Migration("0002_broken.sql", "CREATE TABLE half (a int); SELECT 1/0")
    whole = [*migrate.migrations(), broken]
    monkeypatch.setattr(migrate, "migrations", lambda: whole)
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate.migrate(own_database_url)
    with psycopg.connect(own_database_url) as connection:
        assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)


def test_alerts_that_an_older_engine_held_open_end_with_its_memory(empty_database_url, monkeypatch):
    every = migrate.migrations()
    monkeypatch.setattr(migrate, "migrations", lambda: every[:4])
    migrate.migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        for number, (active, cleared) in enumerate([("true", None), ("false", "2026-01-02")]):
            connection.execute(
                "INSERT INTO alert VALUES (%s, 'level', 1, 'lock', 1, 'water', 'red', %s, false, "
                "'2026-01-01', '2026-01-01', '2026-01-01', %s, 5, 4, 'zh', 'en', 3)",
                (f"00000000-0000-0000-0000-00000000000{number}", active, cleared),
            )
        connection.execute("INSERT INTO checkpoint VALUES ('observations', 0, 'log', 7, 'old')")
    monkeypatch.setattr(migrate, "migrations", lambda: every)
    migrate.migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        alerts = connection.execute(
            "SELECT active, version, cleared > '2026-11-01' FROM alert ORDER BY id"
        ).fetchall()
        told = connection.execute("SELECT version, kind, severity FROM alert_transition").fetchall()
        sent = connection.execute("SELECT payload->>'kind' FROM outbox").fetchall()
        kept = connection.execute("SELECT count(*) FROM checkpoint").fetchone()
    assert alerts == [(False, 4, True), (False, 3, False)]
    assert told == [(4, "withdrawn", None)]
    assert sent == [("withdrawn",)]
    assert kept == (0,)


def test_the_catalogue_can_be_joined_and_registered_again(own_database_url):
    assert register.register(own_database_url, city()) == 5
    assert register.register(own_database_url, city()) == 0
    with psycopg.connect(own_database_url) as connection:
        row = connection.execute(
            "SELECT id, place, town, domain, unit, limits->>'warning' FROM datastream "
            "WHERE slot = 1"
        ).fetchone()
    assert row == ("lock-gauge/water_level", "lock", "north", "water", "m", "2.0")


def test_a_slot_that_changes_its_meaning_is_refused(own_database_url):
    register.register(own_database_url, city())
    text = TEXTS["datastreams.csv"]
    swapped = text.replace("\n0,", "\n9,").replace("\n1,", "\n0,").replace("\n9,", "\n1,")
    other = catalogue.build({**TEXTS, "datastreams.csv": swapped})
    with pytest.raises(RegistrationError, match=r"slot 0 holds the readings of bridge-gauge"):
        register.register(own_database_url, other)


def test_a_new_datastream_may_follow(own_database_url):
    register.register(own_database_url, city())
    more = TEXTS["datastreams.csv"] + "5,camera/crowd,camera,crowd,10,0,500,capacity=100\n"
    wider = catalogue.build({**TEXTS, "datastreams.csv": more})
    assert register.register(own_database_url, wider) == 1
    assert dataclasses.asdict(wider.datastreams[5])["slot"] == 5


def test_day_partitions_are_made_once_and_ahead(own_database_url):
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        made = partitions.ensure(connection, date(2031, 5, 30))
        assert made == [
            "reading_20310530", "reading_20310531", "reading_20310601", "reading_20310602",
        ]  # fmt: skip
        assert partitions.ensure(connection, date(2031, 5, 30)) == []


def test_a_day_that_already_lies_in_the_default_partition_stays_there(own_database_url):
    with psycopg.connect(own_database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO reading VALUES (0, '2032-01-01 12:00+00', 1, 0)")
        made = partitions.ensure(connection, date(2032, 1, 1))
        assert made == ["reading_20320102", "reading_20320103", "reading_20320104"]
        assert connection.execute("SELECT count(*) FROM reading").fetchone() == (1,)
