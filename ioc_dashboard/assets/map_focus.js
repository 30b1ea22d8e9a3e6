// On a new P1 the map flies to it, shows its card, and after a while goes back. Others that come
// meanwhile wait for their turn; when more wait than a look each is worth, the whole district is the
// better picture. A pinned page, or a hand on the map, is left where it is.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const LOOK_S = 20; // as long as turning.js shows the page of a new P1
  const MOST_WAITING = 3;
  const CLOSER = 1.8; // zoom levels: a town fills the map
  let looking = null; // {line, left}
  let waiting = [];

  const isMapShown = () => ioc.map.getSize().x > 0 && ioc.at("wall").dataset.map === "true";

  function look(line) {
    looking = { line, left: LOOK_S };
    const { lat, lon } = ioc.atlas.devices[line.device];
    ioc.lookAt([lat, lon], CLOSER);
    ioc.openCard({ device: line.device }, "focus");
  }

  function leave() {
    if (!looking) return;
    looking = null;
    waiting = [];
    if (ioc.mapCard()?.by === "focus") ioc.closeCard();
    ioc.lookHome();
  }

  function take(fresh) {
    if (ioc.isPinned() || ioc.hasHandOnMap() || !isMapShown()) return;
    waiting.push(...fresh);
    if (waiting.length > MOST_WAITING) return leave();
    if (!looking) look(waiting.shift());
  }

  function tick() {
    if (!looking) return;
    looking.left -= 1;
    if (looking.left > 0) return;
    const next = waiting.shift();
    if (next) look(next);
    else leave();
  }

  // Who acknowledged one that waits has seen it.
  function drop({ alerts }) {
    const critical = new Set(alerts.lines.filter(ioc.isCritical).map((line) => line.id));
    waiting = waiting.filter((line) => critical.has(line.id));
  }

  ioc.startFocus = function (map) {
    // Whoever takes the map into their hands has it.
    const take = () => {
      looking = null;
      waiting = [];
      ioc.forgetLook();
    };
    map.on("mousedown dragstart", take);
    map.getContainer().addEventListener("wheel", take, { passive: true });
  };

  // After turning.js, which may have turned to the page of the alert.
  ioc.on("critical", (fresh) => setTimeout(take, 0, fresh));
  ioc.on("alerts", drop);
  ioc.on("snapshot", drop);
  ioc.on("tick", tick);
  ioc.on("page", () => isMapShown() || leave());

  ioc.mapFocus = () =>
    looking && { alert: looking.line.id, device: looking.line.device, waiting: waiting.length };
})();
