"""What the supervisor needs to know about one process."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field


class PartError(RuntimeError):
    """A part cannot be started, and waiting would not help."""


@dataclass(frozen=True, slots=True)
class Port:
    """A TCP port that a part listens on."""

    host: str
    """Address it binds."""
    number: int
    """1–65535."""
    setting: str
    """Key in ioc.toml that moves it, e.g. `mqtt.port`."""

    @property
    def variable(self) -> str:
        """Environment variable that moves it.

        >>> Port("127.0.0.1", 1883, "mqtt.port").variable
        'IOC_MQTT_PORT'
        """
        return "IOC_" + self.setting.replace(".", "_").upper()


@dataclass(frozen=True, slots=True)
class Launch:
    """One start of a part, made anew each time."""

    command: Sequence[str]
    """Program and arguments."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the supervisor's own."""
    user: str | None = None
    """System user to run as; None is the supervisor's own."""


async def _nothing() -> None:
    """The part has nothing to settle."""


async def _always(_pid: int) -> bool:
    """The part is ready as soon as it runs."""
    return True


@dataclass(frozen=True, slots=True)
class Part:
    """How one process is started, seen to be ready, and ended."""

    name: str
    """One word: the name of its log and heartbeat files, and in `ioc status`."""
    launch: Callable[[], Launch]
    """Prepares files and says what to run. Blocking; called in a thread before every start."""
    is_ready: Callable[[int], Awaitable[bool]] = _always
    """Whether the process with this pid does its work. Called again and again; never raises."""
    settle: Callable[[], Awaitable[None]] = _nothing
    """Done once it answers, before what needs it may start: topics, schema. Idempotent."""
    needs: tuple[str, ...] = ()
    """Parts that must be ready before this one starts."""
    restarts_with: tuple[str, ...] = ()
    """Parts whose death makes this one start again too: it holds positions in their memory."""
    port: Port | None = None
    """Where it listens."""
    stop_turn: int = 0
    """Parts of a lower turn are stopped first: sources before sinks, so that nothing is cut off."""
    stop_signal: signal.Signals = signal.SIGTERM
    """Asks it to finish."""
    stop_grace_s: float = 2.0
    """Seconds from `stop_signal` to SIGKILL."""
    orphan_signal: signal.Signals = signal.SIGKILL
    """Sent by the kernel when the supervisor itself has died."""
    ready_timeout_s: float = 60.0
    """Seconds within which it must be ready; otherwise the start has failed."""
    is_alive: Callable[[int], Awaitable[bool]] = _always
    """Whether the ready process with this pid still does something. Called every other second,
    with an end of its own; never raises. Being cut off from others is no reason to say no."""
    hangs_after_s: float = 20.0
    """So long without a yes, and it is killed and started again."""
    sign_of_life: str = "answer"
    """What `is_alive` looks for, in words."""
    memory_limit_mib: int | None = None
    """Resident memory from which it is started again, MiB; None lets it grow."""


async def accepts_connections(host: str, port: int, within_s: float = 0.5) -> bool:
    """Return whether something accepts TCP connections there."""
    try:
        async with asyncio.timeout(within_s):
            _, writer = await asyncio.open_connection(host, port)
    except OSError:  # TimeoutError is one
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
