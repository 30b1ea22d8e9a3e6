"""`ioc users`: who may sign in, and what each may do. Nobody's password is ever typed here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from ioc.command import AsJson, Config, asked, check_word, read_registered, read_settings, refusal
from ioc.command import show as tell

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from dispatch import Grant
    from ioc.settings import Settings

_T = TypeVar("_T")

app = typer.Typer(
    help="账号与角色 · Accounts of people: who may sign in, and what each may do.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="With which somebody signs in.")]
Roles = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ROLE…",
        help="viewer, dispatcher, supervisor, administrator, auditor or crew; limited like "
        "crew:DEPARTMENT, viewer@TOWN, crew:DEPARTMENT@TOWN.",
    ),
]
Actor = Annotated[str | None, typer.Option(help="Who does it; default the user of this program.")]


@app.command("list")
def list_accounts(config: Config = None, as_json: AsJson = False) -> None:
    """List all accounts with their roles."""
    from ioc import users_text
    from storage import accounts

    found = asked(read_settings(config), accounts.accounts)
    facts = [users_text.account(one) for one in found]
    text = users_text.accounts_table(facts) if facts else "没有账号 · no accounts"
    tell({"accounts": facts}, text, as_json)


@app.command()
def add(
    name: Name, roles: Roles = None, config: Config = None, actor: Actor = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Add an account, and print a one-time token by which its owner sets a password."""
    from storage import accounts

    settings = read_settings(config)
    grants = _grants(settings, roles)
    token = _done(settings, lambda one: accounts.add(one, name, grants, _actor(actor)))
    _tell_token(settings, accounts.checked_name(name), token, as_json)


@app.command("roles")
def set_roles(
    name: Name, roles: Roles = None, config: Config = None,
    none: Annotated[bool, typer.Option("--none", help="Take all roles away.")] = False,
    actor: Actor = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Give an account these roles and no others; its sessions end. Without roles: show them."""
    from storage import accounts

    settings = read_settings(config)
    if roles and none:
        raise refusal("roles or --none, not both")
    ended = None
    if roles or none:
        grants = _grants(settings, roles)
        ended = _done(settings, lambda one: accounts.set_grants(one, name, grants, _actor(actor)))
    found = _done(settings, lambda one: accounts.find(one, name))
    held = [accounts.told(one) for one in found.grants]
    said = f"{found.name}: {', '.join(held) or '没有角色 · no role'}"
    if ended is not None:
        said += f"\n已结束会话 · sessions ended: {ended}"
    facts: dict[str, Any] = {"name": found.name, "roles": held}
    tell(facts if ended is None else {**facts, "sessions_ended": ended}, said, as_json)


@app.command()
def disable(
    name: Name, config: Config = None,
    undo: Annotated[bool, typer.Option("--undo", help="Let them sign in again.")] = False,
    actor: Actor = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Let nobody sign in with an account any more; its sessions end within seconds."""
    from storage import accounts

    settings, who = read_settings(config), _actor(actor)
    if undo:
        _done(settings, lambda one: accounts.enable(one, name, who))
        tell({"enabled": name}, f"已恢复 · may sign in again: {name}", as_json)
        return
    ended = _done(settings, lambda one: accounts.disable(one, name, who))
    said = f"已停用 · disabled: {name}\n已结束会话 · sessions ended: {ended}"
    tell({"disabled": name, "sessions_ended": ended}, said, as_json)


@app.command()
def reset(name: Name, config: Config = None, actor: Actor = None, as_json: AsJson = False) -> None:
    """Take a password away, end the sessions, and print a one-time token for another one."""
    from storage import accounts

    settings = read_settings(config)
    token = _done(settings, lambda one: accounts.reset(one, name, _actor(actor)))
    _tell_token(settings, name, token, as_json)


@app.command()
def sessions(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Only of this one.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List who is signed in, since when and from where."""
    from ioc import users_text
    from storage import accounts
    from storage import sessions as stored

    settings = read_settings(config)
    number = None if name is None else _done(settings, lambda one: accounts.find(one, name)).id
    limits = settings.wall.session_limits
    found = asked(settings, lambda one: stored.sessions(one, limits, number))
    facts = [users_text.session(one) for one in found]
    text = users_text.sessions_table(facts) if facts else "无人登录 · nobody is signed in"
    tell({"sessions": facts}, text, as_json)


@app.command()
def revoke(
    name: Name, config: Config = None,
    session: Annotated[int | None, typer.Option(help="Only this, of ioc users sessions.")] = None,
    actor: Actor = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """End the sessions of an account, or one of them; their owner may sign in again."""
    from storage import accounts

    settings, who = read_settings(config), _actor(actor)
    ended = _done(settings, lambda one: accounts.end_sessions(one, name, session, who))
    said = f"已结束会话 · sessions ended: {ended}"
    tell({"name": name, "sessions_ended": ended}, said, as_json)


@app.command()
def audit(
    config: Config = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show who signed in, failed to, signed out, and what was done with accounts."""
    from ioc import users_text
    from storage import audit_trail

    found = asked(read_settings(config), lambda one: audit_trail.entries(one, limit))
    facts = [users_text.entry(one) for one in found]
    tell({"entries": facts}, users_text.audit_table(facts) if facts else "无记录 · none", as_json)


def _actor(actor: str | None) -> str:
    from ioc import registry

    return registry.actor() if actor is None else actor


def _done(
    settings: Settings, work: Callable[[psycopg.AsyncConnection[TupleRow]], Awaitable[_T]]
) -> _T:
    """Return what some work gives; a mistake of the caller's is told."""
    from storage.accounts import AccountError

    try:
        return asked(settings, work)
    except AccountError as error:
        raise refusal(error) from None


def _grants(settings: Settings, roles: Sequence[str] | None) -> list[Grant]:
    """Return what words like crew:water@baimi mean.

    Raises:
        typer.Exit: one of them means nothing, which has been told.
    """
    from dispatch import Grant, Role
    from dispatch.rights import ROLES_OF_PEOPLE

    grants = []
    for word in roles or []:
        found = re.fullmatch(r"([^:@]*)(?::([\w-]{1,40}))?(?:@([\w-]{1,40}))?", word)
        if found is None:
            raise refusal(f"{word!r} is not like ROLE, ROLE:DEPARTMENT, ROLE@TOWN")
        role, department, town = found.groups()
        check_word("ROLE", role, [one.value for one in ROLES_OF_PEOPLE])
        if town is not None:
            check_word("TOWN", town, list(read_registered(settings).catalogue.towns))
        grants.append(Grant(Role(role), department, town))
    return grants


def _tell_token(settings: Settings, name: str, token: str, as_json: bool) -> None:
    from ioc_dashboard.access import ONE_TIME

    opens = f"{settings.wall_url.rstrip('/')}{ONE_TIME}"
    lines = (
        f"{name} 的一次性令牌，只显示这一次，24 小时内有效；请本人打开下面的地址设置密码：",
        f"The one-time token of {name}, told only now, good for 24 hours; a password is set at:",
        f"{opens}    {token}",
    )
    tell({"name": name, "address": opens, "token": token}, "\n".join(lines), as_json)
