"""The first administrator: on a database without accounts `ioc up` tells a one-time token."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from ioc.registry import actor
from ioc.settings import Settings
from ioc_dashboard.access import ONE_TIME
from storage import accounts


async def tell(settings: Settings, say: Callable[[str], None]) -> None:
    """Make the token while there is no account, and tell it: only now, and to nobody else.

    Each start makes another one, and those before are good no more.
    """
    try:
        async with await psycopg.AsyncConnection.connect(
            settings.database_url, autocommit=True, connect_timeout=5,
            application_name="ioc up",
        ) as connection:  # fmt: skip
            token = await accounts.first_token(connection, actor())
    except psycopg.Error as error:
        say(f"✗ no token for the first administrator: {str(error).strip()}")
        return
    if token is None:
        return
    for line in (
        "还没有账号。首个管理员请在 24 小时内打开下面的地址，用这个令牌设置名称和密码；",
        "令牌只显示这一次。",
        "Nobody has an account yet. The first administrator sets name and password there, within",
        "24 hours, by this token; it is told only now.",
        f"{settings.wall_url.rstrip('/')}{ONE_TIME}    {token}",
    ):
        say(line)
