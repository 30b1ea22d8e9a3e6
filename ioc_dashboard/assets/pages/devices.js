// 设备: towns, gateways, silent devices, conformance.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const PAGE = "devices";
  let part = null;

  const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
  const fraction = (devices, silent) => (devices ? `${devices - silent}/${devices}` : "–");

  const towns = ioc.rows("town-devices", null, (row, { town, devices, silent }) => {
    const names = ["name", ...ioc.atlas.domains.map((domain) => `count ${domain}`), "number"];
    const [name, ...rest] = ioc.cells(row, names);
    const all = rest.pop();
    ioc.text(name, ioc.pick(ioc.atlas.towns[town].name));
    rest.forEach((cell, at) => {
      ioc.text(cell, fraction(devices[at], silent[at]));
      cell.classList.toggle("missing", silent[at] > 0);
    });
    const share = 1 - sum(silent) / sum(devices);
    // Never 100 % while one is missing.
    ioc.text(all, `${Math.floor(share * 1000) / 10}%`);
    row.dataset.state = sum(silent) ? "bad" : "";
  });

  const gateways = ioc.rows("gateway-list", "gateway-more", (row, line) => {
    const [sign, name, count, age] = ioc.cells(row, ["sign-cell", "name", "number", "side age"]);
    const isSilent = line.silent === line.devices;
    row.dataset.state = line.silent ? "bad" : "";
    ioc.text(sign, isSilent ? "○" : line.silent ? "◐" : "●");
    ioc.text(name, ioc.pick([line.zh, line.en]));
    name.title = `${name.textContent} (${line.id})`;
    ioc.text(count, fraction(line.devices, line.silent));
    ioc.age(age, line.newest_ms);
  });

  const silent = ioc.rows("silent-list", "silent-more", (row, { device, newest_ms }) => {
    const [sign, name, town, age] = ioc.cells(row, ["sign-cell", "name", "side", "side age"]);
    const one = ioc.atlas.devices[device];
    if (!sign.firstChild && one.domain >= 0)
      sign.append(ioc.domainSign(ioc.atlas.domains[one.domain]));
    ioc.text(name, ioc.pick(one.name));
    name.title = `${name.textContent} (${one.id})`;
    ioc.text(town, ioc.pick(ioc.atlas.towns[one.town].name));
    ioc.age(age, newest_ms);
  });

  const scores = ioc.rows("score-list", "score-more", (row, line) => {
    const [name, findings, score] = ioc.cells(row, ["name", "side findings", "number"]);
    ioc.text(name, ioc.pick([line.zh, line.en]));
    name.title = `${name.textContent} (${line.id}) ${line.vendor}`;
    ioc.text(findings, line.findings.map(([code, count]) => `${code} ×${count}`).join("  "));
    findings.title = findings.textContent;
    ioc.text(score, line.score === null ? "—" : `${line.score.toFixed(line.score < 99.95 ? 1 : 2)}%`);
  });

  function show() {
    if (!part || !ioc.atlas || !ioc.isShown(PAGE)) return;
    towns.show(part.towns.map((one) => ({ key: one.town, ...one })));
    gateways.show(part.gateways.map((one) => ({ key: one.id, ...one })));
    silent.show(part.silent.map((one) => ({ key: one.device, ...one })));
    scores.show((part.scores || []).map((one) => ({ key: one.id, ...one })));
    const devices = sum(part.towns.flatMap((one) => one.devices));
    const lines = ioc.at("devices-sum");
    lines.replaceChildren(
      fact("devices.all", fraction(devices, part.silent_total)),
      fact("devices.gateways_heard", fraction(part.gateways_total, part.gateways_silent)),
      fact("devices.strangers", part.strangers === null ? ioc.say("never") : String(part.strangers)),
    );
    ioc.note("devices-silent", String(part.silent_total));
    ioc.note("devices-scores", ioc.say("devices.days", { n: part.days }));
    ioc.emptyList("score-list", part.scores === null ? "never" : part.scores.length ? "" : "devices.no_findings");
    ioc.emptyList("silent-list", part.silent.length ? "" : "devices.none_silent");
  }

  function fact(word, value) {
    const box = ioc.make("div", "fact-line");
    box.append(ioc.make("span", "", ioc.say(word)), ioc.make("span", "fact", value));
    return box;
  }

  ioc.on(`section:${PAGE}`, (data) => {
    part = data;
    show();
  });
  ioc.on("page", show);
  ioc.on("language", show);
})();
