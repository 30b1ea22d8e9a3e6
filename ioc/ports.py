"""Say who holds a port, before a part fails over it."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable

import psutil

from ioc.parts.part import Part, Port


def busy(parts: Iterable[Part]) -> list[str]:
    """Return one sentence for each port that a part cannot have; empty when all are free."""
    return [
        sentence
        for part in parts
        if part.port is not None and (sentence := _refusal(part.name, part.port)) is not None
    ]


def _refusal(name: str, port: Port) -> str | None:
    family = socket.AF_INET6 if ":" in port.host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: a port whose last connections are still in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((port.host, port.number))
        except OSError as error:
            reasons = {
                errno.EADDRINUSE: f"is taken{_by(port)}; stop that, or move ours",
                errno.EACCES: "may not be opened by this user; take one above 1023",
                errno.EADDRNOTAVAIL: "has an address that is not of this machine; correct the host",
            }
            reason = reasons.get(error.errno or 0, f"cannot be opened ({error.strerror}); move it")
            return (
                f"{name}: port {port.number} of {port.host} {reason}: "
                f"{port.setting} in ioc.toml, or {port.variable}"
            )
    return None


def _by(port: Port) -> str:
    """Return ` by NAME (pid N)` where this user may know it."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return ""
    for one in connections:
        number = getattr(one.laddr, "port", None)  # () where it has none
        if one.status == psutil.CONN_LISTEN and number == port.number and one.pid:
            try:
                return f" by {psutil.Process(one.pid).name()} (pid {one.pid})"
            except psutil.NoSuchProcess:
                return ""
    return ""
