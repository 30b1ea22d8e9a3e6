"""What every answer of the wall must carry, and who may open its socket."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def policy(script_hashes: Sequence[str]) -> str:
    """Return the Content-Security-Policy: nothing but this server, no inline script but Dash's.

    Args:
        script_hashes: `Dash.csp_hashes()`.
    """
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self'", *script_hashes)),
            # Plotly and Leaflet set style attributes.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            # The wall has no form; pages that have one carry a policy of their own.
            "form-action 'none'",
            "frame-ancestors 'self'",
        )
    )


def same_origin(headers: Headers, *, must_say: bool = False) -> bool:
    """Return whether a socket is opened, or a form sent, by our own page.

    Args:
        headers: of the request.
        must_say: whether it must name the origin of its page at all. A browser does for sockets and
            for all methods but GET and HEAD; a program that names none is no page that could be
            tricked.
    """
    origin = headers.get("origin")
    if origin is None:
        return not must_say
    return urlsplit(origin).netloc == headers.get("host", "")


class SecureHeaders:
    """ASGI middleware that puts the headers on every HTTP answer, errors too."""

    def __init__(self, app: ASGIApp, content_security_policy: str) -> None:
        """Wrap an application."""
        self._app = app
        self._policy = content_security_policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # A page may carry a stricter one.
                headers.setdefault("content-security-policy", self._policy)
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "same-origin"
                headers["cross-origin-opener-policy"] = "same-origin"
            await send(message)

        await self._app(scope, receive, send_with_headers)
