// How the parts of the page hear of each other, and how they write: the smallest possible ways.
// Its name begins with 0 because Dash loads scripts in the order of their names.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const listeners = {};

  // Signals: atlas (it is there), snapshot, diff, alerts, section, movers (a frame each), section:PAGE (its data), critical
  // (new P1), tick (each second), page, scenario, language.
  ioc.on = (name, listener) => (listeners[name] = listeners[name] || []).push(listener);

  ioc.emit = function (name, ...values) {
    for (const listener of listeners[name] || []) {
      // One part that fails must not take the rest of the wall with it.
      try {
        listener(...values);
      } catch (error) {
        console.error(name, error);
      }
    }
  };

  ioc.at = (id) => document.getElementById(id);

  // Writes only what changed: rewriting the same text costs layout on every tick.
  ioc.text = function (where, text) {
    const element = typeof where === "string" ? ioc.at(where) : where;
    if (element && element.textContent !== text) element.textContent = text;
  };

  ioc.make = function (tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
})();
