"""Asking again what may be told, and what people say about it: maintenance and resets."""

from __future__ import annotations

from rules import inhibition, machine
from rules.commands import Command, Maintenance, MaintenanceEnd, Reset
from rules.live import UNSET
from rules.work import Work


def obey(work: Work, command: Command) -> None:
    """Take a command; one that was taken before counts for nothing."""
    state = work.state
    if command.id <= state.command:
        return
    state.command = command.id
    match command:
        case Maintenance():
            state.maintenance[command.id] = command
            inhibit(work)
        case MaintenanceEnd():
            state.maintenance.pop(command.maintenance, None)
            inhibit(work)
        case Reset() if state.clock_us != UNSET:
            for row in work.rows_that("returned"):
                if row.alert == command.alert:
                    machine.reset(row.live, state.clock_us, row)
                row.close()


def inhibit(work: Work) -> None:
    """Ask again of all rows that are in alarm or have an open alert whether they are told."""
    state = work.state
    if state.clock_us == UNSET:
        return
    for key, one in list(state.maintenance.items()):
        if one.until_us <= state.clock_us:
            del state.maintenance[key]
    state.inhibition_due_us = inhibition.next_change_us(work.rule_set, state)
    for row in work.rows_that("concerns"):
        machine.inhibit(row.policy, row.live, state.clock_us, row)
        row.close()
