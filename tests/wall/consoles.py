"""A console over a real database: alerts told as the engine does, people who are signed in."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec

from devices.calendar import Calendar
from devices.crew import Roster
from devices.record import columns
from dispatch import Grant, Role
from dispatch.crews import Candidate, Position, Roads, Settings, advise
from dispatch.crews.advice import Need
from ioc_dashboard.history import DatabaseHistory
from rules.alerts import alert_id
from storage import crews, incidents
from storage.commit import Stretch, commit
from tests.small_city import city
from tests.storage.episodes import Episode
from tests.storage.happenings import crew, place_of
from tests.wall.guarded import PASSWORD, Guarded

NO_MAP: dict[str, Any] = {"type": "FeatureCollection", "features": []}


class Pumps:
    """Implements `Advisor`: two crews, advised by the real rule on a city without roads."""

    roster = Roster(
        {name: crew(name) for name in ("pumps", "divers")},
        {"drainage": ("排涝", "drainage")},
        {"water": ("水务局", "Water")},
        {"water": "drainage"},
    )

    async def advise(self, connection, incident, now_us):
        place = city().places.get(incident.place)
        if place is None:
            return None
        standing = await self.standing(connection, now_us)
        loads = await crews.workloads(connection)
        return advise(
            Need(place.lon, place.lat, place.town, "drainage"),
            [Candidate(one, standing[one.id], loads.get(one.id, 0)) for one in
             self.roster.crews.values()],
            Roads([]), Calendar(frozenset(), frozenset()), now_us, Settings(),
        )  # fmt: skip

    async def standing(self, connection, _now_us):
        return await crews.states(connection, self.roster.crews)


class Shift(Guarded):
    """People on shift, and what comes to them."""

    def __init__(self, database_url: str, **more: Any) -> None:
        super().__init__(city(), NO_MAP, database_url, advisor=Pumps(),
                         past=DatabaseHistory(database_url), **more)  # fmt: skip

    def person(self, name: str, *roles: Role) -> str:
        """Return the cookie of somebody with some roles, dispatcher if none is said."""
        return self.account(name, *(Grant(one) for one in roles or (Role.DISPATCHER,)))

    def raises(self, rule: str, severity: str = "yellow", ago_s: float = 60, slot: int = 0,
               zh: str = "", en: str = "") -> Episode:  # fmt: skip
        """Let an alert be raised so long ago, and return it."""
        subject = city().datastreams[slot].id
        one = Episode(rule, subject)
        one.raised_us = time.time_ns() // 1000 - int(ago_s * 1e6)
        one.id = alert_id(rule, subject, one.raised_us)
        domain = ("water", "air", "traffic", "camera")[int(city().domain[slot])]
        self.says(
            one, "raised", severity, datastream=slot, domain=domain,
            message_zh=zh or f"大桥站 {rule}", message_en=en or f"Bridge {rule}",
        )  # fmt: skip
        return one

    def says(
        self, one: Episode, kind: str, severity: str = "", reason: str = "", **more: Any
    ) -> None:
        """Let the engine tell the next transition of an alert."""
        told = msgspec.structs.replace(one.tell(kind, severity, reason=reason), **more)
        self.tell(lambda own: commit(own, Stretch([], columns([]), transitions=[told])))

        def is_heard() -> bool:
            row = self.console._queue.get(one.id)
            return row is not None and row.version >= told.version

        self.until(is_heard)

    def collect(self) -> None:
        """Put alerts into incidents, as the keeper does."""
        self.tell(lambda own: incidents.collect(own, place_of))
        queue = self.console._queue
        self.until(lambda: all(queue.incident_of(row.id) for row in queue.open()))

    def at(self, name: str, lon: float, lat: float = 32.41) -> None:
        """Let a crew be somewhere now."""
        position = Position(lon, lat, time.time_ns() // 1000)
        self.tell(lambda own: crews.move(own, name, position, "radio"))

    def says_to(self, cookie: str, path: str, **wanted: Any):
        """Send a command as the page does."""
        answer = self.ask(path, cookie, "POST", json.dumps(wanted), origin=self.url[:-1],
                          content_type="application/json")  # fmt: skip
        return answer.status, json.loads(answer.text) if answer.text[:1] in "[{" else answer

    def reads(self, cookie: str, path: str):
        answer = self.ask(path, cookie)
        return answer.status, json.loads(answer.text)

    def handled(self, alert: str) -> int:
        async def ask(own):
            cursor = await own.execute("SELECT handled FROM alert WHERE id = %s", (alert,))
            return (await cursor.fetchone())[0]

        return self.tell(ask)


def opens(look, stage: Shift, cookie: str, query: str = "", **size: Any):
    """Return a screen of somebody's console that has its list."""
    screen = look(stage, **size)
    name, _, value = cookie.partition("=")
    screen.page.context.add_cookies([{"name": name, "value": value, "url": stage.url}])
    screen.page.goto(f"{stage.url}console{query}")
    screen.page.locator("main[data-link=up]").wait_for()
    return screen


__all__ = ["PASSWORD", "Pumps", "Shift", "opens"]
