// The line to the desk: what changed comes by it, and it comes back for ever.
// Signals: hello, rows (a window of the list), summary (each second), values, refused, link.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const LEAST_WAIT_MS = 300;
  const LONGEST_WAIT_MS = 5000;
  const DEAD_AFTER_MS = 5000; // the desk speaks each second
  const REFUSED = 4403;
  const decoder = new TextDecoder();
  let socket = null;
  let heard = 0;
  let tries = 0;

  // What the parts shared with the wall read of it.
  ioc.values = { result: [], time_ms: [], quality: [] };
  ioc.link = { isOpen: false, isTrue: false };
  // What the desk is asked for anew when the line is back.
  const wanted = {};

  function open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const mine = (socket = new WebSocket(`${scheme}//${location.host}/ws/console`));
    mine.binaryType = "arraybuffer";
    heard = Date.now();
    mine.onopen = () => send({ ...wanted });
    mine.onmessage = (event) => mine === socket && take(JSON.parse(decoder.decode(event.data)));
    mine.onclose = (event) => mine === socket && lost(event.code);
  }

  function lost(code) {
    socket = null;
    set(false, false);
    if (code === REFUSED) return ioc.emit("refused");
    const most = Math.min(LONGEST_WAIT_MS, LEAST_WAIT_MS * 2 ** tries);
    tries = Math.min(tries + 1, 10);
    setTimeout(open, LEAST_WAIT_MS / 2 + Math.random() * most);
  }

  function set(isOpen, isTrue) {
    if (ioc.link.isOpen === isOpen && ioc.link.isTrue === isTrue) return;
    ioc.link.isOpen = isOpen;
    ioc.link.isTrue = isTrue;
    ioc.emit("link");
  }

  function take(frame) {
    heard = Date.now();
    tries = 0;
    if (frame.type === "hello") {
      if (ioc.build !== undefined && ioc.build !== frame.build) return location.reload();
      ioc.build = frame.build;
      ioc.me = frame;
    }
    if (frame.type === "summary") {
      ioc.heardAt(frame.at_ms, !ioc.link.isOpen);
      ioc.summary = frame;
      set(true, frame.connected);
    }
    if (frame.type === "values") {
      const { slot, result, time_ms, quality } = frame.values;
      slot.forEach((one, at) => {
        ioc.values.result[one] = result[at];
        ioc.values.time_ms[one] = time_ms[at];
        ioc.values.quality[one] = quality[at];
      });
    }
    ioc.emit(frame.type, frame);
  }

  const send = (wish) => socket && socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(wish));

  // Says to the desk what is wanted; filter, window and what is watched hold for later lines too.
  ioc.wish = function (wish) {
    for (const name of ["filter", "window", "watch"]) if (name in wish) wanted[name] = wish[name];
    send(wish);
  };

  ioc.on("tick", () => {
    if (!socket || Date.now() - heard < DEAD_AFTER_MS) return;
    const dead = socket;
    lost();
    dead.close();
  });
  ioc.openLine = open;
})();
