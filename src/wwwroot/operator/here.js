// @ts-check
// Addresses beside this script, so that the console works wherever a proxy serves it from.

/** @param {string} path relative to the console's folder */
export const here = (path) => new URL(path, import.meta.url).href;
