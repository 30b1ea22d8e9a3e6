// What is behind an index: whoever clicks on one reads how it came about, step by step with its
// clause. For the console and for visits; a wall that nobody touches never shows it.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  let box = null;
  let told = null;

  function show() {
    if (!told) return;
    const [first, ...rest] = told.lines;
    const head = ioc.make("h2", "", ioc.pick(told.name));
    const list = ioc.make("ol", "");
    for (const line of rest) list.append(ioc.make("li", "", ioc.pick(line)));
    const shut = ioc.make("button", "", ioc.say("behind.close"));
    shut.addEventListener("click", () => box.close());
    box.replaceChildren(head, ioc.make("p", "result", ioc.pick(first)), list);
    if (told.validity[0]) box.append(ioc.make("p", "note", ioc.pick(told.validity)));
    box.append(shut);
  }

  async function open(index) {
    const answer = await fetch(`/wall/explanation?index=${encodeURIComponent(index)}`);
    if (!answer.ok) return; // nothing is known of it: nothing to read
    told = await answer.json();
    if (!box) {
      box = document.body.appendChild(ioc.make("dialog", "behind"));
      // A click beside it closes it, as Escape does.
      box.addEventListener("click", (event) => event.target === box && box.close());
    }
    show();
    if (!box.open) box.showModal();
  }

  document.addEventListener("click", ({ target }) => {
    const marked = target.closest?.("[data-index]");
    if (marked && /^(aqi|gb3838):/.test(marked.dataset.index)) open(marked.dataset.index);
  });
  ioc.on("language", show);
})();
