// Every word the page says, Chinese first, English beside it; and the switch between them.
// The words themselves stand in the catalogues under `locale/`.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  let words = {};

  const SPEAKS = { zh: 0, en: 1 };
  const asked = new URLSearchParams(location.search).get("lang");
  ioc.language = asked in SPEAKS ? asked : "zh";

  ioc.takeWords = (table) => {
    words = table;
    ioc.applyLanguage();
  };

  // A pair [Chinese, English] in the language of the page.
  ioc.pick = (pair) => (pair ? pair[SPEAKS[ioc.language]] : "");

  ioc.hasWord = (name) => name in words;

  ioc.say = function (name, values) {
    if (!(name in words)) {
      console.error(`no word ${name}`);
      return name;
    }
    return ioc
      .pick(words[name])
      .replace(/\{(\w+)\}/g, (_, key) => (values && key in values ? values[key] : ""));
  };

  ioc.applyLanguage = function () {
    document.documentElement.lang = ioc.language === "zh" ? "zh-CN" : "en";
    for (const element of document.querySelectorAll("[data-word]"))
      element.textContent = ioc.say(element.dataset.word);
    for (const element of document.querySelectorAll("[data-label]"))
      element.setAttribute("aria-label", ioc.say(element.dataset.label));
  };

  ioc.switchLanguage = function () {
    ioc.language = ioc.language === "zh" ? "en" : "zh";
    const address = new URL(location.href);
    address.searchParams.set("lang", ioc.language);
    history.replaceState(null, "", address);
    ioc.applyLanguage();
    ioc.emit("language");
  };
})();
