// How incidents, cases and crews are named and marked, the same on every page that shows them:
// the alerts' colours, shapes, and a word beside each.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  // Red once a limit is over, orange when it nearly is; what is well is grey and hollow.
  const LEVEL_OF = { red: 1, amber: 2, green: 4, paused: 4 };

  // A name, or in words that nobody knows it: ioc.named(null, "dispatch.unknown_crew").
  ioc.named = (pair, unknown) => (pair ? ioc.pick(pair) : ioc.say(unknown));

  // What an incident is called. What somebody wrote is in the language in which they wrote it.
  ioc.title = function (element, title) {
    ioc.text(element, ioc.named(title.name, "dispatch.untitled"));
    element.title = element.textContent;
    if (title.is_written) element.lang = "zh-CN";
    else element.removeAttribute("lang");
  };

  ioc.whereOf = function ({ place, town }) {
    const names = [town === null ? null : ioc.atlas.towns[town].name, place];
    return names.filter(Boolean).map(ioc.pick).join(" · ") || ioc.say("dispatch.unknown_place");
  };

  // A sign with its word; hollow and grey where nothing is wrong.
  ioc.mark = function (element, level, isHollow, said) {
    const key = `${level} ${isHollow} ${said}`;
    if (element.dataset.key === key) return;
    element.dataset.key = key;
    element.classList.remove("p1", "p2", "p3", "p4");
    if (!isHollow) element.classList.add(`p${level}`);
    element.replaceChildren(ioc.prioritySign(level, isHollow), ioc.make("span", "word", said));
  };

  ioc.markLight = function (element, light) {
    const level = LEVEL_OF[light] || 4;
    ioc.mark(element, level, level > 2, ioc.say(`dispatch.light_${light}`));
  };

  ioc.markPriority = function (element, priority) {
    if (priority === null) return ioc.mark(element, 4, true, ioc.say("dispatch.calm"));
    const { zh, en } = ioc.atlas.priorities[priority - 1];
    ioc.mark(element, priority, false, ioc.pick([zh, en]));
  };

  // How long until an instant, or for how long it has been over; counts by itself.
  ioc.countdown = function (element, untilMs) {
    element.dataset.until = untilMs;
    tick(element);
  };
  const tick = (element) => {
    const left = Number(element.dataset.until) - ioc.now();
    const word = left < 0 ? "dispatch.over" : "dispatch.left";
    ioc.text(element, ioc.say(word, { n: ioc.span(Math.abs(left)) }));
  };
  ioc.on("tick", () => {
    for (const one of document.querySelectorAll(".row [data-until]")) if (one.offsetParent) tick(one);
  });

  // How old the picture is, in the heading of a panel. The database is asked every ten seconds: when
  // it is away, or has not answered for longer, what stands there is of the past, and says so.
  const STALE_MS = 25000;
  let isAway = false;
  ioc.noteAge = function (panel, said, readMs) {
    const age = readMs === null ? ioc.say("never") : ioc.ago(readMs);
    ioc.note(panel, [said, age].filter(Boolean).join(" · "));
    const isStale = readMs !== null && (isAway || ioc.now() - readMs > STALE_MS);
    ioc.at(panel).querySelector(".note").classList.toggle("stale", isStale);
    ioc.at(panel).classList.toggle("of-the-past", isStale);
  };
  const keep = ({ present }) => {
    isAway = !present.links.database;
  };
  ioc.on("snapshot", keep);
  ioc.on("diff", keep);
})();
