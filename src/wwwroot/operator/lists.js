// @ts-check
// The rail: who waits, and this operator's conversations.

/** @import { Call, Session } from "./types.js" */
/** @import { Conversation } from "./conversation.js" */
import { ApiError, call, newId, persistently } from "./api.js";
import { everySecond, isPast, momentOf, waited } from "./clock.js";
import { faceOf, nameOf } from "./conversation.js";
import { desk } from "./desk.js";
import { openDialog, toast, toastError } from "./dialogs.js";
import { byId, h, reconcile, replace, setAttribute, setText } from "./dom.js";
import { mostCalls, refreshCalls } from "./poller.js";
import { readOnly } from "./readonly.js";
import { addView } from "./render.js";
import { openConversation } from "./talk.js";

const [waiting, mine, claimButton] = [byId("waiting"), byId("mine"), byId("claim", HTMLButtonElement)];

/** The service takes a visitor for gone that has not asked for so long. */
const GONE_SECONDS = 90;

let isClaiming = false;

/** Nobody takes a call before it is known who takes it, nor another while one is on its way. */
function drawClaim() {
  claimButton.disabled = isClaiming || !desk.presence;
}

/** @param {string} [sessionId] a wanted one, else the oldest */
export async function claim(sessionId) {
  if (isClaiming || !desk.presence) return;
  isClaiming = true;
  drawClaim();
  // Under one id, an answer that was lost is given again instead of a second call.
  const body = sessionId ? { sessionId } : { clientClaimId: newId() };
  let isTold = false;
  try {
    /** @type {Session|null} */
    const session = await persistently(() => call("POST", "operator/calls/claim", body), {
      onTrouble: () => {
        if (!isTold) toast("The service did not answer; asking again for the same call.");
        isTold = true;
      },
    });
    if (!session) return toast("Nobody waits any more.");
    openConversation(desk.claimed(session).id);
  } catch (e) {
    if (e instanceof ApiError && e.code === "at_capacity") toast("You have as many conversations as you take at once. Close one, or raise your capacity.");
    else if (e instanceof ApiError && e.code === "already_claimed") toast("A colleague was faster.");
    else toastError(e);
  } finally {
    isClaiming = false;
    drawClaim();
    void refreshCalls();
  }
}

/** @param {Call} item */
function callRow(item) {
  const session = /** @type {Session} */ (/** @type {unknown} */ (item));
  return h("li", {},
    h("button", { type: "button", class: "row", onclick: () => readOnly(session, { label: "Take this call", run: () => claim(item.sessionId) }) },
      h("span", { class: "name", dir: "auto" }, nameOf(session)),
      h("time", { class: "wait", datetime: item.calledAt }),
      h("span", { class: "line", dir: "auto" }),
      h("span", { class: "tag" }, item.department)),
    h("button", { type: "button", class: "take", "aria-label": `Take the call of ${nameOf(session)}`, onclick: () => claim(item.sessionId) }, "Take"));
}

/** @param {HTMLElement} row @param {Call} item */
function updateCall(row, item) {
  setText(/** @type {Element} */ (row.querySelector(".line")), item.reason ?? item.lastMessage?.text ?? "No message yet");
  const isGone = item.visitorSeenAt !== null && isPast(item.visitorSeenAt, GONE_SECONDS);
  setText(/** @type {Element} */ (row.querySelector(".tag")), isGone ? `${item.department}, visitor left` : item.department);
  row.classList.toggle("gone", isGone);
}

/** @param {Element} face @param {string} name */
function drawFace(face, name) {
  const { letter, hue } = faceOf(name);
  setText(face, letter);
  setAttribute(face, "data-hue", String(hue));
}

/** @param {Conversation} conversation */
function conversationRow(conversation) {
  return h("li", {},
    h("button", { type: "button", class: "row", onclick: () => openConversation(conversation.id) },
      h("span", { class: "face", "aria-hidden": "true" }), h("span", { class: "name", dir: "auto" }), h("span", { class: "unread" }), h("span", { class: "line", dir: "auto" })));
}

/** @param {HTMLElement} row @param {Conversation} conversation */
function updateConversation(row, conversation) {
  const button = /** @type {Element} */ (row.firstElementChild);
  const [face, name, unread, line] = button.children;
  drawFace(face, conversation.name);
  setText(name, conversation.name);
  setText(unread, conversation.unread > 0 ? String(Math.min(conversation.unread, 999)) : "");
  setAttribute(unread, "aria-label", conversation.unread > 0 ? `${conversation.unread} unread` : null);
  setAttribute(unread, "role", conversation.unread > 0 ? "img" : null);
  const pending = conversation.pending.at(-1);
  const last = conversation.lastSaid ?? conversation.session?.lastMessage;
  setText(line, conversation.status === "closed" ? "Closed"
    : conversation.status === "lost" ? "No longer yours"
    : conversation.typing ? "is writing …"
    : pending ? `You: ${pending.text.slice(0, 120)}`
    : last ? `${last.sender === "operator" ? "You: " : ""}${last.text.slice(0, 120)}` : "");
  setAttribute(button, "aria-current", conversation.id === desk.openId ? "true" : null);
  const state = `${conversation.isMine ? "" : "ended"}${conversation.unread > 0 ? " has-unread" : ""}${conversation.typing ? " is-typing" : ""}${conversation.pending.some((p) => p.state === "failed") ? " has-failed" : ""}`;
  if (row.className !== state) row.className = state;
}

function draw() {
  const conversations = desk.list;
  reconcile(waiting, desk.calls, (c) => `${c.sessionId} ${c.calledAt}`, callRow, updateCall);
  reconcile(mine, conversations, (c) => c.id, conversationRow, updateConversation);
  const count = desk.calls.length;
  const held = conversations.filter((c) => c.isMine).length;
  setText(byId("waiting-count"), count >= mostCalls ? `${mostCalls} and more` : count > 0 ? String(count) : "");
  setText(byId("mine-count"), held > 0 ? `${held} of ${desk.presence?.capacity ?? "–"}` : "");
  byId("waiting-none").hidden = desk.calls.length > 0;
  byId("mine-none").hidden = conversations.length > 0;
  drawClaim();
  tick();
}

function tick() {
  for (const time of waiting.querySelectorAll("time")) setText(time, waited(time.dateTime));
}

/** Opens the one before or after in the list. @param {number} step */
export function step(step) {
  const list = desk.list;
  if (list.length === 0) return;
  const at = list.findIndex((c) => c.id === desk.openId);
  openConversation(list[at < 0 ? 0 : (at + step + list.length) % list.length].id);
}

async function showClosed() {
  const { body } = openDialog("Closed conversations", { wide: true });
  replace(body, h("p", { class: "none" }, "Loading …"));
  try {
    /** @type {{ sessions: Session[] }} */
    const { sessions } = await call("GET", "operator/sessions?state=closed");
    replace(body, sessionList(sessions.slice(0, 100)), sessions.length > 100 && h("p", { class: "none" }, "The newest 100."));
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    replace(body, h("p", { class: "none" }, e.message));
  }
}

/** @param {Session[]} sessions */
export function sessionList(sessions) {
  if (sessions.length === 0) return h("p", { class: "none" }, "None.");
  return h("ul", { class: "earlier-list" }, ...sessions.map((session) =>
    h("li", {}, h("button", { type: "button", class: "row", onclick: () => readOnly(session) },
      h("span", { class: "name", dir: "auto" }, nameOf(session)),
      h("span", { class: "hint", dir: "auto" }, `${session.operator?.name ?? ""} ${momentOf(session.closedAt ?? session.calledAt ?? session.createdAt)}`),
      h("span", { class: "line", dir: "auto" }, session.lastMessage?.text ?? session.reason ?? "")))));
}

claimButton.addEventListener("click", () => void claim());
byId("closed").addEventListener("click", () => void showClosed());
everySecond(tick);
addView(draw);
