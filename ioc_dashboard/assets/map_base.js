// The map without tiles: outline, water, roads and names, drawn from the atlas.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const STYLE = {
    outline: { color: "#4A6580", weight: 2, fillColor: "#11202F", fillOpacity: 1 },
    lake: { color: "#1F4260", weight: 1, fillColor: "#16324A", fillOpacity: 1 },
    river: { color: "#1F4664", weight: 2.5, opacity: 1 },
    expressway: { color: "#40505F", weight: 2.5, opacity: 1 },
    arterial: { color: "#2C3A48", weight: 1.4, opacity: 1 },
  };
  const ORDER = Object.keys(STYLE);
  const BACK_AFTER_MS = 60000;
  const FLIGHT_S = 1.6;
  const stillness = matchMedia("(prefers-reduced-motion: reduce)");

  ioc.startMap = function () {
    const atlas = ioc.atlas;
    const [west, south, east, north] = atlas.bounds;
    const bounds = L.latLngBounds([south, west], [north, east]);
    const map = (ioc.map = L.map("map", {
      zoomControl: false,
      attributionControl: false,
      zoomSnap: 0,
      zoomDelta: 0.5,
      wheelPxPerZoomLevel: 120,
      preferCanvas: true,
      fadeAnimation: false,
      zoomAnimation: !stillness.matches,
      inertia: !stillness.matches,
      keyboard: false,
    }));
    let moving = false;
    map.on("movestart", () => (moving = true));
    map.on("moveend", () => (moving = false));
    ioc.isMapMoving = () => moving;
    // Where the map belongs: the whole district, until something else is to be looked at.
    // The legend stands on the left; where the map is wide enough the district stands beside it.
    const room = () => {
      const legend = 9 * ioc.rem();
      return {
        paddingTopLeft: [map.getSize().x > 5 * legend ? legend : 10, 10],
        paddingBottomRight: [10, 10],
      };
    };
    const home = (options) => map.fitBounds(bounds, { ...room(), animate: false, ...options });
    let place = home;
    ioc.isMapHome = () => place === home;
    const restore = () => {
      map.stop();
      map.invalidateSize({ animate: false });
      const { x, y } = map.getSize();
      if (x && y) place();
    };
    // A map on a page that is not shown has no size yet, but layers want a view.
    map.setView(bounds.getCenter(), 10, { animate: false });
    restore();

    // Looks at a spot until it is let go again; `jump` without a flight.
    const isStill = () => stillness.matches || !map.getSize().x;
    ioc.lookAt = function ([lat, lon], closer) {
      const zoom = map.getBoundsZoom(bounds) + closer;
      place = () => map.setView([lat, lon], zoom, { animate: false });
      if (isStill()) restore();
      else map.flyTo([lat, lon], zoom, { duration: FLIGHT_S });
    };
    // Somebody moves it: it stays there, and goes home when the hand has left it.
    ioc.forgetLook = () => (place = home);
    ioc.lookHome = function () {
      place = home;
      if (isStill()) restore();
      else map.flyToBounds(bounds, { ...room(), duration: FLIGHT_S });
    };

    const shapes = atlas.base_map.features
      .filter((one) => one.properties.kind in STYLE)
      .sort((a, b) => ORDER.indexOf(a.properties.kind) - ORDER.indexOf(b.properties.kind));
    L.geoJSON(
      { type: "FeatureCollection", features: shapes },
      { interactive: false, style: (one) => STYLE[one.properties.kind] },
    ).addTo(map);
    L.control.scale({ imperial: false, position: "bottomright", maxWidth: 120 }).addTo(map);

    // Whoever moves the map gets it back as it was after a minute without a hand on it.
    let left = null;
    let handMs = -Infinity;
    const hand = () => {
      handMs = performance.now();
      clearTimeout(left);
      left = setTimeout(() => {
        left = null;
        restore();
      }, BACK_AFTER_MS);
    };
    map.on("mousedown dragstart", hand);
    map.getContainer().addEventListener("wheel", hand, { passive: true });
    map.on("mousemove", () => left && hand());
    ioc.hasHandOnMap = () => performance.now() - handMs < BACK_AFTER_MS;
    new ResizeObserver(restore).observe(ioc.at("map"));
    return map;
  };

  // Longest piece of a line: where its name fits.
  ioc.namedLines = () =>
    ioc.atlas.base_map.features
      .filter((one) => ["river", "expressway"].includes(one.properties.kind))
      .map(({ properties, geometry }) => {
        let best = null;
        const { coordinates } = geometry;
        for (let at = 1; at < coordinates.length; at++) {
          const [a, b] = [coordinates[at - 1], coordinates[at]];
          const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
          if (!best || length > best.length) best = { a, b, length };
        }
        return { ...best, kind: properties.kind, name: [properties.zh, properties.en] };
      });

  ioc.showMapNote = function () {
    const { datum, map_approval } = ioc.atlas;
    ioc.text(
      "map-note",
      [
        ioc.say("approval", { a: map_approval }),
        ioc.say("datum", { d: datum }),
        ioc.say("towns_schematic"),
      ].join("  ·  "),
    );
  };

  ioc.showLegend = function () {
    const legend = ioc.at("legend");
    const entry = (sign, word, className) => {
      const item = ioc.make("span", `entry ${className || ""}`);
      item.append(sign, word);
      return item;
    };
    const first = ioc.make("div");
    const second = ioc.make("div");
    first.append(
      ...[1, 2, 3, 4].map((at) =>
        entry(ioc.prioritySign(at), ioc.pick([ioc.atlas.priorities[at - 1].zh, ioc.atlas.priorities[at - 1].en])),
      ),
    );
    first.append(entry(ioc.make("i", "ringed"), ioc.say("map.ring")));
    second.append(
      ...ioc.atlas.domains.map((domain) => entry(ioc.domainSign(domain), ioc.say(domain))),
      entry(ioc.make("i", "hollow"), ioc.say("legend_silent")),
    );
    if (ioc.hasMovers()) {
      const crew = (look, word) => entry(ioc.crewSign(look), ioc.say(word));
      second.append(crew("free", "map.crew_free"), crew("busy", "map.crew_busy"), crew("old", "map.crew_old"));
    }
    legend.replaceChildren(first, second);
  };
})();
