// What is behind the selected row: the alert's life and readings, what stands beside it, what can be
// done. Read when it is selected, and again when it has changed.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const LATER_MS = 120; // who walks down the list does not wait for each
  let shown = null; // {row, context, evidence} or {row, incident}
  let asked = 0;
  let later = null;

  ioc.shown = () => shown;

  const read = async (path) => {
    try {
      return await ioc.readBehind(path);
    } catch {
      return null;
    }
  };

  const heading = (name) => ioc.make("h3", "", ioc.say(name));
  const measured = (value, of) => (value == null ? "—" : `${value.toFixed(of.decimals)}${of.symbol ? ` ${of.symbol}` : ""}`);

  function button(word, key, act, isOn = true) {
    const one = ioc.make("button", "act");
    one.type = "button";
    one.disabled = !isOn;
    one.append(ioc.make("span", "", ioc.say(word)));
    if (key) one.append(ioc.make("kbd", "", key));
    one.addEventListener("click", act);
    one.dataset.act = word;
    return one;
  }

  // -- an alert

  function actions({ alert, rights }) {
    const bar = ioc.make("div", "actions");
    if (!rights.handle) {
      bar.append(ioc.make("p", "note", ioc.say("console.only_look")));
      return bar;
    }
    const isActive = alert.active !== false;
    const isShelved = alert.shelved_until_ms !== undefined;
    bar.append(button("console.acknowledge", "A", ioc.doAcknowledge, !alert.acknowledged));
    if (alert.acknowledged) bar.append(button("console.unacknowledge", "", () => ioc.askText(alert, "unacknowledge")));
    bar.append(
      isShelved
        ? button("console.unshelve", "S", ioc.doShelve)
        : button("console.shelve", "S", ioc.doShelve, isActive),
      button("console.comment", "C", () => ioc.askText(alert, "comment", "console.comment")),
      button("console.verdict", "V", () => ioc.askVerdict(alert)),
    );
    if (alert.returned && isActive) bar.append(button("console.reset", "", () => ioc.askText(alert, "reset")));
    const note = ioc.make("p", "state-note");
    const said = [
      alert.acknowledged ? ioc.say("console.taken_by", { who: alert.acknowledged_by, owner: alert.owner }) : ioc.say("unacknowledged"),
      isShelved ? ioc.say("console.shelved_until", { t: ioc.timeOfDay(alert.shelved_until_ms), who: alert.shelved_by }) : "",
      alert.verdict ? ioc.say(`console.verdict_${alert.verdict}`) : "",
    ];
    ioc.text(note, said.filter(Boolean).join(" · "));
    bar.append(note);
    return bar;
  }

  function record({ record }) {
    const box = ioc.make("section", "record");
    box.append(heading("console.similar"));
    box.append(ioc.make("p", "note", record.total ? ioc.say("console.similar_sum", { n: record.total, true: record.true, false: record.false }) : ioc.say("console.similar_none")));
    const rows = ioc.make("ol");
    for (const one of record.before) {
      const item = ioc.make("li");
      const colour = ["red", "orange", "yellow", "blue"].indexOf(one.severity) + 1;
      const lasted = one.cleared_us === null ? "" : ioc.span((one.cleared_us - one.raised_us) / 1000);
      item.append(ioc.prioritySign(colour, one.cleared_us !== null), ioc.make("span", "", ioc.dayAndTime(one.raised_us / 1000)), ioc.make("span", "", lasted));
      item.append(ioc.make("b", "", one.verdict ? ioc.say(`console.verdict_${one.verdict}`) : ioc.say("console.verdict_none")));
      if (one.verdict_reason) item.append(ioc.make("span", "why", `${one.verdict_by}: ${one.verdict_reason}`));
      rows.append(item);
    }
    box.append(rows);
    return box;
  }

  function neighbours({ neighbours }) {
    const box = ioc.make("section", "neighbours");
    box.append(heading("console.neighbours"));
    if (!neighbours.length) box.append(ioc.make("p", "note", ioc.say("console.neighbours_none")));
    const table = ioc.make("table");
    for (const one of neighbours) {
      const row = table.insertRow();
      row.dataset.near = one.slot;
      row.insertCell().textContent = one.km ? `${ioc.pick(one.device)} · ${ioc.pick(one.observed)}` : ioc.pick(one.observed);
      row.insertCell().textContent = one.km ? `${one.km.toFixed(1)} km` : ioc.say("console.here");
      row.insertCell().className = "value";
      row.insertCell().className = "age";
      row.dataset.of = JSON.stringify({ decimals: one.decimals, symbol: one.symbol });
    }
    box.append(table);
    return box;
  }

  function showValues() {
    for (const row of document.querySelectorAll("[data-near]")) {
      const slot = Number(row.dataset.near);
      const time = ioc.values.time_ms[slot];
      const quality = ioc.values.quality[slot];
      ioc.text(row.cells[2], measured(ioc.values.result[slot], JSON.parse(row.dataset.of)));
      row.dataset.good = quality === 0;
      const doubt = quality ? ` · ${ioc.say(`behind.quality_${quality}`)}` : "";
      ioc.text(row.cells[3], time === undefined ? ioc.say("never") : ioc.ago(time) + doubt);
    }
  }

  function picture({ picture }) {
    if (!picture) return [];
    const box = ioc.make("section", "picture");
    box.append(heading("console.picture"));
    const image = ioc.make("img");
    image.src = `/wall/snapshot/${encodeURIComponent(picture.gateway)}/${encodeURIComponent(picture.snapshot)}`;
    image.alt = `${picture.device} ${ioc.dayAndTime(picture.time_us / 1000)}`;
    box.append(image, ioc.make("p", "note", `${picture.device} · ${ioc.dayAndTime(picture.time_us / 1000)} · ${ioc.ago(picture.time_us / 1000)}`));
    return [box];
  }

  async function showAlert(row, mine) {
    const context = await read(`/console/alert?id=${row.id}`);
    if (mine !== asked) return;
    if (!context) return away();
    const isSame = shown && shown.row.id === row.id;
    if (!isSame) shown?.evidence?.close?.();
    shown = { row, context, evidence: isSame ? shown.evidence : null };
    ioc.wish({ watch: [row.slot, ...context.neighbours.map((one) => one.slot)] });
    draw();
    const evidence = await ioc.alertBehind({ dataset: { alertId: row.id, slot: row.slot } }).catch(() => null);
    if (mine !== asked || !evidence) return evidence?.close?.();
    if (shown.evidence) shown.evidence.close?.();
    shown.evidence = evidence;
    drawEvidence();
  }

  function drawEvidence() {
    const box = ioc.at("detail").querySelector(".behind");
    if (box && shown && shown.evidence) box.replaceChildren(...shown.evidence.fill().slice(1));
  }

  // -- an incident

  async function showIncident(row, mine) {
    const told = await read(`/console/incident?id=${row.id}`);
    if (mine !== asked) return;
    if (!told) return away();
    shown?.evidence?.close?.();
    shown = { row, incident: told };
    draw();
  }

  function drawIncident({ incident, members, happened }) {
    const nodes = [ioc.make("h2", "", incident.title || `${ioc.say("console.incident")} · ${ioc.pick(incident.place)}`)];
    nodes.push(ioc.make("p", "note", [ioc.pick(incident.town), ioc.pick(incident.place), ioc.say("console.waiting_of", { n: incident.unacknowledged, of: incident.alerts })].filter(Boolean).join(" · ")));
    const bar = ioc.make("div", "actions");
    if (ioc.me && ioc.me.handle)
      bar.append(
        button("console.acknowledge_all", "A", ioc.doAcknowledge, incident.unacknowledged > 0),
        button("console.close_incident", "", () => askIncident("close"), !members.some((one) => one.active !== false)),
      );
    nodes.push(bar, heading("console.members"));
    const rows = ioc.make("ol", "members");
    for (const one of members) {
      const item = ioc.make("li");
      item.append(ioc.prioritySign(one.priority, one.active === false), ioc.make("span", "", ioc.pick([one.zh, one.en])), ioc.make("b", "", ioc.say(one.active === false ? "cleared" : one.acknowledged ? "acknowledged" : "unacknowledged")));
      rows.append(item);
    }
    nodes.push(rows, heading("console.happened"));
    const past = ioc.make("ol", "past");
    for (const one of happened) past.append(ioc.make("li", "", [ioc.dayAndTime(one.time_ms), ioc.pick(one.told), one.actor === "rules" ? ioc.say("console.by_itself") : one.actor, one.alerts ? ioc.say("open_count", { n: one.alerts }) : "", one.reason].filter(Boolean).join(" · ")));
    nodes.push(past);
    return nodes;
  }

  function askIncident(what) {
    const { incident } = shown.incident;
    ioc.ask({
      title: ioc.say(`console.${what}_incident`),
      fields: [{ name: "text", label: ioc.say("console.reason"), kind: "long", most: 500 }],
      submit: ioc.say(`console.${what}_incident`),
      send: async ({ text }, where) => (await ioc.command("/console/incidents", { do: what, incident: incident.id, seen: incident.version, text }, where)).ok,
    });
  }

  // -- both

  function draw() {
    if (!shown) return;
    const pane = ioc.at("detail");
    const beside = ioc.at("beside");
    const crews = ioc.crewsPart(shown.incident ? { incident: shown.row.id } : { alert: shown.row.id });
    if (shown.incident) {
      pane.replaceChildren(...drawIncident(shown.incident));
      beside.replaceChildren(crews);
      pane.dataset.shown = shown.row.id;
      return;
    }
    const { context } = shown;
    const { alert } = context;
    const evidence = ioc.make("div", "behind");
    const facts = [ioc.pick(alert.town), ioc.pick(alert.place), ioc.say(alert.domain), ioc.say("console.raised_at", { t: ioc.dayAndTime(alert.raised_ms) })];
    const title = ioc.make("h2");
    title.append(ioc.prioritySign(alert.priority, alert.active === false), ioc.say(`console.p${alert.priority}`), " · ", ioc.pick([alert.zh, alert.en]));
    pane.replaceChildren(title, ioc.make("p", "note", facts.filter(Boolean).join(" · ")), actions(context), evidence);
    pane.dataset.shown = alert.id;
    pane.dataset.handled = alert.handled;
    beside.replaceChildren(crews, record(context), neighbours(context), ...picture(context));
    drawEvidence();
    showValues();
  }

  function away() {
    ioc.at("detail").replaceChildren(ioc.make("p", "note", ioc.say("console.refused_away")));
    ioc.at("beside").replaceChildren();
  }

  function look(row) {
    const mine = ++asked;
    if (row.kind === "gone") return;
    return row.kind === "incident" ? showIncident(row, mine) : showAlert(row, mine);
  }

  ioc.on("selected", (row) => {
    clearTimeout(later);
    later = setTimeout(() => look(row), LATER_MS);
  });

  // The row that is shown has changed: what is behind it is read anew.
  ioc.on("changed", (row) => {
    if (!shown || shown.row.id !== row.id) return;
    const mark = (one) => [one.handled, one.version, one.alerts, one.unacknowledged, one.incident, JSON.stringify((one.crews || []).map((c) => [c.crew, c.version]))].join();
    if (mark(shown.row) === mark(row)) return;
    shown.row = row;
    // What is done next names what the row says, not what was read before.
    if (shown.context) shown.context.alert = row;
    clearTimeout(later);
    later = setTimeout(() => look(row), LATER_MS);
  });
  ioc.on("values", showValues);
  ioc.on("tick", showValues);
  ioc.on("language", draw);
  ioc.on("charts", drawEvidence);

  // -- what keys do with what is selected, whether or not all that is behind it was read yet

  // The selected alert, if it may be handled as far as is known here; the server knows.
  function alert() {
    const row = ioc.selected();
    if (!row || row.kind !== "alert" || !ioc.me?.handle) return null;
    const isRefused = shown?.row.id === row.id && shown.context && !shown.context.rights.handle;
    return isRefused ? null : row;
  }

  ioc.doAcknowledge = async function () {
    const row = ioc.selected();
    if (row?.kind === "incident" && ioc.me?.handle) {
      const told = await read(`/console/incident?id=${row.id}`);
      if (told && !ioc.isAsking()) ioc.askAcknowledge(told.members, row.id);
      return;
    }
    const one = alert();
    if (one) ioc.askAcknowledge([one], one.incident || "");
  };
  ioc.doShelve = function () {
    const one = alert();
    if (!one) return;
    if (one.shelved_until_ms !== undefined) ioc.askText(one, "unshelve");
    else if (one.active !== false) ioc.askShelve(one, ioc.me.shelve_minutes[one.priority - 1]);
  };
  ioc.doComment = () => alert() && ioc.askText(alert(), "comment", "console.comment");
  ioc.doVerdict = () => alert() && ioc.askVerdict(alert());
})();
