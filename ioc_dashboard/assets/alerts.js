// The alert list. A row is made once and then only changed: it moves when its place in the order
// changes and never otherwise. `window.iocPainted[id]` is when a row was first painted (epoch ms).
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  window.iocPainted = window.iocPainted || {};
  const REMEMBER_PAINTED = 500;
  const rows = new Map(); // alert id → its element
  let alerts = null;

  function number(value, property) {
    const { decimals, symbol } = ioc.atlas.properties[property];
    return `${value.toFixed(decimals)}${symbol ? " " + symbol : ""}`;
  }

  function make(line) {
    const row = ioc.make("li", "alert");
    row.dataset.alertId = line.id;
    row.tabIndex = 0;
    row.append(
      ioc.make("div", "mark"),
      ioc.make("div", "message"),
      ioc.make("div", "age"),
      ioc.make("div", "reason"),
      ioc.make("div", "state"),
    );
    return row;
  }

  function fill(row, line) {
    const priority = ioc.atlas.priorities[line.priority - 1];
    const zh = ioc.language === "zh";
    row.dataset.version = line.version;
    row.dataset.handled = line.handled;
    row.dataset.priority = line.priority;
    row.dataset.state = line.active ? "active" : "cleared";
    row.dataset.acknowledged = line.acknowledged;
    row.dataset.drill = line.drill;
    row.dataset.since = line.active ? line.raised_ms : line.cleared_ms;
    const [mark, message, , reason, state] = row.children;
    mark.replaceChildren(
      ioc.prioritySign(line.priority, !line.active),
      ioc.make("span", "word", zh ? priority.zh : priority.en),
    );
    message.replaceChildren(
      ...(line.drill ? [ioc.make("span", "drill", ioc.say("drill"))] : []),
      zh ? line.zh : line.en,
    );
    message.title = message.textContent;
    // The message names the place; what it does not say is in which town that is.
    const town = ioc.pick(ioc.atlas.towns[ioc.placeOf(line.slot).town].name);
    const property = ioc.atlas.datastreams.property[line.slot];
    // What raised it stands in the message; beside it what is measured now, with its own age.
    row.dataset.slot = line.slot;
    row.dataset.property = property;
    const limit = line.limit === null ? "" : `${ioc.say("limit")} ${number(line.limit, property)}`;
    reason.replaceChildren(
      ioc.make("span", "present"),
      ioc.make("span", "why", limit),
      ioc.make("span", "where", town),
    );
    const taken = line.drill ? "drill_only" : line.acknowledged ? "acknowledged" : "unacknowledged";
    const flaps = line.flapping ? `${ioc.say("flapping")} · ` : "";
    ioc.text(state, flaps + ioc.say(line.active ? taken : "cleared"));
    tick(row);
  }

  function tick(row) {
    const span = ioc.span(ioc.now() - Number(row.dataset.since));
    const isActive = row.dataset.state === "active";
    const result = ioc.values.result[row.dataset.slot];
    const heard = ioc.values.time_ms[row.dataset.slot];
    const present =
      result == null || heard === undefined
        ? ""
        : `${ioc.say("now")} ${number(result, row.dataset.property)} · ${ioc.ago(heard)}`;
    ioc.text(row.querySelector(".present"), present);
    ioc.text(row.children[2], isActive ? span : ioc.say("ago", { n: span }));
  }

  // As many rows as fit, whole ones only.
  function capacity(list) {
    const height = parseFloat(getComputedStyle(list).getPropertyValue("--row"));
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    return Math.max(1, Math.floor((list.clientHeight + 1) / (height * rem)));
  }

  function show() {
    if (!alerts || !ioc.atlas) return;
    const list = ioc.at("alert-list");
    const lines = alerts.lines.slice(0, capacity(list));
    const kept = new Set(lines.map((line) => line.id));
    for (const [id, row] of rows) {
      if (kept.has(id)) continue;
      row.remove();
      rows.delete(id);
    }
    const fresh = [];
    lines.forEach((line, at) => {
      let row = rows.get(line.id);
      if (!row) {
        rows.set(line.id, (row = make(line)));
        fresh.push(line.id);
      }
      const { version, handled, words } = row.dataset;
      const told = version === String(line.version) && handled === String(line.handled);
      if (!told || words !== ioc.language) {
        fill(row, line);
        row.dataset.words = ioc.language;
      }
      if (list.children[at] !== row) list.insertBefore(row, list.children[at] || null);
    });
    const shownActive = lines.filter((line) => line.active && !line.drill).length;
    const hidden = alerts.total - shownActive;
    ioc.text("alert-more", hidden > 0 ? ioc.say("alerts_more", { n: hidden }) : "");
    ioc.text("drill-note", alerts.drills ? ioc.say("drill_count", { n: alerts.drills }) : "");
    ioc.text("alert-none", lines.length ? "" : ioc.say("alerts_none"));
    if (fresh.length) whenPainted(() => remember(fresh));
  }

  // The first callback runs before the frame with the row is painted, the second after it.
  const whenPainted = (then) => requestAnimationFrame(() => requestAnimationFrame(then));

  function remember(ids) {
    const painted = window.iocPainted;
    for (const id of ids) if (!(id in painted)) painted[id] = Date.now();
    const known = Object.keys(painted);
    for (const id of known.slice(0, Math.max(0, known.length - REMEMBER_PAINTED)))
      delete painted[id];
  }

  const keep = (frame) => {
    alerts = frame.alerts;
    show();
  };
  ioc.on("snapshot", keep);
  ioc.on("alerts", keep);
  ioc.on("language", show);
  ioc.on("tick", () => rows.forEach(tick));
  // The room for rows changes with the window and with the banner.
  ioc.watchAlertRoom = () => new ResizeObserver(show).observe(ioc.at("alert-list"));
})();
