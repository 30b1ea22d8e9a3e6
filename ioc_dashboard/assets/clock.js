// Time on the wall is the server's: a screen's own clock may be years wrong.
// Also the one timer by which every age on the page ticks, and how an age is written.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const CITY = "Asia/Shanghai";
  let offset = null;

  // A frame says when it was sent. It always arrives later, so the largest difference is the
  // nearest to the truth; a new snapshot forgets the old ones, in case a clock was set.
  ioc.heardAt = function (atMs, anew) {
    const difference = atMs - Date.now();
    offset = offset === null || anew ? difference : Math.max(offset, difference);
  };

  ioc.now = () => Date.now() + (offset || 0);

  const two = (number) => String(number).padStart(2, "0");

  // How long: "8 秒" below a minute, then 12:05, 1:02:05, 3 天 4 时.
  ioc.span = function (ms) {
    const s = Math.max(0, Math.floor(ms / 1000));
    if (s < 60) return ioc.say("second", { n: s });
    if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`;
    if (s < 86400) return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
    return ioc.say("days", { n: Math.floor(s / 86400), h: Math.floor(s / 3600) % 24 });
  };

  ioc.ago = (ms) => ioc.say("ago", { n: ioc.span(ioc.now() - ms) });

  ioc.timeOfDay = (ms) =>
    new Intl.DateTimeFormat("zh-CN", { timeZone: CITY, timeStyle: "medium" }).format(ms);

  ioc.dayAndTime = (ms) =>
    new Intl.DateTimeFormat("sv-SE", { timeZone: CITY, dateStyle: "short", timeStyle: "medium" }).format(ms);

  ioc.day = (ms) =>
    new Intl.DateTimeFormat(ioc.language === "zh" ? "zh-CN" : "en-GB", {
      timeZone: CITY,
      year: "numeric",
      month: "long",
      day: "numeric",
      weekday: "long",
    }).format(ms);

  // Plotly draws every time as UTC, so the city's hour is put in. China has no summer time.
  ioc.chartTime = (ms) => new Date(ms + 8 * 3600000).toISOString().slice(0, 23);

  ioc.startClock = function () {
    const tick = () => {
      if (offset !== null) {
        ioc.text("time", ioc.timeOfDay(ioc.now()));
        ioc.text("date", ioc.day(ioc.now()));
      }
      ioc.emit("tick");
      setTimeout(tick, 1000 - (ioc.now() % 1000));
    };
    tick();
  };
})();
