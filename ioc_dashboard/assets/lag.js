// Whether the wall is true: link chips, amber after 3 s, red and without colour after 10 s.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const AMBER_MS = 3000;
  const RED_MS = 10000;
  // The rules judge each second; how far they are is asked once a second, and stored before.
  const JUDGED_MS = 4000;
  let present = null;
  let began = Date.now();

  // Two ways to be late: no frame comes here, or none comes to the hub.
  function silence() {
    const heard = ioc.link.lastFrameMs();
    const screen = Date.now() - (heard === null ? began : heard);
    const log =
      present === null
        ? 0
        : present.links.log_ms === null
          ? Infinity
          : Math.max(0, ioc.now() - present.links.log_ms);
    return { screen, log };
  }

  function chip(name, isOk) {
    const element = ioc.make("span", isOk ? "link" : "link down");
    element.append(ioc.make("i"), ioc.say(name) + " " + ioc.say(isOk ? "link_ok" : "link_down"));
    element.title = element.textContent;
    return element;
  }

  let shown = "";
  function show() {
    const { screen, log } = silence();
    const isScreenOk = screen < AMBER_MS;
    const isLogOk = present !== null && log < AMBER_MS;
    const isDatabaseOk = present !== null && present.links.database;
    const isJudging =
      present !== null &&
      present.links.judged_ms !== null &&
      ioc.now() - present.links.judged_ms < JUDGED_MS;
    const isHearing = isLogOk && present.links.sources;
    const state = [isScreenOk, isLogOk, isHearing, isDatabaseOk, isJudging, ioc.language].join();
    if (state !== shown) {
      shown = state;
      ioc
        .at("links")
        .replaceChildren(
          chip("link_screen", isScreenOk),
          chip("link_log", isScreenOk && isLogOk),
          chip("link_sources", isScreenOk && isHearing),
          chip("link_database", isScreenOk && isDatabaseOk),
          chip("link_rules", isScreenOk && isDatabaseOk && isJudging),
        );
      const doubt = isDatabaseOk ? (isJudging ? "" : "rules_doubt") : "alerts_doubt";
      ioc.text("alerts-doubt", present !== null && doubt ? ioc.say(doubt) : "");
    }

    const worst = Math.max(screen, Math.min(log, 1e12));
    const wall = ioc.at("wall");
    const isRed = worst >= RED_MS;
    wall.classList.toggle("lost", isRed);
    const isAmber = worst >= AMBER_MS && !isRed;
    ioc.text("lag", isAmber ? ioc.say("lagging", { n: Math.floor(worst / 1000) }) : "");
    ioc.text("banner", isRed ? sentence(screen, log) : "");
  }

  function sentence(screen, log) {
    if (present === null) return ioc.say("connecting");
    const isScreen = screen >= RED_MS;
    if (!isScreen && log === Infinity) return `${ioc.say("link_log")} ${ioc.say("never")}`;
    const ms = isScreen ? screen : log;
    return ioc.say(isScreen ? "lost_screen" : "lost_log", {
      n: ioc.span(ms),
      t: ioc.timeOfDay(ioc.now() - ms),
    });
  }

  const keep = (frame) => {
    present = frame.present;
    show();
  };
  ioc.on("snapshot", keep);
  ioc.on("diff", keep);
  ioc.on("tick", show);
  ioc.on("language", show);
})();
