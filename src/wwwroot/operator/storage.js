// @ts-check
// The browser's storage. Where the browser forbids it, or has no room for it, it lasts as long as the page.

/** @param {"localStorage" | "sessionStorage"} name */
function storage(name) {
  /** What the browser does not take. @type {Map<string, string>} */
  const own = new Map();
  return {
    /** @param {string} key @returns {string|null} */
    get(key) {
      try {
        return own.get(key) ?? window[name].getItem(key);
      } catch {
        return null;
      }
    },
    /** @param {string} key @param {string|null} value null takes it out */
    set(key, value) {
      own.delete(key);
      try {
        if (value === null) window[name].removeItem(key);
        else window[name].setItem(key, value);
      } catch {
        if (value !== null) own.set(key, value);
      }
    },
    /** @returns {string[]} */
    keys() {
      try {
        return [...own.keys(), ...Object.keys(window[name])];
      } catch {
        return [...own.keys()];
      }
    },
  };
}

/** What all tabs share. */
export const shared = storage("localStorage");

/** What is this tab's, and outlasts a reload. */
export const tab = storage("sessionStorage");
