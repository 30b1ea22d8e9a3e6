"""What all commands share: options, settings, the city, and how they tell mistakes and facts.

What a command needs is imported inside it, so that `ioc --help` does not wait for Faust and Dash.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from ioc.city import City
    from ioc.settings import Settings

_T = TypeVar("_T")
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Config = Annotated[
    Path | None,
    typer.Option("--config", envvar="IOC_CONFIG", help="Settings file; default ./ioc.toml."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print facts as JSON.")]


def read_settings(config: Path | None, overrides: Mapping[str, str] | None = None) -> Settings:
    """Return the settings.

    Raises:
        typer.Exit: there is a mistake in them, which has been told.
    """
    from ioc.settings import SettingsError, load

    try:
        return load({**os.environ, **(overrides or {})}, config)
    except SettingsError as error:
        raise refusal(error) from None


def read_city(settings: Settings) -> City:
    """Return the city.

    Raises:
        typer.Exit: there is a mistake in its files, which has been told.
    """
    from ioc import city
    from rules.language import parse

    try:
        found = city.load(settings.city)
        rules = parse(found.rule_texts, found.catalogue)
        city.roster(settings.city, found.catalogue)
        city.check_plans(rules, city.plan_book(settings.city))
        city.duty(settings.city)
    except ValueError as error:
        raise refusal(error) from None
    return found


def read_registered(settings: Settings) -> City:
    """Return the city with catalogue and rules in force, which may be newer than its files.

    Raises:
        typer.Exit: there is a mistake in its files, which has been told.
    """
    from ioc import catalogue_source, city
    from rules.language import parse

    try:
        found = city.load(settings.city, catalogue_source.at_start(settings))
        found = dataclasses.replace(found, rule_texts=catalogue_source.rules_at_start(settings))
        parse(found.rule_texts, found.catalogue)
    except ValueError as error:
        raise refusal(error) from None
    return found


def asked(
    settings: Settings, work: Callable[[psycopg.AsyncConnection[TupleRow]], Awaitable[_T]]
) -> _T:
    """Return what some work on a connection gives.

    Raises:
        typer.Exit: the database does not answer, which has been told.
    """
    import asyncio

    import psycopg

    async def run() -> _T:
        async with await psycopg.AsyncConnection.connect(
            settings.database_url, autocommit=True, connect_timeout=5,
            application_name="ioc command",
        ) as connection:  # fmt: skip
            return await work(connection)

    try:
        return asyncio.run(run())
    except psycopg.Error as error:
        typer.echo(f"ioc: database: {str(error).strip()}", err=True)
        raise typer.Exit(1) from None


def check_word(option: str, word: str | None, valid: Sequence[str]) -> None:
    """Return if a word is one of the valid ones, or not given.

    Raises:
        typer.Exit: it is none of them, which has been told.
    """
    from devices.tables import nearest

    if word is not None and word not in valid:
        words = sorted(valid)
        near = nearest(word, words) if len(words) < 200 else nearest(word, words).partition(",")[0]
        raise refusal(f"{option}: {word!r} is not known; {near}")


def instant_of(option: str, word: str) -> int:
    """Return the instant an option names, µs since 1970.

    Args:
        option: as people write it, e.g. `--since`.
        word: 30m, 1h, 2d ago, or an ISO time with offset.

    Raises:
        typer.Exit: it is neither, which has been told.
    """
    import time

    if (ago_us := _length(word)) is not None:
        return max(0, time.time_ns() // 1000 - ago_us)
    return _iso(option, word, "neither like 30m, 1h, 2d nor")


def end_of(until: str | None, length: str | None, from_us: int) -> int:
    """Return the end that `--until` or `--for` names, µs since 1970.

    Args:
        until: ISO time with offset; None where it is not given.
        length: like 30m, 1h, 2d, counted from `from_us`; None where it is not given.
        from_us: µs since 1970.

    Raises:
        typer.Exit: one is wrong, or not just one is given, which has been told.
    """
    if until is not None and length is None:
        return moment_of("--until", until)
    if until is None and length is not None:
        return from_us + length_of("--for", length)
    raise refusal("say how long: --until and a time, or --for and a length")


def moment_of(option: str, word: str) -> int:
    """Return the instant an option names, µs since 1970; an ISO time with offset only.

    Raises:
        typer.Exit: it is none, which has been told.
    """
    return _iso(option, word, "not")


def length_of(option: str, word: str) -> int:
    """Return the length of time an option names, µs, written like 30m, 1h, 2d.

    Raises:
        typer.Exit: it is none, which has been told.
    """
    if (length_us := _length(word)) is None:
        raise refusal(f"{option}: {word!r} is not like 30m, 1h, 2d")
    return length_us


def _length(word: str) -> int | None:
    found = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)([smhd])", word)
    return round(float(found[1]) * _UNITS_S[found[2]] * 1e6) if found else None


def _iso(option: str, word: str, what_else: str) -> int:
    try:
        moment = datetime.fromisoformat(word)
    except ValueError:
        raise refusal(f"{option}: {word!r} is {what_else} an ISO time") from None
    if moment.tzinfo is None:
        whole = word if len(word) > len("2026-10-01") else f"{word}T00:00"
        raise refusal(f"{option}: {word!r} has no offset; say e.g. {whole}+08:00")
    return round(moment.timestamp() * 1e6)


def refusal(error: Exception | str) -> typer.Exit:
    """Tell a mistake of the caller, and return what ends the command."""
    typer.echo(f"ioc: {error}", err=True)
    return typer.Exit(2)


def show(facts: Mapping[str, Any], text: str, as_json: bool) -> None:
    """Print facts for a program or for a person."""
    typer.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else text)
