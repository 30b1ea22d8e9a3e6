// The queue: as many rows in the document as the screen shows, however long the list is. A row never
// moves by itself: what is new is a number on a button until somebody presses it.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const AROUND = 10; // rows beyond what is seen, on each side
  let rows = new Map(); // index → row
  let total = 0;
  let epoch = 0;
  let at = 0; // index of the selected row
  let selected = null; // its id
  let asked = "";
  let filter = { state: "open", domain: "", text: "" };
  const made = new Map(); // id → element

  const list = () => ioc.at("list");
  const height = () => parseFloat(getComputedStyle(list()).getPropertyValue("--row")) * ioc.rem();

  ioc.selected = () => rows.get(at) || null;

  function room() {
    const high = height();
    const first = Math.floor(list().scrollTop / high);
    return [Math.max(0, first - AROUND), Math.ceil(list().clientHeight / high) + 2 * AROUND];
  }

  function want() {
    const [first, many] = room();
    const window_ = [first, Math.min(many, 100)];
    if (asked === window_.join()) return;
    asked = window_.join();
    ioc.wish({ window: window_ });
  }

  function make(row) {
    const element = ioc.make("div", "item");
    element.id = `row-${row.id}`;
    element.setAttribute("role", "treeitem");
    element.addEventListener("click", (event) => {
      select(Number(element.dataset.at));
      if (event.target.closest(".turn")) ioc.turn();
    });
    element.addEventListener("dblclick", () => ioc.turn());
    return element;
  }

  function taken(row) {
    if (row.kind === "incident") return ioc.say("console.waiting_of", { n: row.unacknowledged, of: row.alerts });
    if (row.shelved_until_ms !== undefined) return ioc.say("console.shelved_until", { t: ioc.timeOfDay(row.shelved_until_ms), who: row.shelved_by });
    if (row.suppressed) return ioc.say(`behind.because_${row.suppressed}`);
    if (row.active === false) return ioc.say("cleared");
    const flaps = row.flapping ? `${ioc.say("flapping")} · ` : row.returned ? `${ioc.say("console.latched")} · ` : "";
    if (!row.acknowledged) return flaps + ioc.say("unacknowledged");
    const owner = row.owner && row.owner !== row.acknowledged_by ? ` → ${row.owner}` : "";
    return `${flaps}${ioc.say("acknowledged")} ${row.acknowledged_by || ""}${owner}`;
  }

  function fill(element, row, index) {
    element.dataset.at = index;
    element.style.top = `${index * height()}px`;
    element.setAttribute("aria-setsize", total);
    element.setAttribute("aria-posinset", index + 1);
    element.setAttribute("aria-level", row.is_member ? 2 : 1);
    element.setAttribute("aria-selected", index === at);
    const told = JSON.stringify([row, ioc.language]);
    if (element.dataset.told === told) return;
    element.dataset.told = told;
    element.dataset.kind = row.kind;
    element.dataset.priority = row.priority || 0;
    element.dataset.acknowledged = Boolean(row.kind === "incident" ? !row.unacknowledged : row.acknowledged);
    element.dataset.active = row.kind === "incident" ? row.priority > 0 : row.active !== false;
    element.dataset.hidden = row.shelved_until_ms !== undefined || Boolean(row.suppressed);
    element.dataset.handled = row.handled ?? "";
    if (row.kind === "incident") element.setAttribute("aria-expanded", row.is_expanded);
    else element.removeAttribute("aria-expanded");
    if (row.kind === "gone") return element.replaceChildren(ioc.make("span", "message", ioc.say("cleared")));
    const isDull = element.dataset.active === "false" || element.dataset.hidden === "true";
    const mark = ioc.make("span", "mark");
    if (row.priority) mark.append(ioc.prioritySign(row.priority, isDull), ioc.make("span", "word", ioc.say(`console.p${row.priority}`)));
    const message = ioc.make("span", "message");
    const where = ioc.pick(row.place) || ioc.say("console.no_place");
    if (row.kind === "incident") {
      message.append(ioc.make("span", "turn", row.is_expanded ? "▾" : "▸"), ioc.make("b", "", ioc.say("console.incident_n", { n: row.alerts })), row.title || ioc.pick([row.zh, row.en]) || where);
      message.title = `${row.title} ${where} ${ioc.pick([row.zh, row.en])}`;
    } else {
      message.append(ioc.pick([row.zh, row.en]));
      message.title = message.textContent;
    }
    const age = ioc.make("span", "age");
    age.dataset.since = row.raised_ms;
    const crews = (row.crews || []).map((one) => `${ioc.pick(one.name)} ${ioc.pick(one.status)}`).join("、");
    const from = [ioc.pick(row.town), row.kind === "incident" ? where : ioc.say(row.domain), crews, row.shelve_reason].filter(Boolean);
    element.replaceChildren(mark, message, age, ioc.make("span", "from", from.join(" · ")), ioc.make("span", "taken", taken(row)));
    ioc.text(age, ioc.span(ioc.now() - row.raised_ms));
  }

  function show() {
    ioc.at("rows").style.height = `${total * height()}px`;
    const kept = new Set();
    for (const [index, row] of rows) {
      let element = made.get(row.id);
      if (!element) {
        made.set(row.id, (element = make(row)));
        ioc.at("rows").append(element);
      }
      fill(element, row, index);
      kept.add(row.id);
    }
    for (const [id, element] of made) {
      if (kept.has(id)) continue;
      element.remove();
      made.delete(id);
    }
    const row = ioc.selected();
    if (row) list().setAttribute("aria-activedescendant", `row-${row.id}`);
    else list().removeAttribute("aria-activedescendant");
    ioc.text("none", total ? "" : ioc.say(ioc.link.isOpen ? "console.none" : "connecting"));
  }

  // Selects the row of an index, and shows what is behind it.
  function select(index) {
    if (!total) return;
    at = Math.max(0, Math.min(total - 1, index));
    const high = height();
    const box = list();
    if (at * high < box.scrollTop) box.scrollTop = at * high;
    if ((at + 1) * high > box.scrollTop + box.clientHeight) box.scrollTop = (at + 1) * high - box.clientHeight;
    want();
    show();
    tell();
  }

  function tell() {
    const row = ioc.selected();
    if (!row || row.id === selected) return;
    selected = row.id;
    ioc.emit("selected", row);
  }

  ioc.step = (by) => select(at + by);

  // Opens or shuts the incident that is selected.
  ioc.turn = function () {
    const row = ioc.selected();
    if (row && row.kind === "incident") ioc.wish({ expand: row.id });
  };

  ioc.bringIn = () => ioc.wish({ refresh: true, ...(selected ? { keep: selected } : {}) });

  function choose(changed) {
    filter = { ...filter, ...changed };
    at = 0;
    list().scrollTop = 0;
    asked = "";
    ioc.wish({ filter });
    for (const one of document.querySelectorAll(".state")) one.setAttribute("aria-pressed", one.dataset.state === filter.state);
    for (const one of document.querySelectorAll(".domain")) one.setAttribute("aria-pressed", one.dataset.domain === filter.domain);
  }

  ioc.on("rows", (frame) => {
    if (frame.epoch !== epoch) {
      epoch = frame.epoch;
      if (frame.kept !== null && selected && frame.kept !== at) {
        at = frame.kept;
        list().scrollTop = Math.max(0, (at - 3) * height());
      }
    }
    total = frame.total;
    rows = new Map(frame.rows.map((row, index) => [frame.first + index, row]));
    at = Math.max(0, Math.min(at, total - 1));
    want();
    show();
    tell();
    const row = ioc.selected();
    if (row) ioc.emit("changed", row);
  });

  // What was done here is seen here before the desk says it.
  ioc.on("handled", (done) => {
    const known = new Map(done.map((one) => [one.id, one]));
    for (const [index, row] of rows) {
      const after = known.get(row.id);
      if (after && after.handled > row.handled) rows.set(index, { ...after, is_member: row.is_member });
    }
    show();
    const row = ioc.selected();
    if (row) ioc.emit("changed", row);
  });

  ioc.on("summary", (frame) => {
    const button = ioc.at("fresh");
    button.hidden = !frame.fresh;
    ioc.text(button, ioc.say("console.fresh", { n: frame.fresh }));
    const sum = (of) => of.reduce((a, b) => a + b, 0);
    const counts = {
      open: sum(frame.open), unacknowledged: sum(frame.unacknowledged),
      acknowledged: sum(frame.open) - sum(frame.unacknowledged), shelved: frame.shelved, suppressed: frame.suppressed,
    };
    for (const one of document.querySelectorAll("[data-count]")) ioc.text(one, String(counts[one.dataset.count]));
    const told = JSON.stringify([frame.open, frame.unacknowledged, ioc.language]);
    const open = ioc.at("open");
    if (open.dataset.told !== told) {
      open.dataset.told = told;
      open.replaceChildren(
        ...frame.open.map((n, index) => {
          const tile = ioc.make("span", `count p${index + 1}`);
          tile.dataset.n = n;
          tile.append(ioc.prioritySign(index + 1, !n), ioc.make("span", "word", ioc.say(`console.p${index + 1}`)), ioc.make("b", "", String(n)));
          const waits = frame.unacknowledged[index];
          if (waits) tile.append(ioc.make("small", "", ioc.say("console.waits", { n: waits })));
          return tile;
        }),
      );
    }
    ioc.text("oldest", frame.oldest_ms === null ? ioc.say("none_waiting") : ioc.span(ioc.now() - frame.oldest_ms));
  });

  ioc.on("tick", () => {
    for (const one of document.querySelectorAll(".item .age")) ioc.text(one, ioc.span(ioc.now() - Number(one.dataset.since)));
  });
  ioc.on("language", show);

  ioc.startQueue = function () {
    list().addEventListener("scroll", () => requestAnimationFrame(want));
    new ResizeObserver(() => {
      want();
      show();
    }).observe(list());
    ioc.at("fresh").addEventListener("click", ioc.bringIn);
    for (const one of document.querySelectorAll(".state")) one.addEventListener("click", () => choose({ state: one.dataset.state }));
    for (const one of document.querySelectorAll(".domain")) one.addEventListener("click", () => choose({ domain: one.dataset.domain }));
    const search = ioc.at("search");
    let later = null;
    search.addEventListener("input", () => {
      clearTimeout(later);
      later = setTimeout(() => choose({ text: search.value.trim() }), 150);
    });
  };
})();
