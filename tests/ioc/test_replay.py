"""`ioc replay`: hours through the real sink, judged again from the journal, to the byte."""

from __future__ import annotations

import json
import os
import time

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from ioc import judging, replay
from ioc.main import app
from ioc.settings import load
from rules import inputs
from rules.alerts import TransitionKind
from storage.instants import instant
from tests.ioc.stored_story import BRIDGE, MINUTE, NOON, PARTITIONS, Story


@pytest.fixture(autouse=True)
def _beijing(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class Desk:
    """A database with stored hours, and the command over it."""

    def __init__(self, url, capsys) -> None:
        self.url, self.capsys = url, capsys
        capsys.readouterr()
        environment = {
            "IOC_DATABASE_URL": url, "IOC_CITY": "cities/jiangyan",
            "IOC_KAFKA_PARTITIONS": str(PARTITIONS),
        }  # fmt: skip
        self.settings = load(environment, None)

    def replay(self, first=0, last=180, limit=10):
        """Judge some minutes again; return what it exits with and its facts."""
        code = replay.command(self.settings, at(first), at(last), limit, as_json=True)
        return code, json.loads(self.capsys.readouterr().out)

    def text(self, first=0, last=180, limit=10) -> str:
        replay.command(self.settings, at(first), at(last), limit, as_json=False)
        return self.capsys.readouterr().out

    def refused(self, first, last) -> str:
        with pytest.raises(typer.Exit) as told:
            self.text(first, last)
        assert told.value.exit_code == 2
        return self.capsys.readouterr().err

    def execute(self, statement, *values):
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else cursor.rowcount


def at(minute):
    return instant(NOON + round(minute * MINUTE)).isoformat()


KEPT = ("alert_transition", "engine_input", "rule_version")


@pytest.fixture(scope="module")
def story_url(database_url):
    Story(database_url).write()
    with psycopg.connect(database_url, autocommit=True) as connection:
        for table in KEPT:
            connection.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
    return database_url


@pytest.fixture
def desk(story_url, capsys):
    """The stored hours; what a test changes is put back after it."""
    one = Desk(story_url, capsys)
    yield one
    for table in KEPT:
        one.execute(f"DELETE FROM {table}")
        one.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE kept_{table}")


def test_the_same_inputs_tell_the_same_alerts_to_the_byte(desk):
    kinds = {row[0] for row in desk.execute("SELECT kind FROM alert_transition")}
    assert kinds == {one.value for one in TransitionKind}
    total = desk.execute("SELECT count(*) FROM alert_transition")[0][0]
    code, found = desk.replay()
    assert (code, found["even"], found["same"]) == (0, True, total)
    assert (found["different"], found["only_stored"], found["only_replayed"]) == (0, 0, 0)
    assert (found["states_astray"], found["partitions"]) == (0, PARTITIONS)
    shown = desk.text()
    assert f"{total}  相同 · transitions are the same, byte for byte" in shown
    assert "✗" not in shown


@pytest.mark.parametrize("part", [(0, 60), (47, 53), (99, 101), (100, 180), (61.5, 64), (20, 20)])
def test_any_part_of_it_is_the_same_too(desk, part):
    between = "SELECT count(*) FROM alert_transition WHERE at BETWEEN %s AND %s"
    ((total,),) = desk.execute(between, at(part[0]), at(part[1]))
    code, found = desk.replay(*part)
    assert (code, found["same"]) == (0, total)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param("kind = 'escalated'", ["kind"], id="kind"),
        pytest.param("at = at + interval '1 microsecond'", ["at_us"], id="a-microsecond"),
        pytest.param("at = at + interval '1 year'", ["at_us"], id="another-year"),
        pytest.param("severity = 'red'", ["severity"], id="severity"),
        pytest.param("rule_version = 4", ["rule_version"], id="version-of-the-rule"),
        pytest.param(
            "evidence = jsonb_set(evidence, '{limit}', '3.80000000000000001')", ["evidence"],
            id="a-digit-of-the-evidence",
        ),
    ],
)  # fmt: skip
def test_a_stored_transition_that_was_changed_is_found(desk, change, fields):
    ((alert,),) = desk.execute(
        "SELECT id::text FROM alert WHERE rule = 'level' AND datastream = %s", BRIDGE
    )
    assert desk.execute(
        f"UPDATE alert_transition SET {change} WHERE alert = %s AND version = 1", alert
    )
    code, found = desk.replay()
    assert (code, found["different"], found["only_stored"]) == (1, 1, 0)
    (first,) = found["first"]
    assert (first["stored"]["alert"], first["stored"]["version"]) == (alert, 1)
    assert first["fields"] == fields
    assert "✗         1  不同 · differ" in desk.text()


def test_a_stored_transition_that_is_gone_or_invented_is_found(desk):
    ((alert, version, kind),) = desk.execute(
        "DELETE FROM alert_transition WHERE kind = 'flapping' RETURNING alert::text, version, kind"
    )
    desk.execute(
        "INSERT INTO alert_transition (alert, version, kind, at, actor, evidence) "
        "VALUES (%s, 99, 'realarmed', %s, 'rules', '{}')", alert, at(75)
    )  # fmt: skip
    code, found = desk.replay()
    assert (code, found["only_replayed"], found["only_stored"]) == (1, 1, 1)
    (gone,) = [one["replayed"] for one in found["first"] if one["kind"] == "only_replayed"]
    assert (gone["alert"], gone["version"], gone["kind"]) == (alert, version, kind)
    assert desk.replay(limit=0)[1]["first"] == []
    assert "and 2 more; --limit names more of them" in desk.text(limit=0)


def test_an_input_that_was_changed_is_found(desk):
    """A row of the journal in which the river did not rise."""
    rows = desk.execute(
        "SELECT id, inputs FROM engine_input WHERE first_us < %s AND last_us >= %s",
        NOON + 10 * MINUTE, NOON + 10 * MINUTE,
    )  # fmt: skip
    changed = 0
    for row, value in rows:
        found = inputs.decode(bytes(value))
        kept = [one for one in found if not hasattr(one, "n") or BRIDGE not in one.datastream]
        changed += len(kept) < len(found)
        desk.execute("UPDATE engine_input SET inputs = %s WHERE id = %s", inputs.encode(kept), row)
    assert changed == 1
    code, found = desk.replay()
    assert code == 1
    assert found["only_stored"] >= 1
    assert found["first"][0]["stored"]["at"].startswith("2026-09-24T12:10:00")


def test_several_processes_find_the_same(desk, monkeypatch):
    monkeypatch.setattr(judging, "_MANY", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    total = desk.execute("SELECT count(*) FROM alert_transition")[0][0]
    code, found = desk.replay()
    assert (code, found["same"], found["partitions"]) == (0, total, PARTITIONS)
    desk.execute("DELETE FROM rule_version WHERE version = 2")
    assert "neither a version of the rules nor" in desk.refused(90, 120)


def test_rules_that_nobody_kept_are_told_by_their_digest(desk):
    desk.execute("DELETE FROM rule_version WHERE version = 2")
    said = desk.refused(90, 120)
    assert "judged, and neither a version of the rules nor" in said
    assert desk.replay(0, 30)[0] == 0  # the first ones are there


def test_a_time_of_which_nothing_is_kept(desk):
    assert "it has 2026-09-24T12:00:30+08:00 – 2026-09-24T14:59:30" in desk.refused(-999, -900)
    assert "is not before --to" in desk.refused(50, 40)


def test_a_database_without_a_journal(own_database_url, capsys):
    assert "the journal holds nothing yet" in Desk(own_database_url, capsys).refused(0, 1)


def test_the_command_exits_0_where_all_is_the_same_and_1_where_not(desk, monkeypatch, tmp_path):
    for key, value in (
        ("DATABASE_URL", desk.url), ("KAFKA_PARTITIONS", str(PARTITIONS)),
        ("CITY", "cities/jiangyan"), ("DATA_DIR", str(tmp_path)),
    ):  # fmt: skip
        monkeypatch.setenv(f"IOC_{key}", value)
    words = ["replay", "--from", at(0), "--to", at(60), "--json", "--limit", "0"]
    found = CliRunner().invoke(app, words)
    assert (found.exit_code, json.loads(found.stdout)["even"]) == (0, True)
    desk.execute("UPDATE alert_transition SET severity = 'blue' WHERE kind = 'escalated'")
    assert CliRunner().invoke(app, words).exit_code == 1
    # Without --to it ends with the newest that is kept, a day after it begins.
    whole = CliRunner().invoke(app, ["replay", "--json"])
    assert json.loads(whole.stdout)["to"] == "2026-09-24T14:59:30.000000+08:00"
