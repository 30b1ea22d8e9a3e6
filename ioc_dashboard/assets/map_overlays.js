// What lies over the ground beside the points: heat of rain or PM2.5, catchments of low places, states
// of road segments. Each page has its own; a key or a button adds or takes away, `?overlay=rain`
// says so in the address, and `?overlay=none` says none.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const OF_PAGE = { flood: ["rain", "catchment"], air: ["pm25"], traffic: ["traffic"] };
  const KEYS = { r: "rain", m: "pm25", c: "catchment", t: "traffic" };
  // Two heats over each other are none.
  const HEATS = ["rain", "pm25"];
  const asked = new URLSearchParams(location.search).get("overlay");
  const made = {}; // name → {paint, legend, change}
  const chosen = {}; // page → names, where somebody chose

  const names = Object.values(KEYS);
  const fromAddress =
    asked === null ? null : asked.split(",").filter((one) => names.includes(one));
  const shown = () => chosen[ioc.page] || fromAddress || OF_PAGE[ioc.page] || [];

  // An overlay: `paint(context, view)` onto the ground, clipped to the district, or `change(isShown)`
  // for one with a canvas of its own; `legend()` returns elements; `state()` is for tests.
  ioc.overlay = (name, one) => (made[name] = one);
  ioc.isOverlaid = (name) => shown().includes(name);
  ioc.groundPainters = () =>
    names.filter((name) => ioc.isOverlaid(name) && made[name]?.paint).map((name) => made[name].paint);

  function toggle(name) {
    const others = shown().filter((one) => one !== name && !(HEATS.includes(one) && HEATS.includes(name)));
    chosen[ioc.page] = ioc.isOverlaid(name) ? shown().filter((one) => one !== name) : [...others, name];
    show();
  }

  function show() {
    if (!ioc.map) return;
    for (const name of names) made[name].change?.(ioc.isOverlaid(name));
    ioc.drawGround();
    showButtons();
    showLegends();
  }

  function showButtons() {
    const box = ioc.at("map-overlays");
    const focused = box.querySelector(":focus")?.dataset.overlay;
    const buttons = [];
    for (const [key, name] of Object.entries(KEYS)) {
      const button = ioc.make("button", "", ioc.say(`map.${name}`));
      button.type = "button";
      button.dataset.overlay = name;
      button.setAttribute("aria-pressed", String(ioc.isOverlaid(name)));
      button.setAttribute("aria-keyshortcuts", key.toUpperCase());
      button.append(ioc.make("kbd", "", key.toUpperCase()));
      button.addEventListener("click", () => toggle(name));
      buttons.push(button);
    }
    box.replaceChildren(...buttons);
    if (focused) box.querySelector(`[data-overlay="${focused}"]`).focus();
  }

  function showLegends() {
    const parts = names.filter(ioc.isOverlaid).map((name) => {
      const part = ioc.make("div", "overlay-legend");
      part.dataset.overlay = name;
      part.append(...made[name].legend());
      return part;
    });
    ioc.at("map-overlay-legends").replaceChildren(...parts);
  }

  ioc.startOverlays = function () {
    show();
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target.matches?.("input, textarea, select, [contenteditable]");
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      if (ioc.at("wall").dataset.map !== "true" || event.repeat) return;
      const name = KEYS[event.key.toLowerCase()];
      if (name) toggle(name);
    });
  };
  ioc.on("page", show);
  ioc.on("language", show);

  ioc.mapOverlays = () => Object.fromEntries(shown().map((name) => [name, made[name].state()]));
})();
