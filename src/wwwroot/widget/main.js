// @ts-check
import { conversation } from "./conversation.js";
import { compareIds, el, fill } from "./messages.js";
import { panel } from "./panel.js";
import { connect, Identity, onShared, own, pause, shared } from "./service.js";

/** @typedef {import("./messages.js").Entry} Entry */

/**
 * Puts the window beside the launcher, and goes on where an earlier page left off.
 * @param {{ api: string, css: string, texts: Record<string, string>, locale: string, host: HTMLElement, launcher: HTMLButtonElement,
 *   icon: import("./panel.js").Icon, jwt: string | null, keyOf: (jwt: string | null) => string, department?: string, emit: (name: string, detail?: unknown) => void }} setting
 */
export function start({ api, css, texts, locale, host, launcher, icon, jwt, keyOf, department, emit }) {
  const shadow = /** @type {ShadowRoot} */ (host.shadowRoot);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  shadow.adoptedStyleSheets.push(sheet);
  host.lang = locale;
  const label = launcher.ariaLabel, count = el("span");
  launcher.append(count);

  const identity = new Identity(jwt, keyOf);
  let isOpen = false, unread = 0, told = "", refusals = 0;
  // Of each identity apart: what one customer has read is news to another still.
  const seenKey = () => `seen:${identity.key}`, readSeen = () => shared.get(seenKey()) ?? "0-0";
  let seen = readSeen();
  const details = { locale, pageUrl: location.origin + location.pathname, department };
  const chat = conversation(connect(api, identity), identity, details, show, arrived, refused);
  const makeWindow = () => panel(chat, texts, locale, icon, close);
  let window = makeWindow();

  const isLookedAt = () => isOpen && !document.hidden;

  function show() {
    const unseen = chat.entries.filter(entry => entry.sender === "operator" && compareIds(entry.id, seen) > 0);
    if (isLookedAt() && unseen.length) {
      shared.set(seenKey(), seen = /** @type {Entry} */ (unseen.at(-1)).id);
      unseen.length = 0;
    }
    if (isLookedAt()) chat.markRead();
    if (isOpen) window.show();
    else if (chat.connection !== "connecting" && (chat.status === "new" || chat.status === "closed")) chat.pulse.stop();
    if (unseen.length !== unread) badge(unseen.length);
    const { status, connection, operator } = chat;
    if (connection === "online") refusals = 0;
    if (told !== (told = [status, connection, operator].join())) emit("status", { status, connection, operator });
  }

  /** @param {number} number of messages that no tab has shown yet */
  function badge(number) {
    unread = number;
    document.title = (number ? `(${number}) ` : "") + document.title.replace(/^\(\d+\) /, "");
    count.textContent = number ? `${number}` : "";
    launcher.ariaLabel = number ? `${label}: ${fill(texts.unread, { count: number })}` : label;
    emit("unread", { count: number });
  }

  /** @param {Entry[]} news @param {boolean} [isKnown] whether they are what was there already */
  function arrived(news, isKnown) {
    if (isKnown) return window.toEnd();
    const others = news.filter(entry => entry.sender !== "visitor"), last = others.at(-1);
    if (last && isOpen) window.announce(others.map(entry => `${entry.senderName ?? ""} ${texts[`event.${entry.event}`] ?? entry.text}`).join("\n"));
    if (last?.sender === "operator" && !isLookedAt()) ring(last.id);
    news.forEach(entry => emit("message", entry));
  }

  /** @param {string} id for which another tab may have rung already */
  function ring(id) {
    if (compareIds(id, shared.get("rung") ?? "0-0") <= 0) return;
    shared.set("rung", id);
    if (!shared.get("muted") && navigator.userActivation?.hasBeenActive) chime();
  }

  /** @param {string} code */
  function refused(code) {
    if (code !== "invalid_token") return window.refused(code);
    // A page that answers with one bad token after the other is asked less and less often.
    const { jwt } = identity;
    setTimeout(() => identity.jwt === jwt && emit("token-expired"), refusals++ && pause(refusals));
  }

  function open() {
    if (!isOpen) turn(true);
    window.focus();
  }

  function close() {
    if (!isOpen) return;
    turn(false);
    launcher.focus();
  }

  /** @param {boolean} on */
  function turn(on) {
    isOpen = on;
    own.set("open", on || null);
    launcher.ariaExpanded = `${on}`;
    host.classList.toggle("open", on);
    on ? shadow.append(window.element) : window.element.remove();
    if (on) chat.resume();
    show();
    window.toEnd();
    emit(on ? "open" : "close");
  }

  /** @param {string | null} token */
  function identify(token) {
    const { jwt, key } = identity, { outbox } = chat, { items } = outbox;
    if (jwt === token) return;
    const isOther = keyOf(token) !== key;
    if (isOther) outbox.keep([]);
    if (isOther && jwt) { // somebody else, or nobody, sits here now
      close();
      window = makeWindow();
    }
    if (!token) identity.keep();
    if (isOther && !(jwt && token)) shared.set(seenKey(), null);
    identity.jwt = token;
    if (!isOther) return chat.resume();
    identity.read();
    const before = seen;
    seen = readSeen();
    // The account takes over what the visitor has read, too.
    if (!jwt && compareIds(before, seen) > 0) shared.set(seenKey(), seen = before);
    outbox.move(jwt ? [] : items);
    chat.reset();
  }

  onShared(key => {
    if (key === seenKey()) seen = shared.get(key) ?? seen;
    if (key === identity.key) {
      const { session, token } = identity;
      identity.read();
      if (session !== identity.session || token !== identity.token) return chat.reset();
    }
    show();
  });
  document.addEventListener("visibilitychange", show);
  if (own.get("open")) turn(true); // without the focus, which the page has
  else chat.resume();
  return { open, close, identify, toggle: () => isOpen ? close() : open() };
}

/** A short sound of two notes. */
function chime() {
  const audio = new AudioContext(), note = audio.createOscillator(), volume = audio.createGain();
  note.frequency.setValueAtTime(880, 0.12);
  volume.gain.setValueAtTime(0.1, 0);
  volume.gain.exponentialRampToValueAtTime(0.001, 0.4);
  note.connect(volume).connect(audio.destination);
  note.onended = () => audio.close();
  note.start();
  note.stop(0.4);
}
