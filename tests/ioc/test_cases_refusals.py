"""Every refusal of a case has a sentence in both languages, and holds no control sequence."""

from __future__ import annotations

import json
import re

import msgspec
import pytest

from dispatch.cases import Refusal, RefusalCode, Role, Who, collect
from dispatch.cases.steps import STEPS
from ioc import cases_refusals as text
from ioc.cases_text import EVENTS, STAGES
from tests.dispatch.case_desk import (
    DISPATCHER,
    GARBAGE,
    INSPECTOR,
    POLICY,
    ROADS,
    SANITATION,
    Desk,
    us,
)

HAN = re.compile(r"[\u3400-\u9fff]")


def at_stage(stage):
    desk = Desk()
    desk.brought_to(stage)
    return desk


def suspended():
    desk = at_stage("handling")
    desk.does(DISPATCHER, "suspend", text="等许可")
    return desk


def asked():
    desk = at_stage("handling")
    desk.does(SANITATION, "ask-extension", text="车坏", limit="2 工作时")
    return desk


EVIL = Who("x\x1b[2J", Role.SUPERVISION)


def handled_by_evil():
    desk = Desk()
    desk.does(EVIL, "file")
    return desk


WHO = "王指挥"
REFUSALS = {
    RefusalCode.UNKNOWN_CASE: (
        lambda: Refusal(RefusalCode.UNKNOWN_CASE, "case", {"case": 9}),
        "没有案卷 9 · there is no case 9; `ioc cases list --all` shows them",
    ),
    RefusalCode.STALE_VERSION: (
        lambda: handled_by_evil().tries(INSPECTOR, "file", version=1),
        "（监督）已于 2026-03-02T",
    ),
    RefusalCode.WRONG_ROLE: (
        lambda: Desk().tries(DISPATCHER, "file"),
        "指挥方不能这样做，应由监督方 · command does not do that, supervision does",
    ),
    RefusalCode.OTHER_DEPARTMENT: (
        lambda: at_stage("dispatch").tries(ROADS, "accept"),
        "案卷不在市政所，在环卫所 · the case is not with roads but with sanitation",
    ),
    RefusalCode.WRONG_STAGE: (
        lambda: Desk().tries(SANITATION, "return", text="x"),
        "案卷处于信息采集，此操作须在任务派遣或任务处理 · the case is at collection; "
        "this is done at dispatch or handling",
    ),
    RefusalCode.ENDED: (
        lambda: at_stage("closed").tries(INSPECTOR, "file"),
        "the case was closed at 2026-03-0",
    ),
    RefusalCode.NOT_CLOSED: (
        lambda: Desk().tries(INSPECTOR, "evaluate", mark=3),
        "案卷未结案，结案后才能评价 · the case is open; only a closed one can be marked",
    ),
    RefusalCode.SUSPENDED: (
        lambda: suspended().tries(DISPATCHER, "urge"),
        "案卷已挂账，只能恢复、督办、作废 · the case is suspended; only resume, supervise, void",
    ),
    RefusalCode.NOT_SUSPENDED: (
        lambda: at_stage("handling").tries(DISPATCHER, "resume"),
        "案卷未挂账",
    ),
    RefusalCode.EXTENSION_ASKED: (
        lambda: asked().tries(SANITATION, "ask-extension", text="x", limit="1 工作时"),
        "已申请延期 2 工作时，等待答复",
    ),
    RefusalCode.NO_EXTENSION_ASKED: (
        lambda: at_stage("handling").tries(DISPATCHER, "grant-extension"),
        "没有待答复的延期申请",
    ),
    RefusalCode.OTHER_TIME: (
        lambda: at_stage("handling").tries(
            SANITATION, "ask-extension", text="x", limit="1 紧急工作时"
        ),
        "时限不以紧急工作时计，应为工作日或工作时 · the limit does not run in urgent hours; "
        "say workdays or work hours",
    ),
    RefusalCode.MISSING: (
        lambda: Desk().tries(INSPECTOR, "reject"),
        "缺少原因 · --reason is needed",
    ),
    RefusalCode.UNUSED: (
        lambda: at_stage("filing").tries(DISPATCHER, "dispatch", mark=2),
        "此操作不用评分，只用单位、原因 · --mark is not for this; it takes --to, --reason",
    ),
    RefusalCode.TOO_LONG: (
        lambda: Desk().tries(INSPECTOR, "reject", text="x" * 501),
        "原因有 501 字，最多 500 字 · --reason has 501 characters, 500 at most",
    ),
    RefusalCode.UNKNOWN_WORD: (
        lambda: at_stage("filing").tries(DISPATCHER, "dispatch", department="road\x1b"),
        "没有单位 'road�'，是否 roads？ · --to: 'road�' is not known; did you mean roads? there "
        "are roads, sanitation",
    ),
    RefusalCode.OUT_OF_RANGE: (
        lambda: at_stage("closed").tries(INSPECTOR, "evaluate", mark=6),
        "评分 6 不在 1–5 · --mark: 6 is not within 1–5",
    ),
    RefusalCode.DUPLICATE: (
        lambda: Refusal(
            RefusalCode.DUPLICATE,
            facts={
                "originals": [
                    {"case": 7, "number": "n7", "distance_m": 12.4, "is_same_component": False},
                    {"case": 8, "number": "n8", "distance_m": None, "is_same_component": True},
                ]
            },
        ),
        "可能已上报：n7（相距 12 m）、n8（同一部件） · likely reported already as 7, 8; urge",
    ),
}


@pytest.mark.parametrize("code", RefusalCode)
def test_a_refusal_is_told_in_both_languages(code):
    make, expected = REFUSALS[code]
    found = make()
    assert found.code is code
    told = text.refusal(found, POLICY)
    assert expected in told
    zh, en = told.split(" · ", 1)
    assert HAN.search(zh)
    assert not HAN.search(en.replace("工作时", ""))
    assert told.isprintable()
    stored = json.loads(json.dumps(text.facts(found)))
    assert stored["code"] == code
    assert set(stored) <= {"code", "field", "facts"}


def test_a_version_that_is_not_there_yet_is_told():
    found = Desk().tries(INSPECTOR, "file", version=4)
    assert "案卷只到第 1 版，没有第 4 版 · the case is at version 1" in text.refusal(found, POLICY)


def test_a_report_s_refusal_names_the_option_that_is_wrong():
    report = msgspec.structs.replace(GARBAGE, lat=None)
    found = collect(1, "n", report, us("2026-03-02T09:00"), INSPECTOR, POLICY)
    assert text.refusal(found, POLICY) == "缺少纬度 · --lat is needed"


def test_every_stage_and_event_has_its_words():
    stages = {one.word for steps in STEPS.values() for step in steps for one in step.at}
    assert stages <= STAGES.keys()
    assert {step.event for steps in STEPS.values() for step in steps} <= EVENTS.keys()
