// @ts-check
// Elements are made here, and text gets into them as text only.

import { here } from "./here.js";

/** @typedef {Node|string|null|undefined|false} Child */
/** @typedef {Record<string, string|number|boolean|null|undefined|((event: any) => void)>} Properties */

/**
 * Makes an element. Functions become listeners (`onclick`), true an empty attribute; false, null and undefined leave it out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Properties} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : String(value));
  }
  add(element, children);
  return element;
}

/** @param {Element} element @param {Child[]} children */
function add(element, children) {
  for (const child of children) if (child !== null && child !== undefined && child !== false) element.append(child);
}

/** @param {Element} element @param {...Child} children */
export function replace(element, ...children) {
  element.replaceChildren();
  add(element, children);
}

const svgSpace = "http://www.w3.org/2000/svg";

/** @param {string} tag @param {Record<string, string|number>} attributes @param {...Child} children */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(svgSpace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  add(element, children);
  return element;
}

/** A symbol of icons.svg beside a text that says the same. @param {string} name */
export const icon = (name) => svg("svg", { class: "icon", "aria-hidden": "true", focusable: "false" }, svg("use", { href: `${here("icons.svg")}#${name}` }));

/**
 * An element of index.html.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} [kind]
 * @returns {T}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof (kind ?? HTMLElement))) throw new Error(`index.html lacks #${id}`);
  return /** @type {T} */ (element);
}

/** Changes the text only where it differs, so that nothing is announced or drawn for nothing. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Element} element @param {string} name @param {string|null} value */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Brings the children of a list in line with its items, keeping the elements of those that stay.
 * @template T
 * @param {Element} list
 * @param {readonly T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => HTMLElement} create
 * @param {(element: HTMLElement, item: T) => void} [update] for every item, new ones too
 */
export function reconcile(list, items, keyOf, create, update) {
  const wanted = new Set(items.map(keyOf));
  /** @type {Map<string, HTMLElement>} */
  const known = new Map();
  for (const child of [...list.children]) {
    if (!(child instanceof HTMLElement) || child.dataset.key === undefined) continue;
    if (wanted.has(child.dataset.key)) known.set(child.dataset.key, child);
    else child.remove();
  }
  let place = list.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const element = known.get(key) ?? create(item);
    element.dataset.key = key;
    update?.(element, item);
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
}
