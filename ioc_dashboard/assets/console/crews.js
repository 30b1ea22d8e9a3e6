// Who is there, who should go and why, and who should not: one press sends a crew.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  let box = null;
  let about = null; // {alert} or {incident}
  let advised = null;
  let asked = 0;

  async function read() {
    const mine = ++asked;
    const [[name, id]] = Object.entries(about);
    let found = null;
    try {
      found = await ioc.readBehind(`/console/advice?${name}=${id}`);
    } catch {
      // Away; the line says so.
    }
    if (mine !== asked) return;
    advised = found;
    draw();
  }

  ioc.crewsPart = function (of) {
    const isSame = about && JSON.stringify(about) === JSON.stringify(of);
    about = of;
    if (!isSame) advised = null;
    box = ioc.make("section", "crews");
    draw();
    read();
    return box;
  };

  function reasons(one) {
    const list = ioc.make("ul", "reasons");
    for (const told of one.reasons) list.append(ioc.make("li", "", ioc.pick(told)));
    return list;
  }

  function choice(one, index) {
    const item = ioc.make("li", "choice");
    item.dataset.crew = one.crew;
    const head = ioc.make("div", "head");
    head.append(ioc.make("b", "", ioc.pick(one.name)), ioc.make("span", "", ioc.say("console.minutes", { n: Math.max(1, Math.round(one.eta_s / 60)) })));
    if (ioc.me && ioc.me.dispatch) {
      const button = ioc.make("button", "act send");
      button.type = "button";
      button.append(ioc.make("span", "", ioc.say("console.dispatch")));
      if (index === 0) button.append(ioc.make("kbd", "", "D"));
      button.setAttribute("aria-label", `${ioc.say("console.dispatch")} ${ioc.pick(one.name)}`);
      button.addEventListener("click", () => dispatch(one));
      head.append(button);
    }
    item.append(head, reasons(one));
    return item;
  }

  function sent(one) {
    const item = ioc.make("li", "sent");
    item.dataset.crew = one.crew;
    const since = ioc.make("span", "since");
    since.dataset.since = one.since_ms;
    item.append(ioc.make("b", "", ioc.pick(one.name)), ioc.make("span", "status", ioc.pick(one.status)), since, ioc.make("span", "", ioc.say("console.sent_by", { who: one.assigned_by })));
    if (ioc.me && ioc.me.dispatch) {
      const button = ioc.make("button", "act");
      button.type = "button";
      button.append(ioc.make("span", "", ioc.say("console.recall")));
      button.addEventListener("click", () => recall(one));
      item.append(button);
    }
    return item;
  }

  function draw() {
    const nodes = [ioc.make("h3", "", ioc.say("console.crews"))];
    if (!advised) nodes.push(ioc.make("p", "note", ioc.say("connecting")));
    else {
      if (advised.sent.length) {
        const there = ioc.make("ul", "there");
        there.append(...advised.sent.map(sent));
        nodes.push(there);
      }
      if (!advised.is_placed) nodes.push(ioc.make("p", "note", ioc.say("console.no_advice")));
      else if (!advised.choices.length) nodes.push(ioc.make("p", "note", ioc.say("console.no_choice")));
      const list = ioc.make("ol", "choices");
      list.append(...advised.choices.slice(0, 5).map(choice));
      nodes.push(list);
      if (advised.rejections.length) {
        const rest = ioc.make("details", "rejections");
        rest.append(ioc.make("summary", "", ioc.say("console.rejected", { n: advised.rejections.length })));
        const not = ioc.make("ul");
        for (const one of advised.rejections) {
          const item = ioc.make("li");
          item.append(ioc.make("b", "", ioc.pick(one.name)), reasons(one));
          not.append(item);
        }
        rest.append(not);
        nodes.push(rest);
      }
    }
    box.replaceChildren(...nodes);
    tick();
  }

  function tick() {
    for (const one of document.querySelectorAll(".crews .since")) ioc.text(one, ioc.span(ioc.now() - Number(one.dataset.since)));
  }

  async function dispatch(one) {
    const { ok, body } = await ioc.command("/console/crews", { do: "dispatch", crew: one.crew, seen: one.version, ...about });
    if (ok) ioc.toast(ioc.say("console.dispatched", { crew: ioc.pick(one.name), status: ioc.pick(body.status) }));
    read();
  }

  function recall(one) {
    ioc.ask({
      title: `${ioc.say("console.recall")} · ${ioc.pick(one.name)}`,
      fields: [{ name: "text", label: ioc.say("console.reason"), kind: "long", most: 500 }],
      submit: ioc.say("console.recall"),
      send: async ({ text }, where) => {
        const { ok } = await ioc.command("/console/crews", { do: "recall", crew: one.crew, seen: one.version, text }, where);
        if (ok) read();
        return ok;
      },
    });
  }

  // D sends nobody by itself: it leads to the first choice, Enter sends it.
  ioc.doDispatch = () => box?.querySelector(".send")?.focus();
  ioc.on("tick", tick);
})();
