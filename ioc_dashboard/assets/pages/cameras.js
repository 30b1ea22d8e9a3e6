// 视频: events with pictures, every camera as one square, and what is seen now.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const PAGE = "cameras";
  const SIGNS = ["", "○", "×", "⚙"]; // online, silent, fault, maintenance
  const FINDINGS = ["ponding", "obstruction", "crowd"];
  const TILE = { width: 17, height: 14.2 }; // rem, the least a tile needs
  let part = null;
  const tiles = new Map(); // id → its tile
  const squares = new Map(); // device → its square

  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

  const lists = Object.fromEntries(
    FINDINGS.map((kind) => [
      kind,
      ioc.rows(`${kind}-list`, `${kind}-more`, (row, line) => {
        const [name, town, value, age] = ioc.cells(row, ["name", "side town", "number", "side age"]);
        const device = ioc.placeOf(line.slot);
        row.dataset.slot = line.slot;
        ioc.text(name, ioc.pick(device.place));
        name.title = ioc.pick(device.name);
        ioc.text(town, ioc.pick(ioc.atlas.towns[device.town].name));
        ioc.text(
          value,
          kind === "crowd"
            ? ioc.say("cameras.people", { n: Math.round(line.value), limit: line.limit })
            : `${Math.round(line.value * 100)}%`,
        );
        ioc.age(age, line.time_ms);
      }),
    ]),
  );

  function showFindings() {
    for (const { kind, total, of, found } of part.findings) {
      const count = ioc.at(`count-${kind}`);
      ioc.text(count, total === null ? ioc.say("never") : String(total));
      count.classList.toggle("none", total === null);
      count.classList.toggle("abnormal", total > 0);
      ioc.text(`of-${kind}`, ioc.say("cameras.of", { n: of }));
      lists[kind].show(found.map((one) => ({ key: one.slot, ...one })));
    }
  }

  function showStates() {
    const counts = ioc.at("camera-counts");
    if (!counts.children.length)
      counts.append(
        ...part.states.map((name) => {
          const box = ioc.make("div", `camera-count ${name}`);
          box.append(ioc.make("b"), ioc.make("span"));
          return box;
        }),
      );
    part.states.forEach((name, at) => {
      const box = counts.children[at];
      box.classList.toggle("some", at > 0 && part.counts[at] > 0);
      ioc.text(box.children[0], String(part.counts[at]));
      ioc.text(box.children[1], `${SIGNS[at] || "■"} ${ioc.say(`cameras.state_${name}`)}`);
    });
    const list = ioc.at("camera-towns");
    part.towns.forEach(({ town, device, state }, at) => {
      let row = list.children[at];
      if (!row) {
        list.append((row = ioc.make("li")));
        const grid = ioc.make("div", "squares");
        row.append(ioc.make("span", "town"), grid, ioc.make("span", "count"));
        grid.append(
          ...device.map((one) => {
            const square = ioc.make("i", "square");
            square.dataset.device = ioc.atlas.devices[one].id;
            squares.set(one, square);
            return square;
          }),
        );
      }
      ioc.text(row.children[0], ioc.pick(ioc.atlas.towns[town].name));
      row.children[0].title = row.children[0].textContent;
      const silent = state.filter((one) => one > 0).length;
      ioc.text(row.children[2], `${device.length - silent}/${device.length}`);
      row.children[2].classList.toggle("missing", silent > 0);
      device.forEach((one, which) => {
        const square = squares.get(one);
        const name = part.states[state[which]];
        square.className = `square ${name}`;
        ioc.text(square, SIGNS[state[which]]);
        square.title = `${ioc.pick(ioc.atlas.devices[one].name)} · ${ioc.say(`cameras.state_${name}`)}`;
      });
    });
  }

  // As many whole tiles as fit, in rows of equal width.
  function room() {
    const grid = ioc.at("event-grid");
    const style = getComputedStyle(grid);
    if (style.overflowY === "visible") return { columns: 0, rows: 0, count: 12 };
    const gap = parseFloat(style.rowGap) || 0;
    const fit = (length, least) => Math.max(1, Math.floor((length + gap) / (least * rem() + gap)));
    const inner = (all, ...paddings) => all - paddings.reduce((sum, one) => sum + parseFloat(one), 0);
    const width = inner(grid.clientWidth, style.paddingLeft, style.paddingRight);
    const height = inner(grid.clientHeight, style.paddingTop, style.paddingBottom);
    let columns = fit(width, TILE.width);
    let rows = fit(height, TILE.height);
    const most = 24;
    while (columns * rows > most && (columns > 1 || rows > 1)) columns >= rows ? columns-- : rows--;
    return { columns, rows, count: columns * rows };
  }

  function makeTile(event) {
    const tile = ioc.make("li", "event");
    const frame = ioc.make("div", "frame");
    const words = ioc.make("div", "event-words");
    const head = ioc.make("div", "event-head");
    head.append(ioc.make("b", "kind"), ioc.make("span", "confidence"));
    const foot = ioc.make("div", "event-foot");
    foot.append(ioc.make("span", "happened"), ioc.make("span", "age"));
    words.append(head, ioc.make("div", "where"), foot);
    tile.append(frame, words);
    tile.dataset.event = event.id;
    return tile;
  }

  // A picture that does not come is said, and asked for once more when the event is told again.
  function frameOf(tile, event) {
    const frame = tile.firstChild;
    const wanted = event.picture || (event.is_awaited ? "awaited" : "none");
    if (frame.dataset.shows === wanted) return;
    frame.dataset.shows = wanted;
    if (!event.picture) return frame.replaceChildren(ioc.make("span", "no-picture"));
    const picture = ioc.make("img");
    picture.alt = "";
    picture.decoding = "async";
    picture.addEventListener("error", () => {
      frame.dataset.shows = "failed";
      frame.replaceChildren(ioc.make("span", "no-picture"));
      sayFrame(tile);
    });
    picture.src = `/wall/snapshot/${event.picture.split("/").map(encodeURIComponent).join("/")}`;
    frame.replaceChildren(picture);
  }

  const SAYS = { none: "cameras.no_picture", awaited: "cameras.awaited", failed: "cameras.failed" };
  function sayFrame(tile) {
    const line = tile.querySelector(".no-picture");
    if (line) ioc.text(line, ioc.say(SAYS[tile.firstChild.dataset.shows]));
  }

  function fill(tile, event) {
    const find = (name) => tile.querySelector(name);
    frameOf(tile, event);
    sayFrame(tile);
    ioc.text(find(".kind"), ioc.pick([event.zh, event.en]));
    const said = [];
    if (event.confidence !== null) said.push(ioc.say("cameras.confidence", { n: Math.round(event.confidence * 100) }));
    if (event.count) said.push(ioc.say("cameras.count", { n: event.count }));
    ioc.text(find(".confidence"), said.join(" · "));
    const device = event.device === null ? null : ioc.atlas.devices[event.device];
    const where = device
      ? `${ioc.pick(ioc.atlas.towns[device.town].name)} · ${ioc.pick(device.name)}`
      : `${ioc.say("cameras.unknown")} ${event.sent_as}`;
    ioc.text(find(".where"), where);
    find(".where").title = event.text ? `${where} · ${event.text}` : where;
    ioc.text(find(".happened"), ioc.timeOfDay(event.time_ms));
    find(".age").dataset.since = event.time_ms;
    ioc.text(find(".age"), ioc.ago(event.time_ms));
  }

  function showEvents() {
    const grid = ioc.at("event-grid");
    const { columns, rows, count } = room();
    grid.style.gridTemplate = columns
      ? `repeat(${rows}, minmax(0, 1fr)) / repeat(${columns}, minmax(0, 1fr))`
      : "";
    const shown = (part.events || []).slice(0, count);
    const ids = new Set(shown.map((one) => one.id));
    for (const [id, tile] of tiles) {
      if (ids.has(id)) continue;
      tile.remove();
      tiles.delete(id);
    }
    shown.forEach((event, at) => {
      if (!tiles.has(event.id)) tiles.set(event.id, makeTile(event));
      const tile = tiles.get(event.id);
      fill(tile, event);
      if (grid.children[at] !== tile) grid.insertBefore(tile, grid.children[at] || null);
    });
    const panel = grid.parentElement;
    let line = panel.querySelector(".empty");
    if (!line) grid.before((line = ioc.make("div", "empty")));
    ioc.text(line, part.events === null ? ioc.say("never") : shown.length ? "" : ioc.say("cameras.no_events"));
    grid.hidden = !shown.length;
  }

  function show() {
    if (!part || !ioc.atlas || !ioc.isShown(PAGE)) return;
    showStates();
    showFindings();
    showEvents();
  }

  ioc.on(`section:${PAGE}`, (data) => {
    part = data;
    show();
  });
  ioc.on("page", show);
  ioc.on("language", show);
  ioc.on("tick", () => {
    if (!ioc.isShown(PAGE)) return;
    for (const one of document.querySelectorAll("#event-grid [data-since]"))
      ioc.text(one, ioc.ago(Number(one.dataset.since)));
  });
  let resized = null;
  window.addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(show, 300);
  });
})();
