"""Who is signed in: sessions over the table `account_session`, judged by the `LatestAnswer`.

A session that is ended anywhere, or whose account is disabled, admits nobody two seconds later.
What an account may do is read with it. While the database is away, who was signed in stays so until
the session's own limits: what they do needs the database anyhow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import psycopg
import structlog

from ioc_dashboard.admission import Admitted
from ioc_dashboard.latest_answer import Connection, LatestAnswer
from ioc_dashboard.refusal_page import Reason
from storage import sessions
from storage.display_tokens import digest
from storage.sessions import Limits, LiveSession

log = structlog.get_logger(__name__)

NOTE_EVERY_S: Final = 30.0
"""How often the table learns who was active."""

_BEHIND: Final = timedelta(seconds=3 * NOTE_EVERY_S)
"""How far the table may lag behind what was used here: that much longer it is asked about."""

_COOKIE_AT_MOST: Final = 200
"""Characters; ours have 43."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A session, on this process's clock."""

    session: LiveSession
    started_s: float
    used_s: float


class People:
    """Implements `admission.People`; works while `run` runs."""

    def __init__(
        self, database_url: str, limits: Limits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the database's URL, how long sessions last, and a clock in seconds."""
        self.limits = limits
        self._clock = clock
        self._asked_for = Limits(limits.idle + _BEHIND, limits.absolute)
        self.sessions: LatestAnswer[Mapping[bytes, _Known]] = LatestAnswer(
            database_url, "sessions", self._read
        )
        """By the SHA-256 of the cookie."""
        self._used: dict[int, tuple[str, float]] = {}
        """From where and when sessions were used here last, by id."""
        self._noted_s = clock()
        """Up to when the table knows of uses."""

    async def run(self) -> None:
        """Keep asking until cancelled."""
        await self.sessions.run()

    async def decide(self, cookie: str, address: str) -> Admitted | Reason:
        """Return whose session a cookie is of; whoever asks has used it."""
        if len(cookie) > _COOKIE_AT_MOST:
            return Reason.SIGN_IN
        asked = self.sessions.asked
        sha256 = digest(cookie)
        who = self._judge(sha256)
        if isinstance(who, Reason):
            known = await self.sessions.after(asked)
            who = self._judge(sha256) if known is not None else Reason.UNCHECKED
        if isinstance(who, Admitted) and who.session is not None:
            self._used[who.session] = (address, self._clock())
        return who

    async def ended(self, cookie: str) -> Reason:
        """Return once the session has ended; a socket that is open does not use it."""
        sha256 = digest(cookie)
        while True:
            answered = self.sessions.answered
            if isinstance(who := self._judge(sha256), Reason):
                return who
            await answered.wait()

    async def renew(self) -> None:
        """Return once what was changed is known here too, or the database is away."""
        await self.sessions.after(self.sessions.asked)

    def _judge(self, sha256: bytes) -> Admitted | Reason:
        """Judge by the last answer there was."""
        if self.sessions.known is None:
            return Reason.UNCHECKED
        known = self.sessions.known.get(sha256)
        if known is None:
            return Reason.SIGN_IN
        one, now_s = known.session, self._clock()
        used_s = max(known.used_s, self._used.get(one.id, ("", known.used_s))[1])
        if (
            now_s - used_s >= self.limits.idle.total_seconds()
            or now_s - known.started_s >= self.limits.absolute.total_seconds()
        ):
            return Reason.SIGN_IN
        return Admitted(one.grants, one.name, account=one.account, session=one.id)

    async def _read(self, connection: Connection) -> Mapping[bytes, _Known]:
        if self._clock() - self._noted_s >= NOTE_EVERY_S:
            await self._note(connection)
        live = await sessions.live(connection, self._asked_for)
        now_s = self._clock()
        ids = {one.id for one in live}
        self._used = {one: use for one, use in self._used.items() if one in ids}
        return {one.sha256: _Known(one, now_s - one.age_s, now_s - one.idle_s) for one in live}

    async def _note(self, connection: Connection) -> None:
        now_s = self._clock()
        newer = {one: use for one, use in self._used.items() if use[1] >= self._noted_s}
        try:
            if newer:
                uses = {one: (address, now_s - used_s) for one, (address, used_s) in newer.items()}
                await sessions.used(connection, uses)
            self._noted_s = now_s
        except psycopg.Error as error:
            # Nobody is signed out because it could not be written down that they were there.
            log.warning("sessions_not_noted", error=str(error).strip())
