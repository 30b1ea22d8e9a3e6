"""What may break: chances inside a step, and events between steps.

Each seed switches some of them off and makes others frequent: rare combinations then come up
that an even mixture would never show (swarm testing, Groce et al., ISSTA 2012).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from rules.commands import Maintenance, MaintenanceEnd, Reset

if TYPE_CHECKING:
    from tests.simulation.field_gateways import FieldGateway
    from tests.simulation.world import World


class Mishap(NamedTuple):
    """Something that goes wrong."""

    share: float
    """How often it does: of the steps for an event, of its occasions for a chance."""
    happen: Callable[[World], object] = lambda _world: None


CHANCES: Mapping[str, Mishap] = {
    "puback lost": Mishap(0.05),
    "broker delivers twice": Mishap(0.1),
    "answer lost": Mishap(0.1),
    "disk full": Mishap(0.1),
    "log write lost": Mishap(0.04),
    "log answer lost": Mishap(0.04),
    "log write late": Mishap(0.04),
    "offset gap": Mishap(0.2),
    "committed offset forgotten": Mishap(0.1),
    "database away": Mishap(0.1),
    "database answer lost": Mishap(0.1),
    "commit late": Mishap(0.1),
}
"""What may go wrong inside a step, named where it does."""


def _measure(world: World) -> None:
    for _ in range(world.rng.choice((1, 1, 1, 2, 4))):
        names = list(world.field_gateways)
        name = world.rng.choices(names, weights=(4, 4, 4, 1))[0]
        world.field_gateways[name].measure()


def _pass_time(world: World) -> None:
    world.now_us += world.rng.choice((5, 15, 30, 70, 130)) * 1_000_000


def _crash_worker(world: World) -> None:
    if world.workers:
        world.crash_worker(world.rng.choice(world.workers))


def _stop_worker(world: World) -> None:
    """Let a worker stand still until the group has given its partitions away, and longer."""
    if world.workers:
        one = world.rng.choice(world.workers)
        one.standing_still = world.rng.choice((5, 30, 80))
        world.note("{} stands still", one.name)
        if one.standing_still > 5:
            world.group.leave_out(one)
            world.wanted_workers = max(world.wanted_workers, 2)


def _change_workers(world: World) -> None:
    world.wanted_workers = world.rng.choice((1, 2, 3))
    while len(world.workers) > world.wanted_workers:
        _crash_worker(world)


def _kill_broker(world: World) -> None:
    if world.broker.up:
        world.broker.kill()
        world.counts["MQTT broker killed"] += 1
        world.note("MQTT broker is killed")
        for one in world.field_gateways.values():
            one.cut()
        _cut_gateway(world)


def _start_broker(world: World) -> None:
    world.broker.up = True


def _cut_gateway(world: World) -> None:
    if world.gateway is not None and world.gateway.connected:
        world.gateway.cut()
        world.note("gateway loses MQTT")


def _any_field_gateway(world: World) -> FieldGateway:
    return world.rng.choice(list(world.field_gateways.values()))


def _lose_patience(world: World) -> None:
    """Let a field gateway publish all it holds again, because the answer takes too long."""
    if (one := _any_field_gateway(world)).connected:
        one.connect()


def _keep_log(world: World) -> None:
    if world.log.up:
        world.log.kill(wipe=False)
        world.counts["log killed and kept"] += 1
        world.note("log is killed")


def _wipe_log(world: World) -> None:
    if world.log.up:
        world.log.kill(wipe=True)
        world.counts["log killed and wiped"] += 1
        world.note("log is killed and wiped")


def _start_log(world: World) -> None:
    if not world.log.up:
        world.log.start()
        # Everybody joins anew, whatever they held.
        world.group.generation += 1
        world.note("log starts as {}", world.log.id)


def _replace_log(world: World) -> None:
    """Replace the log while workers stand still in the middle of storing what the old one held."""
    if storing := [one for one in world.workers if one.storing]:
        for one in storing:
            one.standing_still = world.rng.choice((30, 60, 120))
        world.wanted_workers = len(world.workers) + 1
        _wipe_log(world)
        _start_log(world)
        for one in storing:
            world.group.leave_out(one)
        world.counts["log replaced under a worker"] += 1


def _kill_database(world: World) -> None:
    if world.database.up:
        world.database.kill()
        world.counts["database killed"] += 1
        world.note("database is killed")


def _start_database(world: World) -> None:
    world.database.up = True


def _tell_engine(world: World) -> None:
    """Let somebody announce maintenance, end one, or reset an alert."""
    tables, rng = world.database.tables, world.rng
    number = len(tables.commands) + 1
    announced = [one for one in tables.commands if isinstance(one, Maintenance)]
    returned = [alert for alert, one in tables.alerts.items() if one.returned]
    if returned and rng.random() < 0.5:
        tables.commands.append(Reset(number, rng.choice(returned)))
    elif announced and rng.random() < 0.4:
        tables.commands.append(MaintenanceEnd(number, rng.choice(announced).id))
    else:
        scope, subject = rng.choice(
            (("place", "bridge"), ("gateway", "gw-road"), ("rule", "level"))
        )
        begin_us = world.now_us + rng.choice((-60, 0, 60)) * 1_000_000
        until_us = begin_us + rng.choice((30, 120, 600)) * 1_000_000
        tables.commands.append(Maintenance(number, scope, subject, begin_us, until_us))
    world.counts["commands"] += 1


def _repair(world: World) -> None:
    _start_broker(world)
    _start_log(world)
    _start_database(world)
    for one in world.workers:
        one.standing_still = 0
    world.note("everything is repaired")


EVENTS: Mapping[str, Mishap] = {
    "messages": Mishap(0.06, _measure),
    "time": Mishap(0.04, _pass_time),
    "gateway crash": Mishap(0.006, lambda world: world.crash_gateway()),
    "gateway cut": Mishap(0.01, _cut_gateway),
    "worker crash": Mishap(0.008, _crash_worker),
    "worker stop": Mishap(0.006, _stop_worker),
    "workers": Mishap(0.005, _change_workers),
    "broker kill": Mishap(0.004, _kill_broker),
    "broker start": Mishap(0.1, _start_broker),
    "field gateway cut": Mishap(0.006, lambda world: _any_field_gateway(world).cut()),
    "field gateway restart": Mishap(0.005, lambda world: _any_field_gateway(world).restart()),
    "field gateway impatient": Mishap(0.01, _lose_patience),
    "log kill": Mishap(0.004, _keep_log),
    "log wipe": Mishap(0.004, _wipe_log),
    "log replace": Mishap(0.004, _replace_log),
    "log start": Mishap(0.1, _start_log),
    "database kill": Mishap(0.01, _kill_database),
    "database start": Mishap(0.1, _start_database),
    "people": Mishap(0.01, _tell_engine),
    "repair": Mishap(0.002, _repair),
}
"""What may happen between two steps. Not all of it is bad."""


def _crash_workers(world: World) -> None:
    while world.workers:
        world.crash_worker(world.workers[0])


def _in_turn(*events: str) -> Callable[[World], None]:
    def happen(world: World) -> None:
        for event in events:
            EVENTS[event].happen(world)

    return happen


CRASHES: Mapping[str, Callable[[World], object]] = {
    "gateway": lambda world: world.crash_gateway(),
    "workers": _crash_workers,
    "MQTT broker": _in_turn("broker kill", "broker start"),
    "log, wiped": _in_turn("log wipe", "log start"),
    "log, kept": _in_turn("log kill", "log start"),
    "database": _in_turn("database kill", "database start"),
}
"""What can be killed between two steps, and is there again at once or is started by the world."""

_CALM = ("messages", "time")
_NEVER_OFF = (*_CALM, "broker start", "log start", "database start", "repair")


class Mishaps:
    """One seed's own mixture."""

    def __init__(self, rng: random.Random, everything: bool) -> None:
        """Draw which mishaps this seed knows; without `everything` only messages and time."""
        self._rng = rng
        self._on = everything
        self._factors: dict[str, float] = {}
        for name in (*CHANCES, *EVENTS):
            factor = rng.choice((0.0, 0.0, 1.0, 3.0))
            if name in _NEVER_OFF or not everything:
                factor = float(name in _CALM) if not everything else 1.0
            self._factors[name] = factor
        self._names = list(EVENTS)
        self._weights = [EVENTS[name].share * self._factors[name] for name in self._names]
        self._any = sum(self._weights)

    def stop(self) -> None:
        """Let nothing go wrong any more."""
        self._on = False

    def strikes(self, chances: Mapping[str, Mishap], what: str) -> bool:
        """Whether a chance strikes now."""
        return self._on and self._rng.random() < chances[what].share * self._factors[what]

    def next_event(self) -> str:
        """Return what happens before the next step, empty for nothing."""
        if self._rng.random() >= self._any:
            return ""
        return self._rng.choices(self._names, weights=self._weights)[0]
