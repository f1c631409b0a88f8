// @ts-check
// One timer for everything that counts seconds, and how times are written.

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {Set<() => void>} */
const wakers = new Set();
let last = Date.now();

setInterval(() => {
  const now = Date.now();
  const slept = now - last > 20_000;
  last = now;
  if (slept) for (const wake of wakers) wake();
  if (!document.hidden) for (const tick of listeners) tick();
}, 1000);

/** @param {() => void} tick each second while the page shows */
export const everySecond = (tick) => void listeners.add(tick);

/** @param {() => void} wake after the machine slept */
export const afterSleep = (wake) => void wakers.add(wake);

/** @param {number} seconds */
export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** By how much (ms) this computer's clock is ahead of the service's. */
let ahead = 0;

/** @param {string} since @param {number} seconds how long the service says that is ago */
export function compareClocks(since, seconds) {
  const difference = Date.now() - (Date.parse(since) + seconds * 1000);
  // The service counts whole seconds, and the answer took its time.
  ahead = Math.abs(difference) > 2500 ? difference : 0;
}

/** @param {string} since */
export const waited = (since) => duration((Date.now() - ahead - Date.parse(since)) / 1000);

/** Whether a moment is longer ago. @param {string} since @param {number} seconds */
export const isPast = (since, seconds) => Date.now() - ahead - Date.parse(since) > seconds * 1000;

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dayOfThisYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

/** @param {string} at */
export const timeOf = (at) => time.format(new Date(at));

/** @param {string} at */
export const dateOf = (at) => dayOfYear.format(new Date(at));

/** Without the year where it is this one. @param {string} at */
export const shortDateOf = (at) => (new Date(at).getFullYear() === new Date().getFullYear() ? dayOfThisYear : dayOfYear).format(new Date(at));

/** @param {string} at */
export const momentOf = (at) => `${dateOf(at)}, ${timeOf(at)}`;

/** The local day, for comparing. @param {string} at */
export const dayKey = (at) => new Date(at).toDateString();

/** @param {string} at */
export function dayName(at) {
  const today = new Date();
  if (dayKey(at) === today.toDateString()) return "Today";
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (dayKey(at) === yesterday.toDateString()) return "Yesterday";
  return new Date(at).getFullYear() === today.getFullYear() ? day.format(new Date(at)) : dateOf(at);
}
