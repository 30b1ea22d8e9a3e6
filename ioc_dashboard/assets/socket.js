// The line to the hub: hello, snapshot, then frames without a gap; and back again, for ever.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const LEAST_WAIT_MS = 300;
  const LONGEST_WAIT_MS = 5000;
  // The hub speaks each second; a line that says nothing for so long is dead, whatever TCP thinks.
  const DEAD_AFTER_MS = 8000;
  // The server's word for a screen that it does not let in any more: no use in trying again.
  const REFUSED = 4403;
  const decoder = new TextDecoder();

  let socket = null;
  let seq = null;
  let asked = false;
  let tries = 0;
  let heard = null; // Date.now() of the last frame
  let again = null;

  // Newest reading by slot. Kept here, before any part of the page hears of the frame.
  ioc.values = { result: [], time_ms: [], quality: [] };
  function keep({ slot, result, time_ms, quality }) {
    slot.forEach((one, at) => {
      ioc.values.result[one] = result[at];
      ioc.values.time_ms[one] = time_ms[at];
      ioc.values.quality[one] = quality[at];
    });
  }

  ioc.link = { isOpen: false, lastFrameMs: () => heard };

  function open() {
    clearTimeout(again);
    again = null;
    seq = null;
    asked = false;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const mine = (socket = new WebSocket(`${scheme}//${location.host}/ws/wall`));
    mine.binaryType = "arraybuffer";
    const started = Date.now();
    mine.started = started;
    mine.onmessage = (event) => mine === socket && take(JSON.parse(decoder.decode(event.data)));
    mine.onclose = (event) => mine === socket && lost(event.code);
  }

  function lost(code) {
    ioc.link.isOpen = false;
    socket = null;
    if (code === REFUSED) return ioc.emit("refused");
    // Full jitter: after a restart of the server all screens come back, but not at once.
    const most = Math.min(LONGEST_WAIT_MS, LEAST_WAIT_MS * 2 ** tries);
    tries = Math.min(tries + 1, 10);
    again = setTimeout(open, LEAST_WAIT_MS / 2 + Math.random() * most);
  }

  function take(frame) {
    heard = Date.now();
    if (frame.type === "hello") return hello(frame.build);
    if (frame.type === "snapshot") {
      ioc.link.isOpen = true;
      tries = 0;
      asked = false;
      seq = frame.seq;
      ioc.heardAt(frame.at_ms, true);
      keep(frame.values);
      ioc.emit("snapshot", frame);
      return;
    }
    ioc.heardAt(frame.at_ms, false);
    if (frame.type === "section" || frame.type === "movers") return ioc.emit(frame.type, frame);
    if (seq === null || frame.seq <= seq) return; // older than the snapshot
    if (frame.prev !== seq) {
      if (!asked) ioc.tell({ snapshot: true });
      asked = true;
      return;
    }
    seq = frame.seq;
    if (frame.values) keep(frame.values);
    ioc.emit(frame.type, frame);
  }

  // The page of another build reloads once, and not again if that did not help.
  function hello(build) {
    if (ioc.build === undefined) {
      ioc.build = build;
      return;
    }
    if (ioc.build === build || sessionStorage.getItem("reloadedFor") === build) return;
    sessionStorage.setItem("reloadedFor", build);
    location.reload();
  }

  ioc.on("tick", () => {
    if (!socket) return;
    const since = Math.max(heard || 0, socket.started);
    if (Date.now() - since > DEAD_AFTER_MS) {
      const dead = socket;
      lost();
      dead.close();
    }
  });

  // The hub hears which page is shown when the line opens, and then each time it changes.
  ioc.tell = (wish) => {
    if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(wish));
  };
  ioc.openLine = open;
})();
