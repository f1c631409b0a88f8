// @ts-check
// What the platform tells of a customer is in the platform's own form: shown as it is, as facts and tables.

import { dateOf, momentOf } from "./clock.js";
import { h } from "./dom.js";

const deepest = 3;
const mostRows = 50;
const mostColumns = 8;
/** Those that a trade is read by come first. */
const firstColumns = ["symbol", "side", "quantity", "price", "currency", "status", "executedAt"];

/** "accountType" as "Account type". @param {string} name */
function words(name) {
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " ").trim();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1).toLowerCase();
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** @param {unknown} value */
function plain(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "number") return value.toLocaleString(undefined, { maximumFractionDigits: 8 });
  if (typeof value !== "string") return JSON.stringify(value);
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value))) return momentOf(value);
  if (/^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value))) return dateOf(`${value}T00:00`);
  return value;
}

/** @param {Record<string, unknown>} record @param {number} [depth] @returns {HTMLElement} */
export function facts(record, depth = 0) {
  const list = h("dl", { class: "facts" });
  const tables = [];
  for (const [name, value] of Object.entries(record)) {
    if (Array.isArray(value) && value.length > 0 && value.every(isObject)) {
      tables.push(h("h3", {}, words(name)), table(value, words(name)));
    } else if (isObject(value) && depth < deepest) {
      list.append(h("dt", {}, h("span", { dir: "auto" }, words(name))), h("dd", {}, facts(value, depth + 1)));
    } else {
      list.append(h("dt", {}, h("span", { dir: "auto" }, words(name))), h("dd", { dir: "auto" }, plain(value)));
    }
  }
  return tables.length > 0 ? h("div", {}, list, ...tables) : list;
}

/** @param {unknown[]} items @param {string} label */
export function table(items, label) {
  const rows = items.slice(0, mostRows).map((item) => (isObject(item) ? item : { value: item }));
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  const columns = [...firstColumns.filter((c) => names.delete(c)), ...names].slice(0, mostColumns);
  return h("div", { class: "table", tabindex: 0, role: "region", "aria-label": label },
    h("table", {},
      h("thead", {}, h("tr", {}, ...columns.map((c) => h("th", { scope: "col" }, words(c))))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...columns.map((c) => cell(c, row[c])))))));
}

/** @param {string} column @param {unknown} value */
function cell(column, value) {
  const kind = typeof value === "number" ? "number"
    : (column === "side" || column === "status") && typeof value === "string" && /^[A-Za-z]+$/.test(value) ? `tag is-${value.toLowerCase()}`
    : null;
  return h("td", { class: kind, dir: "auto" }, plain(value));
}
