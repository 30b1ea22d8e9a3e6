"""The console of one city: the queue, the desks that show it, and the routes to them.

A socket for each desk tells what changed, within moments; everything that is done or asked goes by
HTTP, so that one place of admission judges it. A desk is told how things stand, never how they
came: one that cannot keep up hears less often, and misses nothing.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
import psycopg
import structlog
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import Response

from devices import Catalogue
from dispatch import Priority, Right, may_somewhere
from dispatch.crews import CrewState
from dispatch.incidents import Incident
from ioc_dashboard import access
from ioc_dashboard.admission import Admitted, admitted
from ioc_dashboard.answers import answer
from ioc_dashboard.console import feed
from ioc_dashboard.console.acting import Acting, OnAlerts, OnCrew, OnIncident
from ioc_dashboard.console.context import Reading
from ioc_dashboard.console.desk import Desk, Wish
from ioc_dashboard.console.feed import Feed
from ioc_dashboard.console.lines import AlertLine, Writer
from ioc_dashboard.console.neighbours import Surroundings
from ioc_dashboard.console.ports import Advisor, NoCrews
from ioc_dashboard.console.queue import Queue
from ioc_dashboard.console.refusals import Refusal, response, told
from ioc_dashboard.frames import Values
from storage.crews import CrewError
from storage.handling import SHELVED_AT_MOST, HandlingError
from storage.incidents import IncidentError
from storage.queries import AlertRow

if TYPE_CHECKING:
    from ioc_dashboard.latest_answer import Connection

log = structlog.get_logger(__name__)

BODY_MOST: Final = 65_536
"""Bytes of a command: 500 alerts and a long reason."""

ANSWER_WITHIN_S: Final = 5.0
"""After this the database counts as away."""

TOGETHER_S: Final = 0.04
"""Changes this close go out as one: a transaction raises many, the eye sees one."""

HEARTBEAT_S: Final = 1.0
"""A desk hears at least so often: silence is a lost line."""

_T = TypeVar("_T")


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """The first frame."""

    build: str
    """As `frames.Hello`."""
    name: str
    """Who is signed in."""
    handle: bool
    """Whether they may handle alerts somewhere."""
    dispatch: bool
    """Whether they may send crews somewhere."""
    shelve_minutes: list[int]
    """(4,) how long an alert may be shelved, by priority."""


class Summary(msgspec.Struct, frozen=True, tag="summary"):
    """What stands above the list."""

    at_ms: int
    connected: bool
    """False while changes may be unheard."""
    open: list[int]
    unacknowledged: list[int]
    shelved: int
    suppressed: int
    oldest_ms: int | None
    fresh: int
    """Alerts that fit and are not on the list yet."""
    chimes: int
    """How many P2 came; grows only."""


class Followed(msgspec.Struct, frozen=True, tag="values"):
    """Newest values of the datastreams that a desk follows."""

    values: Values


class _Seat:
    """A desk and its socket."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.news = asyncio.Event()
        self.sent: dict[str, bytes] = {}


class Console:
    """Works while `run` runs. Not safe for several threads."""

    def __init__(
        self,
        catalogue: Catalogue,
        database_url: str,
        newest: Callable[[Sequence[int]], Values],
        advisor: Advisor | None = None,
        build: str = "",
        now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        """Wire it.

        Args:
            catalogue: the city.
            database_url: where everything stands.
            newest: returns the newest values of datastreams; `Hub.newest`.
            advisor: knows crews; None where there are none.
            build: see `frames.Hello`.
            now_us: µs since 1970.
        """
        self._url, self._newest, self._now_us = database_url, newest, now_us
        self.build = build
        advisor = advisor or NoCrews()
        self._queue = Queue(catalogue)
        names = {one.id: one.name for one in advisor.roster.crews.values()}
        self._writer = Writer(catalogue, names)
        self._acting = Acting(catalogue, advisor, now_us)
        self._reading = Reading(
            catalogue, Surroundings(catalogue), self._writer, self._acting, now_us
        )
        self._feed = Feed(database_url, advisor, self, now_us)
        self._seats: set[_Seat] = set()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._feed.run())
            tasks.create_task(self._pass_time())

    # -- what the feed tells

    def take_alerts(self, rows: Sequence[AlertRow]) -> None:
        """See `feed.Taker`."""
        self._tell(self._queue.take(rows, self._now_us()))

    def missing(self, ids: set[str]) -> list[str]:
        """See `feed.Taker`."""
        self._queue.is_known = True
        return self._queue.missing(ids)

    def take_incidents(self, found: Sequence[Incident], *, complete: bool) -> None:
        """See `feed.Taker`."""
        if self._queue.take_incidents(found, complete=complete):
            self._tell(())

    def take_crews(self, states: dict[str, CrewState]) -> None:
        """See `feed.Taker`."""
        if self._queue.take_crews(states):
            self._tell(())

    def _tell(self, changed: Sequence[str] | set[str]) -> None:
        for seat in self._seats:
            seat.desk.notice(changed, self._now_us())
            seat.news.set()

    async def _pass_time(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self._tell(self._queue.pass_time(self._now_us()))

    # -- routes

    def route(self, server: FastAPI) -> None:
        """Serve all but the page itself."""

        @server.websocket(access.CONSOLE_SOCKET)
        async def socket(websocket: WebSocket) -> None:
            await websocket.accept()
            await self._converse(websocket, admitted(websocket.scope))

        @server.get(access.CONSOLE_ALERT)
        async def read_alert(request: Request) -> Response:
            alert, who = _id(request, "id"), admitted(request.scope)
            return await self._ask(lambda one: self._reading.alert(one, who, alert))

        @server.get(access.CONSOLE_INCIDENT)
        async def read_incident(request: Request) -> Response:
            incident = _id(request, "id")
            return await self._ask(lambda one: self._reading.incident(one, incident))

        @server.get(access.CONSOLE_ADVICE)
        async def read_advice(request: Request) -> Response:
            incident = _id(request, "incident", needed=False)
            alert = _id(request, "alert", needed=not incident)
            return await self._ask(lambda one: self._reading.advice(one, alert, incident))

        @server.post(access.CONSOLE_ALERTS)
        async def handle(request: Request) -> Response:
            who, wanted = admitted(request.scope), await _read(request, OnAlerts)

            async def work(connection: Connection) -> list[AlertLine]:
                rows = await self._acting.alerts(connection, who, wanted)
                self.take_alerts(rows)
                now_us = self._now_us()
                return [
                    self._writer.alert(row, now_us, self._queue.incident_of(row.id)) for row in rows
                ]

            return await self._ask(work)

        @server.post(access.CONSOLE_CREWS)
        async def send(request: Request) -> Response:
            who, wanted = admitted(request.scope), await _read(request, OnCrew)

            async def work(connection: Connection) -> dict[str, object]:
                event = await self._acting.crew(connection, who, wanted)
                return {
                    "crew": event.crew, "incident": event.incident, "version": event.version,
                    "status": (event.status.zh, event.status.en),
                }  # fmt: skip

            return await self._ask(work)

        @server.post(access.CONSOLE_INCIDENTS)
        async def change(request: Request) -> Response:
            who, wanted = admitted(request.scope), await _read(request, OnIncident)

            async def work(connection: Connection) -> dict[str, str]:
                return {"incident": await self._acting.incident(connection, who, wanted)}

            return await self._ask(work)

        @server.exception_handler(Refusal)
        async def refuse(_request: Request, error: Exception) -> Response:
            return response(told(error))  # type: ignore[arg-type] # FastAPI gives what was named

    async def _ask(self, work: Callable[[Connection], Awaitable[_T | None]]) -> Response:
        """Return what the database says, or why not, as an answer."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                async with await feed.connect(self._url) as connection:
                    found = await work(connection)
        except (Refusal, HandlingError, CrewError, IncidentError) as error:
            return response(told(error))
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
            # TimeoutError is an OSError.
            log.warning("console_without_database", error=str(error).strip())
            return response(told(Refusal("away", {})))
        if found is None:
            return response(told(Refusal("unknown", {})))
        return answer(200, found)

    # -- sockets

    async def _converse(self, websocket: WebSocket, who: Admitted) -> None:
        seat = _Seat(Desk(self._queue, self._writer, self._now_us()))
        hello = Hello(
            self.build, who.name, may_somewhere(who, Right.HANDLE),
            may_somewhere(who, Right.DISPATCH), _SHELVE_MINUTES,
        )  # fmt: skip
        await websocket.send_bytes(msgspec.json.encode(hello))
        self._seats.add(seat)
        seat.news.set()
        sending = asyncio.create_task(self._send(seat, websocket))
        try:
            while True:
                wish = _wishes.decode(await websocket.receive_text())
                seat.desk.do(wish, self._now_us())
                if wish.watch is not None:
                    seat.sent.pop("values", None)
                seat.news.set()
        except WebSocketDisconnect:
            pass
        except (msgspec.DecodeError, KeyError):
            # KeyError: starlette's way of saying that the message was not text.
            with suppress(RuntimeError):
                await websocket.close(1003, "say what console.desk.Wish says")
        finally:
            self._seats.discard(seat)
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

    async def _send(self, seat: _Seat, websocket: WebSocket) -> None:
        # RuntimeError: the socket closed while the frame was under way.
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await seat.news.wait()
                await asyncio.sleep(TOGETHER_S)
                seat.news.clear()
                for frame in self._frames(seat):
                    await websocket.send_bytes(frame)

    def _frames(self, seat: _Seat) -> list[bytes]:
        """Return what a desk has not heard yet; the summary always, as its heartbeat."""
        now_us, desk = self._now_us(), seat.desk
        rows = msgspec.json.encode(desk.rows(now_us))
        values = b""
        if desk.watched:
            values = msgspec.json.encode(Followed(self._newest(desk.watched)))
        frames = []
        for name, frame in (("rows", rows), ("values", values)):
            if frame and seat.sent.get(name) != frame:
                seat.sent[name] = frame
                frames.append(frame)
        counts = self._queue.counts(now_us)
        summary = Summary(
            at_ms=now_us // 1000, connected=self._feed.connected, open=counts.open,
            unacknowledged=counts.unacknowledged, shelved=counts.shelved,
            suppressed=counts.suppressed,
            oldest_ms=None if counts.oldest_us is None else counts.oldest_us // 1000,
            fresh=desk.fresh, chimes=self._queue.chimes,
        )  # fmt: skip
        return [*frames, msgspec.json.encode(summary)]


_SHELVE_MINUTES: Final = [
    int(SHELVED_AT_MOST[one.colour].total_seconds() // 60) for one in Priority
]

_wishes = msgspec.json.Decoder(Wish)


def _id(request: Request, name: str, *, needed: bool = True) -> str:
    """Return an id that a request names; empty where it need not and does not.

    Raises:
        Refusal: it is none.
    """
    text = request.query_params.get(name, "")
    if not text and not needed:
        return ""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise Refusal("malformed", {}) from None


async def _read(request: Request, kind: type[_T]) -> _T:
    """Return a command.

    Raises:
        Refusal: it is too long or none.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_MOST:
            raise Refusal("too_large", {"most": BODY_MOST // 1024})
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError:
        raise Refusal("malformed", {}) from None
