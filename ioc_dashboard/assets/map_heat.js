// Heat of rain and of PM2.5: what stations measure, spread over the ground between them by inverse
// distance on a coarse grid. Computed when a value has changed, never for a picture. Where no station
// is near nothing is known, and nothing is drawn.
//
// Source: Shepard, A two-dimensional interpolation function for irregularly-spaced data, Proc. 23rd
// ACM National Conference (1968): u = Σ wᵢ uᵢ / Σ wᵢ, wᵢ = dᵢ⁻², here within NEAR_KM.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const COLUMNS = 96;
  const NEAR_KM = 8; // towns are 6 km apart
  const LEAST_KM = 0.3; // a station's own surroundings
  const EVERY_MS = 5000;
  const SLICE_MS = 4; // of a frame's 16
  const EQUATOR_KM = 40075.017;
  const CLEAR = 0.45;
  // Each from its number on. Hues that no alert has: what is wrong is said by alerts, not by this.
  const HEATS = {
    rain: {
      property: "rain_1h",
      from: [0.1, 2, 5, 10, 20, 50],
      colours: ["#24464F", "#2E5F66", "#3C7C7E", "#5A9C98", "#8CC2B8", "#D3EDE2"],
    },
    pm25: {
      property: "pm25",
      from: [15, 35, 60, 75, 115, 150],
      colours: ["#3A3735", "#504843", "#6B5D54", "#8B7769", "#B19A8A", "#DDCBBC"],
    },
  };
  const heats = {};

  const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

  // What may stand for the present, as the hub has it: good, a number, and not silent.
  ioc.isBelievable = function (slot) {
    const { result, time_ms, quality } = ioc.values;
    return result[slot] != null && time_ms[slot] !== undefined && quality[slot] === 0 && !ioc.isStale(slot);
  };

  class Heat {
    constructor(name, { property, from, colours }) {
      Object.assign(this, { name, property, from, colours });
      this.rgb = colours.map(channels);
      this.slots = [];
      this.signature = null;
      this.picture = null;
      this.stations = 0;
      this.newest = null;
      this.computed = 0;
      this.dueMs = 0;
      this.isBusy = false;
    }

    start() {
      const { atlas } = ioc;
      atlas.datastreams.property.forEach((property, slot) => {
        if (property === this.property) this.slots.push(slot);
      });
      const [west, south, east, north] = atlas.bounds;
      const [corner, far] = [ioc.toWorld(north, west), ioc.toWorld(south, east)];
      this.cell = (far.x - corner.x) / COLUMNS;
      this.rows = Math.ceil((far.y - corner.y) / this.cell);
      this.corner = corner;
      const middle = ((south + north) / 2) * (Math.PI / 180);
      this.kmOfPixel = (EQUATOR_KM * Math.cos(middle)) / 256;
      this.places = new Map(
        this.slots.map((slot) => {
          const { lat, lon } = ioc.placeOf(slot);
          return [slot, ioc.toWorld(lat, lon)];
        }),
      );
    }

    refresh(now) {
      if (now < this.dueMs || this.isBusy) return;
      const slots = this.slots.filter(ioc.isBelievable);
      const signature = slots.map((slot) => `${slot}:${ioc.values.result[slot]}`).join();
      this.newest = slots.length ? Math.max(...slots.map((slot) => ioc.values.time_ms[slot])) : null;
      this.stations = slots.length;
      if (signature === this.signature) return;
      this.signature = signature;
      // Not after a beginning without data: what comes next is to be seen at once.
      this.dueMs = slots.length ? now + EVERY_MS : 0;
      this.compute(this.stationsOf(slots));
    }

    stationsOf(slots) {
      return {
        x: Float64Array.from(slots, (slot) => this.places.get(slot).x),
        y: Float64Array.from(slots, (slot) => this.places.get(slot).y),
        value: Float64Array.from(slots, (slot) => ioc.values.result[slot]),
      };
    }

    // Some rows in each frame: thousands of stations take a fifth of a second, and the picture of
    // before stands meanwhile.
    compute(stations) {
      this.isBusy = true;
      const image = new ImageData(COLUMNS, this.rows);
      let row = 0;
      const step = () => {
        const until = performance.now() + SLICE_MS;
        do this.computeRow(image, stations, row++);
        while (row < this.rows && performance.now() < until);
        if (row < this.rows) return requestAnimationFrame(step);
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [COLUMNS, this.rows];
        canvas.getContext("2d").putImageData(image, 0, 0);
        this.picture = canvas;
        this.computed++;
        this.isBusy = false;
        ioc.drawGround();
      };
      step();
    }

    computeRow(image, stations, row) {
      for (let column = 0; column < COLUMNS; column++) {
        const value = this.at(stations, column, row);
        const colour = value === null ? null : this.rgb[this.classOf(value)];
        if (colour) image.data.set([...colour, 255 * CLEAR], 4 * (row * COLUMNS + column));
      }
    }

    at(stations, column, row) {
      const east = this.corner.x + (column + 0.5) * this.cell;
      const south = this.corner.y + (row + 0.5) * this.cell;
      const { x, y, value } = stations;
      // Squares of distances, in pixels of zoom 0.
      const [near, least] = [(NEAR_KM / this.kmOfPixel) ** 2, (LEAST_KM / this.kmOfPixel) ** 2];
      let sum = 0;
      let weights = 0;
      for (let one = 0; one < x.length; one++) {
        const [dx, dy] = [x[one] - east, y[one] - south];
        const distance = dx * dx + dy * dy;
        if (distance > near) continue;
        const weight = 1 / (distance < least ? least : distance);
        sum += weight * value[one];
        weights += weight;
      }
      return weights ? sum / weights : null;
    }

    // Index of its colour, −1 below the first.
    classOf(value) {
      let at = -1;
      while (at + 1 < this.from.length && value >= this.from[at + 1]) at++;
      return at;
    }

    paint(context, view) {
      if (!this.picture) return;
      context.imageSmoothingEnabled = true;
      context.drawImage(
        this.picture,
        this.corner.x * view.scale - view.left,
        this.corner.y * view.scale - view.top,
        COLUMNS * this.cell * view.scale,
        this.rows * this.cell * view.scale,
      );
    }

    legend() {
      const { symbol } = ioc.atlas.properties[this.property] || { symbol: "" };
      const scale = ioc.make("div", "heat-scale");
      this.from.forEach((from, at) => {
        const step = ioc.make("span", "step", String(from));
        step.style.setProperty("--swatch", this.colours[at]);
        scale.append(step);
      });
      const note = ioc.make("div", "note");
      this.note = note;
      this.sayAge();
      return [ioc.make("h3", "", `${ioc.say(`map.${this.name}_title`)} ${symbol}`), scale, note];
    }

    sayAge() {
      if (!this.note) return;
      const values = { n: this.stations, age: this.newest === null ? "" : ioc.ago(this.newest) };
      ioc.text(this.note, ioc.say(this.newest === null ? "map.heat_none" : "map.heat_how", values));
    }

    state() {
      return { stations: this.stations, computed: this.computed, newest_ms: this.newest };
    }
  }

  function refresh() {
    for (const heat of Object.values(heats)) {
      if (!ioc.map || !ioc.isOverlaid(heat.name)) continue;
      heat.refresh(Date.now());
      heat.sayAge();
    }
  }

  ioc.startHeats = function () {
    for (const [name, settings] of Object.entries(HEATS)) {
      const heat = (heats[name] = new Heat(name, settings));
      heat.start();
      ioc.overlay(name, {
        paint: (context, view) => heat.paint(context, view),
        legend: () => heat.legend(),
        state: () => heat.state(),
        change: (isShown) => isShown && heat.refresh(Date.now()),
      });
    }
  };
  // For tests: the value between stations, as it is drawn, or null.
  ioc.heatAt = function (name, lat, lon) {
    const heat = heats[name];
    const { x, y } = ioc.toWorld(lat, lon);
    const stations = heat.stationsOf(heat.slots.filter(ioc.isBelievable));
    return heat.at(stations, (x - heat.corner.x) / heat.cell - 0.5, (y - heat.corner.y) / heat.cell - 0.5);
  };
  ioc.on("tick", refresh); // also for what falls silent
  ioc.on("snapshot", refresh);
  ioc.on("diff", refresh);
})();
