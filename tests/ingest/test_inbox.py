"""The inbox: whatever the threads do, every message comes out once and in its thread's order."""

import asyncio
import os
import threading

from ingest.inbox import ENOUGH, GROUP, Inbox
from ingest.message import Message

DEADLINE_S = float(os.environ.get("DEADLINE_S", "60"))
FOREVER_S = 10 * DEADLINE_S
"""A window that ends after the test: a group that waits for it hangs."""


def message(number, topic="t"):
    return Message(topic, b"", {}, number)


def test_messages_of_several_threads_come_out_once_and_in_order():
    threads, each = 3, 20_000

    async def run():
        inbox, found = Inbox(), []

        def fill(name):
            for number in range(each):
                inbox.put(message(number, name))

        fillers = [threading.Thread(target=fill, args=(f"t{n}",)) for n in range(threads)]
        for one in fillers:
            one.start()
        async with asyncio.timeout(DEADLINE_S):
            while len(found) < threads * each:
                group = await inbox.gather(0.001)
                assert 0 < len(group) <= GROUP
                found += group
        for one in fillers:
            one.join()
        assert len(inbox) == 0
        return found

    found = asyncio.run(run())
    for name in {one.topic for one in found}:
        assert [one.received_us for one in found if one.topic == name] == list(range(each))


def test_enough_messages_do_not_wait_for_the_window():
    async def run():
        inbox = Inbox()
        inbox.put(message(0))
        task = asyncio.create_task(inbox.gather(FOREVER_S))
        await asyncio.sleep(0)
        for number in range(1, ENOUGH):
            assert not task.done()
            inbox.put(message(number))
        async with asyncio.timeout(DEADLINE_S):
            return await task

    assert [one.received_us for one in asyncio.run(run())] == list(range(ENOUGH))


def test_what_came_before_anybody_asked_is_not_waited_for():
    async def run():
        inbox = Inbox()
        for number in range(GROUP + 1):
            inbox.put(message(number))
        async with asyncio.timeout(DEADLINE_S):
            return len(await inbox.gather(FOREVER_S)), len(await inbox.gather(0.001))

    assert asyncio.run(run()) == (GROUP, 1)
