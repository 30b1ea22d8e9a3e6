// Every device on the map, on one canvas of our own: grey while normal, hollow while silent, its
// priority's shape and colour while in alert, drawn last and larger. A second canvas carries the
// only thing that moves: the ring around a P1 that nobody has acknowledged.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const NORMAL = "#74879A";
  const SILENT = "#5C6B7A";
  const HALO = "#0B1622";
  const MOST_LABELS = 8;
  const SPREAD = 0.72; // rem between devices of one place
  // Where a name may stand, in rem from its sign: nearest first.
  const SIDES = [1.2, 2.6, 4.5, 7].flatMap((far) =>
    [0, -1.5, 1.5, -3, 3, -4.5, 4.5].flatMap((down) => [[far, down], [-far, down]]),
  );
  const stillness = matchMedia("(prefers-reduced-motion: reduce)");
  let devices = []; // {lat, lon, path, dx, dy, x, y}
  let silent = new Set();
  let marks = new Map(); // device → {priority, isUnacknowledged}
  let lines = [];
  let signs = [];
  let layer = null;
  let pulsing = [];
  let isPulsing = false;

  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

  const Devices = L_later(() =>
    L.Layer.extend({
      onAdd(map) {
        this._map = map;
        const pane = map.createPane("devices");
        pane.style.zIndex = 450;
        pane.style.pointerEvents = "none";
        this.still = L.DomUtil.create("canvas", "devices-layer", pane);
        this.moving = L.DomUtil.create("canvas", "devices-layer", pane);
        map.on("moveend zoomend resize viewreset", this.redraw, this);
        map.on("move", this.place, this);
        this.redraw();
      },
      // Keeps the canvas under the window while Leaflet moves the pane.
      place() {
        const corner = this._map.containerPointToLayerPoint([0, 0]);
        L.DomUtil.setPosition(this.still, corner);
        L.DomUtil.setPosition(this.moving, corner);
      },
      redraw() {
        this.place();
        const size = this._map.getSize();
        const ratio = window.devicePixelRatio || 1;
        for (const canvas of [this.still, this.moving]) {
          if (canvas.width !== size.x * ratio || canvas.height !== size.y * ratio) {
            canvas.width = size.x * ratio;
            canvas.height = size.y * ratio;
            canvas.style.width = `${size.x}px`;
            canvas.style.height = `${size.y}px`;
          }
          canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
        }
        draw(this._map, this.still.getContext("2d"), size);
        pulse();
      },
    }),
  );

  // Leaflet's file comes after ours in the page.
  function L_later(make) {
    let made = null;
    return () => made || (made = make());
  }

  let drawn = false;
  function soon() {
    if (drawn || !layer) return;
    drawn = true;
    requestAnimationFrame(() => {
      drawn = false;
      layer.redraw();
    });
  }

  function draw(map, context, size) {
    context.clearRect(0, 0, size.x, size.y);
    drawLineNames(map, context);
    const unit = rem();
    for (const device of devices) {
      const point = map.latLngToContainerPoint([device.lat, device.lon]);
      device.x = point.x + device.dx * unit;
      device.y = point.y + device.dy * unit;
    }
    const inAlert = [];
    devices.forEach((device, at) => {
      if (marks.has(at)) inAlert.push(at);
      else if (silent.has(at)) stamp(context, device, device.path, unit * 0.66, null, SILENT);
      else stamp(context, device, device.path, unit * 0.62, NORMAL, HALO);
    });
    drawTownNames(map, context);
    // The most urgent ones last, so that nothing covers them.
    inAlert.sort((a, b) => marks.get(b).priority - marks.get(a).priority);
    drawAlertNames(context, inAlert.reverse(), size);
    pulsing = inAlert.filter(
      (at) => marks.get(at).priority === 1 && marks.get(at).isUnacknowledged,
    );
  }

  function stamp(context, device, path, edge, fill, stroke, width) {
    context.save();
    context.translate(device.x - edge / 2, device.y - edge / 2);
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
  }

  function drawLineNames(map, context) {
    const unit = rem();
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const line of lines) {
      const a = map.latLngToContainerPoint([line.a[1], line.a[0]]);
      const b = map.latLngToContainerPoint([line.b[1], line.b[0]]);
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

  // Over the devices: where a town is matters more than one grey sign among hundreds.
  function drawTownNames(map, context) {
    const unit = rem();
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.font = `${unit}px "Noto Sans SC"`;
    context.lineWidth = 0.35 * unit;
    context.strokeStyle = "rgba(14,27,40,0.9)";
    context.fillStyle = "#C9D5E0";
    const taken = [];
    for (const town of ioc.atlas.towns) {
      const { x, y } = map.latLngToContainerPoint([town.lat, town.lon]);
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
  function drawAlertNames(context, urgent, size) {
    const unit = rem();
    context.font = `700 ${0.88 * unit}px "Noto Sans SC"`;
    context.textBaseline = "middle";
    context.textAlign = "left";
    const around = (device, reach) => [
      device.x - reach, device.y - reach, device.x + reach, device.y + reach,
    ];
    const taken = urgent.map((at) => around(devices[at], unit * 0.7));
    const named = new Set();
    for (const at of urgent) {
      const device = devices[at];
      const { priority } = marks.get(at);
      const name = ioc.pick(ioc.atlas.devices[at].place);
      if (named.size >= MOST_LABELS || priority > 2) break;
      if (named.has(name)) continue;
      const width = context.measureText(name).width + 0.6 * unit;
      const height = 1.35 * unit;
      for (const [right, down] of SIDES) {
        const x = device.x + (right > 0 ? unit * right : unit * right - width);
        const y = device.y + down * unit - height / 2;
        const box = [x, y, x + width, y + height];
        const isOut = box[0] < 0 || box[1] < 0 || box[2] > size.x || box[3] > size.y;
        if (isOut || taken.some((other) => overlap(box, other))) continue;
        const { colour } = ioc.PRIORITY[priority];
        context.strokeStyle = colour;
        context.lineWidth = 1;
        context.beginPath();
        context.moveTo(device.x, device.y);
        context.lineTo(right > 0 ? box[0] : box[2], y + height / 2);
        context.stroke();
        context.fillStyle = "rgba(11,22,34,0.9)";
        context.fillRect(x, y, width, height);
        context.fillStyle = colour;
        context.fillText(name, x + 0.3 * unit, y + height / 2);
        taken.push(box);
        named.add(name);
        break;
      }
    }
    // The lines to the names start under the signs.
    for (const at of [...urgent].reverse()) {
      const { priority } = marks.get(at);
      const edge = unit * (priority <= 2 ? 1.5 : 1.2);
      stamp(context, devices[at], signs[priority], edge, ioc.PRIORITY[priority].colour, HALO, 3);
    }
  }

  // Twenty frames a second, and only where a ring is: a screen without a graphics card spends a
  // third of a core on the whole canvas at sixty.
  const PULSE_EVERY_MS = 50;
  let drawnRings = [];

  function pulse() {
    if (isPulsing || !layer) return;
    isPulsing = true;
    const step = () => {
      const context = layer.moving.getContext("2d");
      const unit = rem();
      for (const [x, y] of drawnRings)
        context.clearRect(x - 3 * unit, y - 3 * unit, 6 * unit, 6 * unit);
      drawnRings = pulsing.map((at) => [devices[at].x, devices[at].y]);
      isPulsing = pulsing.length > 0 && !stillness.matches;
      const phase = stillness.matches ? 0.5 : (Date.now() % 1600) / 1600;
      context.strokeStyle = ioc.PRIORITY[1].colour;
      context.lineWidth = 3;
      context.globalAlpha = 1 - phase * 0.9;
      for (const [x, y] of drawnRings) {
        context.beginPath();
        context.arc(x, y, unit * (0.9 + phase * 1.6), 0, 2 * Math.PI);
        context.stroke();
      }
      context.globalAlpha = 1;
      if (isPulsing) setTimeout(() => requestAnimationFrame(step), PULSE_EVERY_MS);
    };
    requestAnimationFrame(step);
  }

  // Devices at one place stand around it in rings, so that none hides another.
  function spread(list) {
    const atPlace = new Map();
    return list.map((one) => {
      const key = `${one.lon},${one.lat}`;
      const n = atPlace.get(key) || 0;
      atPlace.set(key, n + 1);
      const ring = n === 0 ? 0 : Math.ceil((Math.sqrt(12 * n + 9) - 3) / 6);
      const first = 3 * ring * (ring - 1) + 1;
      const angle = ring ? ((n - first) / (6 * ring)) * 2 * Math.PI : 0;
      return { dx: Math.cos(angle) * ring * SPREAD, dy: Math.sin(angle) * ring * SPREAD };
    });
  }

  ioc.startDevices = function (map) {
    const { atlas } = ioc;
    const glyph = Object.fromEntries(
      atlas.domains.map((domain) => [domain, new Path2D(ioc.DOMAIN[domain])]),
    );
    signs = ioc.PRIORITY.map((one) => one && new Path2D(one.path));
    const places = spread(atlas.devices);
    devices = atlas.devices.map((one, at) => ({
      lat: one.lat,
      lon: one.lon,
      path: glyph[atlas.domains[one.domain]] || signs[4],
      ...places[at],
      x: 0,
      y: 0,
    }));
    silent = new Set(atlas.devices.keys());
    lines = ioc.namedLines();
    layer = new (Devices())();
    layer.addTo(map);
    document.fonts.ready.then(soon);
  };

  // The device under a point of the map, or -1.
  ioc.deviceNear = function (x, y) {
    let best = -1;
    let nearest = (0.7 * rem()) ** 2;
    devices.forEach((device, at) => {
      const distance = (device.x - x) ** 2 + (device.y - y) ** 2;
      if (distance <= nearest) [best, nearest] = [at, distance];
    });
    return best;
  };
  ioc.devicePoint = (at) => devices[at];
  ioc.isSilent = (at) => silent.has(at);

  function takeSilent(frame, anew) {
    if (anew) silent = new Set();
    frame.devices.device.forEach((at, index) =>
      frame.devices.silent[index] ? silent.add(at) : silent.delete(at),
    );
    if (anew || frame.devices.device.length) soon();
  }

  function takeMarks(frame) {
    const { device, priority, unacknowledged } = frame.alerts.marks;
    marks = new Map(
      device.map((at, index) => [
        at,
        { priority: priority[index], isUnacknowledged: unacknowledged[index] },
      ]),
    );
    soon();
  }

  ioc.on("snapshot", (frame) => {
    takeSilent(frame, true);
    takeMarks(frame);
  });
  ioc.on("diff", (frame) => takeSilent(frame, false));
  ioc.on("alerts", takeMarks);
  ioc.on("language", soon);

  // For tests: what the map shows of every device.
  ioc.mapState = () => ({
    devices: devices.length,
    silent: [...silent].sort((a, b) => a - b),
    marks: [...marks].map(([device, mark]) => ({ device, ...mark })),
  });
})();
