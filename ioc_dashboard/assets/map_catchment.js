// Low places, and what belongs to each: its own depth gauges, the pumps, the level and the rain of its
// town that are nearest (示意, see low_places.py). Every number has its age.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const GREY = "#C9D5E0";
  const LINE = "#8FA3B5";
  const DARK = "#0B1622";
  // A basin, in a box of 24 × 24.
  const PATH = "M2 5H7V16H17V5H22V21H2Z";
  const PRIORITY = { closed: 1, caution: 3 }; // as the page 防汛 has it
  const ORDER = ["closed", "caution", "unknown", "dry"];
  const MEMBERS = ["pumps", "level", "rain"];
  let surface = null;
  let places = []; // of the atlas, with east, south, x, y
  let path = null;
  let drawn = "";

  const newest = (slots) => Math.max(...slots.map((slot) => ioc.values.time_ms[slot] || 0)) || null;

  // The deepest water is what cars meet, whichever gauge stands in it.
  ioc.lowState = function (at) {
    const place = places[at];
    const known = place.depth.filter(ioc.isBelievable);
    if (!known.length) return { state: "unknown", depth_m: null, slot: null, time_ms: newest(place.depth) };
    const { result } = ioc.values;
    const slot = known.reduce((a, b) => (result[b] > result[a] ? b : a));
    const depth_m = result[slot];
    const state = depth_m >= place.closed_m ? "closed" : depth_m >= place.caution_m ? "caution" : "dry";
    return { state, depth_m, slot, time_ms: ioc.values.time_ms[slot] };
  };

  // Pump sets that run, of those whose power is known.
  ioc.pumpState = function ({ slots, runs_from_kw }) {
    const known = slots.filter(ioc.isBelievable);
    const running = known.filter((slot) => ioc.values.result[slot] >= runs_from_kw).length;
    return { running, known: known.length, sets: slots.length, time_ms: newest(slots) };
  };

  function draw(context, view) {
    path = path || new Path2D(PATH);
    for (const place of places) {
      place.x = place.east * view.scale - view.left;
      place.y = place.south * view.scale - view.top;
    }
    for (const place of places) drawMembers(context, view, place);
    for (const { at, state } of worstFirst().reverse()) {
      const { x, y } = places[at];
      const colour = PRIORITY[state] ? ioc.PRIORITY[PRIORITY[state]].colour : GREY;
      const edge = view.rem * (PRIORITY[state] ? 1.35 : 1.1);
      if (state === "unknown") ioc.stamp(context, x, y, path, edge, DARK, GREY, 1.5);
      else ioc.stamp(context, x, y, path, edge, colour, DARK, 2);
    }
  }

  function drawMembers(context, view, place) {
    context.lineWidth = 1.5;
    context.strokeStyle = LINE;
    context.font = `${0.72 * view.rem}px "Noto Sans SC"`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const kind of MEMBERS) {
      const member = place[kind];
      if (!member) continue;
      const { x, y } = ioc.toWorld(member.lat, member.lon);
      const [mx, my] = [x * view.scale - view.left, y * view.scale - view.top];
      context.setLineDash([0.25 * view.rem, 0.25 * view.rem]);
      context.beginPath();
      context.moveTo(place.x, place.y);
      context.lineTo(mx, my);
      context.stroke();
      context.setLineDash([]);
      // Beside each other where one station is several things.
      const aside = (MEMBERS.indexOf(kind) - 1) * 1.05 * view.rem;
      const runs = kind === "pumps" && ioc.pumpState(member).running > 0;
      context.beginPath();
      context.arc(mx + aside, my, 0.52 * view.rem, 0, 2 * Math.PI);
      context.fillStyle = runs ? GREY : DARK;
      context.fill();
      context.stroke();
      context.fillStyle = runs ? DARK : GREY;
      context.fillText(ioc.say(`map.sign_${kind}`), mx + aside, my);
    }
  }

  const worstFirst = () =>
    places
      .map((_, at) => ({ at, ...ioc.lowState(at) }))
      .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));

  // What is to be read beside low places that are not to be driven through, the worst first: {spot, name, said,
  // colour}. It is written among the names of alerts, so that neither covers the other.
  ioc.lowLabels = function () {
    if (!surface || !ioc.isOverlaid("catchment")) return [];
    return worstFirst()
      .filter(({ state, at }) => PRIORITY[state] && !Number.isNaN(places[at].x))
      .map(({ at, state, depth_m, time_ms }) => {
        const name = ioc.pick(places[at].name);
        const said = `${name} ${depth_m.toFixed(2)} m · ${ioc.ago(time_ms)}`;
        return { spot: places[at], name, said, colour: ioc.PRIORITY[PRIORITY[state]].colour };
      });
  };

  // What is drawn, as words: drawn again when it changes, and each second while a number has an age.
  function refresh() {
    if (!surface || !ioc.isOverlaid("catchment")) return;
    const told = places.map((place, at) => {
      const { state, depth_m } = ioc.lowState(at);
      return [state, PRIORITY[state] ? depth_m : "", place.pumps && ioc.pumpState(place.pumps).running];
    });
    const now = JSON.stringify(told);
    const hasAge = told.some(([state]) => PRIORITY[state]);
    if (now === drawn && !hasAge) return;
    if (now !== drawn) surface.soon();
    drawn = now;
    ioc.drawSigns();
  }

  ioc.lowNear = function (x, y, reach) {
    if (!ioc.isOverlaid("catchment")) return -1;
    return places.findIndex((one) => Math.hypot(one.x - x, one.y - y) <= reach);
  };
  ioc.lowPlace = (at) => places[at];

  ioc.startCatchment = function (map) {
    places = ioc.atlas.low_places.map((one) => {
      const { x, y } = ioc.toWorld(one.lat, one.lon);
      return { ...one, east: x, south: y, x: NaN, y: NaN };
    });
    surface = ioc.surface(map, "catchment", 455, draw);
    surface.canvas.hidden = true; // until it is shown
    ioc.overlay("catchment", { legend, state, change });
  };

  function change(isShown) {
    surface.show(isShown);
    ioc.drawSigns();
  }

  function svgSign(colour) {
    const sign = ioc.prioritySign(4);
    sign.firstChild.setAttribute("d", PATH);
    sign.firstChild.setAttribute("fill", colour);
    if (colour === "none") {
      sign.firstChild.setAttribute("stroke", GREY);
      sign.firstChild.setAttribute("stroke-width", "2");
    }
    return sign;
  }

  function legend() {
    const entry = (sign, word) => {
      const item = ioc.make("span", "entry");
      item.append(sign, word);
      return item;
    };
    const sign = (name, colour) => entry(svgSign(colour), ioc.say(`flood.${name}`));
    return [
      ioc.make("h3", "", ioc.say("map.catchment_title")),
      sign("closed", ioc.PRIORITY[1].colour),
      sign("caution", ioc.PRIORITY[3].colour),
      sign("dry", GREY),
      sign("unknown", "none"),
      ...MEMBERS.map((kind) => entry(ioc.make("i", "member", ioc.say(`map.sign_${kind}`)), ioc.say(`map.${kind}`))),
      ioc.make("div", "note", ioc.say("map.catchment_how")),
    ];
  }

  const state = () =>
    places.map((place, at) => ({
      name: place.name[1],
      state: ioc.lowState(at).state,
      depth_m: ioc.lowState(at).depth_m,
      pumps: place.pumps && { name: place.pumps.name[1], ...ioc.pumpState(place.pumps) },
      level: place.level && place.level.name[1],
      rain: place.rain && place.rain.name[1],
    }));

  for (const signal of ["snapshot", "diff", "tick", "language"]) ioc.on(signal, refresh);
})();
