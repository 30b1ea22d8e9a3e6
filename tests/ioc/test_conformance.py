"""The report on how well devices keep to their protocols."""

import asyncio
import csv
import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from devices import catalogue
from devices.reports import FindingReport
from ioc import conformance
from storage import conformance as stored
from storage import reports
from storage.reports import Reported
from tests.small_city import TEXTS

NOW = datetime.now(UTC)
TODAY = (NOW + timedelta(hours=8)).date()
HEAD, _, ROWS = TEXTS["devices.csv"].partition("\n")
CITY = catalogue.build(
    {
        **TEXTS,
        "devices.csv": f"{HEAD},vendor\n"
        + "".join(
            f"{line},{'Acme' if line.startswith('bridge') else ''}\n" for line in ROWS.splitlines()
        ),
    }
)


@pytest.fixture
def facts(own_database_url):
    def ask(*found):
        now_us = int(NOW.timestamp() * 1e6)

        async def work():
            async with await psycopg.AsyncConnection.connect(own_database_url) as connection:
                await reports.write(
                    connection, [Reported(one, "gw-bridge", "b", 0, now_us) for one in found]
                )
                return await stored.read(
                    connection, TODAY, TODAY, messages="messages", deviant="deviant"
                )

        return conformance.facts_of(asyncio.run(work()), CITY, TODAY, TODAY)

    return ask


def counted(device, code, count, example=""):
    return FindingReport(0, device, code, count, example)


GAUGE = (
    counted("bridge-gauge", "messages", 50),
    counted("bridge-gauge", "deviant", 3),
    counted("bridge-gauge", "crc-mismatch", 2, "FFFF where 1C80 is right"),
    counted("bridge-gauge", "unit-implausible", 1, "=cmd"),
)


def test_shares_are_of_a_devices_messages_and_vendors_are_summed_up(facts):
    found = facts(*GAUGE, counted("stranger", "messages", 10))
    gauge, stranger = found["devices"]
    assert (gauge["device"], gauge["vendor"], gauge["score"]) == ("bridge-gauge", "Acme", 94.0)
    assert {code: one["percent"] for code, one in gauge["findings"].items()} == {
        "crc-mismatch": 4.0, "unit-implausible": 2.0,
    }  # fmt: skip
    assert (stranger["known"], stranger["score"], stranger["findings"]) == (False, 100.0, {})
    assert [(one["vendor"], one["score"]) for one in found["vendors"]] == [
        ("", 100.0), ("Acme", 94.0),
    ]  # fmt: skip


def test_the_text_names_device_kind_share_and_example(facts):
    told = conformance.text(facts(*GAUGE))
    assert " 94.00 %  Acme: 1 devices" in told
    assert " 94.00 %  bridge-gauge behind gw-bridge: 3 of 50 messages" in told
    assert "2 × crc-mismatch (4 %): FFFF where 1C80 is right" in told


def test_where_messages_are_not_counted_there_is_no_score(facts):
    found = facts(counted("bridge-gauge", "not-decodable", 7))
    assert found["devices"][0]["score"] is None
    assert "7 × not-decodable:" in conformance.text(found)


def test_the_file_has_a_line_for_each_kind_and_no_formula(facts, tmp_path):
    found = facts(*GAUGE)
    conformance.write(tmp_path / "report.csv", found)
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(one["device"], one["code"], one["percent"]) for one in rows] == [
        ("bridge-gauge", "crc-mismatch", "4.0"), ("bridge-gauge", "unit-implausible", "2.0"),
    ]  # fmt: skip
    assert rows[1]["example"] == "'=cmd"
    assert json.dumps(found)


def test_nothing_found_is_said(facts):
    assert conformance.text(facts()).startswith("nothing was found from ")
