"""Which rules some texts give: a digest that everything judged by them carries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def digest_of(texts: Mapping[str, str]) -> str:
    """Return SHA-256 over names and contents of rule files, hexadecimal; in no order of theirs.

    >>> digest_of({"a": "1", "b": "2"}) == digest_of({"b": "2", "a": "1"}) != digest_of({})
    True
    """
    digest = hashlib.sha256()
    for name in sorted(texts):
        digest.update(f"{name}\0{texts[name]}\0".encode())
    return digest.hexdigest()
