"""The feed: Atom around whole CAP messages."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from lxml import etree

from dispatch import atom
from dispatch.atom import Feed
from tests.dispatch.cap_reader import mistakes, read
from tests.dispatch.test_cap import BEIJING, FULL, SENT, info, message

A = "{http://www.w3.org/2005/Atom}"
FEED = Feed("urn:ioc:321204:cap", "姜堰区 <告警>", "姜堰区", "https://example.org/feed/cap.atom")


def tree(*messages, feed=FEED, zone=BEIJING):
    return etree.fromstring(atom.xml(feed, messages, SENT, zone))


def test_each_entry_holds_its_whole_message_and_the_newest_is_first():
    later = message(identifier="b.1", sent_us=SENT + 5_000_000, infos=(info(headline="h"),))
    root = tree(FULL, later)
    entries = root.findall(f"{A}entry")
    contents = [one.find(f"{A}content") for one in entries]
    assert [one.get("type") for one in contents] == ["application/cap+xml"] * 2
    assert [read(one[0]) for one in contents] == [later, FULL]
    for one in contents:
        assert mistakes(etree.fromstring(etree.tostring(one[0]))) == []


def test_the_feed_has_all_that_atom_asks_for():
    root = tree(FULL)
    assert root.tag == f"{A}feed"
    assert [root.findtext(f"{A}{name}") for name in ("id", "title")] == [FEED.id, FEED.title]
    assert root.findtext(f"{A}author/{A}name") == "姜堰区"
    (link,) = root.findall(f"{A}link")
    assert (link.get("rel"), link.get("href")) == ("self", FEED.address)
    entry = root.find(f"{A}entry")
    assert entry.findtext(f"{A}id") == "urn:cap:ioc.321204:a-1.1"
    assert entry.findtext(f"{A}title") == FULL.infos[0].headline
    for name in (f"{A}updated", f"{A}entry/{A}updated"):
        assert root.findtext(name) == "2026-09-21T22:13:20+08:00"


def test_an_empty_feed_has_the_time_it_was_asked():
    root = tree()
    assert root.findall(f"{A}entry") == []
    assert datetime.fromisoformat(root.findtext(f"{A}updated")).timestamp() == SENT / 1e6


def test_in_utc_atom_says_plus_zero_and_cap_minus_zero():
    root = tree(FULL, zone=timedelta(0))
    assert root.findtext(f"{A}updated").endswith("+00:00")
    assert root.findtext(".//{*}sent").endswith("-00:00")


def test_a_file_has_no_address():
    assert tree(feed=Feed("urn:x", "t", "a")).findall(f"{A}link") == []


def test_two_messages_of_one_identifier_are_a_mistake():
    with pytest.raises(ValueError, match=r"two messages are a-1\.1"):
        tree(FULL, FULL)


def test_a_message_without_words_is_told_by_its_identifier():
    assert tree(message(infos=())).findtext(f"{A}entry/{A}title") == "a-1.1"
