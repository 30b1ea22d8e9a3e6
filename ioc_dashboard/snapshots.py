"""`GET /wall/snapshot/{gateway}/{id}`: the picture of an event.

The database holds only pictures that ingest drew anew; what is no JPEG all the same is not sent.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final, Protocol

from fastapi import FastAPI
from fastapi.responses import Response

NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
"""What gateways and pictures may be called (docs/cameras.md, docs/devices.md)."""

_JPEG: Final = b"\xff\xd8\xff"
"""How a JPEG begins: start of image, and the first byte of the next marker (ITU-T T.81, B.1.1)."""

_ANSWER_WITHIN_S: Final = 5.0
"""A tile that stays empty longer says so; the page asks again with the next event."""

_KEPT: Final = "private, max-age=2592000, immutable"
"""A picture's id is used once and it is kept for 30 days."""


class Source(Protocol):
    """Where pictures come from; `history.DatabaseHistory` is one."""

    async def picture(self, gateway: str, snapshot: str) -> bytes | None:
        """Return a JPEG, or None where there is none of that name."""


def route(server: FastAPI, source: Source) -> None:
    """Serve pictures."""

    @server.get("/wall/snapshot/{gateway}/{snapshot}")
    async def read_picture(gateway: str, snapshot: str) -> Response:
        if not (NAME.fullmatch(gateway) and NAME.fullmatch(snapshot)):
            return _none(404)
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                found = await source.picture(gateway, snapshot)
        except TimeoutError:
            return _none(503)
        if found is None or not found.startswith(_JPEG):
            return _none(404)
        return Response(found, 200, {"cache-control": _KEPT}, "image/jpeg")


def _none(status: int) -> Response:
    return Response(b"", status, {"cache-control": "no-store"})
