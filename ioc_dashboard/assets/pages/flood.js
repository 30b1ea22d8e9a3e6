// 防汛: levels of both regimes, underpasses, pumps, sluices, rain, and a river along its course.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const PAGE = "flood";
  const TURN_S = 20; // a river is looked at so long
  let part = null;
  let river = 0;
  let seconds = 0;

  const number = (value, digits) => (value === null ? "—" : value.toFixed(digits));
  const signed = (value) => (value === null ? "—" : `${value > 0 ? "+" : ""}${value.toFixed(2)}`);

  function sign(cell, priority) {
    if (cell.dataset.priority === String(priority)) return;
    cell.dataset.priority = priority;
    cell.replaceChildren(...(priority ? [ioc.prioritySign(priority)] : []));
  }

  function named(cell, line) {
    ioc.text(cell, ioc.pick([line.zh, line.en]));
    cell.title = cell.textContent;
  }

  const grade = ({ level_m, warning_m, guaranteed_m }) =>
    level_m === null ? 0 : guaranteed_m !== null && level_m >= guaranteed_m ? 1 : level_m >= warning_m ? 2 : 0;

  function fillLevel(row, line) {
    const names = ["sign-cell", "name", "number", "side margin", "side rate"];
    const [mark, name, level, over, rate] = ioc.cells(row, names);
    const worst = grade(line);
    row.dataset.slot = line.slot;
    sign(mark, worst);
    named(name, line);
    if (line.level_m === null) {
      ioc.text(level, ioc.say("flood.unknown"));
      ioc.age(over, line.newest_ms);
    } else {
      delete over.dataset.since;
      ioc.text(level, number(line.level_m, 2));
      const limit = worst === 1 ? line.guaranteed_m : line.warning_m;
      const word = worst ? `${ioc.say(worst === 1 ? "flood.over_guaranteed" : "flood.over_warning")} ` : "";
      ioc.text(over, word + signed(line.level_m - limit));
    }
    ioc.text(rate, `${signed(line.rate_m_h)} m/h`);
  }

  const levels = ["tongnan", "lixiahe"].map((regime) => [
    regime,
    ioc.rows(`flood-${regime}-list`, `flood-${regime}-more`, fillLevel),
  ]);

  const underpasses = ioc.rows("flood-underpasses-list", "flood-underpasses-more", (row, line) => {
    const names = ["sign-cell", "name", "side seeing", "number", "side state"];
    const [mark, name, seeing, depth, state] = ioc.cells(row, names);
    row.dataset.slot = line.slot;
    sign(mark, { closed: 1, caution: 3 }[line.state] || 0);
    named(name, line);
    ioc.text(seeing, line.seeing ? ioc.say("flood.seeing", { n: line.seeing }) : "");
    ioc.text(depth, line.depth_m === null ? "—" : `${line.depth_m.toFixed(2)} m`);
    if (line.state === "unknown") ioc.age(state, line.newest_ms);
    else {
      delete state.dataset.since;
      ioc.text(state, ioc.say(`flood.${line.state}`));
    }
  });

  const alerts = ioc.rows("flood-alerts-list", "flood-alerts-more", (row, line) => {
    const [mark, name, age] = ioc.cells(row, ["sign-cell", "name", "side age"]);
    row.dataset.alertId = line.id;
    sign(mark, line.priority);
    named(name, line);
    ioc.age(age, line.raised_ms);
  });

  const pumps = ioc.rows("flood-pumps-list", "flood-pumps-more", (row, line) => {
    const [name, running, power] = ioc.cells(row, ["name", "side", "number"]);
    row.dataset.slot = line.slot;
    named(name, line);
    if (!line.known) ioc.age(running, line.newest_ms);
    else {
      delete running.dataset.since;
      const missing = line.sets - line.known;
      const words = ioc.say("flood.running", { n: line.running, all: line.known });
      ioc.text(running, missing ? `${words} · ${ioc.say("flood.sets_unknown", { n: missing })}` : words);
    }
    ioc.text(power, line.power_kw === null ? "—" : `${line.power_kw.toFixed(0)} kW`);
  });

  const sluices = ioc.rows("flood-sluices-list", "flood-sluices-more", (row, line) => {
    const [name, both] = ioc.cells(row, ["name", "number"]);
    row.dataset.slot = line.up_slot;
    named(name, line);
    ioc.text(both, `${number(line.up_m, 2)} / ${number(line.down_m, 2)} m`);
  });

  const rain = ioc.rows("flood-rain-list", "flood-rain-more", (row, line) => {
    const names = ["name", "side reached", "number h1", "number h3", "number h6", "number h24"];
    const [name, reached, hour, three, six, day] = ioc.cells(row, names);
    row.dataset.slot = line.slot;
    named(name, line);
    ioc.text(reached, line.reached ? ioc.say(`flood.reached_${line.reached}`) : "");
    ioc.text(hour, number(line.hour_mm, 1));
    [three, six, day].forEach((cell, at) => ioc.text(cell, number(line.sums_mm[[0, 1, 3][at]], 1)));
  });

  function svg(tag, attributes, text) {
    const one = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value);
    if (text !== undefined) one.textContent = text;
    return one;
  }

  // Margins to the warning, not levels: it is what can be read from afar, and the zero line is the
  // same for all stations of a course.
  function profile() {
    const box = ioc.at("flood-course");
    const course = part.rivers[river % Math.max(part.rivers.length, 1)];
    if (!course || !box.clientWidth || !box.clientHeight) return;
    const [w, h] = [box.clientWidth, box.clientHeight];
    const em = parseFloat(getComputedStyle(box).fontSize);
    const drawing = svg("svg", { width: w, height: h, role: "img", "aria-label": ioc.say("flood.profile") });
    const stations = course.stations.map((at) => part.levels[at]);
    const margins = stations.map((one) => (one.level_m === null ? null : one.level_m - one.warning_m));
    const known = margins.filter((one) => one !== null);
    const top = Math.max(0.3, ...known) + 0.1;
    const low = Math.min(-0.3, ...known) - 0.1;
    const y = (m) => 1.8 * em + ((top - m) / (top - low)) * (h - 4.4 * em);
    const x = (at) => ((at + 0.5) * w) / stations.length;
    drawing.append(svg("line", { x1: 0, x2: w, y1: y(0), y2: y(0), class: "limit" }));
    drawing.append(svg("text", { x: 4, y: y(0) - 0.3 * em, class: "small" }, ioc.say("flood.warning_line")));
    for (let at = 1; at < stations.length; at += 1) {
      if (margins[at - 1] === null || margins[at] === null) continue; // a gap is a gap
      const ends = { x1: x(at - 1), y1: y(margins[at - 1]), x2: x(at), y2: y(margins[at]) };
      drawing.append(svg("line", { ...ends, class: "water" }));
    }
    stations.forEach((one, at) => {
      const margin = margins[at];
      const middle = { x: x(at), "text-anchor": "middle" };
      if (margin !== null) {
        drawing.append(svg("circle", { cx: x(at), cy: y(margin), r: 0.35 * em, class: `at g${grade(one)}` }));
        drawing.append(svg("text", { ...middle, y: y(margin) - 0.7 * em }, `${one.level_m.toFixed(2)} (${signed(margin)})`));
      } else drawing.append(svg("text", { ...middle, y: y(0) + 1.4 * em, class: "small" }, ioc.say("flood.unknown")));
      const name = ioc.pick([one.zh, one.en]);
      const most = Math.floor(w / stations.length / em / (/[a-z]/.test(name) ? 0.58 : 1.05));
      const label = svg("text", { ...middle, y: h - 0.6 * em, class: "small" }, name.length > most ? `${name.slice(0, most - 1)}…` : name);
      label.append(svg("title", {}, name));
      drawing.append(label);
    });
    box.replaceChildren(drawing);
    ioc.note("flood-profile", `${(river % part.rivers.length) + 1}/${part.rivers.length}`);
  }

  function show() {
    if (!part || !ioc.atlas || !ioc.isShown(PAGE)) return;
    for (const [regime, list] of levels)
      list.show(part.levels.filter((one) => one.regime === regime).map((one) => ({ key: one.slot, ...one })));
    underpasses.show(part.underpasses.map((one) => ({ key: one.slot, ...one })));
    alerts.show(part.alerts.map((one) => ({ key: one.id, ...one })));
    pumps.show(part.pumps.map((one) => ({ key: one.place, ...one })));
    sluices.show(part.sluices.map((one) => ({ key: one.place, ...one })));
    rain.show(part.rain.map((one) => ({ key: one.slot, ...one })));
    for (const [regime] of levels) ioc.note(`flood-${regime}`, ioc.say("flood.columns"));
    ioc.note("flood-alerts", String(part.alerts_total));
    const until = part.rain_until_ms;
    const time = until === null ? "—" : new Date(until).toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false });
    ioc.note("flood-rain", ioc.say("flood.until", { time }));
    ioc.at("flood-rain").querySelector(".note").title = ioc.say("flood.rain_how");
    profile();
  }

  ioc.on(`section:${PAGE}`, (data) => {
    part = data;
    show();
  });
  ioc.on("tick", () => {
    seconds += 1;
    if (seconds % TURN_S || !part || !ioc.isShown(PAGE)) return;
    river = (river + 1) % Math.max(part.rivers.length, 1);
    profile();
  });
  ioc.on("page", () => {
    river = 0; // the worst first
    show();
  });
  ioc.on("scenario", () => {
    river = 0;
    show();
  });
  ioc.on("language", show);
})();
