// @ts-check
// A conversation to read: earlier ones, those that wait, and for a supervisor all.

/** @import { Details, Session } from "./types.js" */
import { ApiError, call } from "./api.js";
import { momentOf } from "./clock.js";
import { nameOf } from "./conversation.js";
import { openDialog } from "./dialogs.js";
import { h, replace } from "./dom.js";
import { drawThread, rowsOf } from "./thread.js";

const most = 200;

/**
 * @param {Pick<Session, "sessionId"|"visitor">} known
 * @param {{ label: string, run: () => void }} [action] what may be done with it from here
 */
export async function readOnly(known, action) {
  const session = /** @type {Session} */ (known);
  const { body, close } = openDialog(nameOf(session), { wide: true });
  replace(body, h("p", { class: "none" }, "Loading …"));
  try {
    /** @type {Details} */
    const details = await call("GET", `operator/sessions/${session.sessionId}`);
    const shown = details.messages.slice(-most);
    const thread = h("ol", { class: "thread" });
    const from = shown[0]?.sentAt ?? "";
    drawThread(thread, rowsOf(shown, details.notes.filter((n) => n.what !== "customer_seen" && n.text !== "" && n.at >= from), []), {
      visitorName: nameOf(details.session), readUpTo: null,
    });
    const scroller = h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Messages" },
      (details.hasMore || details.messages.length > most) && h("p", { class: "none" }, `The newest ${shown.length} messages; older ones are not shown here.`), thread);
    replace(body, h("p", { class: "hint", dir: "auto" }, describe(details.session)), scroller,
      action && h("footer", {}, h("button", { type: "button", class: "primary", onclick: () => { close(); action.run(); } }, action.label)));
    scroller.scrollTop = scroller.scrollHeight;
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    replace(body, h("p", { class: "none" }, e.status === 404
      ? "This conversation was another operator's; only that operator and supervisors may read it, as long as it is kept."
      : e.message));
  }
}

/** @param {Session} session */
function describe(session) {
  const ended = session.closedAt ? `, closed ${momentOf(session.closedAt)}` : "";
  return [`Begun ${momentOf(session.createdAt)}${ended}`, session.operator ? `with ${session.operator.name ?? session.operator.id}` : "without an operator", session.reason]
    .filter(Boolean).join(" · ");
}
