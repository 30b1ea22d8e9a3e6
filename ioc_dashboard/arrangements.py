"""What a city has arranged for its incidents, cases and shifts, as far as the wall names it."""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.calendar import WEEKDAYS_ONLY, Calendar
from devices.crew import Roster
from dispatch.cases import CasePolicy
from dispatch.cases.policy import Name
from dispatch.handover import DutyRoster


@dataclass(frozen=True, slots=True)
class Arrangements:
    """Crews with their shifts, and what categories of cases are called."""

    roster: Roster = field(default_factory=Roster)
    """No crews where the city has no file of them."""
    calendar: Calendar = WEEKDAYS_ONLY
    """By which shifts go."""
    case_policy: CasePolicy | None = None
    """None where the city keeps no cases."""
    duty: DutyRoster | None = None
    """Who is on duty in the centre; None where nobody says."""

    def category(self, name: str) -> Name | None:
        """Return what a category of cases is called; None where nobody knows it any more."""
        known = self.case_policy and self.case_policy.categories.get(name)
        return known.name if known else None

    def department(self, name: str) -> Name | None:
        """Return what a department that handles cases is called; None where nobody knows it."""
        known = self.case_policy and self.case_policy.departments.get(name)
        return known.name if known else None
