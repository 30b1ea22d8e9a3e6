// A screen that nobody touches: with ?kiosk=1, and always where a display token let it in. No cursor
// and no menu, a picture that wanders so that nothing burns in, a fresh page each night. And, on
// every screen, what to do when the door is shut.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const root = document.documentElement;

  // -- the door ------------------------------------------------------------------------------

  const LOOK_AGAIN_MS = 60000;
  const ASK_AGAIN_MS = 5000;

  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  // Loads the page anew once the server has answered for it: a browser's own error page would be
  // the end of a screen that nobody touches.
  async function reload(isWanted) {
    for (;;) {
      try {
        const answer = await fetch(location.href, { cache: "no-store" });
        if (!isWanted(answer)) return false;
        location.reload();
        return true;
      } catch {
        await pause(ASK_AGAIN_MS);
      }
    }
  }

  // The server shut the door: the page that comes instead says why, and asks again each minute.
  // If the page that comes is this one, the door opened meanwhile; shut again, it waits.
  let isLeaving = false;
  async function refused() {
    if (isLeaving) return;
    isLeaving = true;
    const since = Date.now() - Number(sessionStorage.getItem("refusedAt"));
    if (since >= 0 && since < LOOK_AGAIN_MS) await pause(LOOK_AGAIN_MS - since);
    sessionStorage.setItem("refusedAt", Date.now());
    await reload(() => true);
  }
  ioc.on("refused", refused);

  // Who this screen is. Asked until there is a line: from then on the line itself says so.
  async function ask() {
    let isKnown = false;
    for (;;) {
      try {
        const answer = await fetch("/wall/kiosk.json");
        if (answer.status === 403) return refused();
        if (answer.ok) {
          take(await answer.json());
          isKnown = true;
        }
      } catch {
        // Away; the banner says so.
      }
      if (isKnown && ioc.build !== undefined) return;
      await pause(ASK_AGAIN_MS);
    }
  }

  // -- nothing to touch ----------------------------------------------------------------------

  let isKiosk = false;
  function begin() {
    if (isKiosk) return;
    isKiosk = true;
    root.classList.add("kiosk");
    for (const name of ["contextmenu", "dragstart"])
      document.addEventListener(name, (event) => event.preventDefault());
    window.addEventListener("resize", shift);
    setInterval(shift, SHIFT_EACH_MS / 4);
    shift();
  }

  // -- burn-in -------------------------------------------------------------------------------

  // One pixel a minute, from edge to edge of a margin that is kept free around the picture: too
  // little to be seen, so that it needs no animation and no other way where motion is unwanted.
  // The place follows from the time: screens side by side move together, and a reload moves none.
  const SHIFT_EACH_MS = 60000;
  const MARGIN_REM = 0.375; // 6 px at 1080, 12 px at 4K

  // 0, 1, … most, most - 1, … -most, … -1, and so on.
  function zigzag(step, most) {
    const at = step % (4 * most);
    return at <= most ? at : at <= 3 * most ? 2 * most - at : at - 4 * most;
  }

  function shift() {
    const rem = parseFloat(getComputedStyle(root).fontSize);
    const margin = Math.max(4, Math.round(MARGIN_REM * rem));
    const step = Math.floor(ioc.now() / SHIFT_EACH_MS);
    // Across it is slower by no simple ratio, so that the way covers the whole margin.
    const [x, y] = [zigzag(step, margin), zigzag(Math.floor(step * 0.618), margin)];
    root.style.setProperty("--kiosk-margin", `${margin}px`);
    root.style.setProperty("--kiosk-x", `${margin + x}px`);
    root.style.setProperty("--kiosk-y", `${margin + y}px`);
  }

  // -- a fresh page each night ---------------------------------------------------------------

  const HOUR_MS = 3600000;
  const DAY_MIN = 1440;
  const CITY_MIN = 480; // UTC+8, no summer time
  const FRESH_MS = 3000;
  const began = Date.now();
  const chosen = Math.random(); // not all screens at once
  let hours = null; // {from_min, until_min}
  let isP1Waiting = false;
  let isReloading = false;

  function take(told) {
    hours = told.reload;
    if (told.display) begin();
  }

  const keep = ({ alerts }) => {
    isP1Waiting = alerts.lines.some(
      (line) => line.priority === 1 && line.active && !line.acknowledged && !line.drill,
    );
  };
  ioc.on("snapshot", keep);
  ioc.on("alerts", keep);

  // The night (date of its evening or early morning) whose quiet hour it is, once the moment that
  // this page chose in it has come; else null.
  function nightNow() {
    const now = ioc.now();
    const length = (hours.until_min - hours.from_min + DAY_MIN) % DAY_MIN;
    const minute = (now / 60000 + CITY_MIN) % DAY_MIN;
    const since = (minute - hours.from_min + DAY_MIN) % DAY_MIN;
    if (since >= length || since < chosen * length) return null;
    return new Date(now + (CITY_MIN - since) * 60000).toISOString().slice(0, 10);
  }

  const isCalm = () =>
    ioc.link.isOpen && Date.now() - ioc.link.lastFrameMs() < FRESH_MS && !isP1Waiting;

  async function refresh() {
    if (!isKiosk || !hours || isReloading || Date.now() - began < HOUR_MS || !isCalm()) return;
    const night = nightNow();
    if (night === null || sessionStorage.getItem("reloadedOn") === night) return;
    isReloading = true;
    isReloading = await reload((answer) => {
      if (!answer.ok || !isCalm()) return false;
      sessionStorage.setItem("reloadedOn", night);
      return true;
    });
  }
  ioc.on("tick", refresh);

  if (new URLSearchParams(location.search).get("kiosk") === "1") begin();
  ask();
})();
