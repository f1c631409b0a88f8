// @ts-check
import { conversation } from "./conversation.js";
import { dress, holdCaret } from "./frame.js";
import { cleanLine, compareIds, fill } from "./messages.js";
import { panel } from "./panel.js";
import { connect, Identity, pause } from "./service.js";
import { onShared, own, shared } from "./storage.js";

/** @typedef {import("./messages.js").Entry} Entry */

/**
 * Fills the frame, and goes on where an earlier page left off. All of this runs in the frame: `document` and `window` are the frame's.
 * @param {{ data: Record<string, string>, base: string, wanted: string, known: string, files: Promise<Response>[], icon: (path: string, of: Document) => Element,
 *   jwt: string | null, keyOf: (jwt: string | null) => string, emit: (name: string, detail?: object) => void }} setting
 *   what the page says of the chat, where the service is, the language that is wanted and the one of the texts
 */
export async function start({ data: { texts: further, department }, base, wanted, known, files, icon, jwt, keyOf, emit }) {
  const page = parent, frame = /** @type {HTMLElement} */ (frameElement), box = /** @type {HTMLElement} */ (frame.parentNode);
  const launcher = /** @type {HTMLButtonElement} */ (box.firstChild);
  const [css, plain, more] = await Promise.all([
    content(files[0], "text"), content(files[1], "json"), further && ownTexts().catch(console.warn)]);
  const texts = { ...plain, ...more }, tag = tagOf(wanted), locale = more || tag.split("-")[0] === known ? tag : known;
  for (const [of, Sheet] of /** @type {[DocumentOrShadowRoot, typeof CSSStyleSheet][]} */ ([[document, CSSStyleSheet], [box.getRootNode(), /** @type {any} */ (page).CSSStyleSheet]])) {
    const sheet = new Sheet();
    sheet.replaceSync(css);
    of.adoptedStyleSheets[of.adoptedStyleSheets.length] = sheet;
  }
  document.documentElement.lang = box.lang = locale;
  document.title = frame.title = texts.title;
  const label = launcher.ariaLabel, count = /** @type {HTMLElement} */ (launcher.lastChild);

  const identity = new Identity(jwt, keyOf);
  let isOpen = false, unread = 0, told = "", refusals = 0;
  // Of each identity apart: what one customer has read is news to another still.
  const seenKey = () => `seen:${identity.key}`, readSeen = () => idAt(seenKey());
  let seen = readSeen();
  /** What is not sent yet, of each identity apart; it outlasts a reload of this tab. */
  const draft = {
    read: () => `${own.get(`draft:${identity.key}`) ?? ""}`,
    /** @param {string} text */
    keep: text => own.set(`draft:${identity.key}`, text || null),
  };
  const details = () => ({ locale: shortest(locale), pageUrl: addressOf(page.location), department: department && cleanLine(String(department).slice(0, 200)) || undefined });
  const chat = conversation(connect(`${base}api/v1/chat/`, identity), identity, details, show, arrived, refused);
  const makeWindow = () => panel(chat, texts, locale, path => icon(path, document), frame, close, draft);
  let window = makeWindow(), titled = "", pageTitle = "";

  /** Those of the page's own; what is no text is left out. */
  async function ownTexts() {
    const own = await content(fetch(new URL(further, page.document.baseURI), { credentials: "omit" }), "json");
    for (const key in own) if (typeof own[key] !== "string") delete own[key];
    return own;
  }

  const isLookedAt = () => isOpen && !document.hidden;

  function show() {
    const unseen = chat.entries.filter(entry => entry.sender === "operator" && compareIds(entry.id, seen) > 0);
    if (isLookedAt() && unseen.length) {
      shared.set(seenKey(), seen = /** @type {Entry} */ (unseen.at(-1)).id);
      unseen.length = 0;
    }
    if (isLookedAt()) chat.markRead();
    if (isOpen) {
      dress(page, box);
      window.show();
    } else if (chat.connection !== "connecting" && (chat.status === "new" || chat.status === "closed")) chat.pulse.stop();
    if (unseen.length !== unread) badge(unseen.length);
    const { status, connection, operator } = chat;
    if (connection === "online") refusals = 0;
    if (told !== (told = [status, connection, operator].join())) emit("status", { status, connection, operator });
  }

  /** @param {number} number of messages that no tab has shown yet */
  function badge(number) {
    unread = number;
    try {
      if (page.document.title !== titled) pageTitle = page.document.title;
      page.document.title = (number ? `(${number}) ` : "") + pageTitle;
      titled = page.document.title; // as the browser returns it, without needless white space
    } catch { /* the page has replaced it */ }
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
    if (compareIds(id, idAt("rung")) <= 0) return;
    shared.set("rung", id);
    try {
      if (!shared.get("muted") && page.navigator.userActivation?.hasBeenActive) chime(/** @type {any} */ (page).AudioContext);
    } catch { /* as above */ }
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
    caret.came();
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
    box.classList.toggle("open", on);
    on ? document.body.append(window.element) : window.element.remove();
    if (on) chat.resume();
    show();
    window.toEnd();
    emit(on ? "open" : "close");
  }

  /** @param {string | null} token */
  function identify(token) {
    const { jwt, key } = identity, { outbox } = chat, { items } = outbox;
    if (jwt === token) return;
    const isOther = keyOf(token) !== key, written = jwt ? "" : draft.read();
    if (isOther) {
      outbox.keep([]);
      draft.keep("");
    }
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
    token ? outbox.move(jwt ? [] : items) : outbox.keep([]);
    if (written || !token) draft.keep(written);
    window.write(draft.read());
    chat.reset();
  }

  onShared(key => {
    if (key === seenKey()) seen = idAt(key, seen);
    if (key === identity.key) {
      const { session, token } = identity;
      identity.read();
      if (session !== identity.session || token !== identity.token) return chat.reset();
    }
    show();
  });
  const caret = holdCaret(page, () => isOpen);
  document.addEventListener("visibilitychange", show);
  setInterval(chat.tellPage, 1000); // nothing tells that the page of a single-page application has changed
  if (own.get("open")) turn(true); // without the focus, which the page has
  else chat.resume();
  return {
    open, close, identify, toggle: () => isOpen ? close() : open(),

    /** The frame is taken away, or was. @param {boolean} returns */
    end(returns) {
      if (isOpen && !returns) turn(false);
      chat.entries = []; // the frame still hears that it is hidden, and would count again
      if (unread) badge(0);
      caret.hold();
    },
  };
}
Object.assign(window, { start });

/** The id of a message that is kept there. What else is there was put there by the page. @param {string} key */
const idAt = (key, none = "0-0") => /^\d+-\d+$/.exec(shared.get(key))?.[0] ?? none;

/** @param {Promise<Response>} answer @param {"json" | "text"} as */
async function content(answer, as) {
  const it = await answer;
  if (!it.ok) throw new Error(`${it.url}: ${it.status}`);
  return it[as]();
}

/** The language tag (BCP 47) that is meant, such as by "de_DE" or "en-": up to the first part that is none. @param {string} text */
function tagOf(text) {
  for (let tag = text.trim().replace(/[.@].*/, "").replace(/_/g, "-"); tag; tag = tag.replace(/-?[^-]*$/, "")) {
    try {
      const [known] = Intl.getCanonicalLocales(tag);
      if (known.toLowerCase() !== text.toLowerCase()) console.warn(`Chat takes "${text}" for "${known}".`);
      return known;
    } catch { /* without its last part */ }
  }
  return "en";
}

/** The address of a page: without what may be personal in its query and fragment, but for the route that some applications keep in the fragment. @param {Location} location */
const addressOf = ({ origin, pathname, hash }) => origin === "null" ? undefined : (origin + pathname + (/^#!?\/[^?]*/.exec(hash)?.[0] ?? "")).slice(0, 2000);

/** The language without its extensions, of at most 35 characters, for operators. @param {string} locale */
const shortest = locale => /^.{1,35}(?=-|$)/.exec(new Intl.Locale(locale).baseName)?.[0];

/** A short sound of two notes. @param {typeof AudioContext} Audio the page's: the browser lets it sound once the visitor has done something there. */
function chime(Audio) {
  const audio = new Audio(), note = audio.createOscillator(), volume = audio.createGain();
  note.frequency.setValueAtTime(880, .12);
  volume.gain.setValueAtTime(.1, 0);
  volume.gain.exponentialRampToValueAtTime(.001, .4);
  note.connect(volume).connect(audio.destination);
  note.onended = () => audio.close();
  note.start();
  note.stop(.4);
}
