// An alert's life: what the rule saw at each step, and what people did.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});

  // What a station or a rule calls a limit.
  ioc.limitName = (name) =>
    name === "rule" ? "" : ioc.hasWord(`behind.limit_${name}`) ? ioc.say(`behind.limit_${name}`) : name;

  const number = (value, unit) => `${Number(value.toPrecision(6))}${unit ? ` ${unit}` : ""}`;

  // What was held against which limit.
  function seen(evidence) {
    const told = [];
    if (evidence.result !== null) told.push(`${ioc.say("behind.result")} ${number(evidence.result, evidence.unit)}`);
    const unit = evidence.value_unit || evidence.unit;
    if (evidence.value != null && evidence.value !== evidence.result)
      told.push(`${ioc.say("behind.value")} ${number(evidence.value, unit)}`);
    if (evidence.limit !== null) {
      const named = ioc.limitName(evidence.limit_name);
      told.push(`${ioc.say("limit")} ${number(evidence.limit, unit)}${named ? ` (${named})` : ""}`);
    }
    if (evidence.result !== null) told.push(ioc.say(`behind.quality_${evidence.quality}`));
    if (evidence.on_delay_us) told.push(ioc.say("behind.on_delay", { n: ioc.span(evidence.on_delay_us / 1000) }));
    if (evidence.off_delay_us > 0) told.push(ioc.say("behind.off_delay", { n: ioc.span(evidence.off_delay_us / 1000) }));
    return told.join(" · ");
  }

  function entry(step) {
    const item = ioc.make("li", "step");
    const head = ioc.make("div", "head");
    head.append(ioc.make("span", "at", ioc.dayAndTime(step.time_ms)), ioc.make("b", "", ioc.say(`behind.${step.kind}`)));
    if (step.severity) {
      const at = ioc.atlas.priorities.findIndex((one) => one.colour === step.severity);
      const { zh, en } = ioc.atlas.priorities[at];
      head.append(ioc.prioritySign(at + 1), ioc.make("span", "", ioc.pick([zh, en])));
    }
    if (step.actor) head.append(ioc.make("span", "", step.actor));
    const reason = step.evidence && step.reason ? ioc.say(`behind.because_${step.reason}`) : step.reason;
    if (reason) head.append(ioc.make("span", "", reason));
    item.append(head);
    if (step.evidence) {
      const version = ioc.say("behind.rule_version", { n: step.rule_version });
      item.append(ioc.make("div", "seen", [seen(step.evidence), version].filter(Boolean).join(" · ")));
      for (const one of step.evidence.inputs || [])
        item.append(ioc.make("div", "seen", `${one.name} = ${one.result === null ? "—" : number(one.result)} · ${one.datastream}`));
    }
    return item;
  }

  // What is behind the alert of an element; null where nothing is known.
  ioc.alertBehind = async ({ dataset }) => {
    // An alert of a drill is none: what it would have been about is shown instead.
    const found = await ioc.readBehind(`/wall/alert?id=${encodeURIComponent(dataset.alertId)}`);
    const about = await ioc.datastreamBehind(found ? found.slot : Number(dataset.slot));
    if (!found) return about;
    return {
      fill() {
        const life = ioc.make("ol", "life");
        life.append(...[...found.life].reverse().map(entry));
        const facts = [
          `${ioc.say("behind.rule")} ${found.rule} v${found.rule_version}`,
          found.subject,
          found.owner && `${ioc.say("behind.owner")} ${found.owner}`,
          found.plan && `${ioc.say("behind.plan")} ${found.plan}`,
        ];
        return [
          ioc.make("h2", "", ioc.pick(found.message)),
          ioc.make("p", "note", facts.filter(Boolean).join(" · ")),
          life,
          ...(about ? about.fill() : []),
        ];
      },
      close: () => about?.close(),
    };
  };
  ioc.behind("[data-alert-id]", ioc.alertBehind);
})();
