"""The door of a wall that asks for display tokens, over the table `display_token`.

Every screen is judged by the `LatestAnswer`: all tokens that are not revoked. While the database is
away, who was admitted stays, and whoever is new is told that nobody can say now.

One wall each: who opens the address takes the token's seat, and the browser that had it before is
refused from then on, within moments. The cookie is `id.secret` of the seat, never the token.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
import psycopg
import structlog

from dispatch import Grant, Role
from ioc_dashboard.admission import Admitted, Entered
from ioc_dashboard.latest_answer import ANSWER_WITHIN_S, Connection, LatestAnswer, connect
from ioc_dashboard.refusal_page import Reason
from storage import display_tokens
from storage.display_tokens import Live, digest

log = structlog.get_logger(__name__)

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
        self.tokens: LatestAnswer[Mapping[int, Live]] = LatestAnswer(
            database_url, "tokens", self._read
        )
        """By id."""
        self._entering = asyncio.Lock()
        self._seen: dict[int, str] = {}
        self._noted_s = clock()

    async def run(self) -> None:
        """Keep asking until cancelled."""
        await self.tokens.run()

    async def enter(self, token: str, address: str) -> Entered | Reason:
        """Give the token's seat to who came with it."""
        tokens = await self.tokens.after(self.tokens.asked)
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
                async with await connect(self._url, "ioc wall door") as connection:
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
        asked = self.tokens.asked
        who = self._judge(seat)
        if isinstance(who, Reason):
            known = await self.tokens.after(asked)
            who = self._judge(seat) if known is not None else Reason.UNCHECKED
        if isinstance(who, Admitted):
            self._seen[seat.token] = address
        return who

    async def ended(self, cookie: str | None, address: str) -> Reason:
        """Return once the token is revoked, or another browser has the seat."""
        seat = _Seat.of(cookie or "")
        while seat is not None:
            answered = self.tokens.answered
            who = self._judge(seat)
            if isinstance(who, Reason):
                return who
            self._seen[seat.token] = address
            await answered.wait()
        return Reason.REVOKED

    def _judge(self, seat: _Seat) -> Admitted | Reason:
        """Judge by the last answer there was."""
        if self.tokens.known is None:
            return Reason.UNCHECKED
        one = self.tokens.known.get(seat.token)
        if one is None:
            return Reason.REVOKED
        if not hmac.compare_digest(one.seat_sha256 or b"", seat.sha256):
            return Reason.ELSEWHERE
        return Admitted((Grant(Role.DISPLAY),), one.name, token=one.id)

    def _seat(self, one: Live, secret: str) -> None:
        """Know at once who sits there now."""
        seated = msgspec.structs.replace(one, seat_sha256=digest(secret))
        self.tokens.put({**(self.tokens.known or {}), one.id: seated})

    async def _read(self, connection: Connection) -> Mapping[int, Live]:
        tokens = await display_tokens.live(connection)
        now_s = self._clock()
        if self._seen and now_s - self._noted_s >= NOTE_EVERY_S:
            await self._note(connection, now_s)
        return {one.id: one for one in tokens}

    async def _note(self, connection: Connection, now_s: float) -> None:
        seen, self._seen, self._noted_s = self._seen, {}, now_s
        try:
            await display_tokens.saw(connection, seen)
        except psycopg.Error as error:
            # Nobody is kept out because it could not be written down that they came.
            log.warning("screens_not_noted", error=str(error).strip())
