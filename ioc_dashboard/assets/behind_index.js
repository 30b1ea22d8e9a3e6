// How an index came about, step by step with its clause.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});

  ioc.behind('[data-index^="aqi:"], [data-index^="gb3838:"]', async ({ dataset }) => {
    const told = await ioc.readBehind(`/wall/explanation?index=${encodeURIComponent(dataset.index)}`);
    if (!told) return null;
    return {
      fill() {
        const [first, ...rest] = told.lines;
        const list = ioc.make("ol", "");
        for (const line of rest) list.append(ioc.make("li", "", ioc.pick(line)));
        const nodes = [
          ioc.make("h2", "", ioc.pick(told.name)),
          ioc.make("p", "result", ioc.pick(first)),
          list,
        ];
        if (told.validity[0]) nodes.push(ioc.make("p", "note", ioc.pick(told.validity)));
        return nodes;
      },
    };
  });
})();
