"""Holds a Kafka client to the broker processes it first met.

aiokafka opens a lost connection again by itself and sends what was under way to whoever answers.
That may be another log, one that lost its memory with its process, and what is sent first there
would stand before everything that must be sent again. So a connection that ends is the end of the
client: its owner hears of it and begins anew.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.metadata import MetadataRequest


def hold(client: AIOKafkaClient) -> asyncio.Event:
    """Let a client connect to each node once; returns the event that says one was lost.

    Works through aiokafka's own `_get_conn`, the one place where it connects to nodes (0.14).
    """
    lost = asyncio.Event()
    met: set[Any] = set()
    connect = client._get_conn

    async def once(node_id: Any, **where: Any) -> Any:  # noqa: ANN401 # as aiokafka has it
        key = (node_id, *where.values())
        known = [one for (node, _), one in client._conns.items() if node == node_id]
        if key in met and not any(one.connected() for one in known):
            lost.set()
            return None
        connection = await connect(node_id, **where)
        if connection is not None:
            met.add(key)
        return connection

    client._get_conn = once
    return lost


async def cluster_id(client: AIOKafkaClient) -> str:
    """Return which log a held client is connected to.

    Raises:
        aiokafka.errors.KafkaError: it cannot be asked.
    """
    node = client.get_random_node()
    answer = await client.send(node, MetadataRequest([]))
    return str(answer.cluster_id or "")
