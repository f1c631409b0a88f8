// @ts-check
// The rows of a conversation: days, messages, what happened, notes, and what is on its way.

/** @import { Message, Note, Pending } from "./types.js" */
import { dayKey, dayName, momentOf, timeOf } from "./clock.js";
import { h, reconcile, replace, setText } from "./dom.js";
import { withLinks } from "./links.js";
import { compareIds } from "./conversation.js";

/**
 * @typedef {object} Row
 * @property {string} key
 * @property {"day"|"message"|"event"|"note"|"pending"} kind
 * @property {string} at
 * @property {string} text
 * @property {Message|Note|Pending|null} item
 * @property {boolean} follows the same person wrote just before
 * @property {boolean} tellsState the last of the operator's: up to there is read or is not
 */
/** @typedef {{ visitorName: string, readUpTo: string|null, onRetry?: (pending: Pending) => void, onDiscard?: (pending: Pending) => void }} Setting */

const soon = 5 * 60_000;

/**
 * @param {readonly Message[]} messages
 * @param {readonly Note[]} notes those that belong between the messages
 * @param {readonly Pending[]} pending
 * @returns {Row[]}
 */
export function rowsOf(messages, notes, pending) {
  /** @type {Row[]} */
  const rows = [];
  let day = "";
  /** @param {Row} row */
  const add = (row) => {
    if (dayKey(row.at) !== day) {
      day = dayKey(row.at);
      rows.push({ key: `day:${day}`, kind: "day", at: row.at, text: "", item: null, follows: false, tellsState: false });
    }
    const before = rows.at(-1);
    row.follows = before !== undefined && authorOf(before) !== "" && authorOf(before) === authorOf(row) && Date.parse(row.at) - Date.parse(before.at) < soon;
    rows.push(row);
  };
  let next = 0;
  const addNotes = (/** @type {string|null} */ upTo) => {
    for (; next < notes.length && (upTo === null || compareIds(notes[next].id, upTo) < 0); next++) {
      add({ key: `n:${notes[next].id}`, kind: "note", at: notes[next].at, text: notes[next].text, item: notes[next], follows: false, tellsState: false });
    }
  };
  for (const message of messages) {
    addNotes(message.id);
    const isOwn = message.sender === "operator" && message.clientMessageId !== null;
    const key = isOwn ? `c:${message.clientMessageId}` : `m:${message.id}`;
    add({ key, kind: message.sender === "system" ? "event" : "message", at: message.sentAt, text: message.text, item: message, follows: false, tellsState: false });
  }
  addNotes(null);
  for (const p of pending) add({ key: `c:${p.clientMessageId}`, kind: "pending", at: p.at, text: p.text, item: p, follows: false, tellsState: false });
  const last = rows.findLast((row) => row.kind === "message" && /** @type {Message} */ (row.item).sender === "operator");
  if (last) last.tellsState = true;
  return rows;
}

/** @param {Row} row */
function authorOf(row) {
  if (row.kind === "pending") return "operator:";
  if (row.kind !== "message") return "";
  const message = /** @type {Message} */ (row.item);
  return message.sender === "visitor" ? "visitor" : "operator:";
}

/** @param {Element} list @param {Row[]} rows @param {Setting} setting */
export function drawThread(list, rows, setting) {
  reconcile(list, rows, (row) => row.key, create, (element, row) => update(element, row, setting));
}

/** @param {Row} row */
function create(row) {
  const time = h("time", { datetime: row.at, title: momentOf(row.at) }, timeOf(row.at));
  switch (row.kind) {
    case "day":
      return h("li", { class: "day" }, h("span", {}, dayName(row.at)));
    case "event":
      return h("li", { class: "event" }, h("span", { dir: "auto" }, row.text), " ", time);
    case "note": {
      const note = /** @type {Note} */ (row.item);
      const title = note.what === "transferred" ? "Handed over by" : "Internal note by";
      return h("li", { class: "note" },
        h("p", { class: "by" }, h("span", {}, `${title} `), h("bdi", {}, note.operator.name ?? note.operator.id), " ", time),
        h("p", { class: "text", dir: "auto" }, ...withLinks(row.text)));
    }
    default:
      return h("li", { class: "message" },
        h("p", { class: "by" }, h("bdi", {}), " ", time),
        h("p", { class: "text", dir: "auto" }, ...withLinks(row.text)),
        h("p", { class: "state" }));
  }
}

/** @param {HTMLElement} element @param {Row} row @param {Setting} setting */
function update(element, row, setting) {
  if (row.kind !== "message" && row.kind !== "pending") return;
  const message = row.kind === "message" ? /** @type {Message} */ (row.item) : null;
  const pending = row.kind === "pending" ? /** @type {Pending} */ (row.item) : null;
  const state = pending ? pending.state
    : message?.sender !== "operator" || !row.tellsState ? ""
    : setting.readUpTo !== null && compareIds(message.id, setting.readUpTo) <= 0 ? "read"
    : "sent";
  const look = [message?.sender ?? "operator", state, row.follows, setting.visitorName, pending?.trouble].join("\n");
  if (element.dataset.look === look) return;
  element.dataset.look = look;
  element.className = `message ${message?.sender ?? "operator"}${row.follows ? " follows" : ""}${state ? ` ${state}` : ""}`;
  const [by, , foot] = element.children;
  setText(/** @type {Element} */ (by.firstElementChild), message === null ? "You" : (message.senderName ?? (message.sender === "visitor" ? setting.visitorName : "Operator")));
  replace(foot, ...footOf(state, pending, setting));
}

const words = { sending: "Sending …", retrying: "Not sent yet", failed: "Not sent", sent: "Sent", read: "Read" };

/** @param {string} state @param {Pending|null} pending @param {Setting} setting */
function footOf(state, pending, setting) {
  if (state === "") return [];
  const word = words[/** @type {keyof typeof words} */ (state)];
  if (pending === null || pending.state === "sending") return [h("span", {}, word)];
  return [
    h("span", {}, `${word}: ${pending.trouble ?? ""} `),
    pending.state === "failed" && h("button", { type: "button", class: "link", onclick: () => setting.onRetry?.(pending) }, "Send again"),
    " ",
    h("button", { type: "button", class: "link", onclick: () => setting.onDiscard?.(pending) }, pending.state === "failed" ? "Discard" : "Do not send"),
  ];
}
