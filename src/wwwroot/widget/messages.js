// @ts-check
// What is shown of a conversation, from what is known of it. Nothing here touches the page.

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
    if (!URL.canParse(address) || new URL(address).username) continue;
    pieces.push({ text: text.slice(end, index) }, { text: address, href: address });
    end = index + address.length;
  }
  return [...pieces, { text: text.slice(end) }].filter(piece => piece.text);
}

/** Without what ends a sentence, and closing brackets that were not opened in the address. @param {string} address @returns {string} */
function withoutPunctuation(address) {
  const last = address.slice(-1), opening = { ")": "(", "]": "[", "}": "{" }[last];
  const closes = opening && address.split(last).length > address.split(opening).length;
  return closes || /[.,;:!?。、，！？؟،]/u.test(last) ? withoutPunctuation(address.slice(0, -1)) : address;
}
