"""The door of a wall that asks for display tokens, over the table `display_token`.

One question every two seconds brings all tokens that are not revoked; everybody is judged by the
last answer, so that a screen costs the database nothing and never waits for it. Whom that answer
does not know is judged by one that was asked for after they came: a token made a moment ago is
good at once. While the database is away the last answer stands: who was admitted stays, and
whoever is new is told that nobody can say now.

One wall each: who opens the address takes the token's seat, and the browser that had it before is
refused from then on, within moments. The cookie is `id.secret` of the seat, never the token.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import msgspec
import psycopg
import structlog
from psycopg.rows import TupleRow

from ioc_dashboard.admission import Admitted, Entered, Role
from ioc_dashboard.refusal_page import Reason
from storage import display_tokens
from storage.display_tokens import Live, digest

log = structlog.get_logger(__name__)

READ_EVERY_S: Final = 2.0
"""A token that is revoked shows the wall at most for so long."""

SOONEST_S: Final = 0.2
"""However many strangers come, the database is not asked more often."""

ANSWER_WITHIN_S: Final = 3.0
"""After this the database counts as away."""

NOTE_EVERY_S: Final = 30.0
"""How often the table learns who was seen."""


@dataclass(frozen=True, slots=True)
class _Seat:
    """What a cookie says."""

    token: int
    sha256: bytes

    @staticmethod
    def of(cookie: str) -> _Seat | None:
        """Return what it says; None for none of ours."""
        found = re.fullmatch(r"([0-9]{1,9})\.([\w-]{1,100})", cookie, re.ASCII)
        return _Seat(int(found[1]), digest(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the database said."""

    number: int
    """Of the question, counted from 1: what was asked later has a higher one."""
    tokens: Mapping[int, Live] | None
    """By id; None where it did not answer."""


class TokenDoor:
    """Implements `admission.Door`; works while `run` runs."""

    def __init__(
        self,
        database_url: str,
        *,
        behind_proxy: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the database's URL, and a clock in seconds."""
        self.behind_proxy = behind_proxy
        self._url, self._clock = database_url, clock
        self._connection: psycopg.AsyncConnection[TupleRow] | None = None
        self._tokens: Mapping[int, Live] | None = None
        """By the last answer there was; None before the first."""
        self._asked = 0
        """Questions so far."""
        self._last = _Answer(0, None)
        self._answered = asyncio.Event()
        """Set, and replaced, with every answer and whenever a seat is taken."""
        self._wanted = asyncio.Event()
        self._before_seat = 0
        """The last question before a seat was taken: its answer may not know of it."""
        self._entering = asyncio.Lock()
        self._seen: dict[int, str] = {}
        self._noted_s = clock()

    async def run(self) -> None:
        """Keep asking until cancelled; a database that is away is asked for ever."""
        was_away = False
        try:
            while True:
                answer = await self._ask()
                if answer.number > self._before_seat:
                    self._take(answer)
                else:
                    self._wanted.set()
                if (answer.tokens is None) != was_away:
                    was_away = not was_away
                    log.warning("tokens_unchecked") if was_away else log.info("tokens_checked")
                await asyncio.sleep(SOONEST_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(READ_EVERY_S - SOONEST_S):
                        await self._wanted.wait()
                self._wanted.clear()
        finally:
            await self._hang_up()

    async def enter(self, token: str, address: str) -> Entered | Reason:
        """Give the token's seat to who came with it."""
        tokens = await self._newly_asked(self._asked)
        if tokens is None:
            return Reason.UNCHECKED
        given, found = digest(token), None
        for one in tokens.values():
            # All of them: how long it takes must not tell which one it is like.
            if hmac.compare_digest(one.sha256, given):
                found = one
        if found is None:
            log.warning("token_refused", address=address)
            return Reason.WRONG
        try:
            async with self._entering, asyncio.timeout(ANSWER_WITHIN_S):
                async with await _connect(self._url) as connection:
                    secret = await display_tokens.take_seat(connection, found.id, address)
                if secret is None:
                    return Reason.WRONG
                self._seat(found, secret)
        except (psycopg.Error, OSError, TimeoutError) as error:
            log.warning("seat_not_taken", wall=found.name, error=str(error).strip())
            return Reason.UNCHECKED
        log.info("screen_entered", wall=found.name, address=address)
        return Entered(f"{found.id}.{secret}")

    async def decide(self, cookie: str | None, address: str) -> Admitted | Reason:
        """Return whose seat a cookie is of."""
        if cookie is None:
            return Reason.MISSING
        seat = _Seat.of(cookie)
        if seat is None:
            return Reason.REVOKED
        asked = self._asked
        who = self._judge(seat)
        if isinstance(who, Reason):
            known = await self._newly_asked(asked)
            who = self._judge(seat) if known is not None else Reason.UNCHECKED
        if isinstance(who, Admitted):
            self._seen[seat.token] = address
        return who

    async def ended(self, cookie: str | None, address: str) -> Reason:
        """Return once the token is revoked, or another browser has the seat."""
        seat = _Seat.of(cookie or "")
        while seat is not None:
            answered = self._answered
            who = self._judge(seat)
            if isinstance(who, Reason):
                return who
            self._seen[seat.token] = address
            await answered.wait()
        return Reason.REVOKED

    def _judge(self, seat: _Seat) -> Admitted | Reason:
        """Judge by the last answer there was."""
        if self._tokens is None:
            return Reason.UNCHECKED
        one = self._tokens.get(seat.token)
        if one is None:
            return Reason.REVOKED
        if not hmac.compare_digest(one.seat_sha256 or b"", seat.sha256):
            return Reason.ELSEWHERE
        return Admitted(Role.DISPLAY, one.name, one.id)

    async def _newly_asked(self, asked: int) -> Mapping[int, Live] | None:
        """Return the answer to a question after so many; None where the database is away."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_WITHIN_S):
                while self._last.number <= asked:
                    answered = self._answered
                    self._wanted.set()
                    await answered.wait()
                return self._last.tokens
        return None

    def _take(self, answer: _Answer) -> None:
        self._last = answer
        if answer.tokens is not None:
            self._tokens = answer.tokens
        answered, self._answered = self._answered, asyncio.Event()
        answered.set()

    def _seat(self, one: Live, secret: str) -> None:
        """Know at once who sits there now, before the next answer says so."""
        self._before_seat = self._asked
        seated = msgspec.structs.replace(one, seat_sha256=digest(secret))
        self._take(_Answer(self._last.number, {**(self._tokens or {}), one.id: seated}))

    async def _ask(self) -> _Answer:
        self._asked += 1
        number, now_s = self._asked, self._clock()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                if self._connection is None:
                    self._connection = await _connect(self._url)
                tokens = await display_tokens.live(self._connection)
                if self._seen and now_s - self._noted_s >= NOTE_EVERY_S:
                    await self._note(self._connection, now_s)
        except (psycopg.Error, OSError, TimeoutError) as error:
            log.debug("tokens_not_read", error=str(error).strip())
            await self._hang_up()
            return _Answer(number, None)
        return _Answer(number, {one.id: one for one in tokens})

    async def _note(self, connection: psycopg.AsyncConnection[TupleRow], now_s: float) -> None:
        seen, self._seen, self._noted_s = self._seen, {}, now_s
        try:
            await display_tokens.saw(connection, seen)
        except psycopg.Error as error:
            # Nobody is kept out because it could not be written down that they came.
            log.warning("screens_not_noted", error=str(error).strip())

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


async def _connect(url: str) -> psycopg.AsyncConnection[TupleRow]:
    return await psycopg.AsyncConnection.connect(
        url, autocommit=True, connect_timeout=3, application_name="ioc wall door"
    )
