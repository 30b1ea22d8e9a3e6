// 事件与调度: incidents with their crews, cases by stage and by limit, crews, who does not answer.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const PAGE = "dispatch";
  const NONE = {
    incidents: "dispatch.no_incidents",
    crews: "dispatch.no_crews",
    due: "dispatch.no_due",
    told: "dispatch.no_told",
  };
  // Older than this nobody is sent by a position (docs/crews.md).
  const POSITION_MS = 600000;
  let part = null;

  const joined = (...texts) => texts.filter(Boolean).join(" · ");
  const crewName = (pair) => ioc.named(pair, "dispatch.unknown_crew");
  const stateOf = (state) => ioc.say(`dispatch.state_${part.states[state]}`);

  const incidents = ioc.rows("dispatch-incidents-list", "dispatch-incidents-more", (row, line) => {
    const [mark, name, age, about, crews] = ioc.cells(row, ["mark", "name", "age", "side about", "sent"]);
    row.dataset.priority = line.priority === null ? "" : line.priority;
    ioc.markPriority(mark, line.priority);
    ioc.title(name, line.title);
    ioc.age(age, line.began_ms);
    const members = line.members
      ? ioc.say("dispatch.members", { n: line.active, of: line.members })
      : ioc.say("dispatch.no_members");
    const parts = line.parts ? ioc.say("dispatch.parts", { n: line.parts }) : "";
    ioc.text(about, joined(ioc.whereOf(line.where), members, parts));
    about.title = about.textContent;
    const sent = line.crews.map((one) => `${crewName(one.name)} ${stateOf(one.state)}`);
    ioc.text(crews, joined(...sent) || ioc.say("dispatch.nobody_sent"));
    crews.title = crews.textContent;
    crews.classList.toggle("nobody", !sent.length);
  });

  const crews = ioc.rows("dispatch-crews-list", "dispatch-crews-more", (row, line) => {
    const [name, state, task, position] = ioc.cells(row, ["name", "state", "task", "side age"]);
    ioc.text(name, crewName(line.name));
    name.title = name.textContent;
    ioc.text(state, stateOf(line.state));
    state.title = line.since_ms === null ? "" : ioc.dayAndTime(line.since_ms);
    if (!task.children.length) task.append(ioc.make("span", "sign-cell"), ioc.make("span", "title"));
    const [sign, title] = task.children;
    const level = line.task && line.priority ? String(line.priority) : "";
    if (sign.dataset.level !== level) {
      sign.dataset.level = level;
      sign.replaceChildren(...(level ? [ioc.prioritySign(Number(level))] : []));
    }
    if (line.task) ioc.title(title, line.task);
    else {
      ioc.text(title, "");
      title.title = "";
    }
    row.dataset.state = part.states[line.state];
    const isOld = line.position_ms === null || ioc.now() - line.position_ms > POSITION_MS;
    ioc.age(position, line.position_ms);
    position.classList.toggle("missing", Boolean(line.task) && isOld);
  });

  const stages = ioc.rows("dispatch-stages-list", null, (row, line) => {
    const names = ["name", "count", "count", "count", "count"];
    const [name, ...counts] = ioc.cells(row, names);
    ioc.text(name, ioc.say(`dispatch.stage_${line.stage}`));
    const levels = [0, 2, 1, 0];
    [line.open, line.amber, line.red, line.paused].forEach((count, at) => {
      const cell = counts[at];
      if (cell.dataset.key === String(count)) return;
      cell.dataset.key = String(count);
      const level = count ? levels[at] : 0;
      cell.className = `cell count ${level ? `p${level}` : count ? "" : "zero"}`;
      cell.replaceChildren(...(level ? [ioc.prioritySign(level)] : []), ioc.make("b", "", String(count)));
    });
  });

  const due = ioc.rows("dispatch-due-list", "dispatch-due-more", (row, line) => {
    const [mark, name, left, about] = ioc.cells(row, ["mark", "name", "age", "side about"]);
    ioc.markLight(mark, line.light);
    ioc.text(name, ioc.named(line.category, "dispatch.unknown_category"));
    ioc.countdown(left, line.due_ms);
    left.title = ioc.dayAndTime(line.due_ms);
    const supervised = line.is_supervised ? ioc.say("dispatch.did_supervised") : "";
    const department = line.department ? ioc.pick(line.department) : "";
    const stage = ioc.say(`dispatch.stage_${line.stage}`);
    ioc.text(about, joined(supervised, stage, ioc.whereOf(line.where), department));
    about.title = joined(line.number, about.textContent);
  });

  const told = ioc.rows("dispatch-told-list", "dispatch-told-more", (row, line) => {
    const [mark, name, age, about, posts] = ioc.cells(row, ["mark", "name", "age", "side about", "posts"]);
    const word = !line.posts.length ? "waiting" : line.following ? "escalated" : "ended";
    ioc.mark(mark, word === "ended" ? 1 : 2, word === "waiting", ioc.say(`dispatch.told_${word}`));
    ioc.text(name, crewName(line.crew));
    name.title = name.textContent;
    ioc.age(age, line.assigned_ms);
    ioc.title(about, line.task);
    if (!posts.children.length)
      posts.append(ioc.make("span", "already"), ioc.make("span", "next"), ioc.make("span", "in"));
    const [already, next, due] = posts.children;
    const who = line.posts.map(ioc.pick).join(ioc.say("dispatch.comma"));
    ioc.text(already, who ? ioc.say("dispatch.posts", { who }) : ioc.say("dispatch.no_posts"));
    already.title = already.textContent;
    ioc.text(next, line.following ? ioc.pick(line.following) : "");
    if (line.following) return ioc.countdown(due, line.following_ms);
    delete due.dataset.until;
    ioc.text(due, "");
  });

  function showCounts(lines) {
    const box = ioc.at("crew-counts");
    if (!box.children.length)
      box.append(
        ...part.states.map(() => {
          const count = ioc.make("div", "state-count");
          count.append(ioc.make("b"), ioc.make("span"));
          return count;
        }),
      );
    part.states.forEach((_, state) => {
      const n = lines.filter((one) => one.state === state).length;
      const [number, word] = box.children[state].children;
      box.children[state].classList.toggle("zero", !n);
      ioc.text(number, String(n));
      ioc.text(word, stateOf(state));
    });
  }

  function showAges() {
    if (!part || !ioc.atlas || !ioc.isShown(PAGE)) return;
    const { read_ms: read, standing } = part;
    const count = (n) => (standing ? ioc.say("dispatch.count", { n }) : "");
    ioc.noteAge("dispatch-incidents", count(standing?.incidents_total), read);
    ioc.noteAge("dispatch-crews", count(standing?.crews.length), read);
    ioc.noteAge("dispatch-stages", count(standing?.stages.reduce((sum, one) => sum + one.open, 0)), read);
    ioc.noteAge("dispatch-due", "", read);
    ioc.noteAge("dispatch-told", count(standing?.told.length), read);
  }

  function show() {
    if (!part || !ioc.atlas || !ioc.isShown(PAGE)) return;
    showAges();
    const { standing } = part;
    ioc.at("crew-counts").hidden = !standing;
    const ranOut = ioc.at("dispatch-ran-out");
    ioc.text(ranOut, standing ? String(standing.ran_out) : ioc.say("never"));
    ranOut.classList.toggle("none", !standing || !standing.ran_out);
    if (!standing) {
      for (const one of [...Object.keys(NONE), "stages"]) ioc.emptyList(`dispatch-${one}-list`, "never");
      return;
    }
    for (const [one, word] of Object.entries(NONE))
      ioc.emptyList(`dispatch-${one}-list`, standing[one].length ? "" : word);
    ioc.emptyList("dispatch-stages-list", "");
    showCounts(standing.crews);
    const keyed = (lines) => lines.map((one) => ({ key: one.id, ...one }));
    incidents.show(keyed(standing.incidents));
    crews.show(keyed(standing.crews));
    due.show(keyed(standing.due));
    told.show(keyed(standing.told));
    stages.show(standing.stages.map((one) => ({ key: one.stage, ...one })));
  }

  ioc.on(`section:${PAGE}`, (data) => {
    part = data;
    show();
  });
  ioc.on("page", show);
  ioc.on("language", show);
  ioc.on("tick", showAges);
})();
