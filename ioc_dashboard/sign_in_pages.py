"""`/sign-in`, `/one-time`, `/password`, `/sign-out`, `/account`, and `/console` as a page.

Who is let through to them, and from which page, `admission` decides before.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from dispatch import Grant, Right, may_somewhere
from ioc_dashboard import access, sign_in_html, words
from ioc_dashboard.admission import (
    SESSION_COOKIE,
    address_of,
    admitted,
    is_https,
    session_cookie,
)
from ioc_dashboard.sign_in_html import Reader, Told
from ioc_dashboard.signing_in import AWAY, WAIT, Outcome, SignedIn, SigningIn

FORM_AT_MOST: Final = 8192
"""Bytes of a form; four fields fit, and nothing that is worth sending twice."""

Towns = Mapping[str, tuple[str, str]]
"""Chinese and English name by id."""

_STATUS: Final = {WAIT: 429, AWAY: 503}
_OTHERWISE: Final = 403


def route(
    server: FastAPI,
    signing_in: SigningIn,
    towns: Towns,
    console: Callable[[str], str] | None = None,
) -> None:
    """Serve the pages.

    Args:
        server: of the wall.
        signing_in: does what they ask for.
        towns: to call them by their names.
        console: the console's document in a language; None where there is none.
    """

    @server.get(access.SIGN_IN)
    async def show_sign_in(request: Request) -> Response:
        return _page(sign_in_html.sign_in(_reader(request)))

    @server.post(access.SIGN_IN)
    async def sign_in(request: Request) -> Response:
        given = await _form(request)
        name = given.get("name", "")
        outcome = await signing_in.sign_in(
            name, given.get("password", ""), address_of(request.scope),
            session_cookie(request.scope),
        )  # fmt: skip
        return _answer(
            request, outcome, lambda told: sign_in_html.sign_in(_reader(request), told, name)
        )

    @server.get(access.ONE_TIME)
    async def show_one_time(request: Request) -> Response:
        return _page(sign_in_html.one_time(_reader(request)))

    @server.post(access.ONE_TIME)
    async def redeem(request: Request) -> Response:
        given = await _form(request)
        name = given.get("name", "")
        outcome = await signing_in.redeem(
            given.get("token", ""), name, given.get("password", ""), given.get("again", ""),
            address_of(request.scope),
        )  # fmt: skip
        return _answer(
            request, outcome, lambda told: sign_in_html.one_time(_reader(request), told, name)
        )

    @server.get(access.PASSWORD)
    async def show_password(request: Request) -> Response:
        return _page(sign_in_html.password(_reader(request), admitted(request.scope).name))

    @server.post(access.PASSWORD)
    async def change(request: Request) -> Response:
        given, who = await _form(request), admitted(request.scope)
        outcome = await signing_in.change(
            who, given.get("current", ""), given.get("password", ""), given.get("again", ""),
            address_of(request.scope),
        )  # fmt: skip
        return _answer(
            request, outcome,
            lambda told: sign_in_html.password(_reader(request), who.name, told),
        )  # fmt: skip

    @server.post(access.SIGN_OUT)
    async def sign_out(request: Request) -> Response:
        if not await signing_in.sign_out(admitted(request.scope), address_of(request.scope)):
            return _page(account(request, Told(AWAY)), _STATUS[AWAY])
        response = RedirectResponse(_reader(request).path(access.SIGN_IN), 303, _UNKEPT)
        _cookie(response, request, None)
        return response

    @server.get(access.CONSOLE)
    async def show_console(request: Request) -> Response:
        if console is None or not may_somewhere(admitted(request.scope), Right.LOOK):
            return _page(account(request))
        # Under the wall's own policy: it has scripts and no form.
        return HTMLResponse(console(_reader(request).language), headers=_UNKEPT)

    @server.get(access.ACCOUNT)
    async def show_account(request: Request) -> Response:
        return _page(account(request))

    def account(request: Request, told: Told | None = None) -> str:
        who, reader = admitted(request.scope), _reader(request)
        roles = [_role(one, reader, towns) for one in who.grants]
        may_look = may_somewhere(who, Right.LOOK)
        return sign_in_html.account(reader, who.name, roles, told, may_look=may_look)


_UNKEPT: Final = {"cache-control": "no-store"}


def _page(html: str, status: int = 200, **more: str) -> Response:
    headers = {**_UNKEPT, "content-security-policy": sign_in_html.POLICY, **more}
    return HTMLResponse(html, status, headers)


def _answer(request: Request, outcome: Outcome, again: Callable[[Told], str]) -> Response:
    """Lead on to the console, or show the form again and say why."""
    if isinstance(outcome, SignedIn):
        response = RedirectResponse(_reader(request).path(access.CONSOLE), 303, _UNKEPT)
        _cookie(response, request, outcome.cookie)
        return response
    wait_s = math.ceil(outcome.wait_s)
    more = {"retry-after": str(wait_s)} if wait_s else {}
    status = _STATUS.get(outcome.word, _OTHERWISE)
    return _page(again(Told(outcome.word, wait_s)), status, **more)


def _cookie(response: Response, request: Request, value: str | None) -> None:
    """Give the browser a session's cookie, or take it away."""
    secure = is_https(request.scope)
    # No max_age: it goes with the browser, and the server ends it anyhow.
    response.set_cookie(
        SESSION_COOKIE[secure], value or "", max_age=None if value else 0, httponly=True,
        samesite="strict", secure=secure, path="/",
    )  # fmt: skip


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form; none where it is too long or no form."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > FORM_AT_MOST:
            return {}
    try:
        return dict(parse_qsl(body.decode("ascii", "replace"), max_num_fields=8))
    except ValueError:  # too many fields
        return {}


def _reader(request: Request) -> Reader:
    asked = request.query_params.get("lang", "")
    return Reader(
        asked if asked in words.LANGUAGES else words.LANGUAGES[0],
        is_overheard=not is_https(request.scope) and not _is_here(address_of(request.scope)),
    )


def _is_here(address: str) -> bool:
    """Return whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _role(grant: Grant, reader: Reader, towns: Towns) -> str:
    """Return a role in words, with its limits."""
    said = [reader.text(f"people.role.{grant.role.value}")]
    if grant.department is not None:
        said.append(grant.department)
    if grant.town is not None:
        at = words.LANGUAGES.index(reader.language)
        said.append(towns[grant.town][at] if grant.town in towns else grant.town)
    return " · ".join(said)
