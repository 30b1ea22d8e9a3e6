"""`ioc wall tokens` as an operator uses it, on a real database."""

from __future__ import annotations

import json
import socket

import pytest

from tests.ioc.test_devices import Desk


@pytest.fixture
def desk(own_database_url, tmp_path) -> Desk:
    return Desk(tmp_path, own_database_url)


def tokens(desk, *words, code=0):
    return desk.run("wall", "tokens", *words, code=code)


def test_the_address_is_told_once_and_the_list_names_who_has_one(desk):
    told = json.loads(tokens(desk, "create", "一楼大厅", "--actor", "ann", "--json"))
    assert told["name"] == "一楼大厅"
    assert told["address"].startswith("http://127.0.0.1:8050/?token=")
    token = told["address"].partition("=")[2]
    (one,) = json.loads(tokens(desk, "list", "--json"))["tokens"]
    assert (one["name"], one["created_by"], one["last_seen"]) == ("一楼大厅", "ann", None)
    assert token not in tokens(desk, "list", "--all") + tokens(desk, "list", "--all", "--json")
    assert "从未 never" in tokens(desk, "list")


def test_the_address_is_the_one_by_which_screens_reach_it(desk):
    given = tokens(desk, "create", "a", "--address", "https://wall.example/ioc")
    assert "\nhttps://wall.example/ioc/?token=" in given
    assert "大屏不设准入" in given  # 127.0.0.1: everybody on this machine is let in
    desk.environment["IOC_WALL_HOST"] = "0.0.0.0"
    given = tokens(desk, "create", "b")
    assert f"\nhttp://{socket.gethostname()}:8050/?token=" in given
    assert "大屏不设准入" not in given
    for wrong in ("wall.example", "ftp://a/", "http://a/?x=1"):
        assert "is not like http://" in tokens(desk, "create", "c", "--address", wrong, code=2)


def test_a_revoked_one_is_off_the_list_and_still_told_among_all(desk):
    tokens(desk, "create", "hall")
    assert "has a token; revoke it first" in tokens(desk, "create", "hall", code=2)
    told = tokens(desk, "revoke", "hall", "--actor", "bob")
    assert "已吊销" in told
    assert tokens(desk, "list").strip() == "没有令牌 · no tokens"
    (one,) = json.loads(tokens(desk, "list", "--all", "--json"))["tokens"]
    assert one["revoked_by"] == "bob"
    assert "no wall has one" in tokens(desk, "revoke", "hall", code=2)
    assert json.loads(tokens(desk, "create", "hall", "--json"))["name"] == "hall"


def test_the_settings_file_of_a_subcommand_stands_behind_it(desk):
    refused = desk.run("wall", "--config", "x.toml", "tokens", "list", code=2)
    assert "--config belongs behind the subcommand" in refused
    file = desk.folder / "ioc.toml"
    file.write_text("[wall]\nport = 9999\n")
    assert ":9999/?token=" in tokens(desk, "create", "hall", "--config", str(file))
    desk.environment["IOC_CONFIG"] = str(file)
    assert "hall" in tokens(desk, "list")
