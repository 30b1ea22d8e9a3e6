"""Why an alert is not told now: outside its schedule, under maintenance, or below a silent gateway.

Source:
    ISA-18.2-2016, 3.1: suppressed by design.
"""

from __future__ import annotations

from rules.commands import Maintenance
from rules.kinds import FOLD
from rules.live import UNSET
from rules.machine import LATER
from rules.ruleset import Family, RuleSet
from rules.state import State

SCHEDULE, MAINTENANCE, PARENT = "schedule", "maintenance", "parent"
"""The reasons, in the order in which they are given."""


def reason(rule_set: RuleSet, state: State, family: Family, row: int) -> str:
    """Return why a row is not told at the state's clock; empty if it is."""
    if state.clock_us == UNSET:
        return ""
    rule = family.rule_of(row)
    policy = rule.policy
    if policy.schedule is not None and not policy.schedule.is_open(state.clock_us):
        return SCHEDULE
    if policy.under_maintenance and any(
        one.from_us <= state.clock_us < one.until_us and _covers(rule_set, one, family, row)
        for one in state.maintenance.values()
    ):
        return MAINTENANCE
    gateway = rule_set.catalogue.gateway_of[int(family.slot[row])]
    if policy.under_parent and family.kind != FOLD and gateway in state.parents:
        return PARENT
    return ""


def next_change_us(rule_set: RuleSet, state: State) -> int:
    """Return until when, exclusive, the clock alone changes no reason."""
    clock_us = state.clock_us
    due = LATER
    schedules = {id(rule.policy.schedule): rule.policy.schedule for rule in rule_set.rules}
    for schedule in schedules.values():
        if schedule is not None:
            due = min(due, schedule.next_change_us(clock_us))
    for one in state.maintenance.values():
        due = min([due, *(edge for edge in (one.from_us, one.until_us) if edge > clock_us)])
    return due


def _covers(rule_set: RuleSet, one: Maintenance, family: Family, row: int) -> bool:
    rule = family.rule_of(row)
    if one.scope == "rule":
        return one.subject == rule.id
    catalogue = rule_set.catalogue
    slot = int(family.slot[row])
    datastream = catalogue.datastreams[slot]
    if one.scope == "datastream":
        return rule.subjects is None and one.subject == datastream.id
    if one.scope == "device":
        own = datastream.device if rule.subjects is None else rule.subjects[family.subject[row]]
        return one.subject == own
    if one.scope == "gateway":
        return one.subject == catalogue.gateway_of[slot]
    place = catalogue.place_of(slot)
    return one.subject == (place.id if one.scope == "place" else place.town)
