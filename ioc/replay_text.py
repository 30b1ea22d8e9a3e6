"""How a replay's balance reads: for a person at a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from storage.instants import instant

if TYPE_CHECKING:
    from ioc.judging import Judged
    from ioc.replay import Balance, Difference
    from storage.alert_history import Step


def facts(found: Balance, limit: int) -> dict[str, Any]:
    """Return a balance as JSON: times in ISO 8601 with offset, of differences the first few."""
    kinds = [_kind(one) for one in found.differences]
    return {
        "even": found.is_even,
        "from": _iso(found.from_us),
        "to": _iso(found.to_us),
        "partitions": found.judged.partitions,
        "readings": found.judged.readings,
        "same": found.same,
        "different": kinds.count("different"),
        "only_stored": kinds.count("only_stored"),
        "only_replayed": kinds.count("only_replayed"),
        "states_astray": found.judged.astray,
        "seconds": round(found.judged.seconds, 3),
        "times_real_time": times(found.judged),
        "first": [
            {
                "kind": _kind(one),
                "fields": list(one.what),
                "stored": _step(one.stored),
                "replayed": _step(one.replayed),
            }
            for one in found.differences[:limit]
        ],
    }


def render(found: Balance, limit: int) -> str:
    """Return a balance as text."""
    return "\n".join(_lines(found, limit))


def moment(time_us: int) -> str:
    """Return a time as people read it here."""
    return instant(time_us).astimezone().isoformat(timespec="seconds")


def speed(judged: Judged) -> str:
    """Return what a replay took, as people read it."""
    return (
        f"{judged.partitions} 个分区 partitions, {judged.readings} 条读数 readings, "
        f"{judged.seconds:.2f} s, {times(judged):.0f} × 实时 real time"
    )


def times(judged: Judged) -> float:
    """Return how many times faster than it happened a time was judged."""
    return judged.covered_us / 1e6 / judged.seconds if judged.seconds else 0.0


def _lines(found: Balance, limit: int) -> Iterator[str]:
    yield "告警回放核对 · the stored time judged again, against its alerts"
    yield f"{moment(found.from_us)} – {moment(found.to_us)}"
    yield speed(found.judged)
    yield ""
    yield _line(found.same, "相同 · transitions are the same, byte for byte")
    kinds = [_kind(one) for one in found.differences]
    for kind, said in _SAID.items():
        yield _line(kinds.count(kind), said, is_bad=True)
    yield _line(
        found.judged.astray, "引擎状态不符 · states kept on the way were others", is_bad=True
    )
    for one in found.differences[:limit]:
        yield from _told(one)
    if len(found.differences) > limit:
        yield f"  and {len(found.differences) - limit} more; --limit names more of them"


_SAID = {
    "different": "不同 · differ",
    "only_stored": "仅库中有 · are stored and not told again",
    "only_replayed": "仅回放有 · are told again and not stored",
}


def _line(count: int, said: str, *, is_bad: bool = False) -> str:
    mark = " " if not is_bad else "✗" if count else "✓"
    return f"{mark} {count:>9}  {said}"


def _told(one: Difference) -> Iterator[str]:
    step = one.stored or one.replayed
    assert step is not None  # noqa: S101 (one side has it)
    yield (
        f"  {step.rule}  {step.subject}  {step.kind} at {_iso(step.at_us)}  "
        f"(alert {step.alert}, version {step.version}): {_SAID[_kind(one)]}"
    )
    for name in one.what:
        shown = name.removesuffix("_us")
        was, now = _step(one.stored), _step(one.replayed)
        assert was is not None  # noqa: S101 (what differs is on both sides)
        assert now is not None  # noqa: S101
        yield f"      {shown}: stored {was[shown]}"
        yield f"      {'':{len(shown)}}  replay {now[shown]}"


def _kind(one: Difference) -> str:
    if one.stored is None:
        return "only_replayed"
    return "only_stored" if one.replayed is None else "different"


def _step(one: Step | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        name.removesuffix("_us"): _iso(value) if name.endswith("_us") else value
        for name, value in asdict(one).items()
    }


def _iso(time_us: int) -> str:
    return instant(time_us).astimezone().isoformat(timespec="microseconds")
