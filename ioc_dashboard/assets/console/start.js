// Begins: words and atlas first, then the line to the desk.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const AGAIN_MS = 2000;

  async function read(path) {
    for (;;) {
      try {
        const answer = await fetch(path);
        if (answer.ok) return await answer.json();
      } catch {
        // The server is not there yet, or again.
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  function showLink() {
    const main = document.querySelector("main");
    const state = !ioc.link.isOpen ? "down" : ioc.link.isTrue ? "up" : "late";
    main.dataset.link = state;
    ioc.text("line", state === "up" ? "" : ioc.say(state === "down" ? "console.line_down" : "console.line_late"));
  }

  function showNames() {
    const account = ioc.at("account");
    account.href = ioc.language === "zh" ? "/account" : "/account?lang=en";
    ioc.text(account, ioc.me ? ioc.me.name : "");
    for (const one of document.querySelectorAll("[data-hint]")) one.placeholder = ioc.say(one.dataset.hint);
    document.title = `${ioc.say("people.console")} · ${ioc.say("centre")}`;
    showLink();
  }

  // A new P1 is told to who cannot see the sign.
  let waiting = 0;
  ioc.on("summary", ({ unacknowledged }) => {
    if (unacknowledged[0] > waiting) ioc.text("alarm", ioc.say("console.alarm", { n: unacknowledged[0] }));
    waiting = unacknowledged[0];
  });

  async function start() {
    ioc.takeWords(await read("/wall/words.json"));
    ioc.atlas = await read("/wall/atlas.json");
    ioc.startClock();
    ioc.startQueue();
    ioc.startSound();
    ioc.at("language").addEventListener("click", ioc.switchLanguage);
    ioc.at("help").addEventListener("click", ioc.showHelp);
    ioc.on("hello", showNames);
    ioc.on("language", showNames);
    ioc.on("link", showLink);
    // Signed out, or not any more allowed: the server says where to go.
    ioc.on("refused", () => location.reload());
    ioc.openLine();
    ioc.at("list").focus();
    loadCharts(document.querySelector("main").dataset.plotly.split(" "));
  }

  // One after the other; who looks at alerts does not wait for them.
  function loadCharts([first, ...rest]) {
    if (!first) return ioc.emit("charts");
    const script = document.createElement("script");
    script.src = first;
    script.onload = () => loadCharts(rest);
    document.head.append(script);
  }
  start();
})();
