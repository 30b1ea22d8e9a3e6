"""How the wall answers with JSON: as it is now, never from a cache."""

from __future__ import annotations

import msgspec
from fastapi.responses import Response


def answer(status: int, body: object) -> Response:
    """Return a body as JSON."""
    return Response(
        msgspec.json.encode(body), status, {"cache-control": "no-store"}, "application/json"
    )
