"""What was judged, written down and read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import Batch, Tick
from devices.record import columns
from rules import inputs
from rules.commands import Maintenance, MaintenanceEnd, Reset
from rules.inputs import InputsError

_readings = st.lists(
    st.tuples(st.integers(0, 9), st.integers(-(2**62), 2**62), st.floats(), st.integers(0, 13)),
    max_size=40,
).map(columns)
_commands = st.one_of(
    st.builds(Reset, st.integers(1, 99), st.text()),
    st.builds(MaintenanceEnd, st.integers(1, 99), st.integers(1, 99)),
    st.builds(
        Maintenance, st.integers(1, 99), st.just("place"), st.text(), st.integers(), st.integers()
    ).filter(lambda one: max(abs(one.from_us), abs(one.until_us)) < 2**62),
)
_inputs = st.lists(st.one_of(_readings, st.integers(-(2**62), 2**62).map(Tick), _commands))


def _flat(some):
    """Return rows, ticks and commands one by one."""
    for one in some:
        if isinstance(one, Batch):
            for row in range(one.n):
                yield tuple(repr(getattr(one, name)[row].item()) for name in one.__slots__)
        else:
            yield one


@given(_inputs)
def test_what_is_written_is_read_back_in_its_order(some):
    assert list(_flat(inputs.decode(inputs.encode(some)))) == list(_flat(some))


def test_many_readings_take_fewer_bytes_than_their_columns():
    rows = [(slot, 1_700_000_000_000_000 + slot, 3.5, 0) for slot in range(2000)]
    assert len(inputs.encode([columns(rows)])) < 2000 * 22 / 2


@pytest.mark.parametrize("value", [b"", b"nonsense", b"\x92\x05\xc4\x01x", b"\x92\x00\xc4\x01x"])
def test_other_bytes_are_refused(value):
    with pytest.raises(InputsError, match="not the engine's inputs"):
        inputs.decode(value)
