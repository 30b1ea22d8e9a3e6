"""Whose turn it may be: everything that can happen next without anything breaking."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tests.simulation.world import World

Action: TypeAlias = Callable[[], object]


def of(world: World) -> list[Action]:
    """Return what can happen next; the order is the same for the same world."""
    actions: list[Action] = []
    broker = world.broker
    for one in world.field_gateways.values():
        if not one.connected and broker.up:
            actions.append(one.connect)
        elif one.connected and one.waiting:
            actions.append(one.publish)
    if broker.up and broker.answering:
        actions.append(broker.pass_on)
    actions += _of_gateway(world)
    actions += _of_workers(world)
    if world.log.late:
        actions.append(world.log.finish_late)
    if world.database.late:
        actions.append(world.database.finish_late)
    return actions


def _of_gateway(world: World) -> list[Action]:
    gateway = world.gateway
    if gateway is None:
        return [world.start_gateway]
    actions: list[Action] = []
    if not gateway.connected:
        if world.broker.up:
            actions.append(gateway.connect)
    elif world.broker.deliverable:
        actions.append(gateway.receive)
    if gateway.keeping:
        actions.append(gateway.keep)
    if gateway.acknowledging:
        actions.append(gateway.acknowledge)
    if gateway.forwarding:
        actions.append(gateway.forward)
    if gateway.trimming:
        actions.append(gateway.trim)
    return actions


def _of_workers(world: World) -> list[Action]:
    actions: list[Action] = []
    if len(world.workers) < world.wanted_workers and world.log.up:
        actions.append(world.start_worker)
    for worker in world.workers:
        if worker.standing_still:
            worker.standing_still -= 1
            continue
        if worker.late_to_hear:
            actions.append(worker.hear)
        if worker.taking:
            actions.append(worker.take)
        if worker.storing:
            # A call of the database is two steps: often enough to keep up with the gateway.
            actions += [lambda worker=worker: world.go_on(worker)] * 3
        if worker.committing:
            actions.append(worker.tell_broker)
    return actions
