// @ts-check
// Keys. All need Alt or Ctrl, but for "?", which does nothing while something is being written and can be switched off (WCAG 2.1.4).

import { block, closeConversation, release, transfer } from "./actions.js";
import { desk } from "./desk.js";
import { openDialog } from "./dialogs.js";
import { h, replace } from "./dom.js";
import { claim, step } from "./lists.js";
import { openConversation, printOpen, showPane, toLatest, toggleNote } from "./talk.js";
import { shared } from "./storage.js";

/** @import { Conversation } from "./conversation.js" */

const helpKey = "intotes.operator.help-key";

/** @param {(conversation: Conversation) => void} act */
const withOpen = (act) => () => {
  if (desk.open?.isMine) act(desk.open);
};

/** @type {[string, string, string, () => void][]} key by its place on the keyboard, as it is shown, what it does */
const keys = [
  ["KeyN", "Alt+N", "Take the next call", () => void claim()],
  ["ArrowDown", "Alt+↓", "Next conversation", () => step(1)],
  ["ArrowUp", "Alt+↑", "Conversation before", () => step(-1)],
  ["KeyI", "Alt+I", "Answer or internal note", withOpen(toggleNote)],
  ["KeyT", "Alt+T", "Hand over", withOpen(transfer)],
  ["KeyR", "Alt+R", "Put back into the queue", withOpen(release)],
  ["KeyB", "Alt+B", "Block the visitor", withOpen(block)],
  ["KeyC", "Alt+C", "Close the conversation", withOpen(closeConversation)],
  ["KeyL", "Alt+L", "Jump to the latest message", () => void toLatest()],
  ["KeyP", "Alt+P", "Customer beside the conversation", () => showPane("side")],
];

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.key === "?" && !event.ctrlKey && !event.altKey && !isWriting(event.target) && shared.get(helpKey) !== "off") {
    event.preventDefault();
    return showShortcuts();
  }
  if (event.code === "KeyP" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && desk.open && document.body.dataset.view === "desk") {
    event.preventDefault();
    return printOpen(desk.open);
  }
  // Ctrl+Alt is AltGr, which writes characters.
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const known = keys.find(([code]) => code === event.code);
  const place = /^Digit([1-9])$/.exec(event.code);
  const conversation = place ? desk.list[Number(place[1]) - 1] : undefined;
  if (!known && !conversation) return;
  event.preventDefault();
  if (known) known[3]();
  else if (conversation) openConversation(conversation.id);
}

/** @param {EventTarget|null} target */
const isWriting = (target) => target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));

export function showShortcuts() {
  const { body } = openDialog("Keyboard shortcuts");
  const isOn = shared.get(helpKey) !== "off";
  const row = (/** @type {string} */ key, /** @type {string} */ what) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)];
  replace(body,
    h("dl", { class: "keys" }, ...keys.flatMap(([, key, what]) => row(key, what)),
      ...row("Alt+1 … 9", "That conversation of the list"),
      ...row("/", "At the beginning of an answer: canned replies"),
      ...row("Enter", "Send"), ...row("Shift+Enter", "New line"), ...row("Ctrl+P", "Print the whole conversation"), ...row("?", "This list, where nothing is being written")),
    h("label", { class: "check" }, h("input", {
      type: "checkbox", checked: isOn,
      onchange: (/** @type {Event} */ e) => shared.set(helpKey, e.target instanceof HTMLInputElement && e.target.checked ? "on" : "off"),
    }), "? opens this list"));
}

addEventListener("keydown", onKey);
