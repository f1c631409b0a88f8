// @ts-check
import { dayName, linkify, progress, rows } from "./messages.js";

/**
 * An element. Text goes in as text, never as markup. Functions are listeners.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, any>} [attributes] @param {...(Node | string)} children
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    typeof value === "function" ? element.addEventListener(name, value) : element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** @param {string} path in a square of 24 */
export function icon(path) {
  const [svg, shape] = ["svg", "path"].map(name => document.createElementNS("http://www.w3.org/2000/svg", name));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/** @param {string} name class names @param {string} text @param {() => void} click */
export const button = (name, text, click) => el("button", { type: "button", class: name, click }, text);

/** Puts values into "{name}" places. @param {string} text @param {Record<string, string | number>} values */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (place, name) => `${values[name] ?? place}`);

/**
 * The messages; each row stays the same element as long as it stands for the same message.
 * @param {import("./conversation.js").Conversation} chat @param {Record<string, string>} texts @param {string} locale
 */
export function thread(chat, texts, locale) {
  /** @type {Map<string, { item: HTMLLIElement, drawn?: string }>} */
  let shown = new Map();
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const list = el("ol");
  const more = button("quiet", texts.earlier, async () => {
    const { scrollHeight, scrollTop } = element;
    await chat.earlier();
    element.scrollTop = scrollTop + element.scrollHeight - scrollHeight;
    if (more.hidden) element.focus();
  });
  const element = el("div", { class: "scroll", tabindex: 0, role: "log", "aria-live": "off", "aria-label": texts.conversation }, more, list);
  const isAtEnd = () => element.scrollHeight - element.scrollTop - element.clientHeight < 80;
  const toEnd = () => element.scrollTop = element.scrollHeight;

  function show() {
    const before = shown;
    shown = new Map();
    let place = list.firstChild;
    for (const row of rows(chat.entries, chat.outbox.items)) {
      const kept = before.get(row.key) ?? { item: el("li") };
      shown.set(row.key, kept);
      draw(kept, row);
      if (kept.item === place) place = place.nextSibling;
      else list.insertBefore(kept.item, place);
    }
    for (const [key, { item }] of before) if (!shown.has(key)) item.remove();
    more.hidden = !chat.hasEarlier;
  }

  /** @param {{ item: HTMLLIElement, drawn?: string }} kept @param {import("./messages.js").Row} row */
  function draw(kept, { entry, unsent, sentAt, sender, follows, isLast }) {
    const { item } = kept;
    const state = unsent ? unsent.refused ?? (unsent.failed ? "failed" : "sending") : isLast && entry ? progress(entry, chat.readUpTo, !!chat.operator) : "";
    const drawn = sender ? [entry?.id, state, follows].join() : dayName(sentAt, locale);
    if (kept.drawn === drawn) return;
    kept.drawn = drawn;
    item.className = sender ?? "day";
    if (!sender) return item.replaceChildren(el("span", {}, drawn));
    const text = /** @type {{ text: string }} */ (entry ?? unsent).text;
    const time = el("time", { datetime: sentAt }, clock.format(new Date(sentAt)));
    if (sender === "system") return item.replaceChildren(el("bdi", {}, texts[`event.${entry?.event}`] ?? text), " ", time);
    item.classList.toggle("follows", !!follows);
    item.classList.toggle("failed", !!unsent?.failed);
    item.replaceChildren(
      el("bdi", { class: follows || sender === "visitor" ? "unseen" : "name" }, sender === "visitor" ? texts.you : entry?.senderName ?? texts.title),
      el("p", { dir: "auto" }, ...linkify(text).map(piece =>
        piece.href ? el("a", { href: piece.href, target: "_blank", rel: "noopener noreferrer nofollow" }, piece.text) : piece.text)),
      el("div", {}, ...(unsent?.failed
        ? [texts[`error.${state}`] ?? texts[state] ?? texts["error.other"], button("", texts.retry, () => chat.outbox.flush(unsent))]
        : [time, texts[state] ?? ""])));
  }
  return { element, show, isAtEnd, toEnd };
}
