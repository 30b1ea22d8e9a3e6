// What is behind a number: whoever clicks on one reads where it comes from. For the console and for
// visits; a wall that nobody touches never shows it. The kinds stand in behind_*.js.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const kinds = []; // {selector, open}; the innermost element that fits one is taken
  let box = null;
  let shown = null; // {fill() → nodes, close?()}
  let asked = 0;

  // What a click within `selector` opens: open(element) → promise of {fill, close?}, or of null
  // where nothing is known.
  ioc.behind = (selector, open) => kinds.push({ selector, open });

  ioc.readBehind = async function (path) {
    const answer = await fetch(path);
    return answer.ok ? answer.json() : null;
  };

  function show() {
    if (!shown) return;
    const shut = ioc.make("button", "shut", ioc.say("behind.close"));
    shut.addEventListener("click", () => box.close());
    box.replaceChildren(...shown.fill(), shut);
  }

  function leave() {
    shown?.close?.();
    shown = null;
    box.replaceChildren();
  }

  async function open(kind, element) {
    const mine = ++asked;
    let found = null;
    try {
      found = await kind.open(element);
    } catch {
      // Away; the banner says so.
    }
    if (!found || mine !== asked) return;
    if (!box) {
      box = document.body.appendChild(ioc.make("dialog", "behind"));
      // A click beside it closes it, as Escape does.
      box.addEventListener("click", (event) => event.target === box && box.close());
      box.addEventListener("close", leave);
    }
    if (shown) leave();
    shown = found;
    if (!box.open) box.showModal();
    show();
  }

  function openWhatIsBehind(target) {
    if (!ioc.atlas || !target.closest || target.closest("a, button, dialog")) return;
    for (let one = target; one; one = one.parentElement) {
      const kind = kinds.find(({ selector }) => one.matches(selector));
      if (kind) return open(kind, one);
    }
  }

  document.addEventListener("click", ({ target }) => openWhatIsBehind(target));
  // Rows can be reached by the Tab key.
  document.addEventListener("keydown", ({ key, target }) => key === "Enter" && openWhatIsBehind(target));
  ioc.on("language", show);
})();
