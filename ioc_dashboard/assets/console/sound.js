// Sounds, made here: two tones again and again while a P1 waits, one chime for a new P2, none below.
// A browser is silent until somebody has touched the page: until then the button says so.
(function () {
  "use strict";
  const ioc = (window.ioc = window.ioc || {});
  const AGAIN_MS = 2000;
  const MUTE_MS = 10 * 60000; // at most
  const TOUCH_MS = 1000;
  const TONES = { p1: [[880, 0, 0.25], [660, 0.3, 0.25]], p2: [[740, 0, 0.45]] }; // Hz, s, s
  let context = null;
  let mutedUntil = 0; // of this computer's clock: it is its loudspeaker
  let chimes = null;
  let again = null;
  let begun = 0;

  ioc.sound = { played: [], isOn: () => context !== null && context.state === "running", isAlarmed: () => isAlarmed() };

  const isMuted = () => Date.now() < mutedUntil;
  const isAlarmed = () => Boolean(ioc.summary && ioc.summary.unacknowledged[0] > 0);

  function play(name) {
    if (!ioc.sound.isOn() || isMuted()) return;
    ioc.sound.played.push(name);
    if (ioc.sound.played.length > 50) ioc.sound.played.shift();
    for (const [hertz, after, lasts] of TONES[name]) {
      const tone = context.createOscillator();
      const gain = context.createGain();
      const begin = context.currentTime + after;
      tone.frequency.value = hertz;
      gain.gain.setValueAtTime(0, begin);
      gain.gain.linearRampToValueAtTime(0.35, begin + 0.02);
      gain.gain.setValueAtTime(0.35, begin + lasts - 0.05);
      gain.gain.linearRampToValueAtTime(0, begin + lasts);
      tone.connect(gain).connect(context.destination);
      tone.start(begin);
      tone.stop(begin + lasts);
    }
  }

  function alarm() {
    if (isAlarmed() && again === null) {
      play("p1");
      again = setInterval(() => (isAlarmed() ? play("p1") : calm()), AGAIN_MS);
    } else if (!isAlarmed()) calm();
  }

  function calm() {
    clearInterval(again);
    again = null;
  }

  function show() {
    const button = ioc.at("sound");
    const state = !ioc.sound.isOn() ? "start" : isMuted() ? "unmute" : "mute";
    button.dataset.state = state;
    ioc.text(button, ioc.say(`console.sound_${state}`));
    const left = Math.ceil((mutedUntil - Date.now()) / 1000);
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    ioc.text("muted", isMuted() ? ioc.say("console.muted", { n: clock }) : "");
    document.querySelector("main").dataset.alarmed = isAlarmed();
  }

  function begin() {
    if (context !== null) return;
    begun = Date.now();
    context = new AudioContext();
    context.resume().then(() => {
      show();
      if (isAlarmed()) play("p1");
    });
  }

  ioc.turnSound = function () {
    // The touch that begins the sound does not mute it as well.
    if (!ioc.sound.isOn() || Date.now() - begun < TOUCH_MS) begin();
    else mutedUntil = isMuted() ? 0 : Date.now() + MUTE_MS;
    show();
  };

  ioc.startSound = function () {
    ioc.at("sound").addEventListener("click", ioc.turnSound);
    for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, begin, { once: true, capture: true });
    show();
  };

  ioc.on("summary", (frame) => {
    if (chimes !== null && frame.chimes > chimes) play("p2");
    chimes = frame.chimes;
    alarm();
    show();
  });
  ioc.on("hello", () => (chimes = null));
  ioc.on("tick", show);
  ioc.on("language", show);
})();
