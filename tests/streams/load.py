"""Readings for every partition of a log, written as fast as workers store them, and their truth."""

import asyncio
import random
import threading

import psycopg
from aiokafka import AIOKafkaProducer

from devices import Batch, Tick, record
from devices.record import Pack, Record, columns
from rules import engine, state
from tests.small_city import BRIDGE, LOCK, PONDING, SPEED

SECOND = 1_000_000
NOON = 1_790_000_000 * SECOND
ROWS = 5
BACKLOG = 400
"""Records that may wait in one partition: enough that workers never run dry, few enough that the
rest is stored soon after the last one was written."""

STREAMS = {
    3: (BRIDGE, "gw-bridge", 3.0, 5.0),
    2: (LOCK, "gw-lock", 1.0, 3.0),
    1: (SPEED, "gw-road", 5.0, 60.0),
    0: (PONDING, "gw-camera", 0.0, 1.0),
}
"""Datastream, gateway, and least and largest result, by partition; they cross all limits. Judged
are those that a partition owns: all but the last one."""


class Load(threading.Thread):
    """Writes until told to end; one in ten packs comes twice, one record in ten is a tick."""

    def __init__(self, servers: str, url: str, seed: int) -> None:
        super().__init__(daemon=True)
        self.inputs: dict[int, list[Batch | Tick]] = {number: [] for number in STREAMS}
        """What is new in each partition, in the order of the log."""
        self.ends = dict.fromkeys(STREAMS, 0)
        """Offset after the last record, by partition."""
        self.error: BaseException | None = None
        self._servers, self._url = servers, url
        self._chance = random.Random(seed)
        self._enough = threading.Event()
        self._packs = dict.fromkeys(STREAMS, 0)
        self._results = {number: low for number, (_, _, low, _) in STREAMS.items()}
        self._last: dict[int, bytes] = {}

    def end(self) -> None:
        """Stop writing; returns when everything written is in the log."""
        self._enough.set()
        self.join()
        if self.error is not None:
            raise self.error

    def run(self) -> None:
        try:
            asyncio.run(self._write())
        except BaseException as error:
            self.error = error

    async def _write(self) -> None:
        # Idempotent: a send that is tried again must not come twice or out of order.
        producer = AIOKafkaProducer(bootstrap_servers=self._servers, enable_idempotence=True)
        await producer.start()
        try:
            with psycopg.connect(self._url, autocommit=True) as connection:
                while not self._enough.is_set():
                    stored = dict(
                        connection.execute(
                            "SELECT partition, next_offset FROM ledger WHERE topic = 'observations'"
                        ).fetchall()
                    )
                    open_to = [p for p in STREAMS if self.ends[p] - stored.get(p, 0) < BACKLOG]
                    sent = [
                        await producer.send(record.TOPIC, self._next(p), partition=p)
                        for _ in range(20)
                        for p in open_to
                    ]
                    for one in await asyncio.gather(*sent):
                        self.ends[one.partition] = max(self.ends[one.partition], one.offset + 1)
                    await asyncio.sleep(0.01)
        finally:
            await producer.stop()

    def _next(self, number: int) -> bytes:
        roll = self._chance.random()
        if roll < 0.1 and number in self._last:
            return self._last[number]
        slot, gateway, low, high = STREAMS[number]
        seq = self._packs[number]
        if roll < 0.2:
            tick = Tick(NOON + seq * ROWS * SECOND)
            self.inputs[number].append(tick)
            return record.encode(tick)
        rows = []
        for row in range(ROWS):
            step = self._chance.uniform(-0.1, 0.1) * (high - low)
            self._results[number] = min(high, max(low, self._results[number] + step))
            rows.append((slot, NOON + (seq * ROWS + row) * SECOND, self._results[number], 0))
        batch = columns(rows)
        self.inputs[number].append(batch)
        self._packs[number] += 1
        pack = Pack(gateway, "b", seq, ROWS, "gw-0:x", 10)
        self._last[number] = record.encode(Record(batch, (pack,)))
        return self._last[number]

    def readings(self) -> dict[int, list[tuple[int, float]]]:
        """Return (phenomenon time µs, result) of every reading by datastream, in its order."""
        found = {}
        for number, (slot, *_) in STREAMS.items():
            batches = [one for one in self.inputs[number] if isinstance(one, Batch)]
            found[slot] = [
                pair
                for one in batches
                for pair in zip(
                    one.phenomenon_time_us.tolist(), one.result.tolist(), strict=True
                )
            ]  # fmt: skip
        return found

    def transitions(self, rule_set) -> list[tuple[str, int, str, int]]:
        """Return (alert, version, kind, time µs) as the bare engine finds them, sorted."""
        return sorted(
            (one.alert, one.version, one.kind.value, one.at_us)
            for inputs in self.inputs.values()
            for one in engine.step(rule_set, state.empty(rule_set), inputs).transitions
        )
