"""The alerts the wall knows."""

import msgspec

from ioc_dashboard.board import CLEARED_SHOWN_US, LINES, Board
from tests.small_city import city
from tests.wall.scripted import NOON_US, alert

CITY = city()


def board_with(*rows):
    board = Board(CITY)
    board.take(rows, True, NOON_US)
    return board


def shown(board):
    return [line.id for line in board.show().lines]


def cleared(row, at_us=NOON_US):
    return msgspec.structs.replace(row, active=False, cleared_us=at_us, version=row.version + 1)


def test_lines_stand_in_the_dispatchers_order():
    board = board_with(
        alert("blue", 0, severity="blue"),
        cleared(alert("gone", 0, severity="red")),
        alert("old", 0, raised_us=NOON_US - 1),
        alert("new", 0),
        alert("red", 0, severity="red"),
    )
    assert shown(board) == ["red", "old", "new", "blue", "gone"]


def test_counts_are_of_active_alerts_by_priority():
    board = board_with(
        alert("a", 0, severity="red"),
        alert("b", 0, severity="blue"),
        alert("c", 0, severity="blue"),
        cleared(alert("d", 0, severity="orange")),
    )
    got = board.show()
    assert (got.open, got.total) == ([1, 0, 0, 2], 3)


def test_the_oldest_unacknowledged_is_active_and_not_acknowledged():
    board = board_with(
        alert("taken", 0, raised_us=NOON_US - 9_000, acknowledged=True),
        cleared(alert("gone", 0, raised_us=NOON_US - 8_000)),
        alert("waiting", 0, raised_us=NOON_US - 7_000),
    )
    assert board.show().oldest_unacknowledged_ms == (NOON_US - 7_000) // 1000
    assert board_with().show().oldest_unacknowledged_ms is None


def test_a_device_is_marked_with_its_most_urgent_alert():
    board = board_with(
        alert("a", 0, severity="blue"), alert("b", 0, severity="red", acknowledged=True)
    )
    marks = board.show().marks
    assert (marks.priority, marks.unacknowledged) == ([1], [False])
    assert marks.device == [list(CITY.devices).index(CITY.datastreams[0].device)]


def test_an_older_version_changes_nothing():
    row = alert("a", 0)
    board = board_with(cleared(row))
    assert not board.take([row], False, NOON_US)
    assert board.show().total == 0


def test_a_complete_list_forgets_the_others_and_a_partial_one_does_not():
    board = board_with(alert("a", 0))
    board.take([alert("b", 0)], False, NOON_US)
    assert shown(board) == ["a", "b"]
    assert board.take([alert("b", 0)], True, NOON_US)
    assert shown(board) == ["b"]


def test_a_cleared_alert_leaves_after_a_while_and_does_not_come_back():
    gone = cleared(alert("a", 0))
    board = board_with(gone)
    assert not board.pass_time(NOON_US + CLEARED_SHOWN_US - 1)
    assert board.pass_time(NOON_US + CLEARED_SHOWN_US)
    assert not board.take([gone], True, NOON_US + CLEARED_SHOWN_US)
    assert shown(board) == []


def test_more_alerts_than_lines_are_counted():
    board = board_with(*(alert(f"{n:03}", 0) for n in range(LINES + 5)))
    got = board.show()
    assert (len(got.lines), got.total) == (LINES, LINES + 5)


def hidden(board):
    got = board.show()
    return got.total, got.suppressed, got.shelved


def test_what_is_suppressed_or_shelved_is_a_number_and_no_line():
    board = board_with(
        alert("told", 0, severity="blue"),
        alert("parent", 0, severity="red", suppressed="parent"),
        alert("both", 0, suppressed="schedule", shelved_until_us=NOON_US + 1),
        alert("shelved", 0, severity="red", shelved_until_us=NOON_US + 1),
        cleared(alert("gone", 0, suppressed="maintenance")),
    )
    assert shown(board) == ["told"]
    got = board.show()
    assert (got.open, hidden(board)) == ([0, 0, 0, 1], (1, 2, 1))
    assert got.marks.priority == [4]
    assert max(board.worst()) == 4


def test_a_shelved_alert_comes_back_when_its_time_is_over():
    board = board_with(alert("a", 0, shelved_until_us=NOON_US + 5))
    assert not board.pass_time(NOON_US + 4)
    assert hidden(board) == (0, 0, 1)
    assert board.pass_time(NOON_US + 5)
    assert (shown(board), hidden(board)) == (["a"], (1, 0, 0))
    assert not board.pass_time(NOON_US + 6)


def test_what_people_did_changes_the_board_though_the_version_is_the_same():
    row = alert("a", 0)
    board = board_with(row)
    taken = msgspec.structs.replace(row, acknowledged=True, handled=1)
    assert board.take([taken], False, NOON_US)
    assert not board.take([row], False, NOON_US)
    (line,) = board.show().lines
    assert (line.acknowledged, line.handled) == (True, 1)
    assert board.take(
        [msgspec.structs.replace(taken, suppressed="parent", version=2)], False, NOON_US
    )
    assert shown(board) == []


def test_an_alert_that_flaps_is_marked():
    (line,) = board_with(alert("a", 0, flapping=True)).show().lines
    assert line.flapping


def test_a_drill_is_listed_after_all_that_is_real_and_counts_nowhere():
    board = board_with(
        alert("drilled", 0, severity="red", drill=True, raised_us=NOON_US - 9),
        alert("real", 0, severity="blue"),
        cleared(alert("gone", 0)),
        cleared(alert("over", 0, severity="red", drill=True)),
    )
    got = board.show()
    assert [(line.id, line.drill) for line in got.lines] == [
        ("real", False), ("gone", False), ("drilled", True), ("over", True),
    ]  # fmt: skip
    assert (got.open, got.total, got.drills) == ([0, 0, 0, 1], 1, 1)
    assert got.oldest_unacknowledged_ms == NOON_US // 1000
    assert got.marks.priority == [4]
    assert board.worst() == [4, 0, 0, 0]


def test_a_drill_pushes_nothing_real_off_the_list():
    many = [alert(f"d{at}", 0, severity="red", drill=True) for at in range(LINES)]
    real = [alert(f"r{at}", 0, severity="blue") for at in range(LINES)]
    assert not any(line.drill for line in board_with(*many, *real).show().lines)
