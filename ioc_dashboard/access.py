"""The URL map: every path that the wall's process serves, and what each of its methods asks for.

Whatever does not stand here is not served, whoever asks and however it was routed. A path that is
added to the server is added here, and to the table of its test (tests/wall/test_admission.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from starlette.routing import compile_path

from dispatch import Right


class Needs(Enum):
    """What is not a right."""

    NOTHING = "nothing"
    """Open to whoever reaches the server."""
    ACCOUNT = "account"
    """Somebody who is signed in, whatever they may do."""
    STAFF = "staff"
    """Somebody who is signed in and may look: what people do is no matter of screens."""


Required = Right | Needs

_LOOK: Final[Mapping[str, Required]] = {"GET": Right.LOOK}
_FORM: Final[Mapping[str, Required]] = {"GET": Needs.NOTHING, "POST": Needs.NOTHING}
_ACCOUNT: Final[Mapping[str, Required]] = {"GET": Needs.ACCOUNT, "POST": Needs.ACCOUNT}

SIGN_IN: Final = "/sign-in"
ONE_TIME: Final = "/one-time"
PASSWORD: Final = "/password"  # noqa: S105 # a path
SIGN_OUT: Final = "/sign-out"
ACCOUNT: Final = "/account"
CONSOLE: Final = "/console"
CONSOLE_ALERT: Final = "/console/alert"
CONSOLE_INCIDENT: Final = "/console/incident"
CONSOLE_ADVICE: Final = "/console/advice"
CONSOLE_ALERTS: Final = "/console/alerts"
CONSOLE_CREWS: Final = "/console/crews"
CONSOLE_INCIDENTS: Final = "/console/incidents"
SOCKET: Final = "/ws/wall"
CONSOLE_SOCKET: Final = "/ws/console"

URL_MAP: Final[Mapping[str, Mapping[str, Required]]] = {
    "/": _LOOK,
    "/healthz": _LOOK,
    "/wall/atlas.json": _LOOK,
    "/wall/kiosk.json": _LOOK,
    "/wall/words.json": _LOOK,
    "/wall/explanation": _LOOK,
    "/wall/series": _LOOK,
    "/wall/datastream": _LOOK,
    "/wall/alert": _LOOK,
    "/wall/snapshot/{gateway}/{snapshot}": _LOOK,
    "/assets/{path:path}": _LOOK,
    "/_dash-layout": _LOOK,
    "/_dash-dependencies": _LOOK,
    "/_dash-component-suites/{package_name}/{fingerprinted_path:path}": _LOOK,
    "/_reload-hash": _LOOK,
    "/_favicon.ico": _LOOK,
    # Callbacks: each asks by itself what its actor may do.
    "/_dash-update-component": {"POST": Needs.ACCOUNT},
    SIGN_IN: _FORM,
    ONE_TIME: _FORM,
    PASSWORD: _ACCOUNT,
    SIGN_OUT: {"POST": Needs.ACCOUNT},
    ACCOUNT: {"GET": Needs.ACCOUNT},
    CONSOLE: {"GET": Needs.ACCOUNT},
    CONSOLE_ALERT: {"GET": Needs.STAFF},
    CONSOLE_INCIDENT: {"GET": Needs.STAFF},
    CONSOLE_ADVICE: {"GET": Needs.STAFF},
    CONSOLE_ALERTS: {"POST": Right.HANDLE},
    CONSOLE_CREWS: {"POST": Right.DISPATCH},
    CONSOLE_INCIDENTS: {"POST": Right.HANDLE},
}

SOCKETS: Final[Mapping[str, Required]] = {
    SOCKET: Right.LOOK,
    CONSOLE_SOCKET: Needs.STAFF,
}

_PATTERNS: Final = [(compile_path(path)[0], methods) for path, methods in URL_MAP.items()]


def methods_of(path: str) -> Mapping[str, Required]:
    """Return what each method of a path asks for; empty for a path that is not served.

    >>> sorted(methods_of("/assets/wall.css")), methods_of("/docs")
    (['GET', 'HEAD'], {})
    """
    for pattern, methods in _PATTERNS:
        if pattern.match(path):
            # What answers HEAD answers as to GET, without the body.
            return {**methods, "HEAD": methods["GET"]} if "GET" in methods else methods
    return {}
