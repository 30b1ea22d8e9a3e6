"""`ioc handover` and `ioc report` as a shift uses them, on a real database."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta

import pypdfium2
import pytest

from devices.calendar import BEIJING
from dispatch.handover import shift_at
from tests.dispatch.shifts import DUTY, ROSTER
from tests.documents.sheets import docx_text
from tests.ioc.test_devices import Desk
from tests.storage.episodes import NOON, Episode, told

HOUR = 3_600_000_000


class ShiftDesk(Desk):
    """A desk with a duty roster and crews."""

    def __init__(self, folder, url):
        super().__init__(folder, url)
        (self.city / "duty.yaml").write_text(DUTY, encoding="utf-8")

    def handover(self, *words, code=0):
        return self.run("handover", *words, code=code)

    def facts(self, *words, code=0):
        return json.loads(self.handover(*words, "--json", code=code))

    def raised(self, name, ago_h, severity="red"):
        at_us = time.time_ns() // 1000 - round(ago_h * HOUR)
        one = Episode(name, raised_s=(at_us - NOON) // 1_000_000)
        told(self.url, one.tell("raised", severity))
        return one


@pytest.fixture
def desk(own_database_url, tmp_path):
    return ShiftDesk(tmp_path, own_database_url)


@pytest.fixture
def key():
    """The shift before the one on duty: it is over, whatever the time is."""
    now = shift_at(ROSTER, time.time_ns() // 1000)
    return shift_at(ROSTER, now.from_us - 1).key


def test_a_shift_hands_over_at_the_command_line(desk, key):
    blocking = desk.raised("level", 1)
    said = desk.handover("draft", key, "--actor", "安安")
    assert said.startswith(f"起草 drafted: {key}, 版本 version 1, 草稿 draft")
    desk.handover("edit", key, "tasks", "02:00 复测水位\x1b[2J", "--actor", "安安")
    refused = desk.handover("sign", key, "--as", "outgoing", "--actor", "安安", code=2)
    assert f"有 1 条一级告警未确认（{blocking.id[:8]}）" in refused
    desk.run("alerts", "ack", blocking.id[:8])
    desk.handover("sign", key, "--as", "outgoing", "--actor", "安安")
    refused = desk.handover("sign", key, "--as", "incoming", "--actor", "安安", code=2)
    assert "交班人安安不能自己接班" in refused
    facts = desk.facts("sign", key, "--as", "incoming", "--actor", "凯特")
    assert (facts["status"], facts["version"], facts["intact"]) == ("signed", 4, True)
    assert facts["outgoing"]["sha256"] == facts["incoming"]["sha256"] == facts["sha256"]
    refused = desk.handover("edit", key, "tasks", "x", code=2)
    assert "安安 与 凯特 已于" in refused
    shown = desk.handover("show")
    assert "\x1b" not in shown
    assert "02:00 复测水位\ufffd[2J" in shown
    assert "【移交事项】" in shown
    lines = [line for line in shown.splitlines() if "签字 signed  " in line]
    assert [line.split("  ")[2] for line in lines] == ["安安", "凯特"]
    assert f"{key}  双方已签字 signed by both" in desk.handover("list")


def test_what_was_signed_is_exported_in_both_languages(desk, key, tmp_path):
    desk.handover("draft", key)
    desk.handover("edit", key, "summary", "平稳")
    pdf, docx = tmp_path / "a.pdf", tmp_path / "a.docx"
    facts = desk.facts("export", key, "--pdf", str(pdf), "--docx", str(docx), "--lang", "en")
    assert facts["written"]["pdf"] == {"file": str(pdf), "bytes": pdf.stat().st_size}
    assert "Tasks for the next shift" in docx_text(docx.read_bytes())
    document = pypdfium2.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    assert "Shift handover" in text
    assert "平稳" in text
    assert "say where to" in desk.handover("export", key, code=2)
    assert "did you mean" in desk.handover("export", "--lang", "zhh", "--pdf", "x", code=2)


def test_who_saw_an_older_version_is_told_in_facts_too(desk, key):
    desk.handover("draft", key, "--actor", "安安")
    desk.handover("edit", key, "tasks", "a", "--actor", "本本")
    found = desk.facts("edit", key, "tasks", "b", "--version", "1", code=2)
    assert found["refused"]["code"] == "stale_version"
    assert found["refused"]["facts"]["by"] == "本本"


def test_without_a_name_it_is_the_shift_that_is_handed_over_now(desk):
    now = shift_at(ROSTER, (asked := time.time_ns() // 1000))
    before = shift_at(ROSTER, now.from_us - 1)
    found = desk.facts("draft")
    assert found["key"] in (now.key, before.key)
    assert (found["key"] == before.key) == (asked - now.from_us < 2 * HOUR)


def test_who_is_on_duty_is_told(desk):
    said = desk.handover("duty", "--at", "2026-03-01T09:00+08:00")
    assert said.splitlines()[1:] == ["值班长 duty leader  安安 Ann", "调度员 Dispatcher  本本 Ben"]
    facts = desk.facts("duty", "--at", "2026-03-01T21:00+08:00")
    assert (facts["shift"], facts["leader"]["id"], facts["day"]) == ("night", "cat", "2026-03-01")


@pytest.mark.parametrize(
    ("words", "told_"),
    [
        pytest.param(["draft", "2026-03-01-nigth"], "did you mean", id="shift"),
        pytest.param(["draft", "2026-3-1-night"], "is not known", id="day"),
        pytest.param(["draft", "2026-13-01-night"], "write it like 2026-10-01-night", id="month"),
        pytest.param(["draft", "2999-01-01-day"], "才开始", id="not-begun"),
        pytest.param(["show", "2026-03-01-day"], "there is no handover", id="none"),
        pytest.param(["show"], "there are no handovers", id="empty"),
        pytest.param(["sign", "k", "--as", "outgoin"], "did you mean", id="side"),
    ],
)
def test_mistakes_are_told(desk, words, told_):
    assert told_ in desk.handover(*words, code=2)


def test_a_city_without_a_roster_is_told_what_is_missing(desk):
    (desk.city / "duty.yaml").unlink()
    assert "duty.yaml: is missing; docs/handover.md" in desk.handover("duty", code=2)
    (desk.city / "duty.yaml").write_text("posts: {}\n", encoding="utf-8")
    assert "duty.yaml:" in desk.handover("duty", code=2)


def test_what_is_stored_otherwise_than_signed_is_told(desk, key):
    desk.handover("draft", key)
    desk.handover("sign", key, "--as", "outgoing", "--actor", "安安")
    desk.query("ALTER TABLE handover DISABLE TRIGGER ALL")
    found = desk.query("SELECT conname FROM pg_constraint WHERE conrelid = 'handover'::regclass "
                       "AND pg_get_constraintdef(oid) ~ 'convert_to'")  # fmt: skip
    desk.query(f"ALTER TABLE handover DROP CONSTRAINT {found[0][0]}")
    desk.query("UPDATE handover SET content = replace(content, 'Day shift', 'Night')")
    assert "what is stored is not what was signed" in desk.handover("show", code=2)


# Reports


def test_figures_of_a_report_are_those_of_the_database(desk, tmp_path):
    day = datetime.now(BEIJING).date() - timedelta(days=1)
    for number in range(60):
        desk.raised(f"rule-{number}", number, ("red", "orange", "yellow", "blue")[number % 4])
    for kind, days in (("daily", 1), ("weekly", None), ("monthly", None)):
        facts = json.loads(desk.run("report", kind, "--at", str(day), "--json"))
        first, last = facts["first"], facts["last"]
        if days:
            assert first == last == str(day)
        plain = dict(desk.query(
            "SELECT severity, count(*) FROM alert WHERE raised >= %s AND raised < %s "
            "GROUP BY severity",
            f"{first}T00:00+08:00", f"{datetime.fromisoformat(last) + timedelta(days=1)}+08:00",
        ))  # fmt: skip
        colours = ("red", "orange", "yellow", "blue")
        told_ = {colours[one["priority"] - 1]: one["raised"] for one in facts["counts"]
                 if one["raised"]}  # fmt: skip
        assert told_ == plain
        assert sum(sum(bar["by_priority"]) for bar in facts["bars"]) == sum(plain.values())
        assert facts["load"]["alarms"] == sum(plain.values())
    docx = tmp_path / "daily.docx"
    desk.run("report", "daily", "--at", str(day), "--docx", str(docx))
    assert "运行日报" in docx_text(docx.read_bytes())
    assert "运行周报" in desk.run("report", "weekly")


def test_mistakes_of_a_report_are_told(desk):
    assert "is no day" in desk.run("report", "daily", "--at", "2026-3-1", code=2)
    assert "has not begun" in desk.run("report", "monthly", "--at", "2999-01-01", code=2)
