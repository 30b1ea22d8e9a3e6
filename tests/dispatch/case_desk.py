"""A district with two departments, and a desk at which one case is worked on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from devices.calendar import BEIJING, read
from devices.working_hours import WorkingHours
from dispatch.cases import (
    Case,
    CasePolicy,
    Category,
    ClockName,
    Command,
    CommandKind,
    Department,
    Refusal,
    Report,
    Role,
    Who,
    apply,
    collect,
    decide,
    parse_limit,
)
from dispatch.cases.numbers import Numbering
from dispatch.cases.policy import Sameness

_CALENDAR = Path(__file__).parents[2] / "cities" / "jiangyan" / "calendar" / "2026.yaml"

OFFICE = WorkingHours(
    read(_CALENDAR.read_text(), "2026.yaml"), ((510 * 60, 720 * 60), (840 * 60, 1080 * 60))
)
"""08:30 to 12:00 and 14:00 to 18:00, by the calendar of 2026."""


def us(text: str) -> int:
    """Return a time of Beijing as µs since 1970."""
    return round(datetime.fromisoformat(f"{text}+08:00").timestamp() * 1e6)


def local(time_us: int | None) -> str | None:
    """Return a time as Beijing's clock shows it, to the minute; None of none."""
    if time_us is None:
        return None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    return moment.astimezone(BEIJING).isoformat(timespec="minutes").removesuffix("+08:00")


def category(name: str, department: str, handling: str, **more: str) -> Category:
    """Return a category whose other limits are 1 h, 2 h and 1 workday, amber at three quarters."""
    limits = {"filing": "1 工作时", "dispatch": "2 工作时", "verification": "1 工作日", **more}
    rework = limits.pop("rework", handling)
    return Category(
        name, (name, name), name == "cover", department,
        {ClockName(key): parse_limit(value) for key, value in
         {**limits, "handling": handling}.items() if value},
        parse_limit(rework), 0.75,
    )  # fmt: skip


POLICY = CasePolicy(
    departments={
        one: Department(one, (zh, one))
        for one, zh in (("sanitation", "环卫所"), ("roads", "市政所"))
    },
    categories={
        one.id: one
        for one in (
            category("garbage", "sanitation", "1 工作日", rework="2 工作时"),
            category("cover", "roads", "6 紧急工作时", filing="", dispatch="1 紧急工作时"),
        )
    },
    hours=OFFICE,
    numbering=Numbering("{year}{month}{day}-{sequence}", "321204"),
    sameness=Sameness(50.0, 24 * 3_600_000_000),
)

INSPECTOR = Who("李监督", Role.SUPERVISION)
DISPATCHER = Who("王指挥", Role.COMMAND)
SANITATION = Who("赵环卫", Role.HANDLING, "sanitation")
ROADS = Who("钱市政", Role.HANDLING, "roads")

GARBAGE = Report("garbage", "东桥北侧路边堆有垃圾", lon=120.1437, lat=32.5043)
NINE = us("2026-03-02T09:00")
"""A Monday."""


class Desk:
    """One case; each call is one command of somebody, with the version as it stands."""

    def __init__(self, report: Report = GARBAGE, at: str = "2026-03-02T09:00") -> None:
        events = collect(7, "20260302-0001", report, us(at), INSPECTOR, POLICY)
        assert not isinstance(events, Refusal), events
        self.events = list(events)
        self.case: Case = apply(None, events[0])

    def tries(
        self, who: Who, kind: str, at: str = "2026-03-02T10:00", version: int | None = None,
        policy: CasePolicy = POLICY, **given: object,
    ):  # fmt: skip
        """Return what becomes of a command: events or a refusal."""
        if isinstance(given.get("limit"), str):
            given["limit"] = parse_limit(str(given["limit"]))
        command = Command(
            CommandKind(kind), self.case.version if version is None else version, **given
        )
        return decide(self.case, command, us(at), who, policy)

    def does(self, who: Who, kind: str, at: str = "2026-03-02T10:00", **given: object) -> Case:
        """Do it, and return the case after it."""
        events = self.tries(who, kind, at, **given)
        assert not isinstance(events, Refusal), events
        for one in events:
            self.events.append(one)
            self.case = apply(self.case, one)
        return self.case

    def brought_to(self, stage: str) -> Case:
        """Go on to a stage at 10:00 of the same Monday."""
        way = {
            "filing": (INSPECTOR, "file", ""),
            "dispatch": (DISPATCHER, "dispatch", ""),
            "handling": (SANITATION, "accept", ""),
            "feedback": (SANITATION, "report-back", "已清理"),
            "verification": (INSPECTOR, "verify", ""),
            "closed": (INSPECTOR, "close", ""),
        }
        for name, (who, kind, text) in way.items():
            if stage == "collection":
                break
            self.does(who, kind, text=text)
            if name == stage:
                break
        return self.case
