// Begins once React has put the regions there: words and atlas first, then the line to the hub.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const AGAIN_MS = 2000;

  ioc.placeOf = (slot) => ioc.atlas.devices[ioc.atlas.datastreams.device[slot]];

  async function read(path) {
    for (;;) {
      try {
        const answer = await fetch(path);
        if (answer.ok) return await answer.json();
      } catch {
        // The server is not there yet, or again; the banner says so.
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  function showNames() {
    const name = ioc.pick(ioc.atlas.name);
    ioc.text("title", ioc.language === "zh" ? name + ioc.say("centre") : `${name} · ${ioc.say("centre")}`);
    ioc.showMapNote();
    ioc.showLegend();
  }

  async function start() {
    ioc.fillGlyphs();
    ioc.takeWords(await read("/wall/words.json"));
    ioc.startPages();
    ioc.startClock();
    ioc.at("language").addEventListener("click", ioc.switchLanguage);
    ioc.atlas = await read("/wall/atlas.json");
    showNames();
    const map = ioc.startMap();
    ioc.startHeats();
    ioc.startTraffic();
    ioc.startGround(map);
    ioc.startDevices(map);
    ioc.startCatchment(map);
    ioc.startSigns(map);
    ioc.startRings(map);
    ioc.startCard(map);
    ioc.startFocus(map);
    ioc.startOverlays();
    ioc.watchAlertRoom();
    ioc.startTurning();
    ioc.emit("atlas");
    ioc.on("language", showNames);
    ioc.openLine();
  }

  const isThere = () => document.getElementById("trend-camera") !== null;
  const watcher = new MutationObserver(() => {
    if (!isThere()) return;
    watcher.disconnect();
    start();
  });
  watcher.observe(document.documentElement, { childList: true, subtree: true });
})();
