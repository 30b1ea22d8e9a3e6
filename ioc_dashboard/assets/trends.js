// Trend charts: whole with a snapshot, one point at a time after it.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  // Every ten minutes a chart is set anew, so that its oldest points leave and nothing grows.
  const ANEW_MS = 10 * 60 * 1000;
  const LINES = ["#B9D2EA", "#5F93C4"];
  let kept = null; // series id → {time_ms, value}
  let windowMs = 0;
  let setAt = 0;

  const ofDomain = (domain) => ioc.atlas.trends.filter((one) => one.domain === domain);

  function layout(domain) {
    const drawn = ioc.chartLayout({ yaxis: { nticks: 5 } });
    const { size } = drawn.yaxis.tickfont;
    if (domain === "water") {
      drawn.yaxis.rangemode = "tozero";
      drawn.yaxis.tickformat = "+.1f";
      drawn.shapes = [
        {
          type: "line", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0,
          line: { color: "#FF9F1A", width: 1.5, dash: "dash" },
        },
      ];
      drawn.annotations = [
        {
          xref: "paper", x: 1, y: 0, xanchor: "right", yanchor: "top", showarrow: false,
          text: ioc.say("warning_line"), font: { color: "#FF9F1A", size },
        },
      ];
    } else if (domain === "camera") {
      drawn.yaxis.range = [0, 1.02];
      drawn.yaxis.tickformat = ".1f";
    } else {
      drawn.yaxis.rangemode = "tozero";
    }
    return drawn;
  }

  function setWhole(domain) {
    const lines = ofDomain(domain);
    const data = lines.map((line, at) => ({
      type: "scatter",
      mode: "lines",
      name: ioc.pick(line.name),
      x: kept[line.id].time_ms.map(ioc.chartTime),
      y: kept[line.id].value,
      line: { color: LINES[at], width: 0.14 * ioc.rem(), shape: "linear" },
      connectgaps: false,
      hovertemplate: `%{y:.${line.decimals}f} ${line.symbol}`,
    }));
    dash_clientside.set_props(`trend-${domain}`, {
      figure: { data, layout: layout(domain) },
      config: ioc.chartConfig(),
    });
  }

  function setAll() {
    setAt = Date.now();
    ioc.atlas.domains.forEach(setWhole);
    showKeys();
  }

  function showKeys() {
    for (const domain of ioc.atlas.domains) {
      ioc.text(`unit-${domain}`, ofDomain(domain)[0]?.symbol || "");
      ioc.at(`legend-${domain}`).replaceChildren(
        ...ofDomain(domain).map((line, at) => {
          const last = kept[line.id].value.at(-1);
          const key = ioc.make("span", "key");
          const swatch = ioc.make("i");
          swatch.style.background = LINES[at];
          const value = last == null ? "—" : last.toFixed(line.decimals).replace("-", "−");
          key.append(swatch, ioc.pick(line.name), ioc.make("b", "", value));
          return key;
        }),
      );
    }
  }

  ioc.on("snapshot", (frame) => {
    if (!ioc.atlas) return;
    kept = {};
    for (const { id, time_ms, value } of frame.trends) kept[id] = { time_ms, value };
    windowMs = frame.trend_ms;
    setAll();
  });

  ioc.on("diff", (frame) => {
    if (!kept || !frame.trends.length) return;
    const oldest = frame.at_ms - windowMs;
    for (const { id, time_ms, value } of frame.trends) {
      const line = kept[id];
      line.time_ms.push(...time_ms);
      line.value.push(...value);
      const gone = line.time_ms.findIndex((at) => at >= oldest);
      line.time_ms.splice(0, gone);
      line.value.splice(0, gone);
    }
    if (Date.now() - setAt > ANEW_MS) return setAll();
    for (const domain of ioc.atlas.domains) {
      const lines = ofDomain(domain);
      if (!lines.length) continue; // a city without such sensors
      const points = lines.map((line) => frame.trends.find((one) => one.id === line.id));
      // Dash queues the updates of a graph: one that plotly refuses would silence all later ones.
      if (points.some((one) => one === undefined || one.time_ms.length !== one.value.length))
        continue;
      dash_clientside.set_props(`trend-${domain}`, {
        extendData: [
          {
            x: points.map((one) => one.time_ms.map(ioc.chartTime)),
            y: points.map((one) => one.value),
          },
          points.map((_, at) => at),
          kept[lines[0].id].time_ms.length,
        ],
      });
    }
    showKeys();
  });

  ioc.on("language", () => kept && setAll());
  let resized = null;
  window.addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(() => kept && setAll(), 300);
  });
})();
