// How every chart of the wall looks.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});

  ioc.rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

  // A plotly layout; `xaxis` and `yaxis` of `more` are added to those that all have.
  ioc.chartLayout = function ({ xaxis, yaxis, ...more } = {}) {
    // On a very wide wall nothing may be smaller than its text.
    const size = (innerWidth / innerHeight > 2.5 ? 1 : 0.8) * ioc.rem();
    const axis = {
      color: "#A9B8C6",
      gridcolor: "#1C2F43",
      zeroline: false,
      tickfont: { size },
      fixedrange: true,
    };
    return {
      autosize: true,
      margin: { l: 3.1 * ioc.rem(), r: 0.8 * ioc.rem(), t: 0.5 * ioc.rem(), b: 1.7 * ioc.rem() },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      showlegend: false,
      hovermode: "x unified",
      hoverlabel: { bgcolor: "#142536", bordercolor: "#2B4560", font: { color: "#E6EEF6", size } },
      font: { family: "Noto Sans SC", color: "#A9B8C6" },
      xaxis: { ...axis, type: "date", tickformat: "%H:%M", nticks: 6, showgrid: false, ...xaxis },
      yaxis: { ...axis, ...yaxis },
      ...more,
    };
  };

  ioc.chartConfig = () => ({
    displayModeBar: false,
    showTips: false,
    locale: ioc.language === "zh" ? "zh-CN" : "en",
  });
})();
