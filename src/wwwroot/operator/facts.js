// @ts-check
// Shows the platform's data of a customer as it comes, in facts and tables: its form is the platform's own.

import { dateOf, momentOf, shortDateOf, timeOf } from "./clock.js";
import { h } from "./dom.js";

const deepest = 3;
const mostRows = 50;
const mostColumns = 8;
/** Those that a trade is read by come first. */
const firstColumns = ["symbol", "side", "quantity", "price", "currency", "status", "executedAt"];
/** Where the whole word would be much wider than what stands below it. */
const shortly = new Map([["quantity", "Qty"], ["executedAt", "When"]]);

/** "accountType" as "Account type". @param {string} name */
function words(name) {
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " ").trim();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1).toLowerCase();
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** @param {unknown} value @returns {value is string} */
const isMoment = (value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value));

/** @param {unknown} value */
function plain(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "number") return value.toLocaleString(undefined, { maximumFractionDigits: 8 });
  if (typeof value !== "string") return JSON.stringify(value);
  if (isMoment(value)) return momentOf(value);
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
  // One column for the price with its currency, where all rows have both.
  const isPriced = rows.every(({ price, currency }) => typeof price === "number" && typeof currency === "string" && /^[A-Za-z]{3}$/.test(currency));
  if (isPriced) names.delete("currency");
  const columns = [...firstColumns.filter((c) => names.delete(c)), ...names].slice(0, mostColumns);
  return h("div", { class: "table", tabindex: 0, role: "region", "aria-label": label },
    h("table", {},
      h("thead", {}, h("tr", {}, ...columns.map((c) => h("th", { scope: "col" }, shortly.get(c) ?? words(c))))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...columns.map((c) => cell(c, row[c], isPriced && c === "price" ? String(row.currency) : null)))))));
}

/** @param {string} column @param {unknown} value @param {string|null} currency of a number */
function cell(column, value, currency) {
  const kind = typeof value === "number" ? "number"
    : (column === "side" || column === "status") && typeof value === "string" && /^[A-Za-z]+$/.test(value) ? `tag is-${value.toLowerCase()}`
    : null;
  const text = currency && typeof value === "number" ? value.toLocaleString(undefined, { style: "currency", currency, maximumFractionDigits: 8 })
    : isMoment(value) ? `${shortDateOf(value)}\n${timeOf(value)}`
    : plain(value);
  return h("td", { class: kind ?? (isMoment(value) ? "moment" : null), dir: "auto" }, text);
}
