// 总览: vital signs with their last day, against yesterday and last week; the towns; and what cases do.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const PAGE = "overview";
  const DECIMALS = { level_margin: 2, pm25_median: 0, speed_mean: 0, ponding: 0 };
  const UNITS = { level_margin: "m", pm25_median: "µg/m³", speed_mean: "km/h", ponding: "" };
  const SVG = "http://www.w3.org/2000/svg";
  let part = null;

  const signed = (value, decimals) => {
    const text = Math.abs(value).toFixed(decimals);
    return (Number(text) === 0 ? "±" : value > 0 ? "+" : "−") + text;
  };

  // A line of the last day: gaps stay gaps, the newest hour is a dot.
  function sparkline(values) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "sparkline");
    svg.setAttribute("viewBox", "0 0 100 24");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    const known = values.filter((one) => one !== null);
    if (!known.length) return svg;
    const low = Math.min(...known);
    const span = Math.max(...known) - low || 1;
    const at = (value, hour) =>
      `${((hour / (values.length - 1)) * 98 + 1).toFixed(1)},${(21 - ((value - low) / span) * 18).toFixed(1)}`;
    let run = [];
    const pieces = [];
    values.forEach((value, hour) => {
      if (value !== null) return run.push(at(value, hour));
      if (run.length) pieces.push(run);
      run = [];
    });
    if (run.length) pieces.push(run);
    for (const points of pieces) {
      const line = document.createElementNS(SVG, "polyline");
      // A single hour is a short stroke: a line of one point is not drawn.
      line.setAttribute("points", (points.length > 1 ? points : [points[0], points[0]]).join(" "));
      svg.append(line);
    }
    return svg;
  }

  function compared(word, before, now, id) {
    const box = ioc.make("span", "compared");
    const known = before !== null && now !== null;
    const text = known ? `${signed(now - before, DECIMALS[id])} ${UNITS[id]}`.trim() : ioc.say("overview.none");
    box.append(ioc.make("span", "side", ioc.say(word)), ioc.make("b", known ? "" : "none", text));
    return box;
  }

  function showSigns() {
    part.signs.forEach((sign, at) => {
      const box = ioc.at(`sign-${ioc.atlas.domains[at]}`);
      const now = sign.value.at(-1);
      const key = JSON.stringify([sign, ioc.language]);
      if (box.dataset.key === key) return;
      box.dataset.key = key;
      box.replaceChildren(
        sparkline(sign.value),
        compared("overview.yesterday", sign.yesterday, now, sign.id),
        compared("overview.last_week", sign.last_week, now, sign.id),
      );
    });
  }

  const towns = ioc.rows("town-ranking", "town-ranking-more", (row, line) => {
    const names = ["name", "level", "level", "level", "level", "side waiting", "side online"];
    const [name, ...rest] = ioc.cells(row, names);
    const online = rest.pop();
    const waiting = rest.pop();
    ioc.text(name, ioc.pick(ioc.atlas.towns[line.town].name));
    rest.forEach((cell, at) => {
      const key = `${line.open[at]}`;
      if (cell.dataset.key === key) return;
      cell.dataset.key = key;
      cell.className = `cell level ${line.open[at] ? `p${at + 1}` : "zero"}`;
      cell.replaceChildren(ioc.prioritySign(at + 1, !line.open[at]), ioc.make("b", "", key));
    });
    if (line.oldest_ms === null) {
      delete waiting.dataset.since;
      ioc.text(waiting, "");
    } else ioc.age(waiting, line.oldest_ms);
    ioc.text(online, `${line.devices - line.silent}/${line.devices}`);
    online.classList.toggle("missing", line.silent > 0);
  });

  // A calm list: a row is one case and what happened to it last, and stays while nothing does.
  const cases = ioc.rows("case-news", null, (row, line) => {
    const [mark, name, age, about, did] = ioc.cells(row, ["mark", "name", "side age", "side about", "did"]);
    if (line.outcome) ioc.mark(mark, 4, true, ioc.say(`dispatch.outcome_${line.outcome}`));
    else ioc.markLight(mark, line.light || "none");
    ioc.text(name, ioc.named(line.category, "dispatch.unknown_category"));
    name.title = name.textContent;
    ioc.age(age, line.changed_ms);
    ioc.text(about, ioc.whereOf(line.where));
    about.title = about.textContent;
    ioc.text(did, ioc.say(`dispatch.did_${line.happened}`));
    did.title = ioc.say(`dispatch.stage_${line.stage}`);
  });

  // Who is on duty, and until when; those beside the leader are told to whoever points at it.
  function showDuty() {
    const { shift, leader, people, until_ms: until } = part.duty || {};
    const who = part.duty ? `${ioc.say("overview.duty")} ${ioc.pick(shift)} ${ioc.pick(leader)}` : "";
    ioc.note("overview-towns", who);
    const note = ioc.at("overview-towns").querySelector(".note");
    if (!part.duty) return void (note.title = "");
    const next = ioc.say("overview.duty_until", { time: ioc.timeOfDay(until).slice(0, 5) });
    note.title = [...people.map((one) => ioc.pick(one)), next].join(" · ");
  }

  function showCases() {
    if (!part || !ioc.atlas || !ioc.isShown(PAGE)) return;
    ioc.noteAge("overview-cases", "", part.read_ms);
  }

  function show() {
    if (!part || !ioc.atlas || !ioc.isShown(PAGE)) return;
    showSigns();
    showDuty();
    towns.show(part.towns.map((one) => ({ key: one.town, ...one })));
    showCases();
    ioc.emptyList("case-news", part.read_ms === null ? "never" : part.cases.length ? "" : "overview.no_cases");
    cases.show(part.cases.map((one) => ({ key: one.id, ...one })));
  }

  ioc.on(`section:${PAGE}`, (data) => {
    part = data;
    show();
  });
  ioc.on("page", show);
  ioc.on("language", show);
  ioc.on("tick", showCases);
})();
