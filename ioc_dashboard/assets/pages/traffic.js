// 交通: index, states, towns, worst segments, incidents, intersections, and the index over time.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const PAGE = "traffic";
  // Grey is normal. Shape and word beside each colour.
  const CLASSES = [
    { name: "free", sign: "●", level: "" },
    { name: "slow", sign: "◐", level: "p3" },
    { name: "congested", sign: "▲", level: "p2" },
    { name: "jammed", sign: "◆", level: "p1" },
  ];
  const GRAPHS = { day: "traffic-day-graph", hours: "traffic-hours-graph" };
  const COLOURS = { value: "#B9D2EA", last_week: "#5F7489" };
  const ANEW_MS = 10 * 60 * 1000;
  let part = null;
  const drawn = {}; // chart → {at, end}: when it was drawn whole, and its newest step

  const index = (value) => (value === null ? "—" : value.toFixed(2));
  const whole = (value) => (value === null ? "—" : String(Math.round(value)));
  const deviceOf = (slot) => ioc.placeOf(slot);

  function stateCell(cell, state) {
    const { name, sign, level } = CLASSES[state];
    cell.className = `cell state ${level}`;
    ioc.text(cell, `${sign} ${ioc.say(`traffic.state_${name}`)}`);
  }

  // +0.12 ↑ against last week; what is not known is said, not drawn.
  function against(value, before) {
    if (value === null || before === null) return ioc.say("traffic.no_week");
    const change = Math.round((value - before) * 100) / 100;
    const sign = change > 0 ? "↑" : change < 0 ? "↓" : "→";
    return `${sign} ${Math.abs(change).toFixed(2)}`;
  }

  const towns = ioc.rows("traffic-town-list", null, (row, line) => {
    const [name, value, week, congested] = ioc.cells(row, ["name", "number", "side", "number congested"]);
    row.dataset.index = `tti:${line.town}`;
    ioc.text(name, ioc.pick(ioc.atlas.towns[line.town].name));
    name.title = name.textContent;
    ioc.text(value, index(line.index.value));
    const known = line.index.hour !== null && line.index.last_week !== null;
    ioc.text(week, known ? against(line.index.hour, line.index.last_week) : "—");
    ioc.text(congested, line.known ? `${line.congested}/${line.known}` : "—");
    congested.classList.toggle("p2", line.congested > 0);
  });

  const worst = ioc.rows("worst-list", "worst-more", (row, line) => {
    const cells = ["state", "name", "number speed", "side flow", "side occupancy", "side since"];
    const [state, name, speed, flow, occupancy, since] = ioc.cells(row, cells);
    row.dataset.slot = line.slot;
    stateCell(state, line.state);
    const device = deviceOf(line.slot);
    ioc.text(name, ioc.pick(device.name));
    name.title = `${name.textContent} · ${ioc.pick(ioc.atlas.towns[device.town].name)}`;
    ioc.text(speed, whole(line.speed));
    ioc.text(flow, whole(line.flow));
    ioc.text(occupancy, line.occupancy === null ? "—" : `${whole(line.occupancy)}%`);
    lasting(since, line.since_ms, line.is_at_least);
  });

  function lasting(cell, sinceMs, isAtLeast) {
    if (sinceMs === null) return ioc.text(cell, "");
    const said = ioc.say("traffic.minutes", { n: Math.max(1, Math.round((ioc.now() - sinceMs) / 60000)) });
    ioc.text(cell, isAtLeast ? `≥${said}` : said);
  }

  const incidents = ioc.rows("incident-list", "incident-more", (row, line) => {
    const [sign, what, age] = ioc.cells(row, ["sign-cell", "name", "side age"]);
    row.dataset.slot = line.slot;
    if (line.priority) row.dataset.alertId = line.key;
    const look = `${line.priority} ${line.acknowledged}`;
    if (sign.dataset.look !== look) {
      sign.dataset.look = look;
      sign.replaceChildren(
        line.priority ? ioc.prioritySign(line.priority, line.acknowledged) : ioc.domainSign("camera"),
      );
      sign.title = line.priority
        ? ioc.pick([ioc.atlas.priorities[line.priority - 1].zh, ioc.atlas.priorities[line.priority - 1].en])
        : "";
    }
    const device = deviceOf(line.slot);
    const said = line.priority
      ? ioc.pick([line.zh, line.en])
      : `${ioc.say("traffic.obstruction")} ${Math.round(line.value * 100)}% · ${ioc.pick(device.place)}`;
    ioc.text(what, said);
    what.title = `${said} · ${ioc.pick(ioc.atlas.towns[device.town].name)}`;
    ioc.age(age, line.since_ms);
  });

  const crossings = ioc.rows("crossing-list", "crossing-more", (row, line) => {
    const [state, name, flow, occupancy] = ioc.cells(row, ["state", "name", "side flow", "side occupancy"]);
    row.dataset.slot = line.slot;
    if (line.state === null) {
      state.className = "cell state unknown";
      ioc.text(state, `○ ${ioc.say("never")}`);
    } else stateCell(state, line.state);
    ioc.text(name, ioc.pick([line.zh, line.en]));
    name.title = `${name.textContent} · ${ioc.pick(ioc.atlas.towns[line.town].name)} ${line.known}/${line.arms}`;
    ioc.text(flow, line.flow === null ? "—" : ioc.say("traffic.flow", { n: whole(line.flow) }));
    ioc.text(occupancy, line.occupancy === null ? "—" : `${whole(line.occupancy)}%`);
  });

  function showIndex() {
    const it = part.index;
    ioc.text("tti", it.value === null ? ioc.say("never") : it.value.toFixed(2));
    ioc.at("tti").classList.toggle("none", it.value === null);
    ioc.text("tti-of", ioc.say("traffic.of", { n: it.of, all: it.segments }));
    ioc.text("tti-hour", it.hour === null ? ioc.say("never") : it.hour.toFixed(2));
    ioc.text(
      "tti-week",
      it.last_week === null
        ? ioc.say("traffic.no_week")
        : it.hour === null
          ? it.last_week.toFixed(2)
          : `${it.last_week.toFixed(2)}  ${against(it.hour, it.last_week)}`,
    );
    showAge();
    const list = ioc.at("traffic-states");
    const counts = [...part.states, part.unknown];
    if (list.children.length !== counts.length)
      list.replaceChildren(
        ...counts.map(() => {
          const one = ioc.make("li");
          one.append(ioc.make("span", "word"), ioc.make("b"));
          return one;
        }),
      );
    counts.forEach((count, at) => {
      const one = list.children[at];
      const { name, sign, level } = CLASSES[at] || { name: "unknown", sign: "○", level: "" };
      one.className = count ? level : "";
      ioc.text(one.children[0], `${sign} ${ioc.say(`traffic.state_${name}`)}`);
      ioc.text(one.children[1], String(count));
    });
  }

  function showAge() {
    if (!part || !ioc.isShown(PAGE)) return;
    ioc.text("tti-age", part.index.time_ms === null ? "" : ioc.ago(part.index.time_ms));
  }

  function drawWhole(name) {
    const line = part[name];
    const x = line.value.map((_, at) => ioc.chartTime(line.start_ms + (at + 0.5) * line.step_ms));
    const of = (which, width) => ({
      type: "scatter", mode: "lines", x, y: line[which], connectgaps: false,
      name: ioc.say(which === "value" ? "traffic.now" : "traffic.week"),
      line: { color: COLOURS[which], width: width * ioc.rem(), dash: which === "value" ? "solid" : "dot" },
      hovertemplate: "%{y:.2f}",
    });
    dash_clientside.set_props(GRAPHS[name], {
      figure: {
        data: [of("last_week", 0.12), of("value", 0.16)],
        layout: ioc.chartLayout({
          xaxis: {
            range: [line.start_ms, line.start_ms + line.value.length * line.step_ms].map(ioc.chartTime),
          },
          yaxis: { nticks: 4, tickformat: ".1f", rangemode: "normal", minallowed: 0.95 },
        }),
      },
      config: ioc.chartConfig(),
    });
    drawn[name] = { at: Date.now(), start: line.start_ms, known: known(line) };
  }

  const known = (line) =>
    line.value.filter((one) => one !== null).length + line.last_week.filter((one) => one !== null).length;

  // One more step is added to what is there; anything else, and every ten minutes, is drawn anew.
  function drawChart(name, anew) {
    const line = part[name];
    const before = drawn[name];
    const steps = before ? (line.start_ms - before.start) / line.step_ms : -1;
    const more = before ? known(line) - before.known : 0;
    if (!anew && steps === 0 && more === 0) return;
    const last = line.value.length - 1;
    // The newest step is empty until the history is read again: drawn whole then, once a minute.
    const isNext = steps === 1 && line.value[last] !== null && Math.abs(more) <= 2;
    if (anew || !isNext || Date.now() - before.at > ANEW_MS) return drawWhole(name);
    const x = [ioc.chartTime(line.start_ms + (last + 0.5) * line.step_ms)];
    dash_clientside.set_props(GRAPHS[name], {
      extendData: [{ x: [x, x], y: [[line.last_week[last]], [line.value[last]]] }, [0, 1], line.value.length],
    });
    before.start = line.start_ms;
    before.known = known(line);
  }

  function showKeys() {
    const keys = ioc.at("traffic-day-keys");
    const header = ioc.at("traffic-day").querySelector("header");
    if (keys.parentElement !== header) header.append(keys);
    const isKnown = part.day.last_week.some((one) => one !== null);
    keys.replaceChildren(
      ...["value", "last_week"].map((which) => {
        const key = ioc.make("span", "key");
        const swatch = ioc.make("i");
        swatch.style.background = COLOURS[which];
        const word = which === "value" ? "traffic.now" : isKnown ? "traffic.week" : "traffic.no_week";
        key.append(swatch, ioc.say(word));
        return key;
      }),
    );
  }

  function show(anew) {
    if (!part || !ioc.atlas || !ioc.isShown(PAGE)) return;
    showIndex();
    const isKnown = part.states.some((count) => count > 0);
    ioc.emptyList("worst-list", part.worst.length ? "" : isKnown ? "traffic.all_free" : "never");
    ioc.emptyList("incident-list", part.incidents.length ? "" : "traffic.no_incidents");
    ioc.note("traffic-worst", String(part.worst_total));
    ioc.note("traffic-incidents", String(part.incidents_total));
    ioc.note("traffic-crossings", String(part.crossings.length));
    towns.show(part.towns.map((one) => ({ key: one.town, ...one })));
    worst.show(part.worst.map((one) => ({ key: one.slot, ...one })));
    incidents.show(part.incidents);
    crossings.show(part.crossings.map((one) => ({ key: one.id, ...one })));
    showKeys();
    for (const name of Object.keys(GRAPHS)) drawChart(name, anew);
  }

  ioc.on(`section:${PAGE}`, (data) => {
    part = data;
    show(false);
  });
  ioc.on("tick", showAge);
  ioc.on("page", () => show(true));
  ioc.on("language", () => show(true));
  let resized = null;
  window.addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(() => show(true), 300);
  });
})();
