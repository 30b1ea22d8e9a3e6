"""The rules as they are written: one model for each kind, with exactly the fields it may have.

They are also the JSON Schema for editors (`RuleFile.model_json_schema()`).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, model_validator

from rules.language.fields import (
    Domain,
    Duration,
    DurationLimit,
    FlappingField,
    FoldField,
    Id,
    Levels,
    Limit,
    Message,
    Model,
    Name,
    Number,
    NumberOrName,
    Property,
    QualityName,
    RepeatField,
    ScheduleField,
    SilenceLimit,
    SomeTime,
    Statistic,
    SuppressField,
    Text,
    Words,
    exactly_one,
)

NotNegative: TypeAlias = Annotated[float, Field(ge=0)]


class Where(Model):
    """Which places, devices and datastreams: all conditions given must hold."""

    place: Words | None = None
    """Only at these places, by id."""
    place_kind: Words | None = None
    """Only at places of these kinds."""
    town: Words | None = None
    """Only in these towns, by id."""
    device_kind: Words | None = None
    """Only devices of these kinds (station class)."""
    tag: Words | None = None
    """Only with one of these tags on the place, the device or the datastream."""
    domain: list[Domain] | None = None
    """Only properties of these domains."""
    statistic: Statistic | None = None
    """Only with this statistic; `instant` is none; default: any."""


class Subjects(Where):
    """Which datastreams a rule watches."""

    property: Property
    """Observed property, e.g. `water_level`."""


class SilenceSubjects(Where):
    """Which datastreams a silence rule watches."""

    property: Property | None = None
    """Observed property; default: any."""


class Input(Model):
    """One datastream of each subject."""

    property: Property
    statistic: Statistic | None = None
    device_kind: Words | None = None
    tag: Words | None = None
    max_age: SomeTime | None = None
    """Older results are unknown; default: three periods, and the length of the statistic."""


class Condition(Input):
    """A result at or beyond a limit: true, false, or unknown."""

    above: NumberOrName | None = None
    """True at or above it."""
    below: NumberOrName | None = None
    """True at or below it."""

    @model_validator(mode="after")
    def _one_side(self) -> Condition:
        exactly_one(self, "above", "below")
        return self


class Rule(Model):
    """What all rules have."""

    id: Id
    """Lower-case words with hyphens; alerts carry it for ever."""
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    """Raised by one with every change of meaning; alerts carry it too."""
    domain: Domain
    on_delay: Duration = Field(default=0.0, alias="for")
    """The condition must hold this long before the alert is raised."""
    off_delay: Duration | None = None
    """The condition must be gone this long before a level ends; default: at once, or with
    `clear_after_quiet` only by that."""
    clear_after_quiet: SomeTime | None = None
    """A level ends when its condition was not met for so long, whether readings come or not."""
    schedule: ScheduleField | None = None
    suppress: SuppressField = SuppressField()
    latch: bool = False
    """Once the condition is gone the alert stays until somebody resets it."""
    realarm: SomeTime | None = None
    """An alert that goes on is told again after so long."""
    flapping: FlappingField | None = None
    plan: Id | None = None
    """Which plan (预案) applies."""
    skill: Id | None = None
    """Which skill a crew needs."""
    message: Message

    @model_validator(mode="after")
    def _latch_or_flap(self) -> Rule:
        if self.latch and self.flapping:
            raise ValueError("latch and flapping exclude each other; a latched alert never clears")
        return self


class Judging(Rule):
    """Rules that look at results."""

    quality: list[QualityName] = Field(default=["good"], min_length=1)
    """Only readings of these qualities are judged."""


class Reading(Judging):
    """Rules that judge each reading of each datastream."""

    subjects: Subjects
    repeat: RepeatField | None = None


class Threshold(Reading):
    """The result itself against limits."""

    kind: Literal["threshold"]
    direction: Literal["above", "below"] = "above"
    """Alarm at or above the limits, or at or below them."""
    levels: Levels[Limit]
    """In the property's canonical unit."""
    hysteresis: NotNegative = 0.0
    """Width of the deadband, canonical unit: back by more than this and the level ends."""


class Rate(Reading):
    """How fast the result moves."""

    kind: Literal["rate"]
    window: SomeTime
    """Compared with a reading this old, at most twice as old."""
    per: SomeTime = 3600.0
    """Limits are in canonical unit per so long."""
    of: Literal["rise", "fall", "change"] = "rise"
    """Whether rising, falling or both count."""
    levels: Levels[Limit]
    hysteresis: NotNegative = 0.0
    """In the unit of the limits."""


class Stuck(Reading):
    """A result that has not moved for long (flat-line)."""

    kind: Literal["stuck"]
    tolerance: NotNegative = 0.0
    """A result that differs by more has moved, canonical unit."""
    exceptions: list[float] = Field(default=[], alias="except")
    """Results that are no flat-line however long they last, e.g. 0 mm of rain."""
    levels: Levels[DurationLimit]
    hysteresis: Duration = 0.0


class Count(Reading):
    """How many occurrences a sliding window holds."""

    kind: Literal["count"]
    at_least: float
    """A reading from here on is an occurrence, canonical unit."""
    within: SomeTime
    levels: Levels[Limit]
    """Numbers of occurrences."""
    hysteresis: NotNegative = 0.0


class Silence(Rule):
    """Nothing was heard of a datastream for long."""

    kind: Literal["silence"]
    subjects: SilenceSubjects
    levels: Levels[SilenceLimit]
    hysteresis: Duration = 0.0
    fold: FoldField | None = None


class Boolean(Judging):
    """Conditions on several datastreams of one place, device or gateway, joined by and, or, not."""

    kind: Literal["boolean"]
    by: Literal["place", "device", "gateway"]
    """What one subject is."""
    subjects: Where | None = None
    """Which subjects; default: all that have one of the datastreams."""
    conditions: Annotated[dict[Name, Condition], Field(min_length=1, max_length=50)]
    levels: Levels[Text]
    """Expressions over the conditions, e.g. `deep and not (dry or closed)`."""


class Expression(Judging):
    """A number computed from several datastreams of one place, device or gateway."""

    kind: Literal["expression"]
    by: Literal["place", "device", "gateway"]
    """What one subject is."""
    subjects: Where | None = None
    """Which subjects; default: all that have one of the datastreams."""
    inputs: Annotated[dict[Name, Input], Field(min_length=1, max_length=50)]
    value: Text
    """Expression over the inputs, e.g. `up - down`."""
    unit: str = ""
    """Of the value, as people read it."""
    direction: Literal["above", "below"] = "above"
    levels: Levels[Number]
    hysteresis: NotNegative = 0.0


class Comparing(Judging):
    """Rules that hold a station against others."""

    subjects: Subjects
    max_age: SomeTime | None = None
    """Older results do not count; default: three periods, and the length of the statistic."""
    direction: Literal["above", "below"] = "above"
    levels: Levels[Limit]
    hysteresis: NotNegative = 0.0


class Neighbours(Comparing):
    """A result against the median of the stations around it."""

    kind: Literal["neighbours"]
    radius_km: Annotated[float, Field(gt=0, le=1000)]
    """Other places of the rule's subjects within this distance are neighbours."""
    least: Annotated[int, Field(ge=1, le=100)] = 3
    """With fewer fresh neighbours there is no verdict."""
    measure: Literal["difference", "ratio", "absolute"] = "difference"
    """Own less the median, own by the median, or the size of the difference."""


class Upstream(Comparing):
    """A result against the one at the next station upstream."""

    kind: Literal["upstream"]
    measure: Literal["difference", "ratio"] = "difference"
    """Upstream less own, or upstream by own."""


AnyRule: TypeAlias = (
    Threshold | Rate | Stuck | Count | Silence | Boolean | Expression | Neighbours | Upstream
)

KINDS: Final[dict[str, type[Rule]]] = {
    "threshold": Threshold, "rate": Rate, "stuck": Stuck, "count": Count, "silence": Silence,
    "boolean": Boolean, "expression": Expression, "neighbours": Neighbours, "upstream": Upstream,
}  # fmt: skip
"""By the word in `kind`."""


class RuleFile(Model):
    """One file of rules."""

    rules: list[Annotated[AnyRule, Field(discriminator="kind")]]
