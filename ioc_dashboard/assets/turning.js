// Turning pages by itself: ?turn=overview,flood,air&every=30. On such a wall a new unacknowledged P1
// comes first: it turns to the page of its domain, and after a while goes on.
// P, a click on the sign, or ?pin=1 holds the page that is shown until it is let go again.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const PAGE_OF = { water: "flood", air: "air", traffic: "traffic", camera: "cameras" };
  const LOOK_S = 20; // at a new P1
  const HAND_S = 120; // a page that somebody chose stays so long
  const asked = new URLSearchParams(location.search);
  const turn = (asked.get("turn") || "").split(",").filter(Boolean);
  const every = Math.max(5, Number(asked.get("every")) || 30);

  let pinned = asked.get("pin") === "1";
  let left = every; // seconds until the next page
  let looking = null; // {back, left} while at a new P1
  let turned = false; // whether this script shows another page right now

  ioc.isPinned = () => pinned;
  const has = (page) => document.querySelector(`.tab[data-page="${page}"]`) !== null;

  function show(page) {
    turned = true;
    ioc.showPage(page);
    turned = false;
  }

  function say() {
    const sign = ioc.at("turning");
    const word = pinned ? "pinned" : looking ? "looking" : turn.length > 1 ? "turning" : "";
    sign.dataset.state = word;
    ioc.text(sign, word ? ioc.say(word, { n: looking ? looking.left : left }) : "");
  }

  function tick() {
    if (pinned) return;
    if (looking) {
      looking.left -= 1;
      if (looking.left <= 0) {
        const { back } = looking;
        looking = null;
        left = every;
        show(back);
      }
    } else if (turn.length > 1) {
      left -= 1;
      if (left <= 0) {
        left = every;
        const pages = turn.filter(has);
        show(pages[(pages.indexOf(ioc.page) + 1) % pages.length]);
      }
    }
    say();
  }

  function take(fresh) {
    if (pinned || turn.length < 2) return;
    const page = PAGE_OF[ioc.atlas.domains[ioc.placeOf(fresh[0].slot).domain]];
    looking = { back: looking ? looking.back : ioc.page, left: LOOK_S };
    if (has(page)) show(page);
    say();
  }

  ioc.on("page", () => {
    if (turned) return;
    // Somebody chose: they are not to be taken away from it at once.
    looking = null;
    left = HAND_S;
    say();
  });
  ioc.on("critical", take);
  ioc.on("tick", tick);
  ioc.on("language", say);

  ioc.startTurning = function () {
    const pin = () => {
      pinned = !pinned;
      say();
    };
    ioc.at("turning").addEventListener("click", pin);
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target.matches?.("input, textarea, select, [contenteditable]");
      if (!isTyping && event.key.toLowerCase() === "p" && !event.ctrlKey && !event.metaKey) pin();
    });
    say();
  };
})();
