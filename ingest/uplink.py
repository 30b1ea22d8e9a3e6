"""A publisher's connection: packs leave in order, and count when the line has them on disk.

A PUBACK says that the broker has a pack; a broker that is killed forgets it. So each pack carries
a Response Topic, and is acknowledged when the collecting gateway names it there. Until then it is
kept, and sent again (go-back-N): after every reconnection everything unanswered, the oldest first
and before anything new, and the same when the oldest has waited too long. The line knows a pack
again by its number, so a repetition changes nothing, but what overtakes is out of order for ever:
hence every connection is a client of its own, where paho would let new messages overtake old ones.
A broker that was killed is often up before the collecting gateway has subscribed again, and then it
takes packs and drops them: so on each connection the oldest pack goes alone, again and again, and
the others follow once the line has answered.
The line may also ask for packs that it misses, on `cmd/{gateway}/resend`.

All methods belong to one thread.
"""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import msgspec
import structlog

from ingest import gaps_heard
from ingest.wire import Pack, Stirred, Wire

_log = structlog.get_logger(__name__)

RETRY_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Waits before the next attempt to connect; the last one for ever."""

PATIENCE_S: Final = (5.0, 10.0, 20.0, 40.0)
"""How long an answer is waited for before the pack is sent again; the last one for ever. The
line answers within some 30 ms; a collecting gateway needs 2 s to start again."""

PROBE_PATIENCE_S: Final = (1.0, 2.0, *PATIENCE_S)
"""The same for the pack that goes alone on a new connection: everything waits behind it."""

_ASKED_S: Final = 1.0
"""A pack sent so short a time ago is not sent again because somebody asks for it."""

_REQUEST_TOPICS: Final = 1000
"""Gateways listened for at most: anybody may invent names of gateways. What the others miss goes
again by itself."""

Identity = tuple[str, str, int]
"""Gateway, boot and sequence number: as the line knows a pack again."""

_P = TypeVar("_P", bound=Pack)

_answers = msgspec.json.Decoder(list[tuple[str, str, int, int]])


class Connection(Generic[_P]):
    """A connection to the broker that outlives its sockets."""

    def __init__(
        self,
        client_id: str,
        host: str,
        port: int,
        in_flight: int,
        response_topic: str,
        stirred: Stirred,
        acknowledged: Callable[[_P], None],
        *,
        keeps_refused: bool = False,
    ) -> None:
        """Connect at the first `tend`.

        Args:
            client_id: stable over reconnects.
            host: of the broker.
            port: of its MQTT 5 listener.
            in_flight: packs sent ahead of their answers.
            response_topic: where answers come; other connections may share it.
            stirred: set whenever there is something to tend.
            acknowledged: called by `tend` for each pack that the line has, in the order of sending.
            keeps_refused: whether a pack that the broker refuses is sent again, on another
                connection and for ever, instead of being given up.
        """
        self._id, self._host, self._port = client_id, host, port
        self._in_flight, self._response_topic = in_flight, response_topic
        self._stirred = stirred
        self._acknowledged = acknowledged
        self._keeps_refused = keeps_refused
        self._request_topics: dict[str, str] = {}
        """Of requests, with the gateway that each is about."""
        self._outbox: collections.deque[_P] = collections.deque()
        self._unanswered: dict[Identity, tuple[_P, float]] = {}
        """With the time of the last sending, in the order of the first one."""
        self._untaken: dict[int, Identity] = {}
        """Sent on this wire, without a PUBACK yet; by message id."""
        self._wire: Wire | None = None
        self._proven = False
        """Whether the line has answered on this wire: what is sent now is not dropped."""
        self._resumed = False
        """Whether this wire has carried again what was unanswered."""
        self._probes = 0
        """How often a pack went alone on this wire."""
        self._probed_s = self._probing_since_s = 0.0
        """When one did last; since when a PUBACK for one is waited for."""
        self._failures = self._disappointments = 0
        self._retry_at_s = 0.0
        self.sent_again = 0
        """Packs sent once more, counted each time."""
        self.trouble = ""
        """Why the last wire was given up; empty once the line has answered again."""
        self.refused = 0
        """Packs that the broker answered with a failure: they are gone, and said so in the log."""

    @property
    def connected(self) -> bool:
        """Whether packs can go out now."""
        return self._wire is not None and self._wire.ready

    @property
    def waiting(self) -> int:
        """Packs that the line has not acknowledged yet."""
        return len(self._outbox) + len(self._unanswered)

    def submit(self, pack: _P) -> None:
        """Queue a pack behind the others."""
        self._outbox.append(pack)

    def hear(self, gateway: str) -> None:
        """Listen for requests about a gateway's packs, from now on."""
        if len(self._request_topics) < _REQUEST_TOPICS:
            self._request_topics[gaps_heard.topic(gateway)] = gateway

    def tend(self, now_s: float) -> None:
        """Take answers, reconnect when it is time, send what the window allows.

        Args:
            now_s: a monotonic clock, seconds.
        """
        if self._wire is not None:
            self._take_pubacks(self._wire)
            self._take_answers(self._wire)
            self._take_requests(self._wire, now_s)
            if self._wire.ready and self._is_overdue(now_s) and self._untaken:
                # It keeps the line up and takes nothing: only a new connection can help.
                self._wire.lost = "no PUBACK"
            if self._wire.lost:
                self._give_up(self._wire, now_s)
        if self._wire is None and now_s >= self._retry_at_s:
            self._wire = Wire(
                self._id, self._host, self._port, self._in_flight, self._response_topic,
                self._stirred,
            )  # fmt: skip
            self._proven = self._resumed = False
            self._probes = 0
        if self._wire is not None:
            self._wire.subscribe(self._request_topics)
            if self._wire.ready:
                self._failures = 0
                if self._proven:
                    self._send(self._wire, now_s)
                else:
                    self._probe(self._wire, now_s)

    def close(self) -> None:
        """Say goodbye to the broker; packs that wait are forgotten."""
        if self._wire is not None:
            self._wire.close()

    @property
    def closed(self) -> bool:
        """Whether no socket is open."""
        return self._wire is None or bool(self._wire.lost)

    def _probe(self, wire: Wire, now_s: float) -> None:
        """Send the oldest pack, if it is time."""
        if self._probes:
            patience_s = PROBE_PATIENCE_S[min(self._probes, len(PROBE_PATIENCE_S)) - 1]
            if now_s - self._probed_s <= patience_s:
                return
        oldest = next(iter(self._unanswered.values()), None)
        if oldest is not None:
            self.sent_again += 1
            pack = oldest[0]
        elif self._outbox:
            pack = self._outbox.popleft()
        else:
            return
        if not self._untaken:
            self._probing_since_s = now_s
        self._probes += 1
        self._probed_s = now_s
        self._publish(wire, pack, now_s)

    def _send(self, wire: Wire, now_s: float) -> None:
        overdue = self._is_overdue(now_s)
        if overdue or not self._resumed:
            if overdue:
                self._disappointments += 1
            if self._unanswered:
                _log.warning(
                    "packs are sent again", client=self._id, packs=len(self._unanswered),
                    why="no answer" if overdue else "new connection",
                )  # fmt: skip
            self._resumed = True
            self.sent_again += len(self._unanswered)
            for pack, _ in list(self._unanswered.values()):
                self._publish(wire, pack, now_s)
        while self._outbox and len(self._unanswered) < self._in_flight:
            self._publish(wire, self._outbox.popleft(), now_s)

    def _publish(self, wire: Wire, pack: _P, now_s: float) -> None:
        self._untaken[wire.publish(pack)] = pack.identity
        self._unanswered[pack.identity] = (pack, now_s)

    def _is_overdue(self, now_s: float) -> bool:
        oldest = next(iter(self._unanswered.values()), None)
        patience_s = PATIENCE_S[min(self._disappointments, len(PATIENCE_S) - 1)]
        if oldest is None or not (self._proven or self._probes):
            return False
        return now_s - (oldest[1] if self._proven else self._probing_since_s) > patience_s

    def _take_pubacks(self, wire: Wire) -> None:
        while wire.taken:
            mid, failure = wire.taken.popleft()
            identity = self._untaken.pop(mid)
            if failure and identity in self._unanswered:
                if self._keeps_refused:
                    wire.lost = wire.lost or f"{identity} is refused: {failure}"
                    continue
                del self._unanswered[identity]
                self.refused += 1
                _log.error("the broker refused a pack", pack=identity, reason=failure)

    def _take_answers(self, wire: Wire) -> None:
        while wire.answers:
            payload = wire.answers.popleft()
            try:
                ranges = _answers.decode(payload)
            except msgspec.MsgspecError as error:
                _log.warning("not an answer", topic=self._response_topic, error=str(error))
                continue
            named: dict[tuple[str, str], list[tuple[int, int]]] = {}
            for gateway, boot, first, last in ranges:
                named.setdefault((gateway, boot), []).append((first, last))
            # Over what we wait for, never over what is named: that may be any range.
            for identity in list(self._unanswered):
                gateway, boot, seq = identity
                if any(first <= seq <= last for first, last in named.get((gateway, boot), ())):
                    self._disappointments = 0
                    self._proven = True
                    self.trouble = ""
                    pack, _ = self._unanswered.pop(identity)
                    self._acknowledged(pack)

    def _take_requests(self, wire: Wire, now_s: float) -> None:
        """Send again what somebody misses; what is answered or unknown is nobody's business."""
        while wire.requests:
            topic, payload = wire.requests.popleft()
            gateway = self._request_topics.get(topic)
            asked = gaps_heard.decode(payload)
            if gateway is None or asked is None:
                _log.warning("not a request", topic=topic)
                continue
            for identity, (pack, sent_s) in list(self._unanswered.items()):
                _, boot, seq = identity
                meant = (
                    self._proven
                    and identity[0] == gateway
                    and any(boot == one.boot and one.first <= seq <= one.last for one in asked)
                )
                if meant and wire.ready and now_s - sent_s >= _ASKED_S:
                    self.sent_again += 1
                    self._publish(wire, pack, now_s)

    def _give_up(self, wire: Wire, now_s: float) -> None:
        wire.close()
        self._wire = None
        self._untaken = {}
        self.trouble = wire.lost
        wait_s = RETRY_S[min(self._failures, len(RETRY_S) - 1)]
        self._failures += 1
        self._retry_at_s = now_s + wait_s
        _log.warning(
            "connection to the broker is lost", client=self._id, reason=wire.lost,
            waiting=self.waiting, retry_in_s=wait_s,
        )  # fmt: skip
