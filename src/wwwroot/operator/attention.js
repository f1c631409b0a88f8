// @ts-check
// Alerts for an operator that looks elsewhere: title, notification, sound.

/** @import { Conversation } from "./conversation.js" */
/** @import { Message } from "./types.js" */
import { connection } from "./connection.js";
import { compareIds } from "./conversation.js";
import { desk } from "./desk.js";
import { here } from "./here.js";
import { addView, changed } from "./render.js";
import { shared } from "./storage.js";

const soundKey = "intotes.operator.sound";
const plainTitle = document.title;
let waitingBefore = 0;
/** @type {AudioContext|null} */
let audio = null;

export const attention = {
  get sound() {
    return shared.get(soundKey) === "on";
  },
  set sound(on) {
    shared.set(soundKey, on ? "on" : "off");
    if (on) beep();
    changed();
  },
  /** @type {NotificationPermission|"unsupported"} */
  get notifications() {
    return "Notification" in window ? Notification.permission : "unsupported";
  },
  async askForNotifications() {
    if ("Notification" in window) await Notification.requestPermission();
    changed();
  },
};

/** Two short tones. */
function beep() {
  audio ??= new AudioContext();
  for (const [at, pitch] of [[0, 660], [0.12, 880]]) {
    const [tone, gain] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = pitch;
    gain.gain.setValueAtTime(0.08, audio.currentTime + at);
    gain.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.15);
    tone.connect(gain).connect(audio.destination);
    tone.start(audio.currentTime + at);
    tone.stop(audio.currentTime + at + 0.16);
  }
}

/** How late (ms) a sound may be: a browser keeps a page silent until it is touched, and what was due long before is no news then. */
const latest = 5000;
/** @type {(() => void)|null} lets another tab sound */
let handOn = null;

/** Of several tabs of one operator one sounds: the first that had to and may, for as long as it lives and is signed in. */
async function ring() {
  if (!attention.sound) return;
  const due = performance.now();
  audio ??= new AudioContext();
  await audio.resume().catch(() => {});
  if (audio.state !== "running") return void handOn?.();
  if (performance.now() - due > latest) return;
  // Where the browser has no locks, because the connection is not secure, each tab sounds for itself.
  if (handOn || !navigator.locks) return beep();
  await navigator.locks.request(`intotes.operator.sound.${desk.presence?.operator.id}`, { ifAvailable: true }, (lock) => {
    if (!lock) return;
    beep();
    return new Promise((done) => {
      handOn = () => {
        handOn = null;
        done(undefined);
      };
    });
  });
}

/** @param {string} title @param {string} tag of its kind, the newest replaces the others @param {string|null} id what a click opens */
function notify(title, tag, id) {
  if (attention.notifications !== "granted" || document.hasFocus()) return;
  try {
    const shown = new Notification(title, { tag, icon: here("icon.svg") });
    shown.onclick = () => {
      window.focus();
      if (id) dispatchEvent(new CustomEvent("open-conversation", { detail: id }));
      shown.close();
    };
  } catch {
    // Chrome on Android has the constructor and lets nobody call it.
  }
}

/** After so long (ms) what this tab or another one shows has been marked as seen, and needs neither. */
const grace = 400;

/** @param {Conversation} conversation @param {Message[]} messages */
export function messagesCame(conversation, messages) {
  if (!messages.some((m) => m.sender === "visitor")) return;
  setTimeout(() => {
    if (conversation.unread === 0) return;
    void ring();
    // The text is for the console only: a notification shows on a screen that others may see.
    notify(`New message from ${conversation.name}`, `conversation-${conversation.id}`, conversation.id);
  }, grace);
}

/** @param {Conversation} conversation */
export function conversationCame(conversation) {
  setTimeout(() => {
    // This operator took it in another tab.
    if (conversation.last && compareIds(conversation.seenUpTo, conversation.last.id) >= 0) return;
    void ring();
    notify("A conversation was handed over to you", `conversation-${conversation.id}`, conversation.id);
  }, grace);
}

addView(() => {
  const count = desk.unread;
  document.title = count > 0 ? `(${count}) ${plainTitle}` : desk.waiting > 0 ? `${desk.waiting} waiting · ${plainTitle}` : plainTitle;
  if (desk.waiting > waitingBefore) {
    void ring();
    notify(desk.waiting === 1 ? "One call waits" : `${desk.waiting} calls wait`, "queue", null);
  }
  waitingBefore = desk.waiting;
  if (connection.line === "signed-out") handOn?.();
});
