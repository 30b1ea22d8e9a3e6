"""The words of documents, Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from documents.blocks import Lang

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "handover": ("交接班记录", "Shift handover"),
    "daily": ("运行日报", "Daily report"),
    "weekly": ("运行周报", "Weekly report"),
    "monthly": ("运行月报", "Monthly report"),
    "centre": ("城市智能运营中心", "City Operations Centre"),
    "shift": ("班次", "Shift"),
    "leader": ("值班长", "Duty leader"),
    "next_shift": ("接班班次", "Next shift"),
    "next_leader": ("接班值班长", "Next duty leader"),
    "drafted": ("情况截至", "Facts are of"),
    "status": ("状态", "Status"),
    "version": ("版本", "Version"),
    "alerts": ("告警统计", "Alerts in numbers"),
    "raised": ("新增告警", "Alerts raised"),
    "cleared": ("解除告警", "Alerts cleared"),
    "active": ("仍在持续", "Still active"),
    "n_raised": ("新增", "Raised"),
    "n_cleared": ("解除", "Cleared"),
    "n_active": ("持续", "Active"),
    "suppressed": ("新增告警中 {} 条被抑制，未提示值班员。",
                   "Of the alerts raised, {} were suppressed: nobody was told."),
    "unacknowledged": ("未确认告警", "Not acknowledged"),
    "shelved": ("搁置告警", "Shelved alerts"),
    "expiring": ("下一班次内到期的搁置", "Shelved, back in the next shift"),
    "incidents_open": ("在办事件", "Open incidents"),
    "offline": ("离线设备", "Devices not heard"),
    "cases_due": ("到期及超期案卷", "Cases due or late"),
    "cases_late": ("超期案卷", "Cases late"),
    "per_ten": ("每人每10分钟告警", "Alarms per operator, 10 min"),
    "priority": ("级别", "Priority"),
    "domain": ("领域", "Domain"),
    "total": ("合计", "Total"),
    "told": ("应确认", "To acknowledge"),
    "acknowledged": ("已确认", "Acknowledged"),
    "median": ("确认用时中位数", "Median wait"),
    "longest": ("最长用时", "Longest wait"),
    "waits": ("告警确认", "How alerts were acknowledged"),
    "load": ("告警负荷（EEMUA 191、ISA-18.2）", "Alarm load (EEMUA 191, ISA-18.2)"),
    "figure": ("指标", "Figure"),
    "value": ("数值", "Value"),
    "target": ("目标", "Target"),
    "worst_ten": ("最忙10分钟每人", "Per operator, worst 10 min"),
    "acceptable": ("可接受时段占比", "Periods that are acceptable"),
    "floods": ("告警洪泛次数", "Alarm floods"),
    "flood_share": ("洪泛时间占比", "Time in flood"),
    "chattering": ("抖动告警", "Chattering alarms"),
    "stale": ("陈旧告警（超过24小时）", "Stale alarms (over 24 h)"),
    "at_most": ("不超过 {}", "at most {}"),
    "plot_hours": ("告警负荷：每小时新增告警", "Alarm load: alerts raised per hour"),
    "plot_days": ("告警负荷：每日新增告警", "Alarm load: alerts raised per day"),
    "plot_domains": ("各领域新增告警", "Alerts raised by domain"),
    "plot_stages": ("各阶段在办案卷", "Open cases by stage"),
    "acceptable_line": ("可接受：每人每小时 6 条", "acceptable: 6 per operator and hour"),
    "acceptable_line_day": ("可接受：每人每日 144 条", "acceptable: 144 per operator and day"),
    "in_time": ("未超期", "In time"),
    "late": ("超期", "Late"),
    "incident": ("事件", "Incident"),
    "place": ("点位", "Place"),
    "opened": ("发生时间", "Since"),
    "alerts_active": ("告警（持续）", "Alerts (active)"),
    "crews": ("队伍", "Crews"),
    "message": ("内容", "Message"),
    "owner": ("负责人", "Owner"),
    "until": ("至", "Until"),
    "by": ("操作人", "By"),
    "reason": ("原因", "Reason"),
    "case": ("案卷号", "Case"),
    "category": ("类别", "Category"),
    "department": ("责任单位", "Department"),
    "stage": ("阶段", "Stage"),
    "due": ("到期", "Due"),
    "supervised": ("督办", "supervised"),
    "device": ("设备", "Device"),
    "device_name": ("名称", "Name"),
    "newest": ("最后数据", "Last heard"),
    "never": ("从未上报", "never"),
    "more_devices": ("另有 {} 台离线设备未列出", "and {} more devices that are not heard"),
    "crew": ("队伍", "Crew"),
    "since": ("自", "Since"),
    "sent_by": ("派遣人", "Sent by"),
    "subject": ("对象", "Subject"),
    "from": ("自", "From"),
    "work": ("案卷与调度", "Cases and dispatch"),
    "cases_opened": ("新增案卷", "Cases reported"),
    "cases_closed": ("结案", "Cases closed"),
    "cases_in_time": ("其中未超期", "Of these never late"),
    "incidents_opened": ("新增事件", "Incidents opened"),
    "incidents_closed": ("办结事件", "Incidents closed"),
    "assignments": ("派遣队伍", "Crews sent"),
    "accepted": ("接单用时中位数", "Median time to accept"),
    "escalations": ("超时升级", "Escalations"),
    "none": ("无", "None"),
    "none_open": ("没有", "None."),
    "signatures": ("签字", "Signatures"),
    "name": ("姓名", "Name"),
    "time": ("时间", "Time"),
    "unsigned": ("未签字", "not signed"),
    "of_what": ("SHA-256 为签字内容的摘要，内容存于数据库，签字后不再改变。",
                "SHA-256 is of the content that was signed; it is kept in the database and never "
                "changes once both have signed."),
    "draft_note": ("草稿：未经双方签字，不作为交接依据。",
                   "A draft: it counts only once both have signed."),
    "scores": ("各单位案卷考核", "Scores of departments"),
    "score_filing": ("立案率", "Filing"),
    "score_on_time": ("按时结案率", "On time"),
    "score_overdue": ("超期率", "Overdue"),
    "score_rework": ("返工率", "Rework"),
    "score_at_once": ("一次办结率", "At once"),
    "unfinished": ("该时段尚未结束，数字截至生成之时。",
                   "This period is not over; the numbers are up to when this was made."),
    "source": ("数字取自数据库，与 ioc alerts figures、ioc cases 同一来源；时间为北京时间。",
               "Numbers are those of the database, as in ioc alerts figures and ioc cases; "
               "times are of Beijing."),
    "minutes": ("{} 分钟", "{} min"),
    "seconds": ("{} 秒", "{} s"),
    "hours": ("{} 小时", "{} h"),
}  # fmt: skip

DOMAINS: Final[Mapping[str, tuple[str, str]]] = {
    "water": ("水务", "Water"), "air": ("大气", "Air"), "traffic": ("交通", "Traffic"),
    "camera": ("视频", "Video"),
}  # fmt: skip

STAGES: Final[Mapping[str, tuple[str, str]]] = {
    "collection": ("信息采集", "Collection"), "filing": ("案卷建立", "Filing"),
    "dispatch": ("任务派遣", "Dispatch"), "handling": ("任务处理", "Handling"),
    "feedback": ("处理反馈", "Feedback"), "verification": ("核查结案", "Verification"),
}  # fmt: skip

SCOPES: Final[Mapping[str, tuple[str, str]]] = {
    "datastream": ("测点", "datastream"), "device": ("设备", "device"),
    "gateway": ("网关", "gateway"), "place": ("点位", "place"), "town": ("镇街", "town"),
    "rule": ("规则", "rule"),
}  # fmt: skip


def word(key: str, lang: Lang, *values: object) -> str:
    """Return a word, with values in its braces.

    >>> word("at_most", "en", 1)
    'at most 1'
    """
    return pick(WORDS[key], lang).format(*values)


def pick(pair: tuple[str, str], lang: Lang) -> str:
    """Return the text of a language; the other one where there is none."""
    zh, en = pair
    return (zh or en) if lang == "zh" else (en or zh)


def duration(seconds: float | None, lang: Lang) -> str:
    """Return a length of time as people say it.

    >>> [duration(one, "en") for one in (None, 42.4, 150, 7300)]
    ['–', '42 s', '2.5 min', '2.0 h']
    """
    if seconds is None:
        return "–"
    if seconds < 60:
        return word("seconds", lang, f"{seconds:.0f}")
    if seconds < 3600:
        return word("minutes", lang, f"{seconds / 60:.1f}")
    return word("hours", lang, f"{seconds / 3600:.1f}")
