"""How accounts, sessions and the audit trail read: for a person at a terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ioc.devices_text import table, time_text
from ioc.quarantine_text import plain
from storage.accounts import Account, told
from storage.audit_trail import Entry
from storage.sessions import Session


def account(one: Account) -> dict[str, Any]:
    """Return an account as JSON."""
    return {
        "name": one.name,
        "roles": [told(each) for each in one.grants],
        "created": time_text(one.created_us),
        "created_by": one.created_by,
        "password_set": _time(one.password_us),
        "disabled": _time(one.disabled_us),
        "disabled_by": one.disabled_by,
    }


def accounts_table(facts: Sequence[dict[str, Any]]) -> str:
    """Return accounts as a table."""
    head = ("账号 name", "角色 roles", "创建 created", "密码 password set", "停用 disabled")
    cells = [
        (
            plain(one["name"]), ", ".join(one["roles"]) or "—",
            f"{one['created']} {plain(one['created_by'])}", one["password_set"] or "未设置 not set",
            f"{one['disabled']} {plain(one['disabled_by'])}" if one["disabled"] else "—",
        )
        for one in facts
    ]  # fmt: skip
    return table(head, cells)


def session(one: Session) -> dict[str, Any]:
    """Return a session as JSON."""
    return {
        "session": one.id,
        "name": one.name,
        "started": time_text(one.started_us),
        "last_used": time_text(one.last_used_us),
        "address": one.address,
    }


def sessions_table(facts: Sequence[dict[str, Any]]) -> str:
    """Return sessions as a table."""
    head = ("会话 session", "账号 name", "登录 started", "最近 last used", "来自 from")
    cells = [
        (
            str(one["session"]), plain(one["name"]), one["started"], one["last_used"],
            plain(one["address"]),
        )
        for one in facts
    ]  # fmt: skip
    return table(head, cells)


def entry(one: Entry) -> dict[str, Any]:
    """Return a row of the audit trail as JSON."""
    return {
        "id": one.id,
        "at": time_text(one.at_us),
        "actor": one.actor,
        "action": one.action,
        "subject": one.subject,
        "address": one.address,
        "detail": one.detail,
    }


def audit_table(facts: Sequence[dict[str, Any]]) -> str:
    """Return the audit trail as a table."""
    head = ("时间 at", "操作者 actor", "操作 action", "对象 subject", "来自 from", "详情 detail")
    cells = [
        (
            one["at"], plain(one["actor"]) or "—", one["action"], plain(one["subject"]) or "—",
            plain(one["address"]) or "—",
            plain(json.dumps(one["detail"], ensure_ascii=False)) if one["detail"] else "",
        )
        for one in facts
    ]  # fmt: skip
    return table(head, cells)


def _time(us: int | None) -> str | None:
    return None if us is None else time_text(us)
