// The card of a point: what it is, its newest values with their age and quality, its open alerts.
// Whoever points at one sees it, a click keeps it open, and a new P1 brings its own (map_focus.js).
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const NEAR = 0.7; // rem
  const GOOD = 0;
  let shown = null; // {device}, {mover} or {low}, and by: "hover", "click" or "focus"
  let slotsOf = null;
  let alerts = null;

  const byHand = () => shown !== null && shown.by === "click";

  function part(tag, className, text) {
    return ioc.make(tag, className, text);
  }

  function head(sign, name, where) {
    const header = part("header");
    header.append(...(sign ? [sign] : []), part("h2", "", name));
    if (byHand()) {
      const shut = part("button", "shut", ioc.say("behind.close"));
      shut.type = "button";
      shut.addEventListener("click", () => ioc.closeCard());
      header.append(shut);
    }
    return [header, part("div", "where", where.filter(Boolean).join(" · "))];
  }

  function valueRow(slot) {
    const { values, atlas } = ioc;
    const property = atlas.properties[atlas.datastreams.property[slot]];
    const value = values.result[slot];
    const since = values.time_ms[slot];
    const row = part("tr");
    row.dataset.slot = slot;
    row.append(
      part("th", "", ioc.pick(property.name)),
      part("td", "value", value == null ? "—" : `${value.toFixed(property.decimals)} ${property.symbol}`.trim()),
      part("td", "age", since === undefined ? ioc.say("never") : ioc.ago(since)),
      part("td", "quality", since === undefined ? "" : qualityOf(slot)),
    );
    const isOld = since !== undefined && ioc.isStale(slot);
    row.classList.toggle("stale", isOld);
    row.classList.toggle("doubtful", since !== undefined && values.quality[slot] !== GOOD);
    return row;
  }

  const qualityOf = (slot) =>
    ioc.isStale(slot) ? ioc.say("map.stale") : ioc.say(`quality.${ioc.values.quality[slot]}`);

  // Its datastream has missed readings in a row, as `state.py` has it.
  ioc.isStale = (slot) =>
    ioc.now() - ioc.values.time_ms[slot] > ioc.atlas.datastreams.silent_after_s[slot] * 1000;

  function alertLine(line) {
    const item = part("li");
    item.dataset.cardAlert = line.id;
    const { zh, en } = ioc.atlas.priorities[line.priority - 1];
    const state = line.acknowledged ? "acknowledged" : "unacknowledged";
    const said = [ioc.pick([zh, en]), ioc.ago(line.raised_ms), ioc.say(state)].join(" · ");
    item.append(
      ioc.prioritySign(line.priority),
      part("span", "message", ioc.pick([line.zh, line.en])),
      part("span", "state", said),
    );
    return item;
  }

  function alertsOf(device) {
    const mine = alerts.lines.filter((one) => one.device === device && one.active && !one.drill);
    if (mine.length) {
      const list = part("ol", "alerts");
      list.append(...mine.map(alertLine));
      return list;
    }
    // The list has the first hundred only; the mark knows of all.
    return part("p", "alerts", ioc.say(ioc.markOf(device) ? "map.alerts_beyond" : "alerts_none"));
  }

  function fillDevice(box, at) {
    const device = ioc.atlas.devices[at];
    const domain = ioc.atlas.domains[device.domain];
    const town = ioc.pick(ioc.atlas.towns[device.town].name);
    const table = part("table");
    table.append(...(slotsOf.get(at) || []).map(valueRow));
    box.replaceChildren(
      ...head(domain ? ioc.domainSign(domain) : null, ioc.pick(device.name), [
        domain && ioc.say(domain), town, ioc.pick(device.place),
      ]),
      table,
      alertsOf(at),
      part("div", "id", device.id),
    );
    return ioc.points().xy(at);
  }

  function fillMover(box, one) {
    const state = ioc.say(`crew.${one.state}`);
    const at = `${one.lat.toFixed(4)}° N ${one.lon.toFixed(4)}° E`;
    const age = ioc.say(one.isOld ? "map.position_old" : "map.position", { age: ioc.ago(one.time_ms) });
    box.replaceChildren(
      ...head(null, ioc.pick(one.name), [ioc.say(`map.${one.kind}`), state]),
      part("p", one.isOld ? "position stale" : "position", `${at} · ${age}`),
      part("div", "id", one.id),
    );
    return [one.x, one.y];
  }

  function fillLow(box, at) {
    const place = ioc.lowPlace(at);
    const { state } = ioc.lowState(at);
    const rows = place.depth.map(valueRow);
    for (const kind of ["level", "rain"])
      for (const slot of place[kind]?.slots.slice(0, 1) || []) rows.push(valueRow(slot));
    const table = part("table");
    table.append(...rows);
    box.replaceChildren(
      ...head(null, ioc.pick(place.name), [
        ioc.say("map.low_place"), ioc.pick(ioc.atlas.towns[place.town].name), ioc.say(`flood.${state}`),
      ]),
      table,
    );
    if (place.pumps) {
      const { running, known, sets, time_ms } = ioc.pumpState(place.pumps);
      const age = time_ms === null ? ioc.say("never") : ioc.ago(time_ms);
      const said = known ? ioc.say("map.pumps_run", { n: running, known, all: sets }) : ioc.say("map.pumps_unknown");
      box.append(part("p", "pumps", `${ioc.pick(place.pumps.name)} · ${said} · ${age}`));
    }
    box.append(part("div", "id", ioc.say("map.catchment_how")));
    return [place.x, place.y];
  }

  function show() {
    const box = ioc.at("map-card");
    const mover = shown && shown.mover !== undefined ? ioc.mover(shown.mover) : null;
    const isGone = !shown || (shown.mover !== undefined && !mover);
    box.hidden = isGone || !alerts;
    if (box.hidden) return;
    box.dataset.by = shown.by;
    const [x, y] = mover
      ? fillMover(box, mover)
      : shown.low !== undefined
        ? fillLow(box, shown.low)
        : fillDevice(box, shown.device);
    const { x: width, y: height } = ioc.map.getSize();
    // Beside the point and never beyond the map, nor over the point.
    const gap = 1.6 * ioc.rem();
    const left = x + gap + box.offsetWidth < width ? x + gap : Math.max(8, x - gap - box.offsetWidth);
    const top = Math.max(8, Math.min(y - gap, height - box.offsetHeight - 8));
    box.style.left = `${left}px`;
    box.style.top = `${top}px`;
  }

  ioc.openCard = function (of, by) {
    shown = { ...of, by };
    show();
  };
  ioc.closeCard = function () {
    shown = null;
    show();
  };

  function pick({ x, y }) {
    const reach = NEAR * ioc.rem();
    const mover = ioc.moverNear(x, y, reach);
    if (mover) return { mover: mover.id };
    const low = ioc.lowNear(x, y, reach);
    if (low >= 0) return { low };
    const device = ioc.points().near(x, y, reach);
    return device < 0 ? null : { device };
  }

  ioc.startCard = function (map) {
    slotsOf = new Map();
    ioc.atlas.datastreams.device.forEach((device, slot) => {
      if (!slotsOf.has(device)) slotsOf.set(device, []);
      slotsOf.get(device).push(slot);
    });
    const hover = (of) => {
      if (shown && shown.by !== "hover") return;
      if (of) ioc.openCard(of, "hover");
      else if (shown) ioc.closeCard();
    };
    map.on("mousemove", ({ containerPoint }) => ioc.isMapMoving() || hover(pick(containerPoint)));
    map.on("mouseout", () => hover(null));
    map.on("click", ({ containerPoint }) => {
      const of = pick(containerPoint);
      if (of) ioc.openCard(of, "click");
      else ioc.closeCard();
    });
    map.on("moveend", show);
    document.addEventListener("keydown", ({ key }) => key === "Escape" && byHand() && ioc.closeCard());
  };

  const keep = (frame) => {
    alerts = frame.alerts;
    show();
  };
  ioc.on("snapshot", keep);
  ioc.on("alerts", keep);
  for (const signal of ["tick", "movers", "language"]) ioc.on(signal, show);

  ioc.mapCard = () => shown && { ...shown };
})();
