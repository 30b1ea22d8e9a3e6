// Lists of whole rows. A row is made once for its key and then only changed; it moves when its
// place changes and never otherwise. As many are shown as fit, and how many are left is said.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const LEAST = 3;
  const WITHOUT_END = 30; // rows where the list is as high as it wants to be

  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

  // As many rows as fit: the list says in --row how high one is, in rem.
  ioc.roomFor = function (list) {
    const style = getComputedStyle(list);
    if (style.overflowY === "visible") return WITHOUT_END;
    const height = parseFloat(style.getPropertyValue("--row")) * rem();
    return Math.max(LEAST, Math.floor((list.clientHeight + 1) / height));
  };

  // A list by the id of its element. `fill(row, item)` writes an item {key, …} into a row that it
  // made before, or that is empty; `more` is the id of where the rest is counted.
  ioc.rows = function (id, more, fill) {
    const rows = new Map();
    let items = [];
    let watched = null;

    function show() {
      const list = ioc.at(id);
      if (!watched) (watched = new ResizeObserver(show)).observe(list);
      if (!list.clientHeight && !list.clientWidth) return; // of a page that is not shown
      const shown = items.slice(0, ioc.roomFor(list));
      const keys = new Set(shown.map((one) => String(one.key)));
      for (const [key, row] of rows) {
        if (keys.has(key)) continue;
        row.remove();
        rows.delete(key);
      }
      shown.forEach((item, at) => {
        const key = String(item.key);
        let row = rows.get(key);
        if (!row) {
          rows.set(key, (row = ioc.make("li", "row")));
          row.dataset.key = key;
        }
        fill(row, item);
        row.tabIndex = row.dataset.slot === undefined ? -1 : 0;
        if (list.children[at] !== row) list.insertBefore(row, list.children[at] || null);
      });
      const left = items.length - shown.length;
      if (more) ioc.text(more, left > 0 ? ioc.say("alerts_more", { n: left }) : "");
    }

    return {
      show(next) {
        items = next;
        show();
      },
      again: show,
    };
  };

  // The cells of a row, each a span made once: ioc.cells(row, ["name", "value"]) → [span, span].
  ioc.cells = function (row, names) {
    if (!row.children.length) row.append(...names.map((name) => ioc.make("span", `cell ${name}`)));
    return [...row.children];
  };

  // A remark at the end of a panel's heading.
  ioc.note = function (panel, text) {
    const header = ioc.at(panel).querySelector("header");
    if (!header.querySelector(".note")) header.append(ioc.make("span", "note"));
    ioc.text(header.querySelector(".note"), text);
  };

  // Why a list has no rows, by the name of the word, in its place; the list again for no word.
  ioc.emptyList = function (id, word) {
    const list = ioc.at(id);
    let line = list.parentElement.querySelector(".empty");
    if (!line) list.before((line = ioc.make("div", "empty")));
    ioc.text(line, word ? ioc.say(word) : "");
    list.hidden = Boolean(word);
  };

  // What an element's time says grows older by itself.
  ioc.age = function (element, sinceMs) {
    if (sinceMs == null) {
      delete element.dataset.since;
      ioc.text(element, ioc.say("never"));
      return;
    }
    element.dataset.since = sinceMs;
    ioc.text(element, ioc.ago(sinceMs));
  };
  ioc.on("tick", () => {
    for (const one of document.querySelectorAll(".row [data-since]"))
      if (one.offsetParent) ioc.text(one, ioc.ago(Number(one.dataset.since)));
  });
})();
