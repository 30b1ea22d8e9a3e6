"""Kafka's class path: Maven gets it once, a folder in the user's cache keeps it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from benchmarks.engines.missing import EngineMissingError, program

_POM = Path(__file__).parents[2] / "deploy" / "kafka" / "pom.xml"

_MAVEN_TIMEOUT_S = 600
"""Only ends a Maven that hangs: it gets 46 MB."""


def class_path() -> str:
    """Return the class path that `deploy/kafka/pom.xml` describes, as `java -cp` takes it.

    Blocking; the first call on a machine downloads. Any number of processes may call at once: one
    works, the others wait for it.

    Raises:
        EngineMissingError: Maven is missing, or cannot get what the file names.
    """
    jars = _cache() / f"kafka-{hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]}"
    if not jars.exists():
        jars.parent.mkdir(parents=True, exist_ok=True)
        with jars.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not jars.exists():
                _fetch(jars)
    return f"{jars}/*"


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "city-ioc"


def _fetch(jars: Path) -> None:
    unfinished = jars.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [
        str(program("mvn", "maven")), "--batch-mode", "--quiet", "-Dstyle.color=never",
        f"--file={_POM}", "dependency:copy-dependencies", f"-DoutputDirectory={unfinished}",
    ]  # fmt: skip
    try:
        done = subprocess.run(  # noqa: S603 # our own command line
            command, capture_output=True, text=True, timeout=_MAVEN_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise EngineMissingError(
            f"Maven did not get Kafka within {_MAVEN_TIMEOUT_S} s; it must reach a repository"
        ) from error
    if done.returncode != 0 or not any(unfinished.glob("kafka_2.13-*.jar")):
        raise EngineMissingError(f"Maven cannot get what {_POM} names: {done.stdout.strip()}")
    unfinished.rename(jars)
