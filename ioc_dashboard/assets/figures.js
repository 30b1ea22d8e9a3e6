// Key figures and domain badges: each number with its source, each badge with its age.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  let present = null;
  let alerts = null;

  const number = (value, decimals) =>
    value.toLocaleString("en-US", {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
  const signed = (value, decimals) =>
    (value > 0 ? "+" : value < 0 ? "−" : "") + number(Math.abs(value), decimals);

  // What a domain shows: one large figure, then up to two small ones.
  const SHOWN = {
    water: ["level_margin", "rain_1h"],
    air: ["pm25_median", "pm25_highest"],
    traffic: ["speed_mean", "congested"],
    camera: ["ponding", "obstruction"],
  };
  const WRITTEN = {
    level_margin: [(v) => signed(v, 2), () => "m"],
    rain_1h: [(v) => number(v, 1), () => "mm"],
    pm25_median: [(v) => number(v, 0), () => "µg/m³"],
    pm25_highest: [(v) => number(v, 0), () => "µg/m³"],
    speed_mean: [(v) => number(v, 0), () => "km/h"],
    congested: [(v) => number(v, 0), () => "%"],
    ponding: [(v) => number(v, 0), (v) => ioc.say(v === 1 ? "spot" : "spots")],
    obstruction: [(v) => number(v, 0), (v) => ioc.say(v === 1 ? "spot" : "spots")],
  };

  function source(name, figure) {
    if (figure.slot === null || !ioc.atlas) return "";
    const place = ioc.pick(ioc.placeOf(figure.slot).place);
    if (name !== "level_margin") return place;
    const level = ioc.values.result[figure.slot];
    return level == null ? place : `${place} ${ioc.say("level_at")} ${number(level, 2)} m`;
  }

  // What deserves the colour of its domain's worst alert.
  const ABNORMAL = {
    level_margin: (value) => value >= 0,
    congested: (value) => value >= 20,
    ponding: (value) => value > 0,
    obstruction: (value) => value > 0,
  };

  function one(name, isMain) {
    const figure = present.figures[name];
    const [write, unit] = WRITTEN[name];
    const box = ioc.make("div", isMain ? "figure main" : "figure");
    box.dataset.figure = name;
    const line = ioc.make("div", "value");
    if (figure.value === null) {
      line.append(ioc.make("b", "none", "—"));
    } else {
      line.append(ioc.make("b", "", write(figure.value)), ioc.make("span", "unit", unit(figure.value)));
    }
    const age = ioc.make("span", "age", ioc.say("never"));
    if (figure.value !== null) {
      age.dataset.since = figure.time_ms;
      age.textContent = ioc.ago(figure.time_ms);
      if (name in ABNORMAL && ABNORMAL[name](figure.value)) box.classList.add("abnormal");
    }
    const from = ioc.make("div", "source");
    from.append(ioc.make("span", "where", source(name, figure)), age);
    box.append(ioc.make("div", "name", ioc.say(name)), line, from);
    return box;
  }

  function showDomains() {
    ioc.atlas.domains.forEach((domain, at) => {
      const state = present.domains[at];
      const panel = ioc.at(`domain-${domain}`);
      panel.dataset.state = state.state;
      panel.dataset.worst = state.worst;
      const [main, ...others] = SHOWN[domain];
      ioc
        .at(`figures-${domain}`)
        .replaceChildren(one(main, true), ...others.map((name) => one(name, false)));
      const devices = ioc.at(`devices-${domain}`);
      const online = state.devices - state.silent;
      const count = ioc.make("b", state.silent ? "missing" : "", `${online}/${state.devices}`);
      const rate = number(state.rate, state.rate < 10 ? 1 : 0);
      devices.replaceChildren(
        ioc.make("span", "", ioc.say("devices")),
        count,
        ioc.make("span", "rate", ioc.say("rate", { n: rate })),
      );
    });
    showAges();
  }

  function showAges() {
    if (!present || !ioc.atlas) return;
    // What stood there when the line was lost is not live, however young it was.
    const isLost = ioc.at("wall").classList.contains("lost");
    ioc.atlas.domains.forEach((domain, at) => {
      const state = present.domains[at];
      const word = isLost && state.state === "fresh" ? "late" : state.state;
      const badge = ioc.at(`age-${domain}`);
      badge.dataset.state = word;
      ioc.text(
        badge,
        state.newest_ms === null
          ? ioc.say("never")
          : `${ioc.say(word)} · ${ioc.ago(state.newest_ms)}`,
      );
    });
    for (const age of document.querySelectorAll(".figure .age[data-since]"))
      ioc.text(age, ioc.ago(Number(age.dataset.since)));
  }

  function showOpen() {
    if (!alerts || !ioc.atlas) return;
    ioc.at("open").replaceChildren(
      ...alerts.open.map((count, at) => {
        const tile = ioc.make("div", count ? `tile p${at + 1}` : "tile zero");
        tile.dataset.open = at + 1;
        const word = ioc.make("div", "word");
        word.append(ioc.prioritySign(at + 1, !count));
        word.append(ioc.make("span", "", ioc.language === "zh" ? ioc.atlas.priorities[at].zh : ioc.atlas.priorities[at].en));
        tile.append(ioc.make("b", "", String(count)), word);
        return tile;
      }),
    );
    const total = ioc.say("open_count", { n: alerts.total });
    const hidden = alerts.suppressed + alerts.shelved;
    const apart = hidden ? ` · ${ioc.say("count_hidden", { n: hidden })}` : "";
    ioc.text("open-total", total + apart);
    showOldest();
  }

  function showOldest() {
    if (!alerts) return;
    const since = alerts.oldest_unacknowledged_ms;
    ioc.text("oldest", since === null ? ioc.say("none_waiting") : ioc.span(ioc.now() - since));
    ioc.at("oldest").classList.toggle("none", since === null);
  }

  const keepPresent = (frame) => {
    present = frame.present;
    showDomains();
  };
  const keepAlerts = (frame) => {
    alerts = frame.alerts;
    showOpen();
  };
  ioc.on("snapshot", (frame) => {
    keepPresent(frame);
    keepAlerts(frame);
  });
  ioc.on("diff", keepPresent);
  ioc.on("alerts", keepAlerts);
  ioc.on("tick", () => {
    showAges();
    showOldest();
  });
  ioc.on("language", () => {
    if (present) showDomains();
    showOpen();
  });
})();
