"""What each class of SQLSTATE means for the line, by example and at the borders of the classes."""

import psycopg
import pytest

from storage.faults import Fault, classify

MEANINGS = {
    Fault.WAIT: [
        "08000", "08003", "08006", "53000", "53100", "53200", "53300", "57P01", "57P02", "57P03",
        "57P05", "40001", "40P01", "55P03", "25006",
    ],
    Fault.DATA: ["22000", "22003", "22P02", "22P03", "23000", "23502", "23514", "23505"],
    # 57014: nobody of ours cancels; the classes 40, 55 and 25 hold mistakes of a program too.
    Fault.UNKNOWN: [
        "57014", "40000", "40002", "40003", "55000", "55006", "25001", "25P02", "42P01", "42501",
        "28P01", "3D000", "XX000", "P0001", "54000", "58030",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("state", "meaning"),
    [
        pytest.param(state, meaning, id=f"{state}-{meaning.value}")
        for meaning, states in MEANINGS.items()
        for state in states
    ],
)
def test_an_sqlstate_tells_what_to_do(state, meaning):
    assert classify(psycopg.errors.lookup(state)()) is meaning


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        pytest.param(psycopg.OperationalError("refused"), Fault.WAIT, id="no-connection"),
        pytest.param(psycopg.InterfaceError("closed"), Fault.WAIT, id="closed-connection"),
        pytest.param(psycopg.ProgrammingError("%s"), Fault.UNKNOWN, id="wrong-arguments"),
        pytest.param(psycopg.DataError("NUL"), Fault.UNKNOWN, id="found-before-sending"),
    ],
)
def test_an_error_without_sqlstate_is_one_of_the_connection_or_ours(error, meaning):
    assert classify(error) is meaning
