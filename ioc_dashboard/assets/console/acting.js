// What people do: each command names the version that was seen. Of two at once one wins, and the
// other reads who. An acknowledgement can be undone for ten seconds.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const UNDO_MS = 10000;
  const TOLD_MS = 8000;
  let undone = null; // {rows, until, toast}

  // Sends a command; returns {ok, body}. What was refused is told by `where`, or as a toast.
  ioc.command = async function (path, wanted, where) {
    let told;
    try {
      const answer = await fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify(wanted),
      });
      const isJson = (answer.headers.get("content-type") || "").startsWith("application/json");
      const body = isJson ? await answer.json() : null;
      if (answer.ok) return { ok: true, body };
      told = body ? ioc.pick(body.told) : ioc.say("console.refused_forbidden");
    } catch {
      told = ioc.say("console.refused_away");
    }
    if (where) ioc.text(where, told);
    else ioc.toast(told, "bad");
    return { ok: false };
  };

  ioc.toast = function (text, kind = "good", lastsMs = TOLD_MS) {
    const toast = ioc.make("div", `toast ${kind}`);
    toast.append(ioc.make("span", "", text));
    ioc.at("toasts").append(toast);
    const leave = setTimeout(() => toast.remove(), lastsMs);
    return { toast, leave: () => (clearTimeout(leave), toast.remove()) };
  };

  // Acknowledges alerts [{id, handled}], and offers to undo it.
  ioc.acknowledge = async function (alerts, { owner = "", text = "", incident = "" }, where) {
    const seen = Object.fromEntries(alerts.map((one) => [one.id, one.handled]));
    const wanted = { do: "acknowledge", seen, owner, text, ...(alerts.length > 1 ? { incident } : {}) };
    const { ok, body } = await ioc.command("/console/alerts", wanted, where);
    if (ok) {
      ioc.emit("handled", body);
      offer(body, incident);
    }
    return ok;
  };

  function offer(rows, incident) {
    forget();
    const { toast, leave } = ioc.toast(ioc.say("console.acknowledged", { n: rows.length }), "good", UNDO_MS);
    const button = ioc.make("button", "undo");
    button.type = "button";
    button.append(ioc.make("span", "", ioc.say("console.undo")), ioc.make("kbd", "", "U"), ioc.make("span", "left"));
    button.addEventListener("click", ioc.undo);
    toast.append(button);
    undone = { rows, incident, until: Date.now() + UNDO_MS, leave, left: button.lastChild };
    tick();
  }

  function forget() {
    undone?.leave();
    undone = null;
  }

  function tick() {
    if (!undone) return;
    const left = Math.ceil((undone.until - Date.now()) / 1000);
    if (left <= 0) return forget();
    ioc.text(undone.left, ioc.say("second", { n: left }));
  }

  ioc.undo = async function () {
    if (!undone || Date.now() > undone.until) return;
    const { rows, incident } = undone;
    forget();
    const seen = Object.fromEntries(rows.map((one) => [one.id, one.handled]));
    const wanted = { do: "unacknowledge", seen, ...(rows.length > 1 ? { incident } : {}) };
    const { ok, body } = await ioc.command("/console/alerts", wanted);
    if (!ok) return;
    ioc.emit("handled", body);
    ioc.toast(ioc.say("console.undone", { n: rows.length }));
  };

  ioc.handleOne = async function (alert, wanted, where) {
    const { ok, body } = await ioc.command("/console/alerts", { seen: { [alert.id]: alert.handled }, ...wanted }, where);
    if (ok) ioc.emit("handled", body);
    return ok;
  };
  ioc.on("tick", tick);
})();
