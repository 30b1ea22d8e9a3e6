// 生态环境: the district's air, the ranking of towns, and the last 24 hours of one town after another.
// What the lists of this page share stands in `ioc.air`; the other lists are in air_lists.js.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const PAGE = "air";
  const TURN_S = 8; // one town's 24 hours
  const air = (ioc.air = {});
  let part = null;
  let turned = 0; // seconds that the town has been shown
  let shownTown = null;

  air.part = () => part;
  air.isLit = () => part !== null && ioc.atlas && ioc.isShown(PAGE);
  air.number = (value, decimals) => (value === null ? "—" : value.toFixed(decimals).replace("-", "−"));
  air.short = (property) => ioc.say(`air.short_${property}`);
  air.hour = (ms) => ioc.timeOfDay(ms).slice(0, 5);

  // As many whole rows as fit; each is made once, changed in place, and moved only when its place changes.
  air.rows = function (name, items, keyOf, make, fill) {
    const list = ioc.at(`${name}-rows`);
    const style = getComputedStyle(list);
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const room = Math.floor((list.clientHeight + 1) / (parseFloat(style.getPropertyValue("--row")) * rem));
    const fit = Number(style.getPropertyValue("--rows")) || Math.max(1, room);
    const rows = (list.kept = list.kept || new Map());
    const shown = items.slice(0, fit);
    const keys = new Set(shown.map(keyOf));
    for (const [key, row] of rows)
      if (!keys.has(key)) {
        row.remove();
        rows.delete(key);
      }
    shown.forEach((item, at) => {
      const key = keyOf(item);
      if (!rows.has(key)) rows.set(key, make(item));
      const row = rows.get(key);
      fill(row, item, at);
      if (list.children[at] !== row) list.insertBefore(row, list.children[at] || null);
    });
    const hidden = items.length - shown.length;
    ioc.text(`${name}-more`, hidden > 0 ? ioc.say("air.more", { n: hidden }) : items.length ? "" : ioc.say("air.none"));
  };

  air.row = function (...classes) {
    const row = ioc.make("li", "air-row");
    row.append(...classes.map((name) => ioc.make("span", name)));
    return row;
  };

  air.name = function (where, text, isReference) {
    ioc.text(where, text);
    where.title = isReference ? `${text} · ${ioc.say("air.reference")}` : text;
    where.dataset.tag = isReference ? ioc.say("air.micro") : "";
  };

  // Category: a swatch of the standard's colour beside the word, or why there is no index.
  air.category = function (where, quality) {
    where.dataset.level = quality.level;
    const level = part.levels[quality.level - 1];
    where.style.setProperty("--swatch", level ? `rgb(${level[2].join(",")})` : "transparent");
    ioc.text(where, level ? ioc.pick(level) : air.why(quality));
    where.title = where.textContent;
  };

  air.why = function (quality) {
    const missing = quality.missing.map(air.short).join(ioc.language === "zh" ? "、" : ", ");
    return ioc.say(`air.why_${quality.verdict}`, { missing });
  };

  air.index = function (where, index, quality) {
    where.dataset.index = index;
    where.tabIndex = 0;
    where.dataset.level = quality.level;
    ioc.text(where, quality.aqi === null ? "NA" : String(quality.aqi));
  };

  air.arrow = function (where, wind) {
    if (!where.firstChild) {
      const sign = ioc.make("i", "air-arrow");
      sign.setAttribute("aria-hidden", "true");
      where.append(sign, ioc.make("span"));
    }
    const [sign, text] = where.children;
    sign.hidden = !wind || wind.direction === null;
    // A wind is named by where it comes from; the arrow flies with it.
    if (!sign.hidden) sign.style.setProperty("--turn", `${(wind.direction + 180) % 360}deg`);
    ioc.text(text, wind ? `${wind.speed.toFixed(1)}` : "—");
    where.title = air.windWord(wind);
  };

  air.windWord = function (wind) {
    if (!wind) return ioc.say("never");
    if (wind.direction === null) return ioc.say("air.calm");
    return ioc.say(`air.wind_${Math.round(wind.direction / 22.5) % 16}`);
  };

  const townName = (area) =>
    ioc.pick(area.town < 0 ? ioc.atlas.name : ioc.atlas.towns[area.town].name);

  // -- the district

  const NOW = `<div class="air-main"><b class="air-aqi"></b><div><div class="air-word"></div>
    <div class="air-primary"></div></div></div><div class="air-of"></div>
    <dl><dt class="yesterday"></dt><dd class="yesterday"><b></b><span></span></dd>
    <dt class="today"></dt><dd class="today"><b></b><span></span></dd>
    <dt class="wind"></dt><dd class="wind"><b></b><span></span></dd></dl>`;

  function showDistrict() {
    const box = ioc.at("air-now");
    if (!box.firstChild) box.innerHTML = NOW;
    const find = (selector) => box.querySelector(selector);
    const { district } = part;
    const panel = ioc.at("air-district");
    panel.dataset.stale = part.is_stale;
    const header = panel.querySelector("header");
    if (header.children.length < 2) header.append(ioc.make("span", "air-note"));
    ioc.text(header.children[1], part.edition);
    if (!district) {
      ioc.text(find(".air-aqi"), "—");
      ioc.text(find(".air-word"), ioc.say("never"));
      return;
    }
    air.index(find(".air-aqi"), district.index, district.quality);
    air.category(find(".air-word"), district.quality);
    const primary = district.quality.primary.map(air.short).join(" ");
    ioc.text(find(".air-primary"), primary ? ioc.say("air.primary", { names: primary }) : "");
    const hour = `${air.hour(part.hour_ms)}–${air.hour(part.hour_ms + 3600000)}`;
    const of = ioc.say(district.is_reference ? "air.of_micro" : "air.of_official", { n: district.of });
    ioc.text(find(".air-of"), `${ioc.say(part.is_stale ? "air.stale" : "air.hour", { hour })} · ${of}`);
    for (const name of ["yesterday", "today"]) {
      const day = district[name];
      ioc.text(find(`dt.${name}`), ioc.say(`air.${name}`));
      ioc.text(find(`dd.${name} b`), day.quality.aqi === null ? "NA" : String(day.quality.aqi));
      const where = find(`dd.${name} span`);
      air.category(where, day.quality);
      if (day.quality.aqi === null) ioc.text(where, ioc.say("air.so_far", { n: day.hours }));
    }
    const wind = part.winds["-1"];
    ioc.text(find("dt.wind"), air.windWord(wind));
    air.arrow(find("dd.wind b"), wind);
    ioc.text(find("dd.wind > span"), wind ? "m/s" : "");
  }

  // -- the ranking

  function showTowns() {
    ioc.at("air-towns").dataset.stale = part.is_stale;
    air.rows(
      "air-towns",
      part.towns,
      (area) => area.town,
      () => air.row("rank", "air-name", "wind", "primary", "air-word", "air-aqi"),
      (row, area, at) => {
        const [rank, name, wind, primary, word, aqi] = row.children;
        row.dataset.town = area.town;
        row.classList.toggle("chosen", area.town === shownTown);
        ioc.text(rank, area.quality.aqi === null ? "—" : String(at + 1));
        air.name(name, townName(area), area.is_reference);
        air.arrow(wind, part.winds[String(area.town)]);
        ioc.text(primary, area.quality.primary.map(air.short).join(" "));
        air.category(word, area.quality);
        air.index(aqi, area.index, area.quality);
      },
    );
  }

  // -- the last 24 hours of a town

  function showHours() {
    const area = part.towns.find((one) => one.town === shownTown) || part.towns[0] || part.district;
    const box = ioc.at("air-bars");
    const header = ioc.at("air-hours").querySelector("header");
    if (header.children.length < 2) header.append(ioc.make("span", "air-town air-name"), ioc.make("span", "air-turn"));
    if (!area) {
      ioc.text(header.children[1], ioc.say("never"));
      box.replaceChildren();
      return;
    }
    shownTown = area.town;
    const place = part.towns.indexOf(area) + 1;
    air.name(header.children[1], townName(area), area.is_reference);
    ioc.text(header.children[2], `${place}/${part.towns.length}`);
    if (!box.firstChild) box.append(...Array.from({ length: 24 }, () => air.bar()));
    const top = Math.max(100, ...area.hours.filter((one) => one !== null));
    box.style.setProperty("--top", Math.ceil(top / 50) * 50);
    [...box.children].forEach((bar, at) => {
      const aqi = area.hours[at];
      const level = aqi === null ? 0 : part.levels.length - [50, 100, 150, 200, 300].filter((one) => aqi <= one).length;
      const start = part.hours_ms[at];
      bar.dataset.level = level;
      // Narrow bars have room for every third number.
      const isTold = new Date(start + 8 * 3600000).getUTCHours() % 3 === 0;
      bar.dataset.told = isTold || at === 23;
      bar.style.setProperty("--aqi", aqi === null ? 0 : aqi);
      bar.style.setProperty("--swatch", level ? `rgb(${part.levels[level - 1][2].join(",")})` : "transparent");
      const [column, hour] = bar.children;
      ioc.text(column.firstChild, aqi === null ? "NA" : String(aqi));
      ioc.text(hour, isTold ? air.hour(start) : "");
      bar.classList.toggle("edition", start === part.changed_ms);
      bar.dataset.edition = start === part.changed_ms ? part.edition : "";
      bar.title = `${air.hour(start)} ${aqi === null ? "NA" : aqi}`;
    });
  }

  air.bar = function () {
    const bar = ioc.make("div", "air-bar");
    const column = ioc.make("div", "column");
    column.append(ioc.make("b"), ioc.make("i"));
    bar.append(column, ioc.make("span", "hour"));
    return bar;
  };

  function turn() {
    if (!air.isLit() || part.towns.length < 2) return;
    turned += 1;
    if (turned < TURN_S) return;
    turned = 0;
    const at = part.towns.findIndex((one) => one.town === shownTown);
    shownTown = part.towns[(at + 1) % part.towns.length].town;
    showHours();
    showTowns();
  }

  function show() {
    if (!air.isLit()) return;
    if (shownTown === null && part.towns.length) shownTown = part.towns[0].town;
    showDistrict();
    showTowns();
    showHours();
    air.showLists();
  }

  ioc.on(`section:${PAGE}`, (data) => {
    part = data;
    show();
  });
  ioc.on("page", () => {
    // Whoever turns to the page sees the worst town first.
    shownTown = null;
    turned = 0;
    show();
  });
  ioc.on("language", show);
  ioc.on("scenario", show);
  ioc.on("tick", turn);
  let resized = null;
  window.addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(show, 200);
  });
})();
