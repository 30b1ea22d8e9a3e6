"""What the fields of a rule are made of: durations, times, limits, levels, words of a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from devices import DOMAINS, PROPERTIES, Quality
from devices.statistics import STATISTICS
from rules.alerts import LEVELS
from rules.language.mistakes import nearest

_UNITS: Final = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}

_DURATION: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?) ?(ms|s|min|h|d)")

_LONGEST_S: Final = 366 * 86400.0
"""A year: longer ones are a slip of the pen, and µs must stay within 64 bits."""

_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")

INSTANT: Final = "instant"
"""Selects datastreams without a statistic."""


class Model(BaseModel):
    """Everything in a rule file: nothing unknown, nothing converted, no NaN."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


def _duration(value: object) -> float:
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(
            f"{value!r} is no duration; write a number and ms, s, min, h or d, e.g. 90s"
        )
    seconds = float(match[1]) * _UNITS[match[2]]
    if seconds > _LONGEST_S:
        raise ValueError(f"{value!r} is longer than a year; write at most 366d")
    return seconds


def _some_time(value: object) -> float:
    seconds = _duration(value)
    if round(seconds * 1e6) < 1:
        raise ValueError(f"{value!r} must be longer than nothing, e.g. 90s")
    return seconds


def _time_of_day(value: object) -> int:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(
            f'{value!r} is no time of day; write it in quotes, from "00:00" to "24:00"'
        )
    return 86400 if match[1] is None else int(match[1]) * 3600 + int(match[2]) * 60


def _number_or_name(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or value == "":
        raise ValueError(f"{value!r} is neither a number nor the name of a station's limit")
    return value


def _word(known: Sequence[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"{value!r}{nearest(value, known)}")
        return value

    return AfterValidator(check)


def _schema(known: Sequence[str]) -> Any:  # noqa: ANN401 # what pydantic's Field returns
    return Field(json_schema_extra={"enum": list(known)})


_DURATION_TEXT = Annotated[str, Field(pattern=f"^{_DURATION.pattern}$")]
_TIME_TEXT = Annotated[str, Field(pattern=f"^({_TIME.pattern})$")]
_QUALITIES: Final = tuple(one.name.lower() for one in Quality)
_STATISTIC: Final = (INSTANT, *sorted(STATISTICS))
_DAYS: Final = (
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "workdays", "holidays", "all",
)  # fmt: skip

Duration = Annotated[float, BeforeValidator(_duration, json_schema_input_type=_DURATION_TEXT)]
"""Seconds; written as `90s`, `5min`, `1h`."""

SomeTime = Annotated[float, BeforeValidator(_some_time, json_schema_input_type=_DURATION_TEXT)]
"""A duration above 0."""

TimeOfDay = Annotated[int, BeforeValidator(_time_of_day, json_schema_input_type=_TIME_TEXT)]
"""Seconds since midnight; written as `"07:00"`."""

NumberOrName = Annotated[
    float | str, BeforeValidator(_number_or_name, json_schema_input_type=float | str)
]
"""A limit: a number in canonical unit, or the name of the station's own."""

Domain = Annotated[str, _word(DOMAINS), _schema(DOMAINS)]
Property = Annotated[str, _word(tuple(PROPERTIES)), _schema(tuple(PROPERTIES))]
Statistic = Annotated[str, _word(_STATISTIC), _schema(_STATISTIC)]
QualityName = Annotated[str, _word(_QUALITIES), _schema(_QUALITIES)]
Day = Annotated[str, _word(_DAYS), _schema(_DAYS)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=100)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
"""What an expression calls something."""
Text = Annotated[str, Field(min_length=1)]
Words = Annotated[list[Text], Field(min_length=1)]


class Limit(Model):
    """Where a level begins: a number for all stations, or a limit of the station's own."""

    value: float | None = None
    """In the unit of what is judged."""
    limit: Text | None = None
    """Name of a limit of the datastream, e.g. `warning` (警戒水位); stations that have no limit
    of that name have no such level."""
    plus: float = 0.0
    """Added to the station's limit; may be negative."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Limit:
        exactly_one(self, "value", "limit")
        if self.plus and self.limit is None:
            raise ValueError("plus goes with limit; add it to value yourself")
        return self


class DurationLimit(Model):
    """Where a level begins: after a duration, or after a limit of the station's own in seconds."""

    value: SomeTime | None = None
    limit: Text | None = None
    """Name of a limit of the datastream, which is in seconds."""

    @model_validator(mode="after")
    def _one_of_both(self) -> DurationLimit:
        exactly_one(self, "value", "limit")
        return self


class SilenceLimit(Model):
    """Where a level begins: after a duration, or after so many of the datastream's own periods."""

    value: SomeTime | None = None
    periods: Annotated[float, Field(gt=0, le=100_000)] | None = None
    limit: Text | None = None
    """Name of a limit of the datastream, which is in seconds."""

    @model_validator(mode="after")
    def _one_of_three(self) -> SilenceLimit:
        exactly_one(self, "value", "periods", "limit")
        return self


class Number(Model):
    """Where a level begins: a number for all subjects."""

    value: float


def exactly_one(model: BaseModel, *names: str) -> None:
    """Refuse a model that has none or several of some fields, with a `ValueError`."""
    given = [name for name in names if getattr(model, name) is not None]
    if not given:
        raise ValueError(f"needs {' or '.join(names)}")
    if len(given) > 1:
        raise ValueError(f"needs either {' or '.join(names)}, not {' and '.join(given)}")


_L = TypeVar("_L")


class Levels(Model, Generic[_L]):
    """Where each warning colour begins. At least one, growing towards red."""

    blue: _L | None = None
    yellow: _L | None = None
    orange: _L | None = None
    red: _L | None = None

    @model_validator(mode="after")
    def _some(self) -> Levels[_L]:
        if not any(self.each()):
            raise ValueError("has no level; give at least one of blue, yellow, orange, red")
        return self

    def each(self) -> tuple[_L | None, _L | None, _L | None, _L | None]:
        """Return the levels in the order of `rules.alerts.LEVELS`."""
        return self.blue, self.yellow, self.orange, self.red

    def given(self) -> list[tuple[int, str, _L]]:
        """Return number, name and beginning of each level there is, the weakest first."""
        return [
            (index, level.word, one)
            for index, (level, one) in enumerate(zip(LEVELS, self.each(), strict=True))
            if one is not None
        ]


class Message(Model):
    """What people read. Fields in braces: see `rules.messages.FIELDS`."""

    zh: Text
    en: Text


class RepeatField(Model):
    """The condition must be met several times before the level is wanted."""

    times: Annotated[int, Field(ge=2, le=1000)]
    within: SomeTime


class FlappingField(Model):
    """When an alert comes and goes too often, and how long it must be calm to clear then."""

    times: Annotated[int, Field(ge=2, le=100)]
    """So many raises …"""
    within: SomeTime
    """… within so long make it flap."""
    hold: SomeTime
    """It then clears once no level was in alarm for so long."""


class ScheduleField(Model):
    """When alerts are told. A rule goes on judging outside of it."""

    days: list[Day] = Field(default=["all"], min_length=1)
    begin: TimeOfDay = Field(default=0, alias="from")
    """Inclusive."""
    end: TimeOfDay = Field(default=86400, alias="to")
    """Exclusive; before `from` it is over midnight, belonging to the day on which it began."""

    @model_validator(mode="after")
    def _some_while(self) -> ScheduleField:
        if self.begin == self.end:
            raise ValueError("from and to are the same time; leave both out for the whole day")
        return self


class SuppressField(Model):
    """What suppresses alerts of the rule."""

    maintenance: bool = True
    """Maintenance of the subject."""
    parent: bool = True
    """Silence of the subject's gateway, as a rule with `fold` finds it."""


class FoldField(Model):
    """One alert for a silent gateway instead of one for each datastream behind it."""

    periods: Annotated[float, Field(gt=0, le=100_000)] = 2.0
    """A datastream counts as silent after so many of its own periods."""
    share: Annotated[float, Field(gt=0, le=1)] = 0.8
    """So many of a gateway's datastreams must be silent, 0.8 is four of five."""
    least: Annotated[int, Field(ge=1)] = 2
    """Gateways with fewer watched datastreams are left alone."""
    level: Literal["blue", "yellow", "orange", "red"] | None = None
    """Of the gateway's alert; default: the highest of the rule."""
    message: Message
