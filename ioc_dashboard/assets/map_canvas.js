// Every device that is not in alert, on one canvas: grey while normal, hollow while silent. When a
// device changes only the cells that it touches are drawn again.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const NORMAL = "#74879A";
  const SILENT = "#5C6B7A";
  const HALO = "#0B1622";
  // From this share of all cells on it is cheaper to draw everything: no clipping, no point twice.
  const ALL_FROM = 0.35;
  let points = null;
  let surface = null;
  let stamps = null; // look → domain → picture of one point
  let silent = new Set();
  let inAlert = new Set();
  const changed = new Set(); // cells
  let waiting = 0;
  const painted = { whole: 0, cells: 0, points: 0 }; // since the page began

  // A shape of shapes.js around a spot.
  ioc.stamp = function (context, x, y, path, edge, fill, stroke, width) {
    context.save();
    context.translate(x - edge / 2, y - edge / 2);
    context.scale(edge / 24, edge / 24);
    context.lineWidth = ((width || (fill ? 2 : 1.6)) * 24) / edge;
    context.strokeStyle = stroke;
    context.lineJoin = "round";
    context.stroke(path);
    if (fill) {
      context.fillStyle = fill;
      context.fill(path);
    }
    context.restore();
  };

  // Paths are drawn once for each kind of point and size of screen; points are copies, which
  // cost less without a graphics card.
  function cutStamps(view) {
    const key = `${view.rem} ${view.ratio}`;
    if (stamps && stamps.key === key) return;
    const paths = ioc.atlas.domains.map((domain) => new Path2D(ioc.DOMAIN[domain]));
    const other = new Path2D(ioc.PRIORITY[4].path);
    const cut = (path, edge, fill, stroke) => {
      const side = Math.ceil((edge + 4) * view.ratio);
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [side, side];
      const context = canvas.getContext("2d");
      context.scale(view.ratio, view.ratio);
      const middle = side / view.ratio / 2;
      ioc.stamp(context, middle, middle, path, edge, fill, stroke);
      return canvas;
    };
    const each = (make) => [...paths, other].map(make); // the last for a device without datastream
    stamps = { key };
    stamps[ioc.LOOK.NORMAL] = each((path) => cut(path, view.rem * 0.62, NORMAL, HALO));
    stamps[ioc.LOOK.SILENT] = each((path) => cut(path, view.rem * 0.66, null, SILENT));
  }

  // In px of the screen, whole ones: a copy between pixels would be blurred and slow.
  function put(context, at, ratio) {
    const look = points.look[at];
    if (look === ioc.LOOK.ALERT) return;
    const domain = points.domain[at];
    const ofLook = stamps[look];
    const picture = ofLook[domain < 0 ? ofLook.length - 1 : domain];
    const half = picture.width / 2;
    context.drawImage(
      picture,
      Math.round(points.x[at] * ratio - half),
      Math.round(points.y[at] * ratio - half),
    );
    painted.points++;
  }

  function drawAll(context, view) {
    cancelAnimationFrame(waiting);
    waiting = 0;
    changed.clear();
    points.arrange(view);
    cutStamps(view);
    putAll(context, view);
    ioc.emit("map:arranged", view);
  }

  function putAll(context, view) {
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (let at = 0; at < points.n; at++) put(context, at, view.ratio);
    painted.whole++;
  }

  function drawChanged() {
    waiting = 0;
    const { context, view } = surface;
    if (!view || !points.cells) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (changed.size > ALL_FROM * points.columns * points.rows) {
      context.clearRect(0, 0, surface.canvas.width, surface.canvas.height);
      putAll(context, view);
    } else {
      for (const cell of changed) {
        const edges = points.box(cell).map((edge) => Math.round(edge * view.ratio));
        const [left, top, width, height] = [edges[0], edges[1], edges[2] - edges[0], edges[3] - edges[1]];
        context.save();
        context.beginPath();
        context.rect(left, top, width, height);
        context.clip();
        context.clearRect(left, top, width, height);
        for (const at of points.inCell(cell)) put(context, at, view.ratio);
        context.restore();
        painted.cells++;
      }
    }
    changed.clear();
  }

  function look(at) {
    const { ALERT, NORMAL: normal, SILENT: hollow } = ioc.LOOK;
    const now = inAlert.has(at) ? ALERT : silent.has(at) ? hollow : normal;
    if (points.look[at] === now) return;
    points.look[at] = now;
    if (!points.cells) return;
    points.eachCell(at, (cell) => changed.add(cell));
    if (!waiting && changed.size) waiting = requestAnimationFrame(drawChanged);
  }

  ioc.startDevices = function (map) {
    points = ioc.pointsOf(ioc.atlas.devices);
    silent = new Set(ioc.atlas.devices.keys());
    surface = ioc.surface(map, "devices", 450, drawAll);
    surface.redraw();
    return points;
  };

  ioc.isSilent = (at) => silent.has(at);
  ioc.points = () => points;

  // Which devices have a sign of their own now; the grey ones leave room or come back.
  ioc.coverDevices = function (devices) {
    const before = inAlert;
    inAlert = devices;
    for (const at of before) if (!inAlert.has(at)) look(at);
    for (const at of inAlert) if (!before.has(at)) look(at);
  };

  function takeSilent(frame, anew) {
    if (anew) silent = new Set();
    frame.devices.device.forEach((at, index) =>
      frame.devices.silent[index] ? silent.add(at) : silent.delete(at),
    );
    if (anew) for (let at = 0; at < points.n; at++) look(at);
    else frame.devices.device.forEach(look);
  }
  ioc.on("snapshot", (frame) => takeSilent(frame, true));
  ioc.on("diff", (frame) => takeSilent(frame, false));

  ioc.mapPainted = () => ({ ...painted });
  ioc.silentDevices = () => [...silent].sort((a, b) => a - b);
})();
