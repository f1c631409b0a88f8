// @ts-check
// Beside the conversation: who the visitor is, what it trades, what was noted, and what was said before.

/** @import { Conversation } from "./conversation.js" */
/** @import { Customer, Note, Session, Visitor } from "./types.js" */
import { ApiError, call } from "./api.js";
import { momentOf } from "./clock.js";
import { nameOf } from "./conversation.js";
import { desk } from "./desk.js";
import { byId, h, icon, replace } from "./dom.js";
import { facts, table } from "./facts.js";
import { link } from "./links.js";
import { readOnly } from "./readonly.js";
import { addView, changed } from "./render.js";
import { showPane } from "./talk.js";

const root = byId("side");
/** @type {unknown[]} */
let drawn = [];

function draw() {
  const conversation = desk.open;
  const now = [conversation?.id, conversation?.details, conversation?.notes, conversation?.session];
  if (now.every((value, i) => value === drawn[i])) return;
  const isSame = drawn[0] === now[0];
  drawn = now;
  const top = root.scrollTop;
  replace(root, ...(conversation ? panels(conversation) : []));
  root.scrollTop = isSame ? top : 0;
}

/** @param {Conversation} conversation */
function panels(conversation) {
  const { session, details } = conversation;
  if (!session) return [h("p", { class: "none" }, "Loading …")];
  return [
    h("button", { type: "button", class: "quiet narrow", onclick: () => showPane("talk") }, icon("back"), "Conversation"),
    person(session.visitor),
    session.visitor.kind === "account" && customer(conversation, details?.customer ?? null),
    details && details.earlierSessions.length > 0 && earlier(details.earlierSessions),
    activity(conversation.notes),
    h("section", {}, h("h2", {}, "This conversation"), h("dl", { class: "facts" },
      h("dt", {}, "Department"), h("dd", {}, session.department ?? "–"),
      h("dt", {}, "Reason"), h("dd", { dir: "auto" }, session.reason ?? "–"),
      h("dt", {}, "Called"), h("dd", {}, session.calledAt ? momentOf(session.calledAt) : "–"),
      h("dt", {}, "Id"), h("dd", { class: "id" }, session.sessionId))),
  ];
}

/** @param {Visitor} visitor */
function person(visitor) {
  const isKnown = visitor.kind === "account";
  /** @type {[string, string|HTMLElement][]} */
  const said = [];
  if (!isKnown && visitor.name) said.push(["Name", visitor.name]);
  if (visitor.email) said.push(["Email", visitor.email]);
  if (visitor.locale) said.push(["Language", visitor.locale]);
  if (visitor.pageUrl) said.push(["Page", link(visitor.pageUrl)]);
  return h("section", { class: "person" },
    h("h2", {}, isKnown ? "Customer" : "Anonymous visitor"),
    isKnown && h("dl", { class: "facts" },
      h("dt", {}, "Name"), h("dd", { dir: "auto" }, visitor.name ?? "–"),
      h("dt", {}, "User id"), h("dd", { dir: "auto" }, visitor.userId ?? "–")),
    said.length > 0
      ? h("div", { class: "said" }, h("p", { class: "hint" }, "Said by the visitor, not verified"),
        h("dl", { class: "facts" }, ...said.flatMap(([name, value]) => [h("dt", {}, name), h("dd", { dir: "auto" }, value)])))
      : !isKnown && h("p", { class: "hint" }, "The visitor said nothing of itself."));
}

/** @param {Conversation} conversation @param {Customer|null} found */
function customer(conversation, found) {
  const again = h("button", { type: "button", class: "link", onclick: () => refresh(conversation, again) }, found?.source === "live" ? "Refresh" : "Try again");
  if (!found) return h("section", {}, h("h2", {}, "At the platform"), h("p", { class: "none" }, "Loading …"));
  if (found.source !== "live") {
    return h("section", { class: "unavailable" }, h("h2", {}, "At the platform"),
      h("p", {}, "The platform does not tell about this customer now. The conversation goes on without it."), again);
  }
  // Details that stand above are not repeated unless they differ.
  const { userId, name } = conversation.session?.visitor ?? {};
  const { profile } = found;
  const told = typeof profile === "object" && profile !== null ? Object.entries(profile) : [];
  const further = told.filter(([key, value]) => !(key === "id" && value === userId) && !(key === "name" && value === name));
  return h("section", {}, h("h2", {}, "Profile ", again),
    further.length > 0 ? facts(Object.fromEntries(further)) : h("p", { class: "none" }, "The platform knows no more."),
    h("h2", {}, "Last trades"),
    found.trades.length > 0 ? table(found.trades, "Last trades") : h("p", { class: "none" }, "No trades."));
}

/** @param {Conversation} conversation @param {HTMLButtonElement} button */
async function refresh(conversation, button) {
  button.disabled = true;
  try {
    const found = await call("GET", `operator/sessions/${conversation.id}/customer`);
    if (conversation.details) conversation.details = { ...conversation.details, customer: found };
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    button.disabled = false;
  }
  changed();
}

/** @param {Session[]} sessions */
function earlier(sessions) {
  return h("section", {}, h("h2", {}, "Earlier conversations"), h("ul", { class: "earlier-list" }, ...sessions.map((session) =>
    h("li", {}, h("button", { type: "button", class: "row", onclick: () => readOnly(session) },
      h("span", {}, momentOf(session.createdAt)),
      h("span", { class: "hint", dir: "auto" }, session.operator?.name ?? "no operator"),
      h("span", { class: "line", dir: "auto" }, session.lastMessage?.text ?? nameOf(session)))))));
}

/** @type {Record<string, string>} */
const deeds = { note: "added a note", transferred: "handed the conversation over", blocked: "blocked the visitor", unblocked: "let the visitor write again", customer_seen: "looked at the customer's data" };

/** @param {Note[]} notes */
function activity(notes) {
  if (notes.length === 0) return null;
  return h("section", {}, h("h2", {}, "Activity"), h("ul", { class: "activity" }, ...notes.slice(-30).reverse().map((note) =>
    h("li", {}, h("bdi", {}, note.operator.name ?? note.operator.id), ` ${deeds[note.what] ?? note.what}${note.what === "blocked" ? ` ${note.text}` : ""} `,
      h("time", { datetime: note.at }, momentOf(note.at))))));
}

addView(draw);
