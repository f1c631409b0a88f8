// @ts-check
// The browser's storage.

const PREFIX = "intotes-chat:";

const { getItem, setItem, removeItem } = Storage.prototype;

/**
 * The page's own area where that is one: what is changed in it tells every document of the site but the page. In the frame's, it would tell the page.
 * @param {"localStorage" | "sessionStorage"} name may be forbidden; then nothing outlives the page @returns {Storage}
 */
const area = name => {
  try {
    getItem.call(parent[name], "");
    return parent[name];
  } catch {
    return window[name];
  }
};

/** @param {"localStorage" | "sessionStorage"} name */
const storage = name => ({
  /** @param {string} key @returns {any} */
  get(key) {
    try {
      return JSON.parse(getItem.call(area(name), PREFIX + key) ?? "null");
    } catch {
      return null;
    }
  },
  /** @param {string} key @param {unknown} value null takes it out */
  set(key, value) {
    try {
      value == null ? removeItem.call(area(name), PREFIX + key) : setItem.call(area(name), PREFIX + key, JSON.stringify(value));
    } catch { /* see above */ }
  },
});

/** What all tabs share. */
export const shared = storage("localStorage");

/** What is this tab's own, and outlasts a reload. */
export const own = storage("sessionStorage");

/** Tells what another tab has changed, or this one. @param {(key: string) => void} handler */
export const onShared = handler => addEventListener(
  "storage", ({ key, storageArea }) => key?.startsWith(PREFIX) && storageArea === localStorage && handler(key.slice(PREFIX.length)));
