// @ts-check
// Modal dialogs, each made when asked for and taken away when closed; and short notices.

import { byId, h, replace } from "./dom.js";
import { ApiError } from "./api.js";

/** @import { Child } from "./dom.js" */

let count = 0;

/**
 * @param {string} title
 * @param {{ wide?: boolean }} [options]
 */
export function openDialog(title, { wide = false } = {}) {
  const titleId = `dialog-${++count}`;
  const body = h("div", { class: "body" });
  const dialog = h("dialog", { "aria-labelledby": titleId, class: wide ? "wide" : null },
    h("header", {}, h("h2", { id: titleId }, title), h("button", { type: "button", class: "round", "aria-label": "Close", onclick: () => dialog.close() }, "×")),
    body);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, body, close: () => dialog.close() };
}

/**
 * A form in a dialog. What the service refuses is said in it, and nothing typed is lost.
 * @param {string} title
 * @param {{ fields: Child[], action: string, danger?: boolean, submit: (data: FormData) => Promise<unknown> }} form
 */
export function openForm(title, { fields, action, danger = false, submit }) {
  const { dialog, body, close } = openDialog(title);
  const trouble = h("p", { class: "trouble", role: "alert" });
  const button = h("button", { type: "submit", class: danger ? "danger" : "primary" }, action);
  const form = h("form", {
    onsubmit: async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      button.disabled = true;
      trouble.textContent = "";
      try {
        await submit(new FormData(form));
        close();
      } catch (e) {
        if (!(e instanceof ApiError)) throw e;
        trouble.textContent = e.message;
      } finally {
        button.disabled = false;
      }
    },
  }, ...fields, trouble, h("footer", {}, h("button", { type: "button", class: "quiet", onclick: close }, "Cancel"), button));
  replace(body, form);
  const first = form.querySelector("input, select, textarea");
  if (first instanceof HTMLElement) first.focus();
  return dialog;
}

/** @param {string} label @param {HTMLElement} control @param {string} [hint] */
export function field(label, control, hint) {
  control.id ||= `field-${++count}`;
  const hintId = hint ? `${control.id}-hint` : null;
  if (hintId) control.setAttribute("aria-describedby", hintId);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, hint && h("p", { class: "hint", id: hintId }, hint));
}

/** Says something for a while. @param {string} text */
export function toast(text) {
  const toasts = byId("toasts");
  const one = h("p", { dir: "auto" }, text);
  toasts.append(one);
  while (toasts.childElementCount > 3) toasts.firstElementChild?.remove();
  setTimeout(() => one.remove(), 6000);
}

/** @param {unknown} e what an action ended with */
export function toastError(e) {
  if (!(e instanceof ApiError)) throw e;
  if (e.status !== 401) toast(e.message);
}

/** To a screen reader only. @param {string} text */
export function announce(text) {
  const announcer = byId("announcer");
  announcer.append(h("span", {}, text));
  while (announcer.childElementCount > 3) announcer.firstElementChild?.remove();
}
