"""What is said when this machine cannot run an engine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class EngineMissingError(RuntimeError):
    """A program of the engine is not on this machine; the text says which, and what to install."""


def program(name: str, package: str) -> Path:
    """Return where a program is.

    Args:
        name: of the program.
        package: of Debian that has it.

    Raises:
        EngineMissingError: it is not there.
    """
    # Debian puts servers into sbin, which is not on every user's path.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])
    found = shutil.which(name, path=path)
    if found is None:
        raise EngineMissingError(f"{name} is missing; on Debian: apt-get install {package}")
    return Path(found)
