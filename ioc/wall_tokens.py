"""`ioc wall tokens`: who may show the wall. A token is told once, as the address to open there."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from ioc.command import AsJson, Config, asked, read_settings, refusal, show

if TYPE_CHECKING:
    from ioc.settings import Settings
    from storage.display_tokens import DisplayToken

app = typer.Typer(
    help="显示令牌 · Display tokens: one for each wall, read-only.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the wall, as people call it.")]
Actor = Annotated[str | None, typer.Option(help="Who does it; default the user of this program.")]


@app.command()
def create(
    name: Name,
    config: Config = None,
    address: Annotated[
        str | None,
        typer.Option(help="Under which that screen reaches the wall, e.g. http://10.1.2.3:8050/."),
    ] = None,
    actor: Actor = None,
    as_json: AsJson = False,
) -> None:
    """Make a token for a wall, and print the address to open there. It is told only now."""
    from ioc import registry
    from storage import display_tokens

    settings = read_settings(config)
    base = _address(settings) if address is None else _checked(address)
    who = registry.actor() if actor is None else actor
    try:
        token = asked(settings, lambda one: display_tokens.create(one, name, who))
    except display_tokens.DisplayTokenError as error:
        raise refusal(error) from None
    opens = f"{base}?token={token}"
    lines = [
        f"大屏 {name.strip()} 的令牌，只显示这一次；在那块屏幕的浏览器中打开：",
        f"The token of the wall {name.strip()}, told only this once; open it in its browser:",
        opens,
    ]
    if settings.wall.is_open:
        lines.append(
            "此大屏不设准入 · this wall lets everybody in (wall.admission); none is needed"
        )
    show({"name": name.strip(), "address": opens}, "\n".join(lines), as_json)


@app.command("list")
def list_tokens(
    config: Config = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that are revoked.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the walls that have a token, and when each was seen last."""
    from storage import display_tokens

    found = asked(read_settings(config), lambda one: display_tokens.tokens(one, revoked=every))
    facts = [_facts(one) for one in found]
    show({"tokens": facts}, _table(facts) if facts else "没有令牌 · no tokens", as_json)


@app.command()
def revoke(name: Name, config: Config = None, actor: Actor = None, as_json: AsJson = False) -> None:
    """Revoke the token of a wall; its screen says so within seconds."""
    from ioc import registry
    from storage import display_tokens

    who = registry.actor() if actor is None else actor
    try:
        asked(read_settings(config), lambda one: display_tokens.revoke(one, name, who))
    except display_tokens.DisplayTokenError as error:
        raise refusal(error) from None
    show({"revoked": name.strip()}, f"令牌已吊销 · the token is revoked: {name.strip()}", as_json)


def _address(settings: Settings) -> str:
    """Return where a screen of another machine finds the wall, as far as this one knows."""
    if settings.wall.host in ("0.0.0.0", "::"):  # noqa: S104 # compared, not bound
        return f"http://{socket.gethostname()}:{settings.wall.port}/"
    return settings.wall_url


def _checked(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise refusal(f"--address: {address!r} is not like http://10.1.2.3:8050/")
    return address if address.endswith("/") else f"{address}/"


def _facts(one: DisplayToken) -> dict[str, Any]:
    from ioc.devices_text import time_text

    def time(us: int | None) -> str | None:
        return None if us is None else time_text(us)

    return {
        "name": one.name,
        "created": time(one.created_us),
        "created_by": one.created_by,
        "last_seen": time(one.last_seen_us),
        "last_address": one.last_address,
        "revoked": time(one.revoked_us),
        "revoked_by": one.revoked_by,
    }


def _table(facts: list[dict[str, Any]]) -> str:
    from ioc.devices_text import table
    from ioc.quarantine_text import plain

    head = ("大屏 wall", "创建 created", "最近 last seen", "来自 from", "吊销 revoked")
    cells = [
        (
            plain(one["name"]), f"{one['created']} {plain(one['created_by'])}",
            one["last_seen"] or "从未 never", plain(one["last_address"] or "—"),
            f"{one['revoked']} {plain(one['revoked_by'])}" if one["revoked"] else "—",
        )
        for one in facts
    ]  # fmt: skip
    return table(head, cells)
