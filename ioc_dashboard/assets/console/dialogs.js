// Forms: a title, what it is about, fields, why it was refused. Escape leaves, nothing half done.
// While one is open it hears when somebody else does something with its alert.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  let box = null;
  let open = null; // {alerts, first}

  const MINUTES = [15, 30, 60, 120, 240, 480, 1440];

  function field({ name, label, kind = "text", value = "", options, most, hint }) {
    const line = ioc.make("label", "field");
    line.append(ioc.make("span", "", label));
    let input;
    if (kind === "choice") {
      input = ioc.make("select");
      for (const [key, text] of options) {
        const one = ioc.make("option", "", text);
        one.value = key;
        input.append(one);
      }
    } else {
      input = ioc.make(kind === "long" ? "textarea" : "input");
      if (kind === "long") input.rows = 3;
      input.value = value;
      if (most) input.dataset.most = most;
      input.autocomplete = "off";
    }
    input.name = name;
    line.append(input);
    if (hint) line.append(ioc.make("small", "", hint));
    return line;
  }

  // Shows a form; `send(values, where)` → whether it was done.
  ioc.ask = function ({ title, about = [], fields, submit, alerts = [], send }) {
    if (!box) {
      box = document.body.appendChild(ioc.make("dialog", "ask"));
      box.setAttribute("aria-labelledby", "ask-title");
      box.addEventListener("close", () => {
        open = null;
        box.replaceChildren();
        ioc.at("list").focus();
      });
    }
    const form = ioc.make("form");
    form.method = "dialog";
    form.noValidate = true;
    const name = ioc.make("h2", "", title);
    name.id = "ask-title";
    const first = ioc.make("p", "first");
    const told = ioc.make("p", "told");
    told.setAttribute("role", "alert");
    const shut = ioc.make("button", "", ioc.say("console.cancel"));
    shut.type = "button";
    shut.addEventListener("click", () => box.close());
    const go = ioc.make("button", "go", submit);
    go.type = "submit";
    const buttons = ioc.make("div", "buttons");
    buttons.append(go, shut);
    form.append(name, ...about, ...fields.map(field), first, told, buttons);
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.tagName === "TEXTAREA" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (go.disabled) return;
      go.disabled = true;
      ioc.text(told, "");
      const values = Object.fromEntries([...new FormData(form)]);
      const done = await send(values, told);
      go.disabled = false;
      if (done && box.open) box.close();
    });
    box.replaceChildren(form);
    open = { alerts, first };
    if (!box.open) box.showModal();
    (form.querySelector("textarea, input, select") || go).focus();
  };

  ioc.isAsking = () => Boolean(box && box.open) || Boolean(document.querySelector("dialog[open]"));

  // What somebody else did to an alert of the open form is said at once.
  ioc.on("rows", ({ rows }) => {
    if (!open) return;
    for (const row of rows) {
      const mine = open.alerts.find((one) => one.id === row.id);
      if (!mine || row.handled === undefined || row.handled <= mine.handled) continue;
      const who = row.acknowledged_by || row.shelved_by || "";
      ioc.text(open.first, who ? ioc.say("console.first_by", { who }) : ioc.say("console.first"));
    }
  });

  const about = (alert) => ioc.make("p", "about", ioc.pick([alert.zh, alert.en]));
  const long = (name, label) => ({ name, label: ioc.say(label), kind: "long", most: 500 });

  ioc.askAcknowledge = function (alerts, incident) {
    const waiting = alerts.filter((one) => !one.acknowledged);
    if (!waiting.length) return ioc.toast(ioc.say("console.nothing_waits"), "bad");
    const shown = waiting.slice(0, 8).map(about);
    if (waiting.length > 8) shown.push(ioc.make("p", "about", ioc.say("alerts_more", { n: waiting.length - 8 })));
    ioc.ask({
      title: ioc.say("console.acknowledge_n", { n: waiting.length }),
      about: shown,
      alerts: waiting,
      fields: [long("text", "console.comment"), { name: "owner", label: ioc.say("console.owner"), most: 100, hint: ioc.say("console.owner_hint", { who: ioc.me ? ioc.me.name : "" }) }],
      submit: ioc.say("console.acknowledge"),
      send: (values, where) => ioc.acknowledge(waiting, { ...values, incident }, where),
    });
  };

  ioc.askShelve = function (alert, most) {
    const options = MINUTES.filter((one) => one <= most).map((one) => [one, one < 60 ? ioc.say("console.minutes", { n: one }) : ioc.say("console.hours", { n: one / 60 })]);
    ioc.ask({
      title: ioc.say("console.shelve"),
      about: [about(alert)],
      alerts: [alert],
      fields: [
        long("text", "console.reason"),
        { name: "minutes", label: ioc.say("console.shelve_for"), kind: "choice", options, hint: ioc.say("console.shelve_most", { n: most / 60 }) },
      ],
      submit: ioc.say("console.shelve"),
      send: ({ text, minutes }, where) => ioc.handleOne(alert, { do: "shelve", text, minutes: Number(minutes) }, where),
    });
  };

  ioc.askVerdict = function (alert) {
    ioc.ask({
      title: ioc.say("console.verdict"),
      about: [about(alert)],
      alerts: [alert],
      fields: [
        { name: "is", label: ioc.say("console.verdict"), kind: "choice", options: [["true", ioc.say("console.verdict_true")], ["false", ioc.say("console.verdict_false")]] },
        long("text", "console.reason"),
      ],
      submit: ioc.say("console.verdict"),
      send: (values, where) => ioc.handleOne(alert, { do: "verdict", text: values.text, is_true: values.is === "true" }, where),
    });
  };

  // An action that needs a text only: comment, unshelve, reset, unacknowledge.
  ioc.askText = function (alert, what, label = "console.reason") {
    ioc.ask({
      title: ioc.say(`console.${what}`),
      about: [about(alert)],
      alerts: [alert],
      fields: [long("text", label)],
      submit: ioc.say(`console.${what}`),
      send: ({ text }, where) => ioc.handleOne(alert, { do: what, text }, where),
    });
  };
})();
