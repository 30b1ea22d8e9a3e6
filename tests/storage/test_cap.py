"""What others fetch, from a real database: the first message, its updates, its end; and drills."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree

from dispatch.cap import MessageType, Status
from dispatch.cap_told import FeedSettings
from dispatch.incidents import Add, Close
from dispatch.plans import Level, Scope
from storage import cap, drills, incidents, responses
from tests.dispatch.cap_reader import mistakes, read
from tests.small_city import RULES, city
from tests.storage.episodes import Episode, in_database, told
from tests.storage.happenings import collect, count, do, incident, load, place_of

A = "{http://www.w3.org/2005/Atom}"
BEIJING = timedelta(hours=8)
SETTINGS = FeedSettings(sender="ioc@example.org")


@pytest.fixture
def url(own_database_url) -> str:
    return own_database_url


def raise_(url, severity="yellow", **more):
    one = Episode(**more)
    told(url, one.tell("raised", severity))
    return one


def of_alert(url, alert):
    return in_database(url, lambda one: cap.of_alert(one, alert, city(), SETTINGS))


def of_incident(url, name):
    return in_database(url, lambda one: cap.of_incident(one, name, city(), SETTINGS))


def entries(url, **more):
    """Return the messages of the feed, each right by the schema."""
    document = in_database(url, lambda one: cap.feed(one, city(), SETTINGS, BEIJING, **more))
    found = []
    for content in etree.fromstring(document).iter(f"{A}content"):
        message = etree.fromstring(etree.tostring(content[0]))
        assert mistakes(message) == []
        found.append(read(message))
    return found


def test_an_alert_is_told_then_updated_then_cancelled(url):
    one = raise_(url)
    first = of_alert(url, one.id)
    assert (first.type, first.status) == (MessageType.ALERT, Status.ACTUAL)
    assert first.sender == "ioc@example.org"
    assert first.infos[0].headline == "黄色预警：大桥站水位3.9m"
    assert first.infos[0].areas[0].description == "南镇大桥站"
    told(url, one.tell("flapping"))
    assert of_alert(url, one.id) == first  # nothing else is told
    told(url, one.tell("escalated", "red", 60))
    update = of_alert(url, one.id)
    assert (update.type, update.infos[0].severity) == (MessageType.UPDATE, "Extreme")
    assert [each.identifier for each in update.references] == [first.identifier]
    assert update.references[0].sent_us // 10**6 == first.sent_us // 10**6
    told(url, one.tell("cleared", at_s=120))
    cancel = of_alert(url, one.id)
    assert cancel.type is MessageType.CANCEL
    assert [each.identifier for each in cancel.references] == [
        first.identifier, update.identifier,
    ]  # fmt: skip


def test_an_alert_names_its_incident_and_the_response_to_it(url):
    one = raise_(url)
    where = incident(url, one)
    in_database(url, lambda own: responses.set_level(own, Scope(where), Level.IV, "ann", "rain"))
    found = of_alert(url, one.id)
    assert found.incidents == (where,)
    assert ("responseLevel", "IV") in found.infos[0].parameters
    assert ("responseLevel", "IV") in of_incident(url, where).infos[0].parameters


def test_each_change_of_an_incident_or_of_its_alerts_is_a_message_of_its_own(url):
    one = raise_(url)
    where = incident(url, one)
    first = of_incident(url, where)
    assert (first.type, first.identifier) == (MessageType.ALERT, f"{where}.1")
    told(url, one.tell("escalated", "orange", 60))
    second = of_incident(url, where)
    assert (second.type, second.identifier) == (MessageType.UPDATE, f"{where}.2")
    assert second.infos[0].severity == "Severe"
    other = raise_(url, rule="rise", raised_s=60)
    members = in_database(url, lambda own: incidents.members(own, [other.id], place_of))
    do(url, Add(actor="ann", at_us=0, incident=where, seen=1, members=tuple(members)))
    third = of_incident(url, where)
    assert third.identifier == f"{where}.3"
    assert third.infos[0].description == "大桥站水位3.9m\n大桥站水位3.9m"
    told(url, one.tell("cleared", at_s=120), other.tell("cleared", at_s=90))
    do(url, Close(actor="ann", at_us=0, reason="dry", incident=where,
                  seen=load(url, where).version))  # fmt: skip
    last = of_incident(url, where)
    assert (last.type, last.identifier) == (MessageType.CANCEL, f"{where}.6")
    assert [each.identifier for each in last.references] == [
        f"{where}.{number}" for number in range(1, 6)
    ]


def test_an_incident_by_telephone_is_told_by_its_title(url):
    found = of_incident(url, incident(url, title="路面塌陷"))
    assert found.infos[0].headline == "路面塌陷"
    assert found.infos[0].severity == "Unknown"
    assert found.infos[0].areas[0].polygons


def test_the_feed_has_one_entry_for_an_incident_of_many_alerts(url):
    for number in range(5):
        raise_(url, rule=f"rule-{number}", raised_s=number)
    collect(url)
    (one,) = entries(url)
    assert one.infos[0].headline == "黄色预警：大桥站水位3.9m（另有 4 条告警）"
    assert one.infos[0].description.count("\n") == 4
    assert len(entries(url, of="alerts")) == 5


def test_the_feed_tells_an_end_for_a_day(url):
    one = raise_(url)
    told(url, one.tell("cleared", at_s=60))
    where = incident(url, title="x")
    do(url, Close(actor="ann", at_us=0, reason="dry", incident=where, seen=1))
    assert [each.type for each in entries(url)] == [MessageType.CANCEL]
    in_database(
        url, lambda own: own.execute("UPDATE incident SET closed = closed - interval '25 hours'")
    )
    assert entries(url) == []


def test_what_is_suppressed_or_shelved_is_not_told(url):
    hidden = raise_(url)
    told(url, hidden.tell("suppressed", reason="maintenance"))
    shown = raise_(url, rule="rise")
    (one,) = entries(url, of="alerts")
    assert one.identifier == f"{shown.id}.1"


def test_a_drill_is_told_to_who_asks_for_it_and_as_an_exercise(url):
    async def drill(own):
        made = await drills.start(own, 600, RULES, "ann", "")
        one = Episode()
        await drills.write(own, made, [one.tell("raised", "red")])
        await drills.write(own, made, [one.tell("deescalated", "yellow", 60)])
        return drills.alert_of(made, one.id)

    name = in_database(url, drill)
    assert entries(url) == entries(url, of="alerts") == []
    (one,) = entries(url, with_drills=True)
    assert (one.status, one.type) == (Status.EXERCISE, MessageType.UPDATE)
    assert one.infos[0].headline.startswith("【演练】")
    assert [each.identifier for each in one.references] == [f"{name}.1"]
    assert of_alert(url, name) == one
    assert count(url, "outbox") == 0


def test_what_is_not_there_is_none(url):
    nobody = "00000000-0000-0000-0000-000000000000"
    assert of_alert(url, nobody) is None
    assert of_incident(url, nobody) is None
