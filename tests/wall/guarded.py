"""A wall on a stage behind a door that asks a real database for display tokens."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from devices import Catalogue
from ioc_dashboard.admission import COOKIE
from ioc_dashboard.door import TokenDoor
from storage import display_tokens
from tests.wall.scripted import Stage

ACTOR = "ann"


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
    def reason(self) -> str | None:
        """Why not, where it is the plain page."""
        return self.text.partition('data-reason="')[2].partition('"')[0] or None


class Guarded(Stage):
    """A stage that lets in screens with a token only."""

    def __init__(
        self, city: Catalogue, base_map: dict[str, Any], database_url: str, **more: Any
    ) -> None:
        self.database_url = database_url
        behind_proxy = more.pop("behind_proxy", False)
        door = TokenDoor(database_url, behind_proxy=behind_proxy)
        super().__init__(city, base_map, door=door, **more)

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

    def renew_door(self) -> None:
        """Begin anew as a process does that remembers nobody."""
        self.close()
        self.door = TokenDoor(self.database_url, behind_proxy=self.door.behind_proxy)
        self.open(self._build)

    def ask(self, path: str = "/", cookie: str | None = None, method: str = "GET", **headers: str):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        if cookie is not None:
            headers["cookie"] = cookie
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=named)
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
            self.until(lambda: self.door._last.tokens is None)
            yield
        finally:
            let_in(True)
