"""A wall on a stage behind a door that asks a real database for display tokens."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

import psycopg
from argon2 import PasswordHasher
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from devices import Catalogue
from dispatch import Grant
from ioc_dashboard.admission import COOKIE
from ioc_dashboard.door import TokenDoor
from ioc_dashboard.passwords import Passwords
from ioc_dashboard.people import People
from ioc_dashboard.signing_in import SigningIn
from storage import accounts, audit_trail, display_tokens
from storage.sessions import Limits
from tests.wall.scripted import Stage

ACTOR = "ann"
LIMITS = Limits(idle=timedelta(minutes=60), absolute=timedelta(hours=14))
AGING = {
    "account_session": ("started", "last_used"),
    "one_time_token": ("created", "expires"),
    "sign_in_delay": ("last", "until"),
}
"""Columns of each table that time passes for."""


class Answer(NamedTuple):
    """What the wall answered."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def cookie(self) -> str | None:
        """The cookie that it gave, `name=value`."""
        given = self.headers.get("set-cookie")
        return None if given is None else given.partition(";")[0]

    @property
    def told(self) -> str | None:
        """The word that says what was wrong with a form."""
        return self.text.partition('data-told="')[2].partition('"')[0] or None

    @property
    def reason(self) -> str | None:
        """Why not, where it is the plain page."""
        return self.text.partition('data-reason="')[2].partition('"')[0] or None


PASSWORD = "溱湖簖蟹 八月初八 开捕"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""The real argon2id, with a thousandth of the work."""


class Guarded(Stage):
    """A stage that lets in screens with a token, and people who sign in."""

    def __init__(
        self, city: Catalogue, base_map: dict[str, Any], database_url: str, **more: Any
    ) -> None:
        self.database_url = database_url
        behind_proxy = more.pop("behind_proxy", False)
        door = more.pop("door", None) or TokenDoor(database_url, behind_proxy=behind_proxy)
        door.behind_proxy = behind_proxy
        self.now_s = 1000.0
        """Of sessions, on this process's clock; the database's is moved by `age`."""
        people = People(database_url, LIMITS, lambda: self.now_s)
        signing_in = SigningIn(database_url, people, Passwords(CHEAP))
        super().__init__(city, base_map, door=door, people=people, signing_in=signing_in,
                         console_url=database_url, **more)  # fmt: skip

    def tell(self, work: Callable[[psycopg.AsyncConnection], Awaitable[Any]]) -> Any:
        """Do something in the database, from the wall's own loop: browser tests have none."""

        async def run() -> Any:
            async with await psycopg.AsyncConnection.connect(
                self.database_url, autocommit=True
            ) as connection:
                return await work(connection)

        return self._await(run())

    def token(self, name: str = "hall") -> str:
        return self.tell(lambda one: display_tokens.create(one, name, ACTOR))

    def revoke(self, name: str = "hall") -> None:
        self.tell(lambda one: display_tokens.revoke(one, name, ACTOR))

    def account(self, name: str, *grants: Grant) -> str:
        """Add somebody with a password of their own; return the cookie of a session."""
        token = self.tell(lambda one: accounts.add(one, name, grants, ACTOR))
        return self.redeem(token, name)

    def redeem(self, token: str, name: str) -> str:
        answer = self.post("/one-time", token=token, name=name, password=PASSWORD, again=PASSWORD)
        assert (answer.status, answer.headers["location"]) == (303, "/console"), answer.told
        assert answer.cookie is not None
        return answer.cookie

    def sign_in(self, name: str, password: str = PASSWORD, cookie: str | None = None) -> Answer:
        return self.post("/sign-in", cookie, name=name, password=password)

    def post(self, path: str, cookie: str | None = None, **fields: str) -> Answer:
        """Send a form as a page of ours does."""
        return self.ask(path, cookie, "POST", body=urlencode(fields), origin=self.url[:-1],
                        content_type="application/x-www-form-urlencoded")  # fmt: skip

    def age(self, seconds: float, *, used: bool = True) -> None:
        """Let all that people have in the database be so much older."""

        async def work(connection: psycopg.AsyncConnection) -> None:
            for table, columns in AGING.items():
                if table == "account_session" and not used:
                    columns = ("started",)
                moved = ", ".join(f"{one} = {one} - interval '{seconds} s'" for one in columns)
                await connection.execute(f"UPDATE {table} SET {moved}")

        self.tell(work)
        self.know()

    def know(self) -> None:
        """Let the wall learn what stands in the database now."""
        self._await(self.people.renew())

    def trail(self) -> list[tuple[str, str, str]]:
        """Return actor, action and subject of every row of the audit trail, the oldest first."""
        rows = self.tell(lambda one: audit_trail.entries(one, 1000))
        return [(one.actor, one.action, one.subject) for one in reversed(rows)]

    def renew_door(self) -> None:
        """Begin anew as a process does that remembers nobody."""
        self.close()
        self.door = TokenDoor(self.database_url, behind_proxy=self.door.behind_proxy)
        self.open(self._build)

    def ask(
        self,
        path: str = "/",
        cookie: str | None = None,
        method: str = "GET",
        body: str | bytes | None = None,
        **headers: str,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        if cookie is not None:
            headers["cookie"] = cookie
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, headers=named)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode("utf-8", "replace"))
        finally:
            connection.close()

    def enter(self, token: str) -> str:
        """Open the address as a browser does, and return its cookie."""
        answer = self.ask(f"/?token={token}")
        assert answer.status == 303
        assert answer.cookie is not None
        assert answer.cookie.startswith(f"{COOKIE}=")
        return answer.cookie

    @contextlib.contextmanager
    def database_away(self) -> Iterator[None]:
        """The database lets nobody in, and whoever was in is out."""
        parts = conninfo_to_dict(self.database_url)
        name = sql.Identifier(str(parts["dbname"]))
        beside = make_conninfo(self.database_url, dbname="postgres")

        def let_in(may: bool) -> None:
            with psycopg.connect(beside, autocommit=True) as one:
                one.execute(
                    sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}").format(
                        name, sql.SQL("true" if may else "false")
                    )
                )
                one.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    (parts["dbname"],),
                )

        let_in(False)
        try:
            if isinstance(self.door, TokenDoor):
                self.until(lambda: self.door.tokens.last.told is None)
            self.until(lambda: self.people.sessions.last.told is None)
            yield
        finally:
            let_in(True)
