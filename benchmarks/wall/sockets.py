"""Screens without a picture, in a process of their own: they take every frame and keep none.

Arguments as JSON: `url` of the socket, `screens`, `page` that each shows. Prints `open` once all
are connected, and when the input ends one line of JSON: frames and bytes taken, lines lost.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


async def main(asked: dict[str, Any]) -> None:
    """Take frames until the input ends."""
    taken = {"frames": 0, "bytes": 0, "lost": 0}
    are_open = [asyncio.Event() for _ in range(asked["screens"])]
    tasks = [asyncio.create_task(_screen(asked, one, taken)) for one in are_open]
    await asyncio.gather(*(one.wait() for one in are_open))
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps(taken), flush=True)


async def _screen(asked: dict[str, Any], is_open: asyncio.Event, taken: dict[str, int]) -> None:
    async with connect(asked["url"], compression=None, max_size=None) as line:
        await line.send(json.dumps({"page": asked["page"]}))
        try:
            async for frame in line:
                is_open.set()
                taken["frames"] += 1
                taken["bytes"] += len(frame)
        except ConnectionClosed:
            taken["lost"] += 1


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
