// The keyboard: one key, one thing; none while somebody writes or a form is open.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});

  const KEYS = [
    ["J ↓", "console.key_next", ["j", "ArrowDown"], () => ioc.step(1)],
    ["K ↑", "console.key_before", ["k", "ArrowUp"], () => ioc.step(-1)],
    ["Enter", "console.key_turn", ["Enter"], () => ioc.turn()],
    ["A", "console.acknowledge", ["a"], () => ioc.doAcknowledge()],
    ["U", "console.undo", ["u"], () => ioc.undo()],
    ["S", "console.key_shelve", ["s"], () => ioc.doShelve()],
    ["D", "console.key_dispatch", ["d"], () => ioc.doDispatch()],
    ["C", "console.comment", ["c"], () => ioc.doComment()],
    ["V", "console.verdict", ["v"], () => ioc.doVerdict()],
    ["N", "console.key_fresh", ["n"], () => ioc.bringIn()],
    ["M", "console.key_mute", ["m"], () => ioc.turnSound()],
    ["/", "console.search", ["/"], () => ioc.at("search").focus()],
    ["?", "console.help", ["?"], () => ioc.showHelp()],
    ["Esc", "console.key_back", [], null],
  ];
  const acts = new Map(KEYS.flatMap(([, , keys, act]) => keys.map((key) => [key, act])));
  let box = null;

  ioc.showHelp = function () {
    if (!box) {
      box = document.body.appendChild(ioc.make("dialog", "ask help"));
      box.addEventListener("close", () => {
        box.replaceChildren();
        ioc.at("list").focus();
      });
    }
    const table = ioc.make("table");
    for (const [keys, word] of KEYS) {
      const row = table.insertRow();
      row.insertCell().append(...keys.split(" ").map((one) => ioc.make("kbd", "", one)));
      row.insertCell().textContent = ioc.say(word);
    }
    const shut = ioc.make("button", "go", ioc.say("behind.close"));
    shut.addEventListener("click", () => box.close());
    box.replaceChildren(ioc.make("h2", "", ioc.say("console.help")), table, shut);
    if (!box.open) box.showModal();
  };

  function isWriting(target) {
    return target.closest?.("input, textarea, select");
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || ioc.isAsking()) return;
    if (isWriting(event.target)) {
      if (event.key === "Escape" || event.key === "Enter") ioc.at("list").focus();
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    // Keys that buttons and links have of their own stay theirs.
    if (key === "Enter" && event.target.closest?.("button, a, summary")) return;
    if (key === "Escape") return ioc.at("list").focus();
    const act = acts.get(key);
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
