"""A roster, a day shift and what happened in it, in few words."""

from __future__ import annotations

from datetime import datetime

import msgspec

from devices.calendar import BEIJING, MINUTE_US
from dispatch.handover import (
    Draft,
    Given,
    Handover,
    OpenAlert,
    PastAlert,
    Refusal,
    StageCount,
    Work,
    activity,
    apply,
    decide,
    draft,
    shift_at,
)
from dispatch.handover.duty_file import read
from dispatch.handover.facts import CrewLine, DeviceLine, IncidentLine, MaintenanceLine

DUTY = """posts:
  dispatcher: {zh: 调度员, en: Dispatcher}
shifts:
  - {id: day, name: {zh: 白班, en: Day shift}, from: "08:00", to: "20:00"}
  - {id: night, name: {zh: 夜班, en: Night shift}, from: "20:00", to: "08:00"}
people:
  ann: {zh: 安安, en: Ann}
  ben: {zh: 本本, en: Ben}
  cat: {zh: 凯特, en: Cat}
teams:
  - {id: a, name: {zh: 一值, en: Team 1}, leader: ann, posts: {dispatcher: [ben]}}
  - {id: b, name: {zh: 二值, en: Team 2}, leader: cat, posts: {}}
rotation:
  begins: "2026-03-01"
  cycle:
    - {day: a, night: b}
    - {day: b, night: a}
swaps:
  - {day: "2026-03-10", shift: night, team: a}
"""
ROSTER = read(DUTY)


def us(text):
    """Return a time in Beijing, e.g. 2026-03-02T09:00, as µs since 1970."""
    return round(datetime.fromisoformat(text).replace(tzinfo=BEIJING).timestamp() * 1e6)


DAY = shift_at(ROSTER, us("2026-03-02T09:00"))
END = DAY.until_us
NO_WORK = Work(0, 0, 0, 0, 0, 0, None, 0)


def past(name, raised, severity="yellow", cleared=None, acknowledged=None, **more):
    values = {"rule": "level", "subject": "gauge", "domain": "water", "suppressed": False, **more}
    return PastAlert(
        id=name, severity=severity, raised_us=us(raised),
        cleared_us=cleared and us(cleared), acknowledged_us=acknowledged and us(acknowledged),
        **values,
    )  # fmt: skip


def live(name, severity="red", raised="2026-03-02T10:00", acknowledged=False, **more):
    shelved = more.pop("shelved", None)
    return OpenAlert(
        name, more.pop("domain", "water"), severity, ("水位高", "High water"), us(raised),
        acknowledged, more.pop("suppressed", False),
        shelved_until_us=shelved and us(shelved), **more,
    )  # fmt: skip


def counted(*alerts, since="2026-03-02T08:00", until="2026-03-02T20:00", stages=(), work=NO_WORK):
    return activity(alerts, us(since), us(until), 1, stages, work)


EMPTY = Given(counted(), (), (), (), (), (), ())


def given(**more):
    return msgspec.structs.replace(EMPTY, **more)


def facts(at_us=END, shift=DAY, **more):
    return draft(shift, at_us, given(**more))


def drafted(at_us=END, **more):
    return done(None, Draft(0, facts(at_us, **more)), at_us=at_us)


def done(before, command, by="Ann", at_us=END) -> Handover:
    event = decide(before, command, at_us, by)
    assert not isinstance(event, Refusal), event
    return apply(before, event)


def refused(before, command, by="Ann", at_us=END):
    found = decide(before, command, at_us, by)
    assert isinstance(found, Refusal), found
    return found


FULL = {
    "activity": counted(
        past("a", "2026-03-02T08:00", "red", acknowledged="2026-03-02T08:02"),
        past("b", "2026-03-02T09:30", "blue", "2026-03-02T10:00", domain="air"),
        stages=[StageCount("handling", 3, 1)],
        work=Work(4, 2, 1, 2, 1, 3, 95.0, 1),
    ),
    "alerts": (
        live("p1"), live("late", "blue", shelved="2026-03-03T09:00", shelved_by="Ann"),
        live("soon", "yellow", shelved="2026-03-02T21:00", shelved_by="Ben", shelve_reason="检修"),
    ),
    "incidents": (
        IncidentLine("i", "桥下积水", ("溱湖大道桥", "Qinhu bridge"), 1,
                     us("2026-03-02T11:00"), 3, 2, 1),
    ),
    "devices": (DeviceLine("gauge", ("水位计", "Gauge"), us("2026-03-02T03:00")),),
    "crews": (
        CrewLine("pumps", ("排涝队", "Pumps"), ("途中", "en route"), "i",
                 us("2026-03-02T19:00"), "Ann"),
    ),
    "maintenance": (
        MaintenanceLine(4, "gateway", "gw-1", END - MINUTE_US, END + MINUTE_US, "Ben", "换电池"),
    ),
}  # fmt: skip
"""A shift in which there is something of everything but cases."""
