// Shapes of priorities and domains, each once: the same path on the map, in lists and legends.
// Colour is never alone: every priority has its own shape and its word.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});

  // In a box of 24 × 24. Index 1–4 = P1–P4.
  ioc.PRIORITY = [
    null,
    { colour: "#FF4D4F", path: "M12 0 24 12 12 24 0 12Z" },
    { colour: "#FF9F1A", path: "M12 1 24 23H0Z" },
    { colour: "#FFE45C", path: "M2 2H22V22H2Z" },
    { colour: "#4DA3FF", path: "M12 1A11 11 0 1 1 11.99 1Z" },
  ];
  ioc.DOMAIN = {
    water: "M12 1C16 7 20 11.5 20 15.5A8 8 0 0 1 4 15.5C4 11.5 8 7 12 1Z",
    air: "M7 20A5.6 5.6 0 0 1 6.4 8.9 6.6 6.6 0 0 1 18.9 8.6 5.8 5.8 0 0 1 18.2 20Z",
    traffic: "M3 13 5.5 6H18.5L21 13V20H17.5V17.5H6.5V20H3Z",
    camera: "M1 6H15V18H1ZM17 11 23 7V17L17 13Z",
  };

  function drawing(path, colour, className) {
    const name = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(name, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("class", className);
    svg.setAttribute("aria-hidden", "true");
    const shape = document.createElementNS(name, "path");
    shape.setAttribute("d", path);
    shape.setAttribute("fill", colour);
    svg.append(shape);
    return svg;
  }

  ioc.prioritySign = (priority, isHollow) =>
    drawing(
      ioc.PRIORITY[priority].path,
      isHollow ? "#7C8B9A" : ioc.PRIORITY[priority].colour,
      "sign",
    );
  ioc.domainSign = (domain) => drawing(ioc.DOMAIN[domain], "currentColor", "sign");

  ioc.fillGlyphs = function () {
    for (const element of document.querySelectorAll("[data-glyph]"))
      element.replaceChildren(ioc.domainSign(element.dataset.glyph));
  };
})();
