"""What the sink has stored, asked of the database: the gateway's `Progress`."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
import structlog
from psycopg.rows import TupleRow

from ingest.progress import Sent
from storage import ledger, quarantine

_log = structlog.get_logger()


class DatabaseProgress:
    """Reads the pack ledger and the quarantine; keeps one connection."""

    def __init__(self, database_url: str) -> None:
        """Prepare; the connection is made with the first question."""
        self._url = database_url
        self._connection: psycopg.AsyncConnection[TupleRow] | None = None

    async def stored(self, sent: Sequence[Sent]) -> set[int]:
        """Return the ids of messages that are stored as a whole; none while the database is away.

        A message is stored when its pack is in the ledger and each of its refusals in quarantine.
        """
        try:
            connection = await self._connect()
            keys = sorted({(one.gateway, one.boot) for one in sent})
            progress = await ledger.read_progress(connection, keys)
            refused = [(one.gateway, one.boot, one.seq) for one in sent if one.refusals]
            quarantined = await quarantine.count(connection, refused)
        except (psycopg.Error, OSError) as error:
            _log.warning("sink cannot be asked", error=str(error).strip())
            await self.close()
            return set()
        return {
            one.id
            for one in sent
            if progress[one.gateway, one.boot].has(one.seq)
            and quarantined.get((one.gateway, one.boot, one.seq), 0) >= one.refusals
        }

    async def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _connect(self) -> psycopg.AsyncConnection[TupleRow]:
        if self._connection is None:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=5, application_name="ioc gateway"
            )
        return self._connection
