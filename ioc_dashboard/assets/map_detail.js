// What a device measures, for whoever points at it: every value with its age.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  let box = null;
  let shown = -1;
  let slotsOf = null;

  function show() {
    if (shown < 0) return;
    const device = ioc.atlas.devices[shown];
    box.replaceChildren(
      ioc.make("b", "", ioc.pick(device.name)),
      ioc.make("div", "where", `${ioc.pick(ioc.atlas.towns[device.town].name)} · ${ioc.pick(device.place)}`),
    );
    const table = ioc.make("table");
    for (const slot of slotsOf[shown] || []) {
      const property = ioc.atlas.properties[ioc.atlas.datastreams.property[slot]];
      const value = ioc.values.result[slot];
      const row = table.insertRow();
      row.insertCell().textContent = ioc.pick(property.name);
      row.insertCell().textContent =
        value == null ? "—" : `${value.toFixed(property.decimals)} ${property.symbol}`;
      const since = ioc.values.time_ms[slot];
      row.insertCell().textContent = since === undefined ? ioc.say("never") : ioc.ago(since);
    }
    box.append(table);
    const point = ioc.devicePoint(shown);
    const size = ioc.map.getSize();
    box.style.left = `${Math.min(point.x + 14, size.x - box.offsetWidth - 8)}px`;
    box.style.top = `${Math.max(8, Math.min(point.y + 14, size.y - box.offsetHeight - 8))}px`;
  }

  ioc.startDetail = function (map) {
    slotsOf = {};
    ioc.atlas.datastreams.device.forEach((device, slot) => {
      (slotsOf[device] = slotsOf[device] || []).push(slot);
    });
    box = ioc.make("div", "detail");
    box.hidden = true;
    ioc.at("map").append(box);
    map.on("mousemove", ({ containerPoint }) => {
      shown = ioc.deviceNear(containerPoint.x, containerPoint.y);
      box.hidden = shown < 0;
      show();
    });
    map.on("mouseout", () => {
      shown = -1;
      box.hidden = true;
    });
  };
  ioc.on("tick", show);
})();
