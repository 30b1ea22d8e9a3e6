// Under the devices: borders between towns (示意: the nearest centre, as places are given to towns),
// what an overlay lays over the ground, and names of waters and expressways.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  let surface = null;
  let outline = []; // rings in Leaflet's pixels of zoom 0
  let borders = []; // pairs of points between neighbouring towns
  let lines = [];

  const world = ([lon, lat]) => ioc.toWorld(lat, lon);

  // Adds a line of such points to a context's path.
  ioc.trace = function (context, view, line) {
    line.forEach(({ x, y }, at) => {
      const [px, py] = [x * view.scale - view.left, y * view.scale - view.top];
      if (at) context.lineTo(px, py);
      else context.moveTo(px, py);
    });
  };

  ioc.clipToOutline = function (context, view) {
    if (!outline.length) return;
    context.beginPath();
    for (const ring of outline) ioc.trace(context, view, ring);
    context.clip("evenodd");
  };

  function readOutline() {
    const found = ioc.atlas.base_map.features.find((one) => one.properties.kind === "outline");
    if (!found) return [];
    const { type, coordinates } = found.geometry;
    return (type === "Polygon" ? [coordinates] : coordinates).flat().map((ring) => ring.map(world));
  }

  // The stretch of the line halfway between two centres that is nearer to them than to any third:
  // Voronoi's cells without more machinery than thirteen towns need. Spherical Mercator keeps
  // angles, so halfway there is halfway on the ground.
  function bordersOf(centres) {
    const found = [];
    centres.forEach((a, at) =>
      centres.slice(at + 1).forEach((b) => {
        const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
        const along = { x: b.y - a.y, y: a.x - b.x };
        let [from, to] = [-50, 50]; // far beyond any district
        for (const c of centres) {
          if (c === a || c === b) continue;
          // Nearer to a than to c: (p − (a + c) / 2) · (c − a) ≤ 0, with p = middle + t · along.
          const [nx, ny] = [c.x - a.x, c.y - a.y];
          const slope = along.x * nx + along.y * ny;
          const rest = (middle.x - (a.x + c.x) / 2) * nx + (middle.y - (a.y + c.y) / 2) * ny;
          if (slope > 0) to = Math.min(to, -rest / slope);
          else if (slope < 0) from = Math.max(from, -rest / slope);
          else if (rest > 0) to = from;
        }
        const point = (t) => ({ x: middle.x + t * along.x, y: middle.y + t * along.y });
        if (from < to) found.push([point(from), point(to)]);
      }),
    );
    return found;
  }

  function draw(context, view) {
    context.save();
    ioc.clipToOutline(context, view);
    for (const paint of ioc.groundPainters()) paint(context, view);
    context.beginPath();
    for (const border of borders) ioc.trace(context, view, border);
    context.setLineDash([0.5 * view.rem, 0.4 * view.rem]);
    context.lineWidth = 1;
    context.strokeStyle = "#2B4358";
    context.stroke();
    context.restore();
    drawLineNames(context, view);
  }

  function drawLineNames(context, view) {
    const unit = view.rem;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const line of lines) {
      const [a, b] = [line.a, line.b].map(([lon, lat]) => ioc.map.latLngToContainerPoint([lat, lon]));
      let angle = Math.atan2(b.y - a.y, b.x - a.x);
      if (Math.abs(angle) > Math.PI / 2) angle += Math.PI;
      context.save();
      context.translate((a.x + b.x) / 2, (a.y + b.y) / 2);
      context.rotate(angle);
      context.font = `${0.72 * unit}px "Noto Sans SC"`;
      context.fillStyle = line.kind === "river" ? "#4C7896" : "#63717F";
      const name = ioc.pick(line.name);
      if (context.measureText(name).width < Math.hypot(b.x - a.x, b.y - a.y))
        context.fillText(name, 0, -0.6 * unit);
      context.restore();
    }
  }

  ioc.startGround = function (map) {
    outline = readOutline();
    borders = bordersOf(ioc.atlas.towns.map((town) => ioc.toWorld(town.lat, town.lon)));
    lines = ioc.namedLines();
    surface = ioc.surface(map, "ground", 420, draw);
    surface.redraw();
    document.fonts.ready.then(() => surface.soon());
  };
  ioc.drawGround = () => surface && surface.soon();
  ioc.on("language", () => ioc.drawGround());

  ioc.mapGround = () => ({ borders: borders.length, outlines: outline.length });
})();
