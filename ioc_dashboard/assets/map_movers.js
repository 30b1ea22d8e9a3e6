// What moves on the map, whole with each frame: crews, with their state and the age of their
// position.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const LIGHT = "#E6EEF6";
  const DARK = "#0B1622";
  const OLD = "#7C8B9A";
  // From here on a position says where a crew was, not where it is.
  const OLD_AFTER_MS = 120000;
  // A crew in these states waits for work: its sign is an outline, that of the others is filled.
  const FREE = new Set(["idle", "done"]);
  // Head and shoulders, in a box of 24 × 24.
  const PATH = { crew: "M12 2A5 5 0 1 1 11.99 2ZM2 23C2 16 6 13.5 12 13.5S22 16 22 23Z" };
  let movers = []; // {id, kind, name, lat, lon, state, time_ms, east, south, x, y}
  let paths = null;

  ioc.isOldPosition = (one) => ioc.now() - one.time_ms > OLD_AFTER_MS;

  ioc.drawMovers = function (context, view) {
    paths = paths || Object.fromEntries(Object.entries(PATH).map(([kind, path]) => [kind, new Path2D(path)]));
    const edge = view.rem;
    for (const one of movers) {
      one.x = one.east * view.scale - view.left;
      one.y = one.south * view.scale - view.top;
      one.isOld = ioc.isOldPosition(one);
      const path = paths[one.kind];
      if (!path) continue; // of a kind that this page does not know yet
      if (one.isOld) ioc.stamp(context, one.x, one.y, path, edge, DARK, OLD, 1.5);
      else if (FREE.has(one.state)) ioc.stamp(context, one.x, one.y, path, edge, DARK, LIGHT, 2);
      else ioc.stamp(context, one.x, one.y, path, edge, LIGHT, DARK, 2);
    }
  };

  // For the legend: the same sign as an element.
  ioc.crewSign = function (look) {
    const sign = ioc.prioritySign(4);
    const shape = sign.firstChild;
    shape.setAttribute("d", PATH.crew);
    shape.setAttribute("fill", look === "busy" ? LIGHT : DARK);
    shape.setAttribute("stroke", look === "old" ? OLD : LIGHT);
    shape.setAttribute("stroke-width", "2");
    return sign;
  };

  ioc.moverNear = function (x, y, reach) {
    let best = null;
    let nearest = reach ** 2;
    for (const one of movers) {
      const distance = (one.x - x) ** 2 + (one.y - y) ** 2;
      if (distance <= nearest) [best, nearest] = [one, distance];
    }
    return best;
  };
  ioc.mover = (id) => movers.find((one) => one.id === id) || null;
  ioc.hasMovers = () => movers.length > 0;

  ioc.on("movers", (frame) => {
    const had = movers.length > 0;
    movers = frame.id.map((id, at) => {
      const [lat, lon] = [frame.lat[at], frame.lon[at]];
      const { x, y } = ioc.toWorld(lat, lon);
      return {
        id, kind: frame.kind[at], name: frame.name[at], lat, lon, state: frame.state[at],
        time_ms: frame.time_ms[at], east: x, south: y, x: NaN, y: NaN, isOld: false,
      };
    });
    ioc.drawSigns();
    if (had !== movers.length > 0) ioc.emit("map:legend");
  });
  ioc.on("map:legend", () => ioc.showLegend());
  // A position grows old also while nothing is said.
  ioc.on("tick", () => {
    if (movers.some((one) => one.isOld !== ioc.isOldPosition(one))) ioc.drawSigns();
  });

  ioc.mapMovers = () =>
    movers.map(({ id, kind, state, time_ms, isOld }) => ({ id, kind, state, time_ms, isOld }));
})();
