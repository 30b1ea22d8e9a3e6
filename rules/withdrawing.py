"""The end of an alert that no rule watches any more: told from what was remembered alone."""

from __future__ import annotations

import math

from devices import PROPERTIES, Catalogue, Quality
from rules.alerts import Evidence, Severity, Transition, TransitionKind, alert_id
from rules.live import UNSET, Live
from rules.messages import WITHDRAWN, fill


def withdrawal(
    catalogue: Catalogue,
    rule: str,
    version: int,
    subject: str,
    live: Live,
    result: float,
    time_us: int,
    at_us: int,
) -> Transition:
    """Describe it.

    Args:
        catalogue: where names come from.
        rule: id of the rule that raised it.
        version: of that rule.
        subject: as the rule named it.
        live: its row.
        result: newest judged result of its datastream; NaN where there is none.
        time_us: when that was; `UNSET` where there is none.
        at_us: when it ends.
    """
    about = PROPERTIES[catalogue.datastreams[live.slot].observed_property]
    zh, en = fill(WITHDRAWN, catalogue, live.slot, "threshold", Severity.NONE, result=result)
    return Transition(
        alert=alert_id(rule, subject, live.raised_us),
        version=live.version + 1,
        kind=TransitionKind.WITHDRAWN,
        at_us=at_us,
        severity=Severity.NONE,
        rule=rule,
        rule_version=version,
        subject=subject,
        datastream=live.slot,
        domain=about.domain,
        raised_us=live.raised_us,
        first_exceeded_us=live.first_us,
        message_zh=zh,
        message_en=en,
        evidence=Evidence(
            result=result,
            phenomenon_time_us=0 if time_us == UNSET else time_us,
            limit=math.nan,
            limit_name="rule",
            off=math.nan,
            on_delay_us=0,
            off_delay_us=0,
            unit=about.unit,
            quality=int(Quality.GOOD),
            reason="rule",
        ),
    )
