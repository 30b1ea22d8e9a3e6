"""Why something was not done to a case, in the reader's language: Chinese, then English.

A refusal is a code with facts (`dispatch.cases.refusals`); here each code has its sentence. What
came from people is never sent to a terminal as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from dispatch.cases import CasePolicy, Refusal, RefusalCode, Unit
from ioc.cases_text import EVENTS, OUTCOMES, ROLES, STAGES, department_word
from ioc.devices_text import time_text
from ioc.quarantine_text import plain

_FIELDS: Final = {
    "text": "原因", "department": "单位", "limit": "时长", "mark": "评分", "who": "操作人",
    "who.department": "操作人单位", "who.role": "角色", "category": "类别", "description": "内容",
    "place": "点位", "town": "镇街", "component": "部件", "alert": "告警", "lon": "经度",
    "lat": "纬度",
}  # fmt: skip
"""Field in Chinese by its name."""

_OPTIONS: Final = {
    "text": "--reason", "department": "--to", "limit": "--by", "mark": "--mark", "who": "--actor",
    "who.department": "--department", "category": "CATEGORY", "description": "DESCRIPTION",
}  # fmt: skip
"""How a person at a terminal gives a field, where it is called otherwise there."""

_COMMANDS: Final = {
    "resume": "恢复", "supervise": "督办", "void": "作废",
}  # fmt: skip

Pair = tuple[str, str]
"""Chinese and English."""


def facts(found: Refusal) -> dict[str, Any]:
    """Return a refusal as JSON: code, field and facts, for whoever has words of their own."""
    plain_facts: dict[str, Any] = msgspec.to_builtins(found)
    return plain_facts


def refusal(found: Refusal, policy: CasePolicy) -> str:
    """Return a refusal as one line in both languages."""
    zh, en = _SENTENCES[found.code](found.field, found.facts, policy)
    return f"{zh} · {en}"


def _unknown_case(_: str, about: Mapping[str, Any], __: CasePolicy) -> Pair:
    return (
        f"没有案卷 {about['case']}",
        f"there is no case {about['case']}; `ioc cases list --all` shows them",
    )


def _stale(_: str, about: Mapping[str, Any], __: CasePolicy) -> Pair:
    if about["seen"] > about["version"]:
        return (
            f"案卷只到第 {about['version']} 版，没有第 {about['seen']} 版",
            f"the case is at version {about['version']}, there is no {about['seen']} yet",
        )
    at, by = time_text(about["at_us"]), plain(about["by"])
    done = about["done"]
    return (
        f"{by}（{ROLES[about['role']]}）已于 {at} {EVENTS[done]}，请重新查看",
        f"{by} ({about['role']}) was first: {done.replace('_', ' ')} at {at}; look at it again",
    )


def _wrong_role(_: str, about: Mapping[str, Any], __: CasePolicy) -> Pair:
    right = about["right"]
    return (
        f"{ROLES[about['role']]}方不能这样做，应由{'或'.join(ROLES[one] for one in right)}方",
        f"{about['role']} does not do that, {' or '.join(right)} does",
    )


def _other_department(_: str, about: Mapping[str, Any], policy: CasePolicy) -> Pair:
    mine, right = (department_word(about[name], policy) for name in ("department", "right"))
    return (
        f"案卷不在{mine}，在{right}",
        f"the case is not with {plain(about['department'])} but with {plain(about['right'])}",
    )


def _wrong_stage(_: str, about: Mapping[str, Any], __: CasePolicy) -> Pair:
    right = about["right"]
    return (
        f"案卷处于{STAGES[about['stage']]}，此操作须在{'或'.join(STAGES[one] for one in right)}",
        f"the case is at {about['stage']}; this is done at {' or '.join(right)}",
    )


def _ended(_: str, about: Mapping[str, Any], __: CasePolicy) -> Pair:
    at = time_text(about["at_us"])
    return (
        f"案卷{OUTCOMES[about['outcome']]}（{at}），不能再处理",
        f"the case was {about['outcome']} at {at}; nothing more can be done with it",
    )


def _not_closed(_: str, about: Mapping[str, Any], __: CasePolicy) -> Pair:
    outcome = about["outcome"]
    return (
        f"案卷{OUTCOMES[outcome] if outcome else '未结案'}，结案后才能评价",
        f"the case is {outcome or 'open'}; only a closed one can be marked",
    )


def _suspended(_: str, about: Mapping[str, Any], __: CasePolicy) -> Pair:
    right = about["right"]
    return (
        f"案卷已挂账，只能{'、'.join(_COMMANDS.get(one, one) for one in right)}",
        f"the case is suspended; only {', '.join(right)} can be done with it",
    )


def _not_suspended(_: str, __: Mapping[str, Any], ___: CasePolicy) -> Pair:
    return "案卷未挂账，无须恢复", "the case is not suspended; there is nothing to resume"


def _extension_asked(_: str, about: Mapping[str, Any], __: CasePolicy) -> Pair:
    return (
        f"已申请延期 {about['limit']}，等待答复",
        f"{about['limit']} more was asked for already; it waits for an answer",
    )


def _no_extension_asked(_: str, __: Mapping[str, Any], ___: CasePolicy) -> Pair:
    return "没有待答复的延期申请", "nobody asked for an extension; ask-extension comes first"


def _other_time(_: str, about: Mapping[str, Any], __: CasePolicy) -> Pair:
    right = about["right"]
    return (
        f"时限不以{Unit(about['unit']).zh}计，应为{'或'.join(Unit(one).zh for one in right)}",
        f"the limit does not run in {about['unit'].replace('_', ' ')}s; "
        f"say {' or '.join(one.replace('_', ' ') + 's' for one in right)}",
    )


def _missing(field: str, _: Mapping[str, Any], __: CasePolicy) -> Pair:
    return f"缺少{_field(field)}", f"{_option(field)} is needed"


def _unused(field: str, about: Mapping[str, Any], __: CasePolicy) -> Pair:
    right = about["right"]
    return (
        f"此操作不用{_field(field)}，只用{'、'.join(map(_field, right))}",
        f"{_option(field)} is not for this; it takes {', '.join(map(_option, right))}",
    )


def _too_long(field: str, about: Mapping[str, Any], __: CasePolicy) -> Pair:
    return (
        f"{_field(field)}有 {about['length']} 字，最多 {about['most']} 字",
        f"{_option(field)} has {about['length']} characters, {about['most']} at most",
    )


def _unknown_word(field: str, about: Mapping[str, Any], __: CasePolicy) -> Pair:
    word, right = plain(about["word"]), ", ".join(about["right"])
    near = about["near"]
    return (
        f"没有{_field(field)} {word!r}" + (f"，是否 {near}？" if near else ""),
        f"{_option(field)}: {word!r} is not known; "
        + (f"did you mean {near}? " if near else "")
        + f"there are {right}",
    )


def _out_of_range(field: str, about: Mapping[str, Any], __: CasePolicy) -> Pair:
    within = f"{about['least']}–{about['most']}"
    return (
        f"{_field(field)} {about['value']} 不在 {within}",
        f"{_option(field)}: {about['value']} is not within {within}",
    )


def _duplicate(_: str, about: Mapping[str, Any], __: CasePolicy) -> Pair:
    originals = about["originals"]
    zh = "、".join(f"{one['number']}{_how_near(one)}" for one in originals)
    en = ", ".join(f"{one['case']}" for one in originals)
    return (
        f"可能已上报：{zh}",
        f"likely reported already as {en}; urge that one, or say --anyway",
    )


def _how_near(one: Mapping[str, Any]) -> str:
    if one["is_same_component"]:
        return "（同一部件）"
    return "（同一点位）" if one["distance_m"] is None else f"（相距 {one['distance_m']:.0f} m）"


def _field(name: str) -> str:
    return _FIELDS.get(name, name)


def _option(name: str) -> str:
    return _OPTIONS.get(name, f"--{name}")


_SENTENCES: Final[Mapping[RefusalCode, Callable[[str, Mapping[str, Any], CasePolicy], Pair]]] = {
    RefusalCode.UNKNOWN_CASE: _unknown_case,
    RefusalCode.STALE_VERSION: _stale,
    RefusalCode.WRONG_ROLE: _wrong_role,
    RefusalCode.OTHER_DEPARTMENT: _other_department,
    RefusalCode.WRONG_STAGE: _wrong_stage,
    RefusalCode.ENDED: _ended,
    RefusalCode.NOT_CLOSED: _not_closed,
    RefusalCode.SUSPENDED: _suspended,
    RefusalCode.NOT_SUSPENDED: _not_suspended,
    RefusalCode.EXTENSION_ASKED: _extension_asked,
    RefusalCode.NO_EXTENSION_ASKED: _no_extension_asked,
    RefusalCode.OTHER_TIME: _other_time,
    RefusalCode.MISSING: _missing,
    RefusalCode.UNUSED: _unused,
    RefusalCode.TOO_LONG: _too_long,
    RefusalCode.UNKNOWN_WORD: _unknown_word,
    RefusalCode.OUT_OF_RANGE: _out_of_range,
    RefusalCode.DUPLICATE: _duplicate,
}
