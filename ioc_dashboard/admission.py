"""Who may do what here: one place that every request and every socket passes, and nothing else.

Default deny: what a path asks for stands in `access`, and a path that does not stand there is not
served. Who somebody is, the door (`door.Door`) tells of screens and `people.People` of those who
are signed in; here is only what browsers must hear. What is behind finds who it is by
`admitted(scope)` or `present()`, and asks `dispatch.may` about what it is going to do.

A browser cannot see why a socket was refused before it was accepted: so the wall's own is accepted
and closed at once, with `REFUSED` or `UNCHECKED`, and nothing was said on it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dispatch import Grant, Right, Role, may_somewhere
from ioc_dashboard import access, guard, refusal_page
from ioc_dashboard.access import Needs, Required
from ioc_dashboard.refusal_page import Reason

COOKIE: Final = "ioc_display"
COOKIE_S: Final = 400 * 86400
"""The longest that browsers keep a cookie; it is given anew with each visit of the address."""

SESSION_COOKIE: Final = {True: "__Host-ioc_session", False: "ioc_session"}
"""By whether the connection is https. `__Host-` keeps other machines of the domain from setting it;
browsers take such a cookie over https only, and over https no other one is read."""

REFUSED: Final = 4403
"""Close code: the door is shut for this screen. It looks at the plain page."""

UNCHECKED: Final = 4503
"""Close code: nobody can tell now. It tries again like after any other lost line."""

_LEAVES_WITHIN_S: Final = 5.0
"""After this a socket that was closed counts as gone, whether or not the browser answered."""

_SAFE: Final = ("GET", "HEAD")

_KEY: Final = "ioc.admitted"
_ADDRESS: Final = "ioc.address"
_HTTPS: Final = "ioc.https"


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who is there, and what they may do: `dispatch.may` asks it."""

    grants: tuple[Grant, ...] = ()
    """Empty for who is nobody yet, and for an account without a role."""
    name: str = ""
    """Of the wall, or of the account; empty for anybody."""
    token: int | None = None
    """Id of the display token."""
    account: int | None = None
    """Id of the account of somebody who is signed in."""
    session: int | None = None
    """Id of their session."""

    @property
    def is_display(self) -> bool:
        """Whether it is a screen with a display token."""
        return self.token is not None


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
        return Admitted((Grant(Role.ANYBODY),))

    async def ended(self, _cookie: str | None, _address: str) -> Reason:
        """Never return."""
        return await _never()

    async def run(self) -> None:
        """Wait."""
        await _never()


async def _never() -> NoReturn:
    while True:
        await asyncio.Event().wait()


class People(Protocol):
    """Knows who is signed in; safe to call concurrently."""

    async def decide(self, cookie: str, address: str) -> Admitted | Reason:
        """Return whose session a cookie is of; `SIGN_IN` where it is of none."""

    async def ended(self, cookie: str) -> Reason:
        """Return once the session has ended."""


_PRESENT: ContextVar[Admitted] = ContextVar("ioc.present")


def admitted(scope: Scope) -> Admitted:
    """Return who sent a request or opened a socket; behind `Admission` there is always one."""
    found: Admitted = scope[_KEY]
    return found


def present() -> Admitted:
    """Return who sent the request under way: for Dash callbacks, which see no scope.

    Raises:
        LookupError: there is none, or it did not come through `Admission`.
    """
    return _PRESENT.get()


def address_of(scope: Scope) -> str:
    """Return from where somebody comes, as far as it can be believed."""
    return str(scope[_ADDRESS])


def is_https(scope: Scope) -> bool:
    """Return whether the browser speaks https, as far as it can be believed."""
    return bool(scope[_HTTPS])


def session_cookie(scope: Scope) -> str | None:
    """Return the cookie of a session; None where there is none."""
    return _cookie(scope, SESSION_COOKIE[is_https(scope)])


class Admission:
    """ASGI middleware that lets through who may."""

    def __init__(self, app: ASGIApp, door: Door, people: People | None = None) -> None:
        """Wrap an application.

        Args:
            app: behind it.
            door: knows screens.
            people: knows who is signed in; None where nobody can be.
        """
        self._app, self._door, self._people = app, door, people

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if scope["type"] not in ("http", "websocket"):  # the server's own start and end
            await self._app(scope, receive, send)
            return
        scope = {**scope, _ADDRESS: self._address(scope), _HTTPS: self._is_https(scope)}
        if scope["type"] == "websocket":
            await self._converse(scope, receive, send)
        else:
            response = await self._response(scope)
            await (response or self._app)(scope, receive, send)

    async def _response(self, scope: Scope) -> Response | None:
        """Return what is answered in the application's place; None passes it on, with who it is."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        token = next((value for key, value in query if key == "token"), None)
        method, path = scope["method"], scope["path"]
        if path == "/" and method == "GET" and token is not None:
            rest = urlencode([(key, value) for key, value in query if key != "token"])
            return await self._enter(scope, token, f"/?{rest}" if rest else "/")
        methods = access.methods_of(path)
        required = methods.get(method)
        # A path or method that is not served: only who may look hears that.
        who = await self._who(scope, required or Right.LOOK)
        if isinstance(who, Admitted) and required is None:
            if who.is_display and method not in _SAFE:
                who = Reason.READ_ONLY
            elif methods:
                return PlainTextResponse("", 405, {"allow": ", ".join(methods)})
            else:
                return PlainTextResponse("", 404)
        if method not in _SAFE and isinstance(who, Admitted) and not _is_ours(scope):
            who = Reason.FOREIGN
        if isinstance(who, Reason):
            return _refusal(who, scope)
        scope[_KEY] = who
        _PRESENT.set(who)
        return None

    async def _who(self, scope: Scope, required: Required) -> Admitted | Reason:
        """Return who it is that has what is required, or why nobody."""
        person = await self._person(scope)
        if isinstance(person, Admitted) and _has(person, required):
            return person
        if required is Needs.NOTHING:
            return Admitted()
        if required is Right.LOOK:
            # What everybody and every screen may see, nobody loses by signing in.
            shown = await self._door.decide(_cookie(scope, COOKIE), address_of(scope))
            is_worse = isinstance(shown, Reason) and isinstance(person, Admitted)
            return Reason.FORBIDDEN if is_worse else shown
        return Reason.FORBIDDEN if isinstance(person, Admitted) else person

    async def _person(self, scope: Scope) -> Admitted | Reason:
        cookie = session_cookie(scope)
        if self._people is None or cookie is None:
            return Reason.SIGN_IN
        return await self._people.decide(cookie, address_of(scope))

    async def _enter(self, scope: Scope, token: str, onward: str) -> Response:
        entered = await self._door.enter(token, address_of(scope))
        if isinstance(entered, Reason):
            return _refusal(entered, scope)
        response = RedirectResponse(onward, 303, {"cache-control": "no-store"})
        if entered.cookie is not None:
            response.set_cookie(
                COOKIE, entered.cookie, max_age=COOKIE_S, httponly=True, samesite="strict",
                secure=is_https(scope),
            )  # fmt: skip
        return response

    async def _converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        required = access.SOCKETS.get(scope["path"])
        if required is None or not guard.same_origin(Headers(scope=scope)):
            # A page of another origin, and every other socket, learns nothing.
            await receive()  # the request to connect
            await send({"type": "websocket.close", "code": REFUSED})
            return
        who = await self._who(scope, required)
        if isinstance(who, Reason):
            await receive()
            await send({"type": "websocket.accept"})
            await send(_goodbye(who))
            return
        scope[_KEY] = who
        _PRESENT.set(who)
        talking = asyncio.create_task(_talk(self._app, scope, receive, send))
        ending = asyncio.create_task(self._ended(scope, who))
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

    async def _ended(self, scope: Scope, who: Admitted) -> Reason:
        """Return once who opened a socket is not admitted any more."""
        if self._people is not None and who.account is not None:
            return await self._people.ended(session_cookie(scope) or "")
        return await self._door.ended(_cookie(scope, COOKIE), address_of(scope))

    def _address(self, scope: Scope) -> str:
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
        return scope["scheme"] in ("https", "wss")


async def _talk(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


def _is_ours(scope: Scope) -> bool:
    """Return whether a page of ours sent something that may change something."""
    # A browser always says from which page it sends; what says nothing is none, or a trick.
    return guard.same_origin(Headers(scope=scope), must_say=True)


def _has(who: Admitted, required: Required) -> bool:
    if isinstance(required, Right):
        return may_somewhere(who, required)
    if required is Needs.STAFF:
        return who.account is not None and may_somewhere(who, Right.LOOK)
    return required is Needs.NOTHING or who.account is not None


def _cookie(scope: Scope, name: str) -> str | None:
    return cookie_parser(Headers(scope=scope).get("cookie", "")).get(name)


def _refusal(why: Reason, scope: Scope) -> Response:
    headers = {"cache-control": "no-store"}
    is_page = scope["method"] in _SAFE and "text/html" in Headers(scope=scope).get("accept", "")
    if why is Reason.SIGN_IN and is_page:
        return RedirectResponse(access.SIGN_IN, 303, headers)
    if why is Reason.UNCHECKED:
        headers["retry-after"] = str(refusal_page.again_after_s(why))
    status = 503 if why is Reason.UNCHECKED else 403
    return HTMLResponse(refusal_page.render(why), status, headers)


def _goodbye(why: Reason) -> Message:
    code = UNCHECKED if why is Reason.UNCHECKED else REFUSED
    return {"type": "websocket.close", "code": code, "reason": why.value}
