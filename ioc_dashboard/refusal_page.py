"""The one plain page that a screen gets which is not let in: why, and what to do.

No script and nothing to fetch, so that the door needs no exception for it. It asks again by itself.
"""

from __future__ import annotations

from enum import StrEnum
from html import escape
from typing import Final

from ioc_dashboard.access import SIGN_IN


class Reason(StrEnum):
    """Why somebody is not let in."""

    MISSING = "missing"
    """No token, and no cookie."""
    WRONG = "wrong"
    """The token in the address is none, or is revoked: nobody needs to learn which."""
    REVOKED = "revoked"
    """It was admitted with a token that is revoked, or with none of ours."""
    ELSEWHERE = "elsewhere"
    """Another browser came with its token since."""
    READ_ONLY = "read_only"
    """A display sent something."""
    UNCHECKED = "unchecked"
    """The database is away, and this one was not seen before."""
    SIGN_IN = "sign_in"
    """It is for people, and nobody is signed in, or not any more."""
    FORBIDDEN = "forbidden"
    """Who is signed in may not."""
    FOREIGN = "foreign"
    """Something was sent that does not come from a page of ours."""


_AGAIN_S: Final = {Reason.UNCHECKED: 10}
_OTHERWISE_AGAIN_S: Final = 60
"""Slow: the door stays shut until a person opens an address."""

_SIGN_IN: Final = (Reason.MISSING, Reason.REVOKED, Reason.SIGN_IN)
"""Where a person may sign in instead."""

_NEW_ADDRESS: Final = (
    "请值班管理员运行 ioc wall tokens create 名称，并在这块屏幕上打开它给出的地址。",
    "Ask the system's operator to run ioc wall tokens create NAME, "
    "and open the address that it prints on this screen.",
)
_TEXTS: Final[dict[Reason, tuple[tuple[str, str], tuple[str, str]]]] = {
    Reason.MISSING: (
        ("这块屏幕没有显示令牌", "This screen has no display token"),
        _NEW_ADDRESS,
    ),
    Reason.WRONG: (
        ("地址中的令牌不正确，或已被吊销", "The token in the address is wrong, or revoked"),
        _NEW_ADDRESS,
    ),
    Reason.REVOKED: (
        ("这块屏幕的令牌已被吊销", "The token of this screen is revoked"),
        _NEW_ADDRESS,
    ),
    Reason.ELSEWHERE: (
        (
            "同一令牌已在另一块屏幕上打开",
            "Another screen was opened with the same token",
        ),
        (
            "一个令牌只用于一块大屏。请在这块屏幕上重新打开它的地址，或为它另建一个令牌："
            "ioc wall tokens create 名称。",
            "One token is for one wall. Open its address on this screen again, "
            "or make another token for it: ioc wall tokens create NAME.",
        ),
    ),
    Reason.READ_ONLY: (
        ("显示令牌只能看", "A display token may only look"),
        (
            "大屏不能发送任何操作；处置告警请用 ioc alerts。",
            "A wall cannot send anything; handle alerts by ioc alerts.",
        ),
    ),
    Reason.SIGN_IN: (
        ("请先登录", "Sign in first"),
        (
            "本页供工作人员使用：尚未登录，或登录已过期。",
            "This page is for people: nobody is signed in, or the session has ended.",
        ),
    ),
    Reason.FORBIDDEN: (
        ("没有这项权限", "You may not do this"),
        (
            "您的角色不包含这项权限；如有需要，请联系系统管理员（ioc users roles）。",
            "None of your roles allows it; if you need it, ask the administrator "
            "(ioc users roles).",
        ),
    ),
    Reason.FOREIGN: (
        ("请求不是从本系统页面发出的", "This was not sent from a page of ours"),
        (
            "为防止其他网站冒用您的登录，请求已被拒绝。请从本系统的页面重新操作。",
            "It was refused, so that no other site acts in your name. "
            "Do it again from a page of this system.",
        ),
    ),
    Reason.UNCHECKED: (
        ("暂时无法核对身份", "Nobody can be checked now"),
        (
            "数据库暂时不可用。无需操作，恢复后自动进入；"
            "若持续超过几分钟，请运行 ioc status 查看。",
            "The database is away. Nothing to do: the wall opens by itself once it is back. "
            "If this lasts for more than some minutes, see ioc status.",
        ),
    ),
}

_STYLE: Final = """
html { background: #0b1622; color: #e6eef6; height: 100%; overflow: hidden;
  font: clamp(14px, 2.6vmin, 56px)/1.6 "Noto Sans SC", "Noto Sans CJK SC", sans-serif; }
body { margin: 0; height: 100%; display: grid; place-items: center; }
main { max-width: 52em; padding: 0 2em; }
h1 { font-size: 2.2em; line-height: 1.3; margin: 0 0 .1em; }
h1 + p { font-size: 1.4em; color: #a9b8c6; margin: 0 0 1.6em; }
p { margin: 0 0 .7em; }
.mark { width: 3.4em; height: 3.4em; margin-bottom: 1.2em; }
a { color: #4da3ff; }
.again { margin-top: 2em; color: #a9b8c6; }
"""
_MARK: Final = (
    '<svg class="mark" viewBox="0 0 24 24" fill="none" stroke="#a9b8c6" stroke-width="2" '
    'aria-hidden="true"><rect x="4" y="11" width="16" height="10" rx="1"/>'
    '<path d="M8 11V7a4 4 0 0 1 8 0v4"/></svg>'
)


def again_after_s(why: Reason) -> int:
    """Return after how many seconds the page asks again."""
    return _AGAIN_S.get(why, _OTHERWISE_AGAIN_S)


def render(why: Reason) -> str:
    """Return the page, Chinese first.

    >>> "<script" in render(Reason.REVOKED)
    False
    """
    (title_zh, title_en), (do_zh, do_en) = _TEXTS[why]
    after_s = again_after_s(why)
    instead = (
        f'<p><a href="{SIGN_IN}">工作人员登录 · <span lang="en">sign in</span></a></p>'
        if why in _SIGN_IN
        else ""
    )
    # What was sent is not sent again by itself.
    asks_again = why is not Reason.FOREIGN
    refresh = f'<meta http-equiv="refresh" content="{after_s}">' if asks_again else ""
    again = (
        f'<p class="again">每 {after_s} 秒自动重试 · '
        f'<span lang="en">tries again every {after_s} s</span></p>'
        if asks_again
        else ""
    )
    return f"""<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}
<title>{escape(title_zh)}</title><link rel="icon" href="data:,"><style>{_STYLE}</style></head>
<body><main data-reason="{why.value}">{_MARK}
<h1>{escape(title_zh)}</h1><p lang="en">{escape(title_en)}</p>
<p>{escape(do_zh)}</p><p lang="en">{escape(do_en)}</p>{instead}
{again}
</main></body></html>
"""
