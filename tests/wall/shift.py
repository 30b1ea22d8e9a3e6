"""A busy noon of the district's dispatch: what the database would tell, by the real machines."""

from __future__ import annotations

import uuid
from collections import Counter

from devices.calendar import HOUR_US, MINUTE_US
from dispatch.cases import (
    Case,
    Command,
    CommandKind,
    Light,
    Refusal,
    Report,
    Role,
    Who,
    apply,
    collect,
    decide,
)
from dispatch.crews import CrewState, Pending, Position, Status, Task
from dispatch.incidents import Incident, Member
from ioc_dashboard.arrangements import Arrangements
from storage.case_lists import StageCount
from storage.dispatch_picture import Picture
from tests.wall.scripted import NOON_US

SECOND = 1_000_000

INSPECTOR = Who("李监督", Role.SUPERVISION)
DISPATCHER = Who("王指挥", Role.COMMAND)

WAY = ("file", "dispatch", "accept", "report-back", "verify", "close")
"""What is done with a case until it is closed."""

REPORTED = (
    # category, place, hours ago, steps done
    ("manhole-cover", "luotang-underpass-1", 8, 2),
    ("ponding", "luotang-underpass-2", 5, 3),
    ("exposed-garbage", "luotang-river-1", 22, 3),
    ("fallen-tree", "luotang-square", 4, 3),
    ("road-collapse", "luotang-road-1", 2, 2),
    ("street-lamp", "luotang-crossing-1", 26, 3),
    ("dirty-road", "qintong-pump-1", 3, 4),
    ("stalls-on-the-road", "baimi-crossing-1", 1, 1),
    ("litter-bin", "zhangdian-pump-1", 3, 5),
    ("guardrail", "sanshui-pump-1", 1, 0),
    ("water-floating-waste", "qintong-sluice", 30, 6),
)


def member(name: str, severity: str, minutes: int, place: str, *, active: bool = True) -> Member:
    alert = str(uuid.uuid5(uuid.NAMESPACE_OID, name))
    return Member(alert, severity, active, NOON_US - minutes * MINUTE_US, place)


def incident(
    name: str, place: str, *members: Member, title: str = "", parent: str = ""
) -> Incident:
    return Incident(
        str(uuid.uuid5(uuid.NAMESPACE_URL, name)), 1, place, title,
        {one.alert: one for one in members}, opened_us=NOON_US - 50 * MINUTE_US,
    )  # fmt: skip


def case(number: int, said: tuple[str, str, int, int], known: Arrangements, town: str) -> Case:
    """Return a case that went some steps, the last of them a few minutes ago."""
    category, place, hours, steps = said
    policy = known.case_policy
    assert policy is not None
    opened_us = NOON_US - hours * HOUR_US - number * MINUTE_US
    handler = Who("赵处置", Role.HANDLING, policy.categories[category].department)
    by = dict(zip(WAY, (INSPECTOR, DISPATCHER, handler, handler, INSPECTOR, INSPECTOR),
                  strict=True))  # fmt: skip
    report = Report(category, "有人反映", place, town)
    told = collect(
        number, f"姜城管案字〔2026〕1124-{number:04}号", report, opened_us, INSPECTOR, policy
    )
    assert not isinstance(told, Refusal), told
    one = apply(None, told[0])
    for done, kind in enumerate(WAY[:steps], start=1):
        at_us = opened_us + done * 4 * MINUTE_US
        text = "已处理" if kind == "report-back" else ""
        told = decide(one, Command(CommandKind(kind), one.version, text), at_us, by[kind], policy)
        assert not isinstance(told, Refusal), told
        one = apply(one, told[0])
    return one


def picture(known: Arrangements, town_of: dict[str, str]) -> Picture:
    """Return how the district stands at noon.

    Args:
        known: its crews and categories.
        town_of: town by place.
    """
    incidents = [
        incident("east", "luotang-river-1", member("a", "red", 42, "luotang-river-1"),
                 member("b", "orange", 30, "luotang-river-1"),
                 member("c", "yellow", 44, "luotang-river-1", active=False)),
        incident("under", "luotang-underpass-1", member("d", "red", 18, "luotang-underpass-1"),
                 member("e", "orange", 9, "luotang-underpass-1")),
        incident("call", "luotang-road-1", member("f", "orange", 26, "luotang-road-1"),
                 title="人民路路面塌陷"),
        incident("air", "luotang-air-1", member("g", "yellow", 55, "luotang-air-1")),
        incident("jam", "luotang-crossing-1", member("h", "blue", 12, "luotang-crossing-1")),
        incident("over", "qintong-sluice",
                 member("i", "yellow", 190, "qintong-sluice", active=False)),
    ]  # fmt: skip
    said = {
        "east": ("老通扬运河东桥站水位 4.71 m，超保证水位", "Dongqiao: level 4.71 m"),
        "under": ("人民路铁路下穿立交积水 0.31 m", "Renmin Road Underpass: 0.31 m of water"),
        "air": ("桃园微型空气站 PM2.5 121 µg/m³", "Taoyuan: PM2.5 121 µg/m³"),
        "jam": ("三水大道拥堵 11 km/h", "Sanshui Avenue: jam 11 km/h"),
        "over": ("溱潼闸闸前水位超警戒", "Qintong Sluice: level above warning"),
    }  # fmt: skip
    ids = {name: str(uuid.uuid5(uuid.NAMESPACE_URL, name)) for name in said} | {
        "call": incidents[2].id
    }
    sent = {
        "drainage-urban-1": ("under", Status.HANDLING, 2),
        "drainage-urban-3": ("under", Status.EN_ROUTE, 1),
        "water-south": ("east", Status.ASSIGNED, 0),
        "water-east": ("east", Status.ON_SCENE, 14),
        "patrol-1": ("call", Status.ASSIGNED, 3),
        "environment-1": ("air", Status.ACCEPTED, 5),
        "water-north": ("over", Status.DONE, 25),
    }
    crews: dict[str, CrewState] = {}
    for at, name in enumerate(known.roster.crews):
        where, status, minutes = sent.get(name, ("", Status.IDLE, 4 + at))
        crews[name] = CrewState(
            name, 3, status,
            Task(name, ids[where], NOON_US - 12 * MINUTE_US, "ann") if where else None,
            None if name == "instruments-1" else
            Position(120.1 + at / 60, 32.45 + at / 90, NOON_US - minutes * MINUTE_US - at * SECOND),
            NOON_US - (3 + at) * MINUTE_US, "ann", "dispatched",
        )  # fmt: skip
    waiting = [
        Pending(name, name, ids[sent[name][0]], NOON_US - minutes * MINUTE_US,
                known.roster.crews[name].chain, told)
        for name, minutes, told in (("water-south", 6, 2), ("patrol-1", 2, 0))
    ]  # fmt: skip
    cases = [
        case(at, one, known, town_of.get(one[1], "")) for at, one in enumerate(REPORTED, start=1)
    ]
    running = [one for one in cases if one.is_open and one.clock and one.clock.due_us]
    return Picture(
        at_us=NOON_US,
        incidents=incidents,
        incidents_total=len(incidents),
        parts={},
        messages={ids[name]: text for name, text in said.items()},
        crews=crews,
        waiting=waiting,
        stages=stages([one for one in cases if one.is_open]),
        due=sorted(running, key=lambda one: one.clock.due_us),
        ran_out=sum(one.clock.light(NOON_US) is Light.RED for one in running),
        news=sorted(cases, key=lambda one: -one.changed_us),
    )


def stages(cases: list[Case]) -> list[StageCount]:
    """Return how open cases stand, counted one by one."""
    lights: Counter[tuple[str, Light]] = Counter(
        (one.stage.word, one.clock.light(NOON_US) if one.clock else Light.GREEN) for one in cases
    )
    return [
        StageCount(
            stage, sum(n for (at, _), n in lights.items() if at == stage),
            lights[stage, Light.AMBER], lights[stage, Light.RED], lights[stage, Light.PAUSED],
        )
        for stage in sorted({one.stage.word for one in cases})
    ]  # fmt: skip
