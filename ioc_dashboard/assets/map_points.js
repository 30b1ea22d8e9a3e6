// Where every device of the city stands on the map and how it looks there: columns by device, and
// the cells of the window that each touches, so that what changes is drawn without the rest.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const SPREAD = 0.72; // rem between devices of one place
  const REACH = 0.42; // rem from the middle of a grey sign to its edge
  const CELL = 64; // px

  // How a device looks. In alert it is not among the grey ones: its sign is drawn over them.
  const LOOK = { ALERT: 0, NORMAL: 1, SILENT: 2 };

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
      return [Math.cos(angle) * ring * SPREAD, Math.sin(angle) * ring * SPREAD];
    });
  }

  class Points {
    constructor(devices) {
      const n = (this.n = devices.length);
      const column = () => new Float64Array(n);
      Object.assign(this, { east: column(), south: column(), dx: column(), dy: column() });
      Object.assign(this, { x: new Float32Array(n), y: new Float32Array(n) });
      this.domain = Int8Array.from(devices, (one) => one.domain);
      this.look = new Uint8Array(n).fill(LOOK.SILENT);
      spread(devices).forEach(([dx, dy], at) => {
        const world = ioc.toWorld(devices[at].lat, devices[at].lon);
        [this.east[at], this.south[at], this.dx[at], this.dy[at]] = [world.x, world.y, dx, dy];
      });
      this.cells = null;
    }

    // Puts every point where it is in a view, and knows for each cell which points touch it.
    arrange(view) {
      const { n, x, y } = this;
      for (let at = 0; at < n; at++) {
        x[at] = this.east[at] * view.scale - view.left + this.dx[at] * view.rem;
        y[at] = this.south[at] * view.scale - view.top + this.dy[at] * view.rem;
      }
      this.reach = REACH * view.rem + 2;
      this.columns = Math.max(1, Math.ceil(view.width / CELL));
      this.rows = Math.max(1, Math.ceil(view.height / CELL));
      const count = new Int32Array(this.columns * this.rows + 1);
      for (let at = 0; at < n; at++) this.eachCell(at, (cell) => count[cell + 1]++);
      for (let cell = 1; cell < count.length; cell++) count[cell] += count[cell - 1];
      const next = count.slice();
      const members = new Int32Array(count[count.length - 1]);
      for (let at = 0; at < n; at++) this.eachCell(at, (cell) => (members[next[cell]++] = at));
      this.cells = { start: count, members };
    }

    eachCell(at, visit) {
      const [x, y, reach] = [this.x[at], this.y[at], this.reach];
      const left = Math.max(0, Math.floor((x - reach) / CELL));
      const right = Math.min(this.columns - 1, Math.floor((x + reach) / CELL));
      const top = Math.max(0, Math.floor((y - reach) / CELL));
      const bottom = Math.min(this.rows - 1, Math.floor((y + reach) / CELL));
      for (let row = top; row <= bottom; row++)
        for (let column = left; column <= right; column++) visit(row * this.columns + column);
    }

    inCell(cell) {
      const { start, members } = this.cells;
      return members.subarray(start[cell], start[cell + 1]);
    }

    // Its edges: left, top, right, bottom, px.
    box(cell) {
      const [left, top] = [(cell % this.columns) * CELL, Math.floor(cell / this.columns) * CELL];
      return [left, top, left + CELL, top + CELL];
    }

    xy(at) {
      return [this.x[at], this.y[at]];
    }

    // The point nearest to a spot of the window and no further than `reach` px, or −1.
    near(x, y, reach) {
      let best = -1;
      let nearest = reach ** 2;
      for (let at = 0; at < this.n; at++) {
        const distance = (this.x[at] - x) ** 2 + (this.y[at] - y) ** 2;
        if (distance <= nearest) [best, nearest] = [at, distance];
      }
      return best;
    }
  }

  ioc.LOOK = LOOK;
  ioc.pointsOf = (devices) => new Points(devices);
})();
