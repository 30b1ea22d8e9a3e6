// States of the road segments on the page 交通, by the classes of its section. A segment is a stretch
// of the road of the base map that it lies on (示意), or a bar where the base map has no such road.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const PAGE = "traffic";
  // Pixels of zoom 0 have 132 km at this latitude.
  const HALF = 0.0038; // half a kilometre each way
  const NEAR = 0.0023; // 300 m: a segment lies on a road that is no further away
  const FREE = "#5E7183";
  // Index as in the section; shape and word beside each colour stand in the legend.
  const CLASSES = [
    { name: "free", sign: "●", width: 0.22 },
    { name: "slow", sign: "◐", priority: 3, width: 0.3 },
    { name: "congested", sign: "▲", priority: 2, width: 0.4 },
    { name: "jammed", sign: "◆", priority: 1, width: 0.5 },
  ];
  const colourOf = ({ priority }) => (priority ? ioc.PRIORITY[priority].colour : FREE);
  let roads = [];
  const stretches = new Map(); // place → line
  let states = new Map(); // slot → class
  let told_ms = null;
  let note = null;

  // The nearest spot of a line: {distance, at: index of the piece, x, y}.
  function nearest(line, { x, y }) {
    let best = { distance: Infinity };
    for (let at = 1; at < line.length; at++) {
      const [a, b] = [line[at - 1], line[at]];
      const [dx, dy] = [b.x - a.x, b.y - a.y];
      const t = Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy || 1)));
      const spot = { x: a.x + t * dx, y: a.y + t * dy, at };
      const distance = Math.hypot(spot.x - x, spot.y - y);
      if (distance < best.distance) best = { ...spot, distance };
    }
    return best;
  }

  // From a spot of a line so far along it.
  function walk(line, spot, step) {
    const passed = [];
    let [here, left] = [spot, HALF];
    for (let at = step > 0 ? spot.at : spot.at - 1; at >= 0 && at < line.length; at += step) {
      const next = line[at];
      const length = Math.hypot(next.x - here.x, next.y - here.y);
      if (length >= left) {
        const t = left / (length || 1);
        passed.push({ x: here.x + t * (next.x - here.x), y: here.y + t * (next.y - here.y) });
        return passed;
      }
      passed.push(next);
      left -= length;
      here = next;
    }
    return passed;
  }

  function stretchOf(slot) {
    const { lat, lon } = ioc.placeOf(slot);
    const key = `${lat},${lon}`;
    if (stretches.has(key)) return stretches.get(key);
    const place = ioc.toWorld(lat, lon);
    let best = { distance: Infinity };
    for (const line of roads) {
      const spot = nearest(line, place);
      if (spot.distance < best.distance) best = { ...spot, line };
    }
    const stretch =
      best.distance <= NEAR
        ? [...walk(best.line, best, -1).reverse(), best, ...walk(best.line, best, 1)]
        : [{ x: place.x - HALF / 2, y: place.y }, { x: place.x + HALF / 2, y: place.y }];
    stretches.set(key, stretch);
    return stretch;
  }

  // Of the two directions of a segment the worse is drawn, over those that are better.
  function paint(context, view) {
    const worst = new Map();
    for (const [slot, state] of states) {
      const stretch = stretchOf(slot);
      worst.set(stretch, Math.max(state, worst.get(stretch) ?? -1));
    }
    context.lineCap = "round";
    for (const [stretch, state] of [...worst].sort((a, b) => a[1] - b[1])) {
      if (state < 0) continue;
      context.strokeStyle = colourOf(CLASSES[state]);
      context.lineWidth = CLASSES[state].width * view.rem;
      context.beginPath();
      ioc.trace(context, view, stretch);
      context.stroke();
    }
    context.lineCap = "butt";
  }

  function legend() {
    note = ioc.make("div", "note");
    sayAge();
    return [
      ioc.make("h3", "", ioc.say("map.traffic_title")),
      ...CLASSES.map((one) => {
        const item = ioc.make("span", "entry");
        const mark = ioc.make("i", "class", one.sign);
        mark.style.color = one.priority ? colourOf(one) : "var(--second)";
        item.append(mark, ioc.say(`traffic.state_${one.name}`));
        return item;
      }),
      note,
    ];
  }

  function sayAge() {
    if (!note) return;
    ioc.text(note, told_ms === null ? ioc.say("map.traffic_none") : ioc.say("map.traffic_how", { age: ioc.ago(told_ms) }));
  }

  ioc.startTraffic = function () {
    const isRoad = ({ properties }) => ["expressway", "arterial"].includes(properties.kind);
    roads = ioc.atlas.base_map.features
      .filter(isRoad)
      .map(({ geometry }) => geometry.coordinates.map(([lon, lat]) => ioc.toWorld(lat, lon)));
    ioc.overlay("traffic", { paint, legend, state });
  };

  ioc.on(`section:${PAGE}`, ({ segments }) => {
    states = new Map(segments.slot.map((slot, at) => [slot, segments.state[at]]));
    told_ms = segments.newest_ms;
    sayAge();
    if (ioc.map && ioc.isOverlaid("traffic")) ioc.drawGround();
  });
  ioc.on("tick", sayAge);

  const state = () => ({
    states: [...states].map(([slot, at]) => ({ slot, state: at })),
    roads: roads.length,
  });
})();
