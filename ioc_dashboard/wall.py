"""The wall's process: page, socket and hub in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

import msgspec
import structlog
import uvicorn
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse, Response
from starlette.types import ASGIApp

from devices import Catalogue, CatalogueSource, SourceError
from ioc_dashboard import (
    access,
    admission,
    atlas,
    behind,
    explanations,
    frames,
    guard,
    page,
    series,
    sign_in_pages,
    snapshots,
    words,
)
from ioc_dashboard.alerts import DatabaseAlerts
from ioc_dashboard.arrangements import Arrangements
from ioc_dashboard.console import Advisor, Console
from ioc_dashboard.console import page as console_page
from ioc_dashboard.dispatching import DatabaseDispatch
from ioc_dashboard.door import TokenDoor
from ioc_dashboard.feed import KafkaReadings
from ioc_dashboard.history import DatabaseHistory
from ioc_dashboard.hub import Hub
from ioc_dashboard.people import People
from ioc_dashboard.screen import Screen
from ioc_dashboard.settings import WallSettings
from ioc_dashboard.signing_in import SigningIn

log = structlog.get_logger(__name__)

Health = Callable[[Mapping[str, Any]], None]
AdvisorOf = Callable[[Catalogue], Advisor]


class Past(series.Source, behind.Source, Protocol):
    """What charts and dialogs ask; `history.DatabaseHistory` is one."""


LOOK_EVERY_S = 3.0
"""How often the wall asks whether the city has changed."""

STOP_WITHIN_S = 3
"""Seconds that requests under way may still take when the wall is told to stop."""

SERVER_SETTINGS: dict[str, Any] = {
    # Dash adds a route that answers every unknown path with its page, but only when it sees the
    # lifespan begin.
    "lifespan": "off",
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "ws": "websockets-sansio",
    # A frame is a few kB on a local line; packing it anew for each screen costs more than it saves.
    "ws_per_message_deflate": False,
    "timeout_graceful_shutdown": STOP_WITHIN_S,
    # Uvicorn would believe these headers from everybody on this machine; admission reads them.
    "proxy_headers": False,
}


def run(
    catalogue: Catalogue,
    base_map: dict[str, Any],
    settings: WallSettings,
    health: Health,
    source: CatalogueSource | None = None,
    arrangements: Arrangements | None = None,
    advisor_of: AdvisorOf | None = None,
) -> None:
    """Serve the wall until SIGTERM or SIGINT.

    Args:
        catalogue: the city.
        base_map: its GeoJSON outline, water and roads.
        settings: of this room.
        health: called once a second with the wall's facts.
        source: asked whether the city has changed; None for a city that never does.
        arrangements: of its crews and cases; None for a city that has none.
        advisor_of: knows the crews of a city; None where there are none.
    """
    known = arrangements or Arrangements()
    asyncio.run(_run(catalogue, base_map, settings, health, source, known, advisor_of))


async def _run(
    catalogue: Catalogue,
    base_map: dict[str, Any],
    settings: WallSettings,
    health: Health,
    source: CatalogueSource | None,
    arrangements: Arrangements,
    advisor_of: AdvisorOf | None,
) -> None:
    ended = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, ended.set)
    following: Catalogue | None = catalogue
    # It lives on over a change of the city: who was admitted stays, whatever the database does.
    door = door_of(settings)
    people = People(settings.database_url, settings.session_limits)
    signing_in = SigningIn(settings.database_url, people)
    while following is not None:
        # All that the wall keeps is by slot and device: another city begins with an empty hub.
        # Screens come back by themselves, find another build, and load their page again.
        catalogue, following = following, None
        drawn = atlas.draw(catalogue, base_map)
        history = DatabaseHistory(settings.database_url)
        hub = Hub(
            catalogue,
            KafkaReadings(settings.kafka),
            DatabaseAlerts(settings.database_url),
            history,
            build=build_of(drawn),
            trend_hours=settings.trend_hours,
            dispatching=DatabaseDispatch(
                settings.database_url,
                arrangements.roster.crews,
                {one.id: one.crew for one in catalogue.terminals.values()},
            ),
            arrangements=arrangements,
        )
        console = Console(
            catalogue, settings.database_url, hub.newest,
            advisor_of(catalogue) if advisor_of else None, build_of(drawn),
        )  # fmt: skip
        stop = asyncio.Event()
        waiting = asyncio.create_task(_change(catalogue.digest, source, ended, stop))
        try:
            app = application(
                hub, drawn, catalogue, door, settings.reload_minutes, history, history,
                people, signing_in, console,
            )  # fmt: skip
            await serve(app, hub, settings, health, stop, door, people, console)
        finally:
            if not waiting.done():
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
        following = waiting.result()


async def _change(
    digest: str, source: CatalogueSource | None, ended: asyncio.Event, stop: asyncio.Event
) -> Catalogue | None:
    """Return the next city once there is one, or None when the wall is told to end.

    However it returns, `stop` is set.
    """
    looking = asyncio.create_task(_next(digest, source))
    ending = asyncio.create_task(ended.wait())
    try:
        await asyncio.wait({looking, ending}, return_when=asyncio.FIRST_COMPLETED)
        return looking.result() if looking.done() else None
    finally:
        # Not waited for: a database that stands still makes its cancellation take 5 s and more;
        # the loop cancels it once more on its way out, which ends it.
        looking.cancel()
        ending.cancel()
        stop.set()


async def _next(digest: str, source: CatalogueSource | None) -> Catalogue:
    """Return the next city once there is one."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        if source is None:
            continue
        # Away: what it would say is not known, and the wall goes on with what it has.
        with suppress(SourceError):
            if (found := await source.newer(digest)) is not None:
                log.info("city_changed", datastreams=len(found.datastreams))
                return found


def build_of(drawn_atlas: bytes) -> str:
    """Return a name that changes with the page or the city, and with nothing else."""
    digest = hashlib.sha256(drawn_atlas)
    room = page.ASSETS.parent
    for path in sorted((*page.ASSETS.rglob("*"), *words.LOCALE.rglob("*"), *room.rglob("*.py"))):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def door_of(settings: WallSettings) -> admission.Door:
    """Return who decides on whom the wall lets in."""
    if settings.is_open:
        return admission.Everybody()
    return TokenDoor(settings.database_url, behind_proxy=settings.behind_trusted_proxy)


def application(
    hub: Hub,
    drawn_atlas: bytes,
    catalogue: Catalogue,
    door: admission.Door,
    reload_minutes: tuple[int, int],
    history: Past | None = None,
    pictures: snapshots.Source | None = None,
    people: People | None = None,
    signing_in: SigningIn | None = None,
    console: Console | None = None,
) -> ASGIApp:
    """Return the ASGI application: page, atlas, words, socket, health; each behind `admission`.

    Args:
        hub: what is shown.
        drawn_atlas: `atlas.draw` of the city.
        catalogue: the city.
        door: who is let in.
        reload_minutes: `WallSettings.reload_minutes`.
        history: for charts and for what is behind a number; without one there are no such routes.
        pictures: of cameras; without them there is no such route.
        people: who is signed in; without it nobody is.
        signing_in: how people do; without it there is no page for it.
        console: of dispatchers; without it there is none.
    """
    server = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    explanations.route(server, hub.explain)
    if history is not None:
        series.route(server, history, catalogue)
        behind.route(server, history, catalogue)
    if pictures is not None:
        snapshots.route(server, pictures)

    @server.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse(hub.facts())

    @server.get("/wall/atlas.json")
    async def read_atlas() -> Response:
        return Response(drawn_atlas, media_type="application/json")

    said = words.as_json()

    @server.get("/wall/words.json")
    async def read_words() -> Response:
        return Response(said, media_type="application/json")

    @server.get("/wall/kiosk.json")
    async def kiosk(request: Request) -> JSONResponse:
        who = admission.admitted(request.scope)
        begin, end = reload_minutes
        return JSONResponse(
            {
                "display": who.is_display,
                "reload": {"from_min": begin, "until_min": end},
            },
            headers={"cache-control": "no-store"},
        )

    if signing_in is not None:
        towns = {one.id: one.name for one in catalogue.towns.values()}
        document = None if console is None else partial(console_page.render, console.build)
        sign_in_pages.route(server, signing_in, towns, document)
    if console is not None:
        console.route(server)

    @server.websocket(access.SOCKET)
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await _converse(hub, websocket)

    app = page.build(server, f"{catalogue.name[0]}城市智能运营中心")
    admitting = admission.Admission(server, door, people)
    return guard.SecureHeaders(admitting, guard.policy(app.csp_hashes()))


async def _converse(hub: Hub, websocket: WebSocket) -> None:
    screen = hub.join()
    sending = asyncio.create_task(_send(screen, websocket))
    try:
        while True:
            hub.grant(screen, frames.wish(await websocket.receive_text()))
    except WebSocketDisconnect:
        pass
    except (msgspec.DecodeError, KeyError):
        # KeyError: starlette's way of saying that the message was not text.
        with suppress(RuntimeError):
            await websocket.close(1003, 'say {"page": id} or {"snapshot": true}')
    finally:
        hub.leave(screen)
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending


async def _send(screen: Screen, websocket: WebSocket) -> None:
    # RuntimeError: the socket closed while the frame was under way.
    with suppress(WebSocketDisconnect, RuntimeError):
        while (frame := await screen.next()) is not None:
            await websocket.send_bytes(frame)
        await websocket.close(1013, "too slow; come back for a snapshot")


class _Server(uvicorn.Server):
    """Uvicorn that leaves signals to the process around it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    app: ASGIApp,
    hub: Hub,
    settings: WallSettings,
    health: Health,
    stop: asyncio.Event,
    door: admission.Door,
    people: People,
    console: Console,
) -> None:
    """Serve until `stop` is set; raise what made one of the parts fail."""
    server = _Server(uvicorn.Config(app, host=settings.host, port=settings.port, **SERVER_SETTINGS))
    parts = [
        asyncio.create_task(server.serve(), name="server"),
        asyncio.create_task(hub.run(), name="hub"),
        asyncio.create_task(door.run(), name="door"),
        asyncio.create_task(people.run(), name="people"),
        asyncio.create_task(console.run(), name="console"),
        asyncio.create_task(_report(hub, health), name="health"),
        asyncio.create_task(stop.wait(), name="stop"),
    ]
    admits = "everybody" if settings.is_open else "display tokens"
    log.info("wall_open", url=f"http://{settings.host}:{settings.port}/", admits=admits)
    done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    for part in parts[1:]:
        part.cancel()
    # A question to a database that stands still takes 5 s and more to be cancelled; the loop
    # cancels it once more on its way out, which ends it.
    ended, _ = await asyncio.wait(parts, timeout=STOP_WITHIN_S + 0.5)
    for part in ended:
        if not part.cancelled():
            part.exception()
    log.info("wall_closed")
    for part in done:
        if part.get_name() != "stop":
            part.result()
            raise RuntimeError(f"wall: {part.get_name()} ended by itself")


async def _report(hub: Hub, health: Health) -> None:
    while True:
        health(hub.facts())
        await asyncio.sleep(1)
