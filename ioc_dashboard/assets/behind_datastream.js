// A datastream: where it is, its limits, its course, and its raw readings with their quality.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const MINUTE_MS = 60000;
  const RANGES = {
    quarter: 15 * MINUTE_MS,
    day: 1440 * MINUTE_MS,
    week: 7 * 1440 * MINUTE_MS,
    month: 30 * 1440 * MINUTE_MS,
    year: 365 * 1440 * MINUTE_MS,
  };
  const TICKS = { quarter: "%H:%M", day: "%H:%M", week: "%m-%d", month: "%m-%d", year: "%Y-%m" };
  let range = "day"; // as somebody chose it last

  const signed = (value, decimals) => value.toFixed(decimals).replace("-", "−");
  const measured = (value, of) =>
    value == null ? "—" : `${signed(value, of.decimals)}${of.symbol ? ` ${of.symbol}` : ""}`;

  function limits(found) {
    const list = ioc.make("ul", "limits");
    const told = Object.entries(found.limits).map(([name, value]) => [ioc.limitName(name), measured(value, found)]);
    told.push([
      ioc.say("behind.physical"),
      `${signed(found.physical_min, found.decimals)} – ${measured(found.physical_max, found)}`,
    ]);
    for (const [name, value] of told) {
      const item = ioc.make("li", "");
      item.append(ioc.make("span", "", name), ioc.make("b", "", value));
      list.append(item);
    }
    return list;
  }

  function raw(found) {
    const table = ioc.make("table", "raw");
    table.append(ioc.make("caption", "", ioc.say("behind.raw")));
    const { readings } = found;
    if (!readings || !readings.time_ms.length) {
      table.insertRow().insertCell().textContent = ioc.say(readings ? "behind.no_raw" : "behind.no_database");
      return table;
    }
    readings.time_ms.forEach((time, at) => {
      const row = table.insertRow();
      row.insertCell().textContent = ioc.timeOfDay(time);
      row.insertCell().textContent = measured(readings.result[at], found);
      row.insertCell().textContent = ioc.say(`behind.quality_${readings.quality[at]}`);
      row.dataset.good = readings.quality[at] === 0;
    });
    return table;
  }

  // The chart's lines: the mean (or the reading) and, of buckets, the range from min to max.
  function lines(series, found) {
    const x = series.time_ms.map(ioc.chartTime);
    const of = (y, more) => ({ type: "scatter", mode: "lines", x, y, connectgaps: false, ...more });
    const hovertemplate = `%{y:.${found.decimals + 1}f} ${found.symbol}`;
    const main = of(series.value, {
      name: ioc.say(series.level === "raw" ? "behind.reading" : "behind.mean"),
      line: { color: "#B9D2EA", width: 2 },
      hovertemplate,
    });
    if (series.level === "raw") return [{ ...main, mode: "lines+markers", marker: { size: 4 } }];
    const edge = { line: { color: "rgba(95,147,196,0.5)", width: 1 }, hovertemplate };
    return [
      of(series.min, { name: ioc.say("behind.least"), ...edge }),
      of(series.max, { name: ioc.say("behind.most"), ...edge }),
      main,
    ];
  }

  // The station's limits as lines, those only that stand within what is drawn.
  function shapes(series, found) {
    const known = [series.value, series.min, series.max].flat().filter((one) => one != null);
    if (!known.length) return {};
    const [least, most] = [Math.min(...known), Math.max(...known)];
    const room = Math.max(most - least, 10 ** -found.decimals) * 0.6;
    const near = Object.entries(found.limits).filter(([, value]) => value > least - room && value < most + room);
    return {
      shapes: near.map(([, value]) => ({
        type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value,
        line: { color: "#FF9F1A", width: 1.5, dash: "dash" },
      })),
      annotations: near.map(([name, value]) => ({
        xref: "paper", x: 1, y: value, xanchor: "right", yanchor: "bottom", showarrow: false,
        text: ioc.limitName(name), font: { color: "#FF9F1A" },
      })),
    };
  }

  ioc.datastreamBehind = async function (slot) {
    if (!Number.isInteger(slot)) return null;
    const found = await ioc.readBehind(`/wall/datastream?slot=${slot}`);
    if (!found) return null;
    let graph = null;
    let about = null;
    let now = null;
    let drawn = null; // the newest reading in the chart of single readings
    let asked = 0;

    async function draw() {
      const mine = ++asked;
      const until = ioc.now() + MINUTE_MS;
      const time = (ms) => encodeURIComponent(new Date(ms).toISOString());
      const series = await ioc.readBehind(
        `/wall/series?slot=${slot}&from=${time(until - RANGES[range])}&to=${time(until)}`,
      ).catch(() => null);
      if (mine !== asked || !graph) return;
      const isEmpty = !series || !series.value.some((one) => one !== null);
      ioc.text(about, isEmpty ? ioc.say(series ? "behind.no_course" : "behind.no_database") : note(series));
      graph.hidden = isEmpty;
      if (isEmpty || !window.Plotly) return;
      const layout = ioc.chartLayout({
        xaxis: {
          range: [until - RANGES[range], until].map(ioc.chartTime),
          tickformat: TICKS[range],
        },
        yaxis: { nticks: 5 },
        ...shapes(series, found),
      });
      await window.Plotly.react(graph, lines(series, found), layout, { ...ioc.chartConfig(), responsive: true });
      drawn = series.level === "raw" ? series.time_ms.at(-1) : null;
    }

    const note = (series) =>
      [
        ioc.say(`behind.level_${series.level}`),
        series.downsampled ? ioc.say("behind.thinned", { n: series.value.length, of: series.of }) : "",
      ].filter(Boolean).join(" · ");

    // What is measured now; and one more point in the chart of single readings.
    function tick() {
      if (!now) return;
      const heard = ioc.values.time_ms[slot];
      const value = ioc.values.result[slot];
      ioc.text(now, heard === undefined ? ioc.say("never") : `${measured(value, found)} · ${ioc.ago(heard)}`);
      if (drawn === null || heard === undefined || heard <= drawn || value == null) return;
      drawn = heard;
      window.Plotly.extendTraces(graph, { x: [[ioc.chartTime(heard)]], y: [[value]] }, [0]);
    }

    function ranges() {
      const group = ioc.make("div", "ranges");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", ioc.say("behind.range"));
      for (const name of Object.keys(RANGES)) {
        const button = ioc.make("button", "", ioc.say(`behind.${name}`));
        button.type = "button";
        button.dataset.range = name;
        button.setAttribute("aria-pressed", name === range);
        button.addEventListener("click", () => {
          range = name;
          for (const one of group.children) one.setAttribute("aria-pressed", one.dataset.range === name);
          draw();
        });
        group.append(button);
      }
      return group;
    }

    function close() {
      if (graph && window.Plotly) window.Plotly.purge(graph);
      graph = now = about = drawn = null;
      open.delete(tick);
    }

    open.add(tick);
    return {
      fill() {
        if (graph && window.Plotly) window.Plotly.purge(graph);
        const property = ioc.atlas.properties[found.observed_property];
        graph = ioc.make("div", "course");
        about = ioc.make("p", "note");
        now = ioc.make("p", "result");
        drawn = null;
        draw();
        tick();
        const where = [ioc.pick(found.town), ioc.pick(found.place), found.id, found.gateway, found.vendor];
        const how = [ioc.say("behind.period", { n: ioc.span(found.period_s * 1000) }), found.datum, found.statistic];
        return [
          ioc.make("h2", "", `${ioc.pick(found.device)} · ${ioc.pick(property.name)}`),
          now,
          ioc.make("p", "note", [...where, ...how].filter(Boolean).join(" · ")),
          limits(found),
          ranges(),
          graph,
          about,
          raw(found),
        ];
      },
      close,
    };
  };

  const open = new Set();
  ioc.on("tick", () => open.forEach((one) => one()));
  ioc.behind("[data-slot]:not([data-index])", ({ dataset }) => ioc.datastreamBehind(Number(dataset.slot)));
})();
