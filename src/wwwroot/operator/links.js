// @ts-check
// Addresses in what people wrote become links, if they lead to a web page; the text stays what it was.

import { h } from "./dom.js";

/** Up to white space, quotes, angle brackets, control characters, and the invisible ones that could make an address look like another. */
const address = /\bhttps?:\/\/[^\s<>"'`\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gi;
/** A name in front of the host, which could pass for the host itself. */
const named = /^\w+:[/\\]+[^/\\?#]*@/;
/** Ends a sentence rather than an address. */
const trailing = /[.,;:!?…)\]}]+$/;

/** @param {string} text @returns {string|null} the address of a web page, or null */
export function webAddress(text) {
  try {
    const url = new URL(text);
    if (named.test(text)) return null;
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** @param {string} text @returns {HTMLElement|string} */
export function link(text) {
  const href = webAddress(text);
  return href === null ? text : h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow", dir: "ltr" }, text);
}

/** @param {string} text @returns {(HTMLElement|string)[]} */
export function withLinks(text) {
  /** @type {(HTMLElement|string)[]} */
  const parts = [];
  let done = 0;
  for (const match of text.matchAll(address)) {
    const found = match[0].replace(trailing, "");
    if (webAddress(found) === null) continue;
    parts.push(text.slice(done, match.index), link(found));
    done = match.index + found.length;
  }
  parts.push(text.slice(done));
  return parts;
}
