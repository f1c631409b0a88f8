// @ts-check
// Signing in by the platform's token. When it has expired, the desk stays as it is behind the dialog.

import { access, claimsOf, takeFromAddress } from "./access.js";
import { ApiError, newId, whenTokenIsRefused } from "./api.js";
import { recover, setLine } from "./connection.js";
import { desk } from "./desk.js";
import { field } from "./dialogs.js";
import { h } from "./dom.js";
import { beginDrafts, endDrafts } from "./drafts.js";
import { startPolling, stopPolling } from "./poller.js";
import { tellPresence } from "./presence.js";
import { changed } from "./render.js";
import { refreshReplies } from "./slash.js";
import { shared, tab } from "./storage.js";

const signedOut = "signed-out";
const leaving = new BroadcastChannel("intotes.operator.signed-out");

/** @type {HTMLDialogElement|null} */
let dialog = null;
/** Whether the operator has signed out, and this page is about to end. */
let isLeaving = false;

/** @param {string} reason why it is asked for */
export function askForToken(reason) {
  stopPolling();
  setLine("signed-out");
  if (dialog) return;
  const token = h("textarea", { name: "token", rows: 4, required: true, spellcheck: "false", autocomplete: "off", dir: "ltr" });
  const trouble = h("p", { class: "trouble", role: "alert" });
  const button = h("button", { type: "submit", class: "primary wide" }, "Sign in");
  const form = h("form", {
    onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        trouble.textContent = (await signIn(token.value.trim())) ?? "";
      } catch (e) {
        if (!(e instanceof ApiError)) throw e;
        trouble.textContent = e.message;
      } finally {
        button.disabled = false;
      }
    },
  }, h("p", {}, reason), field("Token", token, "The trading platform gives it to operators and supervisors; a link from there signs you in by itself."), trouble, button);
  const made = h("dialog", { class: "sign-in", "aria-labelledby": "sign-in-title", oncancel: (/** @type {Event} */ e) => e.preventDefault() },
    h("div", { class: "body" }, h("h2", { id: "sign-in-title" }, "Operator console"), form));
  // A second Escape closes a dialog even if its cancel event is prevented; without a token there is nothing behind it.
  made.addEventListener("close", () => dialog === made && made.showModal());
  document.body.append(made);
  dialog = made;
  made.showModal();
  token.focus();
}

/** @param {string} token @returns {Promise<string|null>} what is wrong with it, or null; fails where the service could not tell */
export async function signIn(token) {
  const claims = claimsOf(token);
  if (!claims) return "This is not a token: it should have three parts with dots between them.";
  const mark = markOf(claims.sub);
  try {
    const presence = await tellPresence({}, token);
    if (isLeaving) return null;
    if (markOf(claims.sub) !== mark) {
      // Signed out in another tab meanwhile.
      leave();
      return null;
    }
    const isOther = desk.presence !== null && desk.presence.operator.id !== presence.operator.id;
    access.token = token;
    access.mark = mark;
    if (isOther) {
      // Nothing of the former operator's may stay, in the page or in memory.
      stopPolling();
      desk.forget(desk.presence?.operator.id);
      endDrafts();
      location.reload();
      return null;
    }
    desk.presence = presence;
    beginDrafts(presence.operator.id);
  } catch (e) {
    if (!(e instanceof ApiError) || (e.passes && e.status !== 401)) throw e;
    return e.status === 401 ? "The service does not accept this token: it may have expired."
      : e.status === 403 ? "This token is a customer's; the console is for operators and supervisors."
      : e.message;
  }
  const former = dialog;
  dialog = null;
  former?.close();
  former?.remove();
  setLine("connecting");
  startPolling();
  void refreshReplies();
  changed();
  return null;
}

/** Signing out in one tab signs out all tabs of the browser, each of which has a token of its own. */
export function signOut() {
  const id = operatorHere();
  // Where there is no room for it, tabs that are open hear of it all the same.
  shared.set(leftAt(id), newId());
  leaving.postMessage(id);
  desk.forget(id);
  leave();
}

function leave() {
  isLeaving = true;
  stopPolling();
  access.token = null;
  endDrafts();
  for (const key of tab.keys()) tab.set(key, null);
  // A new page, because nothing may stay in this one.
  location.replace(`${location.pathname}?${signedOut}`);
}

/** Known before the service has answered, too. */
const operatorHere = () => claimsOf(access.token ?? "")?.sub;

/** Where a sign-out leaves something new: a tab that the browser had discarded, or that was just signing in, heard nothing of it. @param {string|undefined} id */
const leftAt = (id) => `intotes.operator.left.${id}`;

/** @param {string|undefined} id */
const markOf = (id) => shared.get(leftAt(id)) ?? "";

/** Signs in by the address, else by what this tab has kept, else asks. */
export async function begin() {
  const given = takeFromAddress();
  const token = given ?? access.token;
  if (given === null && token !== null && markOf(operatorHere()) !== access.mark) return leave();
  if (token === null) {
    const hasLeft = location.search === `?${signedOut}`;
    if (hasLeft) history.replaceState(null, "", location.pathname);
    return askForToken(hasLeft ? "You have signed out." : "Sign in with the platform's token.");
  }
  for (let failures = 1; ; failures++) {
    try {
      const trouble = await signIn(token);
      return trouble === null ? undefined : askForToken(trouble);
    } catch (e) {
      // Without an answer the token may still be good.
      if (!(e instanceof ApiError)) throw e;
      await recover(e, failures);
    }
  }
}

whenTokenIsRefused((token) => {
  // A late answer to a former token says nothing of the present one.
  if (token !== null && token === access.token) askForToken("Your sign-in has ended. Sign in again; what you have written is still here.");
});
leaving.addEventListener("message", ({ data }) => {
  // Another operator in another tab stays.
  if (data === undefined || data !== operatorHere()) return;
  desk.forget(data);
  leave();
});
addEventListener("hashchange", () => void begin());
