"""Topics of Sparkplug B: who speaks, and which kind of message it is.

Source:
    Sparkplug 3.0, chapter 4.
"""

from __future__ import annotations

from typing import Final, NamedTuple

NAMESPACE: Final = "spBv1.0"

OF_NODES: Final = frozenset({"NBIRTH", "NDEATH", "NDATA", "NCMD"})
OF_DEVICES: Final = frozenset({"DBIRTH", "DDEATH", "DDATA", "DCMD"})
BIRTHS: Final = frozenset({"NBIRTH", "DBIRTH"})
DEATHS: Final = frozenset({"NDEATH", "DDEATH"})
NOT_OURS: Final = frozenset({"NCMD", "DCMD", "STATE"})
"""Commands and the state of hosts: nothing that is observed."""


class Address(NamedTuple):
    """What a topic says."""

    kind: str
    """E.g. NBIRTH."""
    group: str
    node: str
    device: str
    """Empty for the node itself."""

    @property
    def name(self) -> str:
        """`{group}/{node}[/{device}]`."""
        return "/".join(part for part in self[1:] if part)


def address(topic: str) -> Address | None:
    """Read a topic; None where it is none of Sparkplug B.

    >>> address("spBv1.0/water/DDATA/pump-1/gauge").name
    'water/pump-1/gauge'
    """
    space, *levels = topic.split("/")
    if space != NAMESPACE or not all(levels):
        return None
    match levels:
        case ["STATE", host]:
            return Address("STATE", "", host, "")
        case [group, "STATE", node, *_]:
            return Address("STATE", group, node, "")
        case [group, kind, node] if kind in OF_NODES:
            return Address(kind, group, node, "")
        case [group, kind, node, device] if kind in OF_DEVICES:
            return Address(kind, group, node, device)
    return None
