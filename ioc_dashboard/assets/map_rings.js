// The only things on the page that move by themselves: rings around P1 that nobody has acknowledged.
// At most two pulse, around those that wait longest; around the others a ring stands still.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const MOST_PULSING = 2;
  const STILL_RADIUS = 1.5; // rem
  let map = null;
  let ringed = []; // devices, those that wait longest first
  let rings = [];

  const pulsing = () => ringed.slice(0, MOST_PULSING);

  // Two small elements that the browser animates apart from the page: its script does nothing for
  // them, and only what is under them is put together again.
  function place() {
    if (!map) return;
    for (const one of rings) one.remove();
    const points = ioc.points();
    const unit = ioc.rem();
    rings = pulsing().map((at) => {
      const { lat, lon } = ioc.atlas.devices[at];
      const icon = L.divIcon({ className: "ring", html: "<i></i>", iconSize: null });
      const ring = L.marker([lat, lon], { icon, pane: "rings", interactive: false, keyboard: false });
      ring.addTo(map);
      const element = ring.getElement();
      element.setAttribute("aria-hidden", "true");
      element.dataset.device = at;
      element.style.marginLeft = `${points.dx[at] * unit}px`;
      element.style.marginTop = `${points.dy[at] * unit}px`;
      return ring;
    });
  }

  ioc.startRings = function (on) {
    map = on;
    const pane = map.createPane("rings");
    pane.style.zIndex = 470;
    pane.style.pointerEvents = "none";
    map.on("resize", place);
    place();
  };

  ioc.ring = function (devices) {
    const before = pulsing().join();
    ringed = devices;
    if (pulsing().join() !== before) place();
  };

  ioc.drawStillRings = function (context, view) {
    const points = ioc.points();
    context.strokeStyle = ioc.PRIORITY[1].colour;
    context.lineWidth = 3;
    for (const at of ringed.slice(MOST_PULSING)) {
      context.beginPath();
      context.arc(points.x[at], points.y[at], view.rem * STILL_RADIUS, 0, 2 * Math.PI);
      context.stroke();
    }
  };

  ioc.mapRings = () => ({ pulsing: pulsing(), still: ringed.slice(MOST_PULSING) });
})();
