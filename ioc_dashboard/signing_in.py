"""Signing in and out, and setting a password: what somebody does at the door, step by step.

Names that nobody has get the same answer as wrong passwords, after the same work. A session is
started in one place, `_admit`: a second factor would be asked for before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import psycopg
import structlog

from ioc_dashboard.admission import Admitted
from ioc_dashboard.latest_answer import Connection, connect
from ioc_dashboard.passwords import Passwords, weakness
from ioc_dashboard.people import People
from storage import accounts, audit_trail, one_time, sessions, sign_in_delays
from storage.accounts import AccountError
from storage.audit_trail import Audited

log = structlog.get_logger(__name__)

_WITHIN_S: Final = 20.0
"""After this the database counts as away; passwords of others may have to be checked first."""

_AT_ONCE: Final = 8
"""So many hold a connection to the database; others wait for their turn."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """It worked."""

    cookie: str
    """Of the session that began."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not."""

    word: str
    """Names the word that says why."""
    wait_s: float = 0.0
    """How long nobody is tried, seconds."""


Outcome = SignedIn | Refused

AWAY: Final = "people.away"
WAIT: Final = "people.wait"


class SigningIn:
    """Safe to call concurrently."""

    def __init__(
        self, database_url: str, people: People, passwords: Passwords | None = None
    ) -> None:
        """Take the database's URL, who is signed in, and how passwords are kept."""
        self._url, self._people = database_url, people
        self._passwords = passwords or Passwords()
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def sign_in(self, name: str, password: str, address: str, before: str | None) -> Outcome:
        """Sign somebody in.

        Args:
            name: as it was typed.
            password: as it was typed.
            address: from where.
            before: cookie of the session that the browser has had; it ends.
        """
        folded = accounts.folded(name)

        async def check(connection: Connection) -> Outcome:
            known = await accounts.credentials(connection, name)
            kept = known.password if known else None
            is_right = await self._passwords.matches(kept, password)
            if known is not None and is_right:
                async with connection.transaction():
                    if await accounts.still_stands(connection, known):
                        if before is not None:
                            await sessions.end_secret(connection, before, known.name)
                        cookie = await _admit(connection, known.id, known.name, address)
                        await sign_in_delays.succeeded(connection, folded, address)
                        await self._strengthen(connection, known.id, known.password, password)
                        return SignedIn(cookie)
            await audit_trail.record(
                connection, Audited.SIGN_IN_REFUSED, actor="", address=address,
                # A name that nobody has may be a password that was typed too early.
                subject=known.name if known else "",
                why=_why(known, is_right=is_right),
            )  # fmt: skip
            return Refused("people.wrong")

        return await self._tried(folded, address, check)

    async def redeem(
        self, token: str, name: str, password: str, again: str, address: str
    ) -> Outcome:
        """Set the password of who came with a one-time token, and sign them in."""

        async def check(connection: Connection) -> Outcome:
            one = await one_time.find(connection, token)
            if one is None:
                await audit_trail.record(
                    connection, Audited.TOKEN_REFUSED, actor="", address=address
                )
                return Refused("people.token_wrong")
            # It was no guess: what else is wrong can be typed again.
            await sign_in_delays.succeeded(connection, None, address)
            if one.name is not None and accounts.folded(name) != accounts.folded(one.name):
                return Refused("people.name_other")
            if (wrong := _unfit(password, again, name)) is not None:
                return wrong
            try:
                accounts.checked_name(name)
                kept = await self._passwords.hash(password)
                async with connection.transaction():
                    number = await accounts.redeem(connection, one, name, kept, address)
                    if number is None:
                        return Refused("people.token_wrong")
                    called = one.name or accounts.checked_name(name)
                    return SignedIn(await _admit(connection, number, called, address))
            except AccountError:
                return Refused("people.name_wrong")

        return await self._tried(None, address, check)

    async def change(
        self, who: Admitted, current: str, password: str, again: str, address: str
    ) -> Outcome:
        """Give somebody who is signed in another password; their sessions end, one begins."""
        folded = accounts.folded(who.name)

        async def check(connection: Connection) -> Outcome:
            known = await accounts.credentials(connection, who.name)
            is_right = await self._passwords.matches(known.password if known else None, current)
            if known is None or not is_right:
                await audit_trail.record(
                    connection, Audited.SIGN_IN_REFUSED, actor=who.name, subject=who.name,
                    address=address, why="wrong current password",
                )  # fmt: skip
                return Refused("people.current_wrong")
            await sign_in_delays.succeeded(connection, folded, address)
            if (wrong := _unfit(password, again, who.name)) is not None:
                return wrong
            if password == current:
                return Refused("people.same")
            kept = await self._passwords.hash(password)
            async with connection.transaction():
                if not await accounts.still_stands(connection, known):
                    return Refused("people.current_wrong")
                await accounts.set_password(connection, known.id, kept, known.name, address)
                return SignedIn(await _admit(connection, known.id, known.name, address))

        return await self._tried(folded, address, check)

    async def sign_out(self, who: Admitted, address: str) -> bool:
        """End the session; return whether it could be."""
        try:
            async with self._connected() as connection, connection.transaction():
                if await sessions.end(connection, who.session or 0, who.name) is not None:
                    await audit_trail.record(
                        connection, Audited.SIGNED_OUT, actor=who.name, subject=who.name,
                        address=address,
                    )  # fmt: skip
        except (psycopg.Error, OSError, TimeoutError) as error:
            log.warning("not_signed_out", name=who.name, error=str(error).strip())
            return False
        await self._people.renew()
        return True

    async def _tried(
        self, name: str | None, address: str, check: Callable[[Connection], Awaitable[Outcome]]
    ) -> Outcome:
        """Check something that can be guessed, if it is not too soon."""
        try:
            async with self._connected() as connection:
                wait_s = await sign_in_delays.begin(connection, name, address)
                if wait_s > 0:
                    log.warning("sign_in_too_soon", address=address, wait_s=round(wait_s, 1))
                    return Refused(WAIT, wait_s)
                outcome = await check(connection)
        except (psycopg.Error, OSError, TimeoutError) as error:
            log.warning("nobody_signed_in", error=str(error).strip())
            return Refused(AWAY)
        if isinstance(outcome, SignedIn):
            await self._people.renew()
        return outcome

    async def _strengthen(
        self, connection: Connection, account: int, kept: str | None, password: str
    ) -> None:
        """Keep a password by today's parameters, where it was kept by others."""
        if kept is not None and self._passwords.is_outdated(kept):
            stronger = await self._passwords.hash(password)
            await accounts.rehash(connection, account, kept, stronger)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        async with (
            asyncio.timeout(_WITHIN_S),
            self._at_once,
            await connect(self._url, "ioc wall sign-in") as connection,
        ):
            yield connection


async def _admit(connection: Connection, account: int, name: str, address: str) -> str:
    """Start a session inside the caller's transaction, and return its cookie."""
    await audit_trail.record(
        connection, Audited.SIGNED_IN, actor=name, subject=name, address=address
    )
    return await sessions.start(connection, account, address)


def _why(known: accounts.Credentials | None, *, is_right: bool) -> str:
    """Return why nobody was signed in, for the audit trail."""
    if known is None:
        return "no such name"
    if known.is_disabled:
        return "disabled"
    return "changed meanwhile" if is_right else "wrong password"


def _unfit(password: str, again: str, name: str) -> Refused | None:
    """Return why a new password cannot be taken; None where it can."""
    if password != again:
        return Refused("people.not_the_same")
    weak = weakness(password, name)
    return None if weak is None else Refused(weak.value)
