// Which page is shown. All pages are in the document; what belongs to others is hidden.
// A script of one page listens to its own part: ioc.on("section:flood", (data, at_ms) => …), draws
// only while ioc.isShown("flood"), and again on "page" and on "language".
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const parts = {}; // page → its newest part {data, at_ms}

  const names = () => [...document.querySelectorAll(".tab")].map((tab) => tab.dataset.page);
  const first = new URLSearchParams(location.search).get("page");

  ioc.page = "overview";
  ioc.isShown = (page) => ioc.page === page;
  ioc.partOf = (page) => parts[page] || null;

  function arrange() {
    const wall = ioc.at("wall");
    wall.dataset.page = ioc.page;
    for (const element of document.querySelectorAll("[data-pages]"))
      element.hidden = !element.dataset.pages.split(" ").includes(ioc.page);
    for (const tab of document.querySelectorAll(".tab"))
      tab.setAttribute("aria-pressed", String(tab.dataset.page === ioc.page));
    wall.dataset.map = String(!document.querySelector(".map-panel").hidden);
  }

  // Turns to a page; the hub sends its part at once. Nothing is loaded anew.
  ioc.showPage = function (page) {
    if (!names().includes(page) || page === ioc.page) return;
    ioc.page = page;
    const address = new URL(location.href);
    address.searchParams.set("page", page);
    history.replaceState(null, "", address);
    arrange();
    ioc.tell({ page });
    ioc.emit("page", page);
  };

  ioc.startPages = function () {
    if (names().includes(first)) ioc.page = first;
    arrange();
    for (const tab of document.querySelectorAll(".tab"))
      tab.addEventListener("click", () => ioc.showPage(tab.dataset.page));
  };

  ioc.on("snapshot", () => ioc.tell({ page: ioc.page }));
  ioc.on("section", ({ page, at_ms, data }) => {
    parts[page] = { at_ms, data };
    ioc.emit(`section:${page}`, data, at_ms);
  });

  const rearrange = ({ present }) => {
    const wall = ioc.at("wall");
    if ((wall.dataset.scenario || "") === present.scenario) return;
    wall.dataset.scenario = present.scenario;
    ioc.emit("scenario", present.scenario);
  };
  ioc.on("snapshot", rearrange);
  ioc.on("diff", rearrange);
})();
