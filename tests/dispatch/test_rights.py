"""Who may do what: the whole table, and how far a limited role reaches."""

from types import SimpleNamespace

import pytest

from dispatch import Grant, Right, Role, may, may_somewhere
from dispatch.rights import RIGHTS, ROLES_OF_PEOPLE

TABLE = {
    "anybody": {"look"},
    "display": {"look"},
    "viewer": {"look"},
    "dispatcher": {"look", "handle", "dispatch"},
    "supervisor": {"look", "handle", "supervise"},
    "administrator": {"look", "administer"},
    "auditor": {"look", "audit"},
    "crew": {"report"},
}


def somebody(*grants):
    return SimpleNamespace(grants=grants)


def test_every_role_has_just_its_rights():
    assert {role.value: {one.value for one in rights} for role, rights in RIGHTS.items()} == TABLE
    assert set(TABLE) == {role.value for role in Role}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("right", Right)
def test_a_role_without_limits_reaches_everywhere(role, right):
    who, allowed = somebody(Grant(role)), right.value in TABLE[role.value]
    assert may(who, right) is allowed
    assert may(who, right, town="baimi", department="water") is allowed
    assert may_somewhere(who, right) is allowed


@pytest.mark.parametrize("right", Right)
def test_who_was_given_nothing_may_nothing(right):
    assert not may(somebody(), right)
    assert not may_somewhere(somebody(), right)


@pytest.mark.parametrize(
    ("grant", "place", "allowed"),
    [
        pytest.param({"town": "baimi"}, {"town": "baimi"}, True, id="its_town"),
        pytest.param({"town": "baimi"}, {"town": "yuxi"}, False, id="another_town"),
        pytest.param({"town": "baimi"}, {}, False, id="of_no_single_town"),
        pytest.param(
            {"town": "baimi"}, {"town": "baimi", "department": "water"}, True, id="any_department"
        ),
        pytest.param({"department": "water"}, {"department": "water"}, True, id="its_department"),
        pytest.param({"department": "water"}, {"department": "air"}, False, id="another_one"),
        pytest.param({"department": "water"}, {}, False, id="of_no_single_department"),
        pytest.param(
            {"department": "water", "town": "baimi"},
            {"department": "water", "town": "baimi"},
            True,
            id="both",
        ),
        pytest.param(
            {"department": "water", "town": "baimi"},
            {"department": "water", "town": "yuxi"},
            False,
            id="both_but_elsewhere",
        ),
        pytest.param(
            {"department": "water", "town": "baimi"},
            {"department": "air", "town": "baimi"},
            False,
            id="both_but_of_another",
        ),
    ],
)
def test_a_limited_role_reaches_as_far_as_it_says(grant, place, allowed):
    who = somebody(Grant(Role.DISPATCHER, **grant))
    assert may(who, Right.DISPATCH, **place) is allowed
    assert may_somewhere(who, Right.DISPATCH)
    assert not may(who, Right.SUPERVISE, **place)


def test_two_limited_roles_do_not_lend_each_other_their_reach():
    who = somebody(Grant(Role.DISPATCHER, town="baimi"), Grant(Role.SUPERVISOR, town="yuxi"))
    assert may(who, Right.DISPATCH, town="baimi")
    assert may(who, Right.SUPERVISE, town="yuxi")
    assert not may(who, Right.DISPATCH, town="yuxi")
    assert not may(who, Right.SUPERVISE, town="baimi")


def test_who_commands_does_not_supervise_and_who_keeps_accounts_does_neither():
    """Standards of city management and GB/T 22239: separated roles."""
    together = [
        {Right.DISPATCH, Right.SUPERVISE},
        {Right.ADMINISTER, Right.AUDIT},
        {Right.ADMINISTER, Right.HANDLE},
        {Right.ADMINISTER, Right.DISPATCH},
    ]
    assert [
        (role, pair) for role, rights in RIGHTS.items() for pair in together if pair <= rights
    ] == []


def test_no_account_can_be_a_screen():
    assert {one.value for one in ROLES_OF_PEOPLE} == set(TABLE) - {"anybody", "display"}
