// What stands over the grey devices: names of towns, crews, and whatever is in alert with its
// priority's shape and colour, the most urgent last and larger so that nothing covers it.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const HALO = "#0B1622";
  const MOST_LABELS = 8;
  // Where a name may stand, in rem from its sign: nearest first.
  const SIDES = [1.2, 2.6, 4.5, 7].flatMap((far) =>
    [0, -1.5, 1.5, -3, 3, -4.5, 4.5].flatMap((down) => [[far, down], [-far, down]]),
  );
  let surface = null;
  let signs = [];
  let marks = new Map(); // device → {priority, isUnacknowledged}

  // The most urgent first.
  const urgent = () =>
    [...marks.keys()].sort((a, b) => marks.get(a).priority - marks.get(b).priority);

  function draw(context, view) {
    const points = ioc.points();
    if (!points || !points.cells) return;
    drawTownNames(context, view);
    ioc.drawMovers(context, view);
    const order = urgent();
    drawAlertNames(context, view, points, order);
    for (const at of order.reverse()) {
      const { priority } = marks.get(at);
      const edge = view.rem * (priority <= 2 ? 1.5 : 1.2);
      const { colour } = ioc.PRIORITY[priority];
      ioc.stamp(context, points.x[at], points.y[at], signs[priority], edge, colour, HALO, 3);
    }
    ioc.drawStillRings(context, view);
  }

  // Over the devices: where a town is matters more than one grey sign among hundreds.
  function drawTownNames(context, view) {
    const unit = view.rem;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.font = `${unit}px "Noto Sans SC"`;
    context.lineWidth = 0.35 * unit;
    context.strokeStyle = "rgba(14,27,40,0.9)";
    context.fillStyle = "#C9D5E0";
    const taken = [];
    for (const town of ioc.atlas.towns) {
      const { x, y } = ioc.map.latLngToContainerPoint([town.lat, town.lon]);
      const name = ioc.pick(town.name);
      const half = context.measureText(name).width / 2;
      const box = (down) => [x - half, y + (down - 0.6) * unit, x + half, y + (down + 0.6) * unit];
      const down =
        [0, -1.3, 1.3, -2.6, 2.6].find(
          (one) => !taken.some((other) => overlap(box(one), other)),
        ) || 0;
      taken.push(box(down));
      context.strokeText(name, x, y + down * unit);
      context.fillText(name, x, y + down * unit);
    }
  }

  const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

  // Names of the most urgent places, where there is room around them; the list has them all.
  function drawAlertNames(context, view, points, order) {
    const unit = view.rem;
    const taken = order.map((at) => {
      const [x, y, reach] = [points.x[at], points.y[at], unit * 0.7];
      return [x - reach, y - reach, x + reach, y + reach];
    });
    const named = new Set();
    // Depths of low places say more than the name of their alert.
    for (const { spot, name, said, colour } of ioc.lowLabels().slice(0, MOST_LABELS))
      if (ioc.putLabel(context, view, spot, said, colour, taken)) named.add(name);
    for (const at of order) {
      const { priority } = marks.get(at);
      const name = ioc.pick(ioc.atlas.devices[at].place);
      if (named.size >= MOST_LABELS || priority > 2) break;
      if (named.has(name)) continue;
      const spot = { x: points.x[at], y: points.y[at] };
      if (ioc.putLabel(context, view, spot, name, ioc.PRIORITY[priority].colour, taken))
        named.add(name);
    }
  }

  // Writes a name beside a spot with a line to it, where nothing of `taken` is, and takes that room.
  // Returns whether there was any.
  ioc.putLabel = function (context, view, spot, name, colour, taken) {
    const unit = view.rem;
    context.font = `700 ${0.88 * unit}px "Noto Sans SC"`;
    context.textBaseline = "middle";
    context.textAlign = "left";
    const width = context.measureText(name).width + 0.6 * unit;
    const height = 1.35 * unit;
    for (const [right, down] of SIDES) {
      const x = spot.x + (right > 0 ? unit * right : unit * right - width);
      const y = spot.y + down * unit - height / 2;
      const box = [x, y, x + width, y + height];
      const isOut = box[0] < 0 || box[1] < 0 || box[2] > view.width || box[3] > view.height;
      if (isOut || taken.some((other) => overlap(box, other))) continue;
      context.strokeStyle = colour;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(spot.x, spot.y);
      context.lineTo(right > 0 ? box[0] : box[2], y + height / 2);
      context.stroke();
      context.fillStyle = "rgba(11,22,34,0.9)";
      context.fillRect(x, y, width, height);
      context.fillStyle = colour;
      context.fillText(name, x + 0.3 * unit, y + height / 2);
      taken.push(box);
      return true;
    }
    return false;
  };

  ioc.startSigns = function (map) {
    signs = ioc.PRIORITY.map((one) => one && new Path2D(one.path));
    surface = ioc.surface(map, "signs", 460, draw);
    surface.redraw();
    document.fonts.ready.then(() => surface.soon());
  };
  ioc.drawSigns = () => surface && surface.soon();
  ioc.markOf = (at) => marks.get(at) || null;

  function takeMarks(frame) {
    const { device, priority, unacknowledged } = frame.alerts.marks;
    const before = marks;
    marks = new Map(
      device.map((at, index) => [
        at,
        { priority: priority[index], isUnacknowledged: unacknowledged[index] },
      ]),
    );
    // An acknowledged alert, or one more of the same priority, changes nothing on the map.
    const isSame = ([at, { priority: now, isUnacknowledged }]) =>
      before.get(at)?.priority === now && before.get(at).isUnacknowledged === isUnacknowledged;
    if (before.size === marks.size && [...marks].every(isSame)) return;
    ioc.coverDevices(new Set(marks.keys()));
    // In the order of the list: the first ones are those that wait longest.
    ioc.ring(device.filter((at) => marks.get(at).priority === 1 && marks.get(at).isUnacknowledged));
    ioc.drawSigns();
  }
  ioc.on("snapshot", takeMarks);
  ioc.on("alerts", takeMarks);
  ioc.on("language", () => ioc.drawSigns());

  ioc.mapMarks = () => [...marks].map(([device, mark]) => ({ device, ...mark }));
})();
