// @ts-check
// Small pieces of page. Text always goes in as text, never as markup.

/**
 * @param {string} tag @param {string} [look] class names
 * @param {...(Node | string)} content
 */
export function el(tag, look = "", ...content) {
  const element = document.createElement(tag);
  if (look) element.className = look;
  element.append(...content);
  return element;
}

/** @param {number} amount @param {string} currency */
export const money = (amount, currency) => new Intl.NumberFormat("en-GB", { style: "currency", currency }).format(amount);

/** @param {number} share */
export const percent = share => new Intl.NumberFormat("en-GB", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "exceptZero" }).format(share);

/** @param {string} time */
export const moment = time => new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }).format(new Date(time));

/** @param {number} value */
export const tone = value => (value < 0 ? "down" : "up");

/** @param {string} label @param {string} value @param {string} [look] */
export const figure = (label, value, look = "") => el("div", "card", el("div", "quiet small", label), el("div", `value ${look}`, value));

/** @param {string} title @param {string} [detail] */
export const named = (title, detail = "") => el("td", "", el("b", "", title), el("span", "", detail));

/** @param {string} text @param {string} [look] */
export const number = (text, look = "") => el("td", `number ${look}`, text);

/**
 * A titled table; a heading that ends in "#" stands over a column of numbers.
 * @param {string} title @param {string[]} headings @param {Node[][]} rows
 */
export function table(title, headings, rows) {
  const heads = headings.map(heading => {
    const head = el("th", heading.endsWith("#") ? "number" : "", heading.replace("#", ""));
    head.setAttribute("scope", "col");
    return head;
  });
  const body = rows.map(cells => el("tr", "", ...cells));
  const grid = el("table", "", el("thead", "", el("tr", "", ...heads)), el("tbody", "", ...body));
  return el("section", "card", el("h2", "", title), el("div", "scroll", grid));
}

/** The last closing prices as a line. @param {number[]} closes */
export function trend(closes) {
  const low = Math.min(...closes);
  const span = Math.max(...closes) - low || 1;
  const points = closes.map((close, i) => `${(i * 88) / (closes.length - 1)},${24 - ((close - low) / span) * 22}`);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 88 26");
  svg.setAttribute("class", `trend ${tone(closes[closes.length - 1] - closes[0])}`);
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  line.setAttribute("points", points.join(" "));
  svg.append(line);
  return el("td", "", svg);
}

/** Something to take to a terminal. @param {string} label @param {string} text */
export function snippet(label, text) {
  const copy = el("button", "", "Copy");
  const code = el("code", "", text);
  copy.setAttribute("type", "button");
  copy.setAttribute("aria-label", `Copy: ${label}`);
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    } catch {
      getSelection()?.selectAllChildren(code);
      copy.textContent = "Selected";
    }
    setTimeout(() => (copy.textContent = "Copy"), 1500);
  });
  return el("div", "snippet", el("div", "label", el("span", "", label), copy), code);
}
