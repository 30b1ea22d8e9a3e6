"""Why a row is not to be told: schedule, maintenance, a silent gateway (section 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from devices import Catalogue
from rules.commands import Command, Maintenance, MaintenanceEnd
from rules.schedule import Schedule
from tests.rules.oracle.row import Row

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def reason(
    row: Row, rows: Iterable[Row], commands: Sequence[Command], catalogue: Catalogue, now_us: int
) -> str | None:
    """Return the first reason that holds at a time, None if the row is to be told."""
    policy = row.rule.policy
    if policy.schedule is not None and not is_open(policy.schedule, now_us):
        return "schedule"
    if policy.under_maintenance and is_in_maintenance(row, commands, catalogue, now_us):
        return "maintenance"
    if policy.under_parent and row.rule.kind != "fold":
        gateway = catalogue.gateway_of[row.slot]
        for one in rows:
            if one.rule.kind == "fold" and one.subject == gateway and one.severity > 0:
                return "parent"
    return None


def is_open(schedule: Schedule, now_us: int) -> bool:
    """Return whether a schedule that began today or yesterday is open."""
    local = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now_us)
    local += schedule.calendar.offset
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    for day in (midnight - timedelta(days=1), midnight):
        opens = day + timedelta(seconds=schedule.from_s)
        closes = day + timedelta(seconds=schedule.to_s)
        if schedule.to_s <= schedule.from_s:
            closes += timedelta(days=1)
        if _is_of(schedule, day.date()) and opens <= local < closes:
            return True
    return False


def _is_of(schedule: Schedule, day: date) -> bool:
    calendar = schedule.calendar
    is_worked = day in calendar.workdays or (day.weekday() < 5 and day not in calendar.holidays)
    names = {"all", _DAYS[day.weekday()], "workdays" if is_worked else "holidays"}
    return bool(names & schedule.days)


def is_in_maintenance(
    row: Row, commands: Sequence[Command], catalogue: Catalogue, now_us: int
) -> bool:
    scopes = scopes_of(row, catalogue)
    for at, one in enumerate(commands):
        if isinstance(one, Maintenance) and (one.scope, one.subject) in scopes:
            ended = any(
                isinstance(later, MaintenanceEnd) and later.maintenance == one.id
                for later in commands[at + 1 :]
            )
            if not ended and one.from_us <= now_us < one.until_us:
                return True
    return False


def scopes_of(row: Row, catalogue: Catalogue) -> set[tuple[str, str]]:
    """Return everything whose maintenance covers a row.

    A gateway or place is worked on where the row's first datastream is; a device or datastream
    only covers what is said of itself.
    """
    datastream = catalogue.datastreams[row.slot]
    device = catalogue.devices[datastream.device]
    scopes = {
        ("gateway", device.gateway),
        ("place", device.place),
        ("town", catalogue.places[device.place].town),
        ("rule", row.rule.id),
    }
    if row.rule.subjects is None:
        return scopes | {("datastream", datastream.id), ("device", device.id)}
    return scopes | {("device", row.subject)}
