// @ts-check
// Text as the service takes it: what may be in it, and how it is counted.

/** Most characters (Unicode scalar values) of a message, a note and a canned reply. */
const most = 4000;

/**
 * Vertical tabs, form feeds and NEL (Word pastes U+000B) become newlines. The service refuses other control characters and lone surrogates: they are dropped.
 * @param {string} text
 */
export const clean = (text) => text
  .replace(/\r\n?|[\v\f\u0085]/g, "\n")
  .replace(/[\0-\x08\x0e-\x1f\x80-\x9f]|\p{Cs}/gu, "")
  .trim();

/** The same on one line. @param {string} text */
export const cleanLine = (text) => clean(text).replace(/\s+/g, " ");

/** @param {number} length @param {number} limit */
const excess = (length, limit) => length <= limit ? ""
  : `Too long by ${(length - limit).toLocaleString("en")} ${length - limit === 1 ? "character" : "characters"}: ${length.toLocaleString("en")} of at most ${limit.toLocaleString("en")}.`;

/** What is wrong with a message that is too long, or "". @param {string} text as it is sent */
export const tooLong = (text) => text.length <= most ? "" : excess([...text].length, most);

/** How much of the room is taken, where little is left; else "". @param {string} text as it is sent */
export function room(text) {
  const length = text.length > most - 500 ? [...text].length : 0;
  return length > most - 500 ? `${length.toLocaleString("en")} of ${most.toLocaleString("en")} characters` : "";
}

/**
 * A form with this field is not sent while the text is too long; the browser shows why.
 * @template {HTMLInputElement|HTMLTextAreaElement} T
 * @param {T} field @param {number} [limit] of one line, which the service counts in UTF-16 units; else it is a message's
 */
export function limited(field, limit) {
  field.addEventListener("input", () => field.setCustomValidity(limit ? excess(cleanLine(field.value).length, limit) : tooLong(clean(field.value))));
  return field;
}
