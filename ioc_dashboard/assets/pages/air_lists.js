// Lists of 生态环境: stations with their concentrations, sites without an index, classes of water.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const { air } = ioc;
  let slots = null; // device → property → slot

  function slotOf(device, property) {
    if (!slots) {
      slots = {};
      const { device: devices, property: properties } = ioc.atlas.datastreams;
      devices.forEach((one, slot) => {
        const of = (slots[one] = slots[one] || {});
        if (!(properties[slot] in of)) of[properties[slot]] = slot;
      });
    }
    return slots[device]?.[property];
  }

  const deviceName = (device) => ioc.pick(ioc.atlas.devices[device].name);
  const placeName = (device) => ioc.pick(ioc.atlas.devices[device].place);
  const decimals = (property) => ioc.atlas.properties[property].decimals;

  function heads(name, texts) {
    const row = ioc.at(`${name}-heads`);
    while (row.children.length < texts.length) row.append(ioc.make("span"));
    texts.forEach((text, at) => ioc.text(row.children[at], text));
  }

  function age(where, ms, isShown) {
    if (ms === null || !isShown) delete where.dataset.since;
    else where.dataset.since = ms;
    ioc.text(where, !isShown ? "" : ms === null ? ioc.say("never") : ioc.ago(ms));
  }

  // -- stations

  function showStations() {
    const { pollutants } = part();
    ioc.at("air-stations").dataset.stale = part().is_stale;
    heads("air-stations", ["", "", "AQI", ...pollutants.map(air.short)]);
    const heard = new Map(part().stations.map((one, at) => [one.device, part().heard_ms[at]]));
    air.rows(
      "air-stations",
      part().stations,
      (one) => one.device,
      (one) => {
        const row = air.row("air-name", "air-word", "air-aqi", ...pollutants.map(() => "value"));
        row.dataset.device = ioc.atlas.devices[one.device].id;
        return row;
      },
      (row, one) => {
        const [name, word, aqi, ...values] = row.children;
        air.name(name, deviceName(one.device), one.is_reference);
        air.index(aqi, `aqi:${row.dataset.device}`, one.quality);
        air.category(word, one.quality);
        const isEmpty = one.quality.verdict === "empty" && one.values.every((value) => value === null);
        word.classList.toggle("gone", isEmpty);
        if (isEmpty) {
          const ms = heard.get(one.device);
          ioc.text(word, ms === null ? ioc.say("never") : `${ioc.say("never")} ${ioc.ago(ms)}`);
          word.title = word.textContent;
        }
        values.forEach((cell, at) => {
          const property = pollutants[at];
          const minutes = one.minutes[at];
          const slot = slotOf(one.device, property);
          if (slot !== undefined) cell.dataset.slot = slot;
          cell.classList.toggle("primary", one.quality.primary.includes(property));
          cell.classList.toggle("none", one.values[at] === null);
          ioc.text(cell, minutes === null ? "" : air.number(one.values[at], property === "co" ? 1 : 0));
          cell.title = minutes === null ? "" : `${air.short(property)} · ${ioc.say("air.minutes", { n: minutes })}`;
        });
      },
    );
  }

  // -- sites

  function showSites(group, properties) {
    const name = `air-${group}`;
    ioc.at(name).style.setProperty("--columns", properties.length);
    heads(name, ["", ...properties.map(air.short), ""]);
    air.rows(
      name,
      part().sites[group],
      (one) => one.device,
      () => air.row("air-name", ...properties.map(() => "value"), "air-age"),
      (row, one) => {
        const cells = [...row.children];
        air.name(cells[0], placeName(one.device), false);
        properties.forEach((property, at) => {
          const cell = cells[at + 1];
          const reading = one.readings.find((each) => each.property === property);
          cell.classList.toggle("over", Boolean(reading?.is_over));
          cell.classList.toggle("none", !reading || reading.value === null);
          if (reading) cell.dataset.slot = reading.slot;
          ioc.text(cell, reading ? air.number(reading.value, decimals(property)) : "");
          cell.title = reading && reading.limit !== null ? ioc.say("air.limit", { limit: reading.limit }) : "";
        });
        const isOver = one.readings.some((each) => each.is_over);
        const isKnown = one.readings.some((each) => each.value !== null);
        const last = cells[cells.length - 1];
        last.classList.toggle("over", isOver && isKnown);
        if (isOver && isKnown) {
          delete last.dataset.since;
          ioc.text(last, ioc.say("air.over"));
        } else age(last, one.time_ms, true);
        row.classList.toggle("gone", !isKnown);
      },
    );
  }

  // -- waters

  function item(one) {
    const property = ioc.atlas.properties[one.property];
    const symbol = property.symbol ? ` ${property.symbol}` : "";
    return `${air.short(one.property)} ${one.value.toFixed(property.decimals)}${symbol}`;
  }

  function showWaters() {
    heads("air-waters", ["", ioc.say("air.class"), ioc.say("air.deciding"), ""]);
    air.rows(
      "air-waters",
      part().waters,
      (one) => one.device,
      () => air.row("air-name", "air-class", "deciding", "air-age"),
      (row, one) => {
        const [name, grade, deciding, last] = row.children;
        air.name(name, placeName(one.device), false);
        grade.dataset.index = `gb3838:${ioc.atlas.devices[one.device].id}`;
        grade.dataset.class = one.number;
        const known = part().classes[one.number - 1];
        const words = known && `${ioc.say("air.of_class", { name: known[0] })} ${ioc.pick([known[1], known[2]])}`;
        ioc.text(grade, one.number ? words : ioc.say("never"));
        const failing = one.complies === false ? `${ioc.say("air.fails", { name: part().classes[one.target - 1][0] })} · ` : "";
        const gone = one.missing.map(air.short).join(" ");
        const all = one.number ? one.deciding.map(item) : [];
        // Two lines have room for two; all of them are in the title.
        const told = all.slice(0, 2).join(" · ") + (all.length > 2 ? ` · +${all.length - 2}` : "");
        ioc.text(deciding, failing + (told || (one.number ? ioc.say("air.all_first") : "")) + (one.number && gone ? ` · ${ioc.say("air.without", { names: gone })}` : ""));
        deciding.title = all.length > 2 ? all.join(" · ") : deciding.textContent;
        if (one.deciding.length) deciding.dataset.slot = one.deciding[0].slot;
        else delete deciding.dataset.slot;
        age(last, one.time_ms, true);
        row.classList.toggle("gone", !one.number);
      },
    );
  }

  const part = () => air.part();

  air.showLists = function () {
    showStations();
    showSites("dust", ["pm10", "tsp", "pm25", "noise"].filter(isMeasured("dust")));
    showSites("roadside", ["no2", "pm25"]);
    showSites("noise", ["noise"]);
    showWaters();
  };

  // A city without an instrument has no column for it.
  const isMeasured = (group) => (property) =>
    part().sites[group].some((one) => one.readings.some((each) => each.property === property));

  ioc.on("tick", () => {
    if (!air.isLit()) return;
    for (const cell of document.querySelectorAll(".air-age[data-since]"))
      ioc.text(cell, ioc.ago(Number(cell.dataset.since)));
  });
})();
