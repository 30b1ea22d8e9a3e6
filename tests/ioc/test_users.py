"""`ioc users` as an operator uses it, on a real database."""

from __future__ import annotations

import asyncio
import json

import pytest

from ioc import first_people, settings
from storage import accounts, sessions
from tests.ioc.test_devices import Desk
from tests.storage.episodes import in_database


@pytest.fixture
def desk(own_database_url, tmp_path) -> Desk:
    return Desk(tmp_path, own_database_url)


def users(desk, *words, code=0):
    return desk.run("users", *words, code=code)


def facts(desk, *words):
    return json.loads(users(desk, *words, "--json"))


def start(desk, name):
    """Sign somebody in; the pages do it, here the database is enough."""

    async def work(connection):
        number = (await accounts.find(connection, name)).id
        return await sessions.start(connection, number, "10.1.2.3")

    return in_database(desk.url, work)


def actions(desk):
    rows = facts(desk, "audit")["entries"]
    return [(one["actor"], one["action"], one["subject"]) for one in reversed(rows)]


def test_nobody_is_there_at_first(desk):
    assert users(desk, "list").strip() == "没有账号 · no accounts"
    assert facts(desk, "list") == {"accounts": []}
    assert users(desk, "sessions").strip() == "无人登录 · nobody is signed in"


def test_who_is_added_gets_a_token_that_is_told_once(desk):
    told = facts(desk, "add", "王晓明", "dispatcher", "viewer@north", "--actor", "ann")
    assert told["address"] == "http://127.0.0.1:8050/one-time"
    everything = users(desk, "list") + users(desk, "audit") + users(desk, "list", "--json")
    assert told["token"] not in everything
    (one,) = facts(desk, "list")["accounts"]
    assert one["roles"] == ["dispatcher", "viewer@north"]
    assert (one["created_by"], one["password_set"], one["disabled"]) == ("ann", None, None)
    assert "未设置 not set" in users(desk, "list")
    assert actions(desk) == [("ann", "account_added", "王晓明")]


def test_a_person_reads_chinese_first(desk):
    said = users(desk, "add", "ann", "viewer").splitlines()
    assert said[0].startswith("ann 的一次性令牌，只显示这一次")
    assert said[1].startswith("The one-time token of ann")
    assert said[2].startswith("http://127.0.0.1:8050/one-time    ")


@pytest.mark.parametrize(
    ("role", "message"),
    [
        ("dispatch", "ROLE: 'dispatch' is not known; did you mean 'dispatcher'?"),
        ("display", "ROLE: 'display' is not known"),
        ("anybody", "ROLE: 'anybody' is not known"),
        ("viewer@nowhere", "TOWN: 'nowhere' is not known"),
        ("viewer@", "'viewer@' is not like ROLE, ROLE:DEPARTMENT, ROLE@TOWN"),
        ("viewer@north:water", "'viewer@north:water' is not like ROLE"),
        ("crew:a b", "'crew:a b' is not like ROLE"),
    ],
)
def test_a_role_that_is_none_is_told_with_what_would_be_right(desk, role, message):
    assert message in users(desk, "add", "ann", role, code=2)
    assert facts(desk, "list") == {"accounts": []}


def test_a_name_that_somebody_has_is_refused(desk):
    users(desk, "add", "ann")
    assert "there is an account" in users(desk, "add", "Ann", code=2)
    assert "is no name to sign in with" in users(desk, "add", " ", code=2)


def test_roles_are_shown_set_and_taken_away(desk):
    users(desk, "add", "ann", "viewer")
    start(desk, "ann")
    assert facts(desk, "roles", "ann") == {"name": "ann", "roles": ["viewer"]}
    told = facts(desk, "roles", "ann", "crew:water@north", "auditor")
    assert told == {"name": "ann", "roles": ["auditor", "crew:water@north"], "sessions_ended": 1}
    assert "没有角色 · no role" in users(desk, "roles", "ann", "--none")
    assert "not both" in users(desk, "roles", "ann", "viewer", "--none", code=2)
    assert "no account has the name 'bob'" in users(desk, "roles", "bob", code=2)
    assert [action for _, action, _ in actions(desk)] == [
        "account_added", "roles_changed", "roles_changed",
    ]  # fmt: skip


def test_who_is_disabled_is_out_and_comes_back(desk):
    users(desk, "add", "ann", "viewer")
    start(desk, "ann")
    assert facts(desk, "disable", "ann", "--actor", "bob")["sessions_ended"] == 1
    assert facts(desk, "list")["accounts"][0]["disabled_by"] == "bob"
    assert "was disabled by bob" in users(desk, "disable", "ann", code=2)
    assert "enable it first: ioc users disable ann --undo" in users(desk, "reset", "ann", code=2)
    assert "已恢复" in users(desk, "disable", "ann", "--undo", "--actor", "bob")
    assert facts(desk, "list")["accounts"][0]["disabled"] is None
    assert [action for _, action, _ in actions(desk)] == [
        "account_added", "account_disabled", "account_enabled",
    ]  # fmt: skip


def test_a_reset_tells_another_token_and_ends_the_sessions(desk):
    first = facts(desk, "add", "ann", "viewer")["token"]
    start(desk, "ann")
    second = facts(desk, "reset", "ann")["token"]
    assert first != second
    assert facts(desk, "sessions") == {"sessions": []}
    assert [action for _, action, _ in actions(desk)] == ["account_added", "token_made"]


def test_sessions_are_listed_and_ended_one_by_one_or_all(desk):
    for name in ("ann", "bob"):
        users(desk, "add", name, "viewer")
    secrets = [start(desk, name) for name in ("ann", "ann", "ann", "bob")]
    listed = facts(desk, "sessions", "ann")["sessions"]
    assert [(one["name"], one["address"]) for one in listed] == [("ann", "10.1.2.3")] * 3
    assert len(facts(desk, "sessions")["sessions"]) == 4
    assert not any(secret in users(desk, "sessions") for secret in secrets)
    one = str(listed[0]["session"])
    assert facts(desk, "revoke", "ann", "--session", one)["sessions_ended"] == 1
    assert f"ann has no open session {one}" in users(
        desk, "revoke", "ann", "--session", one, code=2
    )
    assert facts(desk, "revoke", "ann")["sessions_ended"] == 2
    assert [one["name"] for one in facts(desk, "sessions")["sessions"]] == ["bob"]


def test_the_audit_trail_is_a_table_for_people_without_control_characters(desk):
    users(desk, "add", "ann", "viewer", "--actor", "eve\x1b[2J")
    told = users(desk, "audit", "--limit", "1")
    assert "操作者 actor" in told
    assert "account_added" in told
    assert "\x1b" not in told


# -- the first administrator --------------------------------------------------------------------


def first(desk):
    said = []
    known = {key: value for key, value in desk.environment.items() if value is not None}
    del known["COLUMNS"]
    asyncio.run(first_people.tell(settings.load(known), said.append))
    return said


def test_a_start_on_an_empty_database_tells_a_token_and_later_ones_do_not(desk):
    said = first(desk)
    assert "还没有账号" in said[0]
    address, token = said[-1].split()
    assert address == "http://127.0.0.1:8050/one-time"
    again = first(desk)[-1].split()[1]
    assert again != token
    users(desk, "add", "ann", "administrator")
    assert first(desk) == []
    assert token not in users(desk, "audit", "--json")


def test_a_start_without_database_says_why_there_is_no_token(desk):
    desk.environment["IOC_DATABASE_URL"] = "postgresql://ioc@127.0.0.1:1/ioc"
    (said,) = first(desk)
    assert said.startswith("✗ no token for the first administrator: ")
