// New P1: what was not there before, is active, no drill, and nobody has taken it. Told once each,
// as the signal `critical` with their lines; what was there when the page began is not new.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  let known = null;

  ioc.isCritical = (line) =>
    line.priority === 1 && line.active && !line.acknowledged && !line.drill;

  function take({ alerts }) {
    const critical = alerts.lines.filter(ioc.isCritical);
    const fresh = known === null ? [] : critical.filter((line) => !known.has(line.id));
    known = new Set(critical.map((line) => line.id));
    if (fresh.length && ioc.atlas) ioc.emit("critical", fresh, critical);
  }
  ioc.on("alerts", take);
  ioc.on("snapshot", take);
})();
