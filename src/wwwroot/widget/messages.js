// @ts-check
// The display of a conversation: first pure functions, which touch no page; then the elements.

/**
 * @typedef {{ id: string, sender: "visitor" | "operator" | "system", senderName: string | null, text: string, sentAt: string,
 *   clientMessageId: string | null, event: string | null }} Entry
 * @typedef {{ clientMessageId: string, text: string, sentAt: string, failed?: boolean, refused?: string }} Unsent
 * @typedef {{ key: string, sentAt: string, sender?: string, entry?: Entry, unsent?: Unsent, follows?: boolean, isLast?: boolean }} Row
 */

/** Ids are "milliseconds-number", up to 64 bits each. @param {string} a @param {string} b */
export function compareIds(a, b) {
  const [[a1, a2], [b1, b2]] = [a, b].map(id => id.split("-").map(BigInt));
  return Number(a1 - b1 || a2 - b2);
}

/** Most characters (Unicode scalar values) of a message. */
export const MOST = 4000;

/**
 * The text as the service takes it. Vertical tabs, form feeds and NEL become newlines (Word pastes U+000B); other control characters and lone surrogates,
 * which the service refuses, are dropped.
 * @param {string} text
 */
export const clean = text => text.replace(/\r\n?|[\v\f\u0085]/g, "\n").replace(/[\0-\x08\x0e-\x1f\x80-\x9f]|\p{Cs}/gu, "").trim();

/** The same on one line. @param {string} text */
export const cleanLine = text => clean(text).replace(/\s+/g, " ").replace(/\x7f/g, "");

/** By how many characters the text is too long, counted as the service does. @param {string} text */
export const excess = text => text.length > MOST ? Math.max(0, [...text].length - MOST) : 0;

/** All of both, each once, in order. @param {Entry[]} known @param {Entry[]} news */
export const merge = (known, news) =>
  [...new Map([...known, ...news].map(entry => [entry.id, entry])).values()].sort((a, b) => compareIds(a.id, b.id));

/** What still has to be sent: what has not come back under its id. @param {Unsent[]} unsent @param {Entry[]} news */
export const stillUnsent = (unsent, news) =>
  unsent.filter(item => !news.some(entry => entry.sender === "visitor" && entry.clientMessageId === item.clientMessageId));

/** How far one's own message has come. @param {Entry} entry @param {string | null} readUpTo @param {boolean} hasOperator */
export const progress = (entry, readUpTo, hasOperator) =>
  readUpTo && compareIds(entry.id, readUpTo) <= 0 ? "read" : hasOperator ? "delivered" : "sent";

/**
 * The rows of the conversation: one without a sender before each day, and messages marked that follow one of the same sender within five minutes.
 * @param {Entry[]} entries @param {Unsent[]} unsent
 */
export function rows(entries, unsent) {
  /** @type {Row[]} */
  const result = [];
  /** @type {Row | undefined} */
  let before;
  for (const message of /** @type {(Entry & Unsent)[]} */ ([...entries, ...unsent])) {
    const { id, sentAt, sender = "visitor", clientMessageId } = message;
    const day = new Date(sentAt).toDateString();
    if (!before || new Date(before.sentAt).toDateString() !== day) result.push(before = { key: day, sentAt });
    const follows = before.sender === sender && Date.parse(sentAt) - Date.parse(before.sentAt) < 300_000;
    result.push(before = { key: sender === "visitor" && clientMessageId || id, sentAt, sender, follows, [id ? "entry" : "unsent"]: message });
  }
  const last = result.findLast(row => row.entry?.sender === "visitor");
  if (last) last.isLast = true;
  return result;
}

/** "Today", "yesterday", or the date. @param {string} time @param {string} locale @param {Date} [now] */
export function dayName(time, locale, now = new Date()) {
  const days = Math.round((new Date(time).setHours(0, 0, 0, 0) - new Date(now).setHours(0, 0, 0, 0)) / 86_400_000);
  return days === 0 || days === -1 ? new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day")
    : new Date(time).toLocaleDateString(locale, { dateStyle: "medium" });
}

/** Addresses up to white space, quotes, angle brackets, and the invisible characters that could make an address look like another. */
const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/giu;

/**
 * The text in pieces, of which those with an address are links: http and https only, and no user name in front of the host. The pieces together are the text.
 * @param {string} text
 */
export function linkify(text) {
  /** @type {{ text: string, href?: string }[]} */
  const pieces = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = withoutPunctuation(found);
    if (!isAddress(address) || /^\w+:[/\\]+[^/\\?#]*@/.test(address)) continue;
    pieces.push({ text: text.slice(end, index) }, { text: address, href: address });
    end = index + address.length;
  }
  return [...pieces, { text: text.slice(end) }].filter(piece => piece.text);
}

/** Older browsers have no URL.canParse. @param {string} text */
function isAddress(text) {
  try {
    return !!new URL(text);
  } catch {
    return false;
  }
}

/** Without what ends a sentence, and closing brackets that were not opened in the address. @param {string} address @returns {string} */
function withoutPunctuation(address) {
  const last = address.slice(-1), opening = { ")": "(", "]": "[", "}": "{" }[last];
  const closes = opening && address.split(last).length > address.split(opening).length;
  return closes || /[.,;:!?。、，！？؟،]/u.test(last) ? withoutPunctuation(address.slice(0, -1)) : address;
}

/**
 * An element. Text goes in as text, never as markup. Functions are listeners.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, any>} [attributes] @param {...(Node | string)} children
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    typeof value === "function" ? element.addEventListener(name, value) : element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** @param {string} name class names @param {string} text @param {() => void} click */
export const button = (name, text, click) => el("button", { type: "button", class: name, click }, text);

/** Puts values into "{name}" places. @param {string} text @param {Record<string, string | number>} values */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (place, name) => `${values[name] ?? place}`);

/**
 * The messages; each row stays the same element as long as it stands for the same message.
 * @param {import("./conversation.js").Conversation} chat @param {Record<string, string>} texts @param {string} locale
 * @param {(unsent: Unsent) => void} edit
 */
export function thread(chat, texts, locale, edit) {
  /** @type {Map<string, { item: HTMLLIElement, drawn?: string }>} */
  let shown = new Map();
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const list = el("ol");
  const more = button("quiet", texts.earlier, async () => {
    const { scrollHeight, scrollTop } = element;
    await chat.earlier().catch(() => {});
    element.scrollTop = scrollTop + element.scrollHeight - scrollHeight;
    if (more.hidden) element.focus();
  });
  const element = el("div", { class: "scroll", tabindex: 0, role: "log", "aria-live": "off", "aria-label": texts.conversation }, more, list);
  const isAtEnd = () => element.scrollHeight - element.scrollTop - element.clientHeight < 80;
  const toEnd = () => element.scrollTop = element.scrollHeight;

  function show() {
    const before = shown;
    shown = new Map();
    let place = list.firstChild;
    for (const row of rows(chat.entries, chat.outbox.items)) {
      const kept = before.get(row.key) ?? { item: el("li") };
      shown.set(row.key, kept);
      draw(kept, row);
      if (kept.item === place) place = place.nextSibling;
      else list.insertBefore(kept.item, place);
    }
    for (const [key, { item }] of before) if (!shown.has(key)) item.remove();
    more.hidden = !chat.hasEarlier;
  }

  /** @param {{ item: HTMLLIElement, drawn?: string }} kept @param {Row} row */
  function draw(kept, { entry, unsent, sentAt, sender, follows, isLast }) {
    const { item } = kept;
    const state = unsent ? unsent.refused ?? (unsent.failed ? "failed" : "sending") : isLast && entry ? progress(entry, chat.readUpTo, !!chat.operator) : "";
    const drawn = sender ? [entry?.id, state, follows].join() : dayName(sentAt, locale);
    if (kept.drawn === drawn) return;
    kept.drawn = drawn;
    item.className = sender ?? "day";
    if (!sender) return item.replaceChildren(el("span", {}, drawn));
    const text = /** @type {{ text: string }} */ (entry ?? unsent).text;
    const time = el("time", { datetime: sentAt }, clock.format(new Date(sentAt)));
    if (sender === "system") return item.replaceChildren(el("bdi", {}, texts[`event.${entry?.event}`] ?? text), " ", time);
    item.classList.toggle("follows", !!follows);
    item.classList.toggle("failed", !!unsent?.failed);
    item.replaceChildren(
      el("bdi", { class: follows || sender === "visitor" ? "unseen" : "name" }, sender === "visitor" ? texts.you : entry?.senderName ?? texts.title),
      el("p", { dir: "auto" }, ...linkify(text).map(piece =>
        piece.href ? el("a", { href: piece.href, target: "_blank", rel: "noopener noreferrer nofollow" }, piece.text) : piece.text)),
      el("div", {}, ...(unsent?.failed
        ? [texts[`error.${state}`] ?? texts[state] ?? texts["error.other"],
          state === "invalid_request" ? button("", texts.edit, () => edit(unsent)) : button("", texts.retry, () => chat.outbox.flush(unsent))]
        : [time, texts[state] ?? ""])));
  }
  return { element, show, isAtEnd, toEnd };
}
