"""Who may see the wall: one place that every request and every socket passes, and nothing else.

Default deny: it does not look at the path, so a route that is added later is closed too. The door
(`door.Door`) knows who somebody is; here is only what browsers must hear. What is behind finds who
it is by `admitted(scope)`.

A browser cannot see why a socket was refused before it was accepted: so the wall's own is accepted
and closed at once, with `REFUSED` or `UNCHECKED`, and nothing was said on it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn, Protocol
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ioc_dashboard import guard, refusal_page
from ioc_dashboard.refusal_page import Reason

COOKIE: Final = "ioc_display"
COOKIE_S: Final = 400 * 86400
"""The longest that browsers keep a cookie; it is given anew with each visit of the address."""

SOCKET: Final = "/ws/wall"

REFUSED: Final = 4403
"""Close code: the door is shut for this screen. It looks at the plain page."""

UNCHECKED: Final = 4503
"""Close code: nobody can tell now. It tries again like after any other lost line."""

_LEAVES_WITHIN_S: Final = 5.0
"""After this a socket that was closed counts as gone, whether or not the browser answered."""

_KEY: Final = "ioc.admitted"


class Role(StrEnum):
    """What somebody may do. People who sign in will be further roles."""

    ANYBODY = "anybody"
    """Of a wall that lets everybody in: sees it."""
    DISPLAY = "display"
    """A screen with a display token: sees it, and can send nothing."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who is there."""

    role: Role
    name: str = ""
    """Of the wall; empty for anybody."""
    token: int | None = None
    """Id of the display token."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody came with a token that is good."""

    cookie: str | None
    """What proves it from now on; None where nothing must be proven."""


class Door(Protocol):
    """Decides who somebody is; safe to call concurrently."""

    behind_proxy: bool
    """Whether every request comes through a proxy of ours."""

    async def enter(self, token: str, address: str) -> Entered | Reason:
        """Take in who came with a token in the address.

        Args:
            token: as it was given.
            address: from where, for people to read.
        """

    async def decide(self, cookie: str | None, address: str) -> Admitted | Reason:
        """Return who has a cookie, None for no cookie, or why nobody."""

    async def ended(self, cookie: str | None, address: str) -> Reason:
        """Return once who was admitted is not any more."""

    async def run(self) -> None:
        """Work until cancelled; nobody is decided on without it."""


class Everybody:
    """Implements `Door` for a wall that lets everybody in."""

    behind_proxy = False

    async def enter(self, _token: str, _address: str) -> Entered | Reason:
        """Let in; the token is not needed."""
        return Entered(None)

    async def decide(self, _cookie: str | None, _address: str) -> Admitted | Reason:
        """Let in."""
        return Admitted(Role.ANYBODY)

    async def ended(self, _cookie: str | None, _address: str) -> Reason:
        """Never return."""
        return await _never()

    async def run(self) -> None:
        """Wait."""
        await _never()


async def _never() -> NoReturn:
    while True:
        await asyncio.Event().wait()


def admitted(scope: Scope) -> Admitted:
    """Return who sent a request or opened a socket; behind `Admission` there is always one."""
    found: Admitted = scope[_KEY]
    return found


class Admission:
    """ASGI middleware that lets through whom the door knows."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        """Wrap an application."""
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if scope["type"] == "websocket":
            await self._converse(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:  # the server's own start and end
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        token = next((value for key, value in query if key == "token"), None)
        if scope["path"] == "/" and scope["method"] == "GET" and token is not None:
            rest = urlencode([(key, value) for key, value in query if key != "token"])
            response = await self._enter(scope, token, f"/?{rest}" if rest else "/")
            await response(scope, receive, send)
            return
        who = await self._door.decide(_cookie(scope), self._address(scope))
        if isinstance(who, Admitted) and who.role is Role.DISPLAY:
            who = who if scope["method"] in ("GET", "HEAD") else Reason.READ_ONLY
        if isinstance(who, Reason):
            await _refusal(who)(scope, receive, send)
            return
        await self._app({**scope, _KEY: who}, receive, send)

    async def _enter(self, scope: Scope, token: str, onward: str) -> Response:
        entered = await self._door.enter(token, self._address(scope))
        if isinstance(entered, Reason):
            return _refusal(entered)
        response = RedirectResponse(onward, 303, {"cache-control": "no-store"})
        if entered.cookie is not None:
            response.set_cookie(
                COOKIE, entered.cookie, max_age=COOKIE_S, httponly=True, samesite="strict",
                secure=self._is_https(scope),
            )  # fmt: skip
        return response

    async def _converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        cookie, address = _cookie(scope), self._address(scope)
        who = await self._door.decide(cookie, address)
        if isinstance(who, Reason):
            await receive()  # the request to connect
            # A page of another origin, and every other socket, learns nothing.
            if scope["path"] == SOCKET and guard.same_origin(Headers(scope=scope)):
                await send({"type": "websocket.accept"})
            await send(_goodbye(who))
            return

        async def talk() -> None:
            await self._app({**scope, _KEY: who}, receive, send)

        talking = asyncio.create_task(talk())
        ending = asyncio.create_task(self._door.ended(cookie, address))
        try:
            await asyncio.wait({talking, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not talking.done():
                # RuntimeError: the browser has closed it meanwhile.
                with suppress(RuntimeError):
                    await send(_goodbye(ending.result()))
                # The close makes the conversation's next receive a disconnect.
                await asyncio.wait({talking}, timeout=_LEAVES_WITHIN_S)
            if talking.done():
                talking.result()
        finally:
            for task in (talking, ending):
                task.cancel()
            await asyncio.gather(talking, ending, return_exceptions=True)

    def _address(self, scope: Scope) -> str:
        """Return from where somebody comes, as far as it can be believed."""
        if self._door.behind_proxy:
            # The last one is what our proxy itself saw.
            told = Headers(scope=scope).get("x-forwarded-for", "").rpartition(",")[2].strip()
            if told:
                return told[:64]
        client = scope.get("client")
        return str(client[0]) if client else ""

    def _is_https(self, scope: Scope) -> bool:
        if self._door.behind_proxy:
            return Headers(scope=scope).get("x-forwarded-proto", "").strip().lower() == "https"
        return bool(scope["scheme"] == "https")


def _cookie(scope: Scope) -> str | None:
    return cookie_parser(Headers(scope=scope).get("cookie", "")).get(COOKIE)


def _refusal(why: Reason) -> Response:
    headers = {"cache-control": "no-store"}
    if why is Reason.UNCHECKED:
        headers["retry-after"] = str(refusal_page.again_after_s(why))
    status = 503 if why is Reason.UNCHECKED else 403
    return HTMLResponse(refusal_page.render(why), status, headers)


def _goodbye(why: Reason) -> Message:
    code = UNCHECKED if why is Reason.UNCHECKED else REFUSED
    return {"type": "websocket.close", "code": code, "reason": why.value}
