"""Subjects that have several datastreams: their groups, and the one key of the log they need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rules.kinds.combine import Inputs
from rules.language.columns import Columns, Slots
from rules.language.models import Boolean, Expression, Input
from rules.language.selection import select
from rules.language.yaml_lines import At, Path


def group(
    rule: Boolean | Expression, named: Mapping[str, Input], field: str, columns: Columns, at: At
) -> tuple[tuple[str, ...], Inputs]:
    """Return the subjects of a rule and what its names mean for each of them.

    Subjects are ordered by the first of their datastreams in the order of the names.

    Args:
        rule: says what a subject is.
        named: its conditions or inputs.
        field: where in the rule they stand.
        columns: of the city.
        at: the rule.

    Raises:
        RuleError: a name means nothing, or several datastreams of one subject, or datastreams that
            do not come by one partition.
    """
    ids, group_of = {
        "place": (columns.places, columns.place),
        "device": (columns.devices, columns.device),
        "gateway": (columns.gateways, columns.gateway),
    }[rule.by]
    within = None
    if rule.subjects is not None:
        within = np.zeros(columns.count, dtype=np.bool_)
        within[select(rule.subjects, columns, at, ("subjects",))] = True
    chosen = []
    for name, one in named.items():
        slots = select(one, columns, at, (field, name))
        if within is not None:
            slots = slots[within[slots]]
        if not slots.size:
            raise at.error((field, name), f"matches no datastream of {one.property}")
        _check_single(slots, group_of[slots], ids, rule.by, columns, at, (field, name))
        chosen.append(slots)
    groups = np.unique(np.concatenate([group_of[slots] for slots in chosen]))
    table = np.full((groups.size, len(chosen)), -1, dtype=np.int32)
    for column, slots in enumerate(chosen):
        table[np.searchsorted(groups, group_of[slots]), column] = slots
    order = np.argsort(first_of(table))
    table, groups = table[order], groups[order]
    check_keys(table, columns, at, (field,), lambda row: ids[int(groups[row])])
    max_age_us = np.where(table < 0, 0, columns.max_age_us[table])
    for column, one in enumerate(named.values()):
        if one.max_age is not None:
            max_age_us[:, column] = round(one.max_age * 1e6)
    return tuple(ids[at] for at in groups.tolist()), Inputs(tuple(named), table, max_age_us)


def first_of(table: NDArray[np.int32]) -> Slots:
    """Return the first datastream of each row; -1 stands for none.

    >>> first_of(np.array([[-1, 7, 3]], dtype=np.int32)).tolist()
    [7]
    """
    found: Slots = table[np.arange(table.shape[0]), (table >= 0).argmax(axis=1)]
    return found


def check_keys(
    table: NDArray[np.int32], columns: Columns, at: At, field: Path, subject: Callable[[int], str]
) -> None:
    """Refuse subjects whose datastreams come by different keys of the log.

    Args:
        table: (s, c) datastreams of each subject, -1 for none; each row has one.
        columns: of the city.
        at: the rule.
        field: what to blame.
        subject: name of a row.

    Raises:
        RuleError: naming the first subject and two of its gateways.
    """
    key = columns.key[columns.gateway[table]]
    own = columns.key[columns.gateway[first_of(table)]][:, None]
    apart = (table >= 0) & (key != own)
    rows = np.flatnonzero(apart.any(axis=1))
    if not rows.size:
        return
    row = int(rows[0])
    slots = (int(first_of(table[row : row + 1])[0]), int(table[row, int(apart[row].argmax())]))
    one, other = (columns.catalogue.gateways[columns.catalogue.gateway_of[slot]] for slot in slots)
    raise at.error(
        field,
        f"{subject(row)} has {columns.name(slots[0])} behind {one.id} and "
        f"{columns.name(slots[1])} behind {other.id}, which are judged apart; "
        f"give {one.id} and {other.id} the same zone in gateways.csv",
    )


def _check_single(
    slots: Slots,
    groups: NDArray[np.int32],
    ids: Sequence[str],
    by: str,
    columns: Columns,
    at: At,
    field: Path,
) -> None:
    order = np.argsort(groups, kind="stable")
    twice = np.flatnonzero(groups[order][1:] == groups[order][:-1])
    if twice.size:
        first, second = (int(slots[order[int(twice[0]) + step]]) for step in (0, 1))
        raise at.error(
            field,
            f"{by} {ids[int(groups[order[int(twice[0])]])]} has several: {columns.name(first)} and "
            f"{columns.name(second)}; narrow it by device_kind, statistic or tag",
        )
