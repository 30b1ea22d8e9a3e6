"""All that the database knows when a handover is drafted. Reading only."""

from __future__ import annotations

from collections import Counter
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from devices import Catalogue
from devices.crew import Roster
from dispatch.cases import CasePolicy
from dispatch.handover import Facts, Given, OpenAlert, Shift, draft
from dispatch.handover.facts import CrewLine, IncidentLine, MaintenanceLine
from dispatch.handover.offline import offline
from dispatch.incidents import Incident
from storage import activities, case_lists, crews, incidents, maintenance, queries

_Connection = AsyncConnection[TupleRow]

_MANY: Final = 10_000
"""More open alerts or cases than anybody can hand over."""


async def facts(
    connection: _Connection,
    shift: Shift,
    at_us: int,
    catalogue: Catalogue,
    roster: Roster,
    policy: CasePolicy | None = None,
    operators: int = 1,
) -> Facts:
    """Return what the system says of a shift, as things stand now.

    Args:
        connection: where to ask.
        shift: which.
        at_us: now, µs since 1970.
        catalogue: of the city: names, and which devices should be heard.
        roster: crews.
        policy: names of categories and departments of cases; None where no cases are kept.
        operators: how many people share the alarms.
    """
    until_us = max(shift.from_us, min(shift.until_us, at_us))
    latest = await queries.latest(connection)
    newest_us = dict(
        zip(latest.datastream.tolist(), latest.phenomenon_time_us.tolist(), strict=True)
    )
    states = await crews.states(connection, roster.crews)
    at_work = [
        CrewLine(
            one.crew, roster.crews[one.crew].name, (one.status.zh, one.status.en),
            one.task.incident, one.changed_us, one.task.assigned_by,
        )
        for one in states.values()
        if one.task is not None and not one.status.is_free
    ]  # fmt: skip
    sent = Counter(one.incident for one in at_work)
    return draft(
        shift,
        at_us,
        Given(
            activity=await activities.read(connection, shift.from_us, until_us, operators),
            alerts=[_alert(one) for one in await queries.open_alerts(connection, _MANY)],
            incidents=[
                _incident(one, catalogue, sent[one.id])
                for one in await incidents.open_incidents(connection, _MANY)
            ],
            cases=await case_lists.open_cases(connection, _MANY),
            devices=offline(catalogue, newest_us, at_us),
            crews=at_work,
            maintenance=[
                MaintenanceLine(
                    one.maintenance.id, one.maintenance.scope, one.maintenance.subject,
                    one.maintenance.from_us, one.maintenance.until_us, one.actor, one.reason,
                )
                for one in await maintenance.announced(connection, until_us=at_us)
                if one.ended_us is None
            ],
            categories={key: one.name for key, one in policy.categories.items()} if policy else {},
            departments=(
                {key: one.name for key, one in policy.departments.items()} if policy else {}
            ),
        ),
    )  # fmt: skip


def _alert(one: queries.AlertRow) -> OpenAlert:
    return OpenAlert(
        one.id, one.domain, one.severity, (one.message_zh, one.message_en), one.raised_us,
        one.acknowledged, one.suppressed is not None, one.owner or "", one.shelved_until_us,
        one.shelved_by or "", one.shelve_reason or "",
    )  # fmt: skip


def _incident(one: Incident, catalogue: Catalogue, sent: int) -> IncidentLine:
    known = catalogue.places.get(one.place)
    active = sum(each.active for each in one.members.values())
    return IncidentLine(
        one.id, one.title, known.name if known else ("", ""),
        None if one.priority is None else int(one.priority), one.opened_us, len(one.members),
        active, sent,
    )  # fmt: skip
