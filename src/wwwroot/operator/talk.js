// @ts-check
// The open conversation: its head, its messages, and the place to answer.

/** @import { Conversation } from "./conversation.js" */
/** @import { Details, Message } from "./types.js" */
import { actionBar } from "./actions.js";
import { call } from "./api.js";
import { buildComposer } from "./composer.js";
import { compareIds } from "./conversation.js";
import { desk } from "./desk.js";
import { announce, toastError } from "./dialogs.js";
import { byId, h, icon, replace, setText } from "./dom.js";
import { discard, sendAgain } from "./outbox.js";
import { printConversation } from "./print.js";
import { addView, changed } from "./render.js";
import { drawThread, rowsOf } from "./thread.js";

const page = 100;
const root = byId("talk");

const title = h("h1", { dir: "auto" });
const subtitle = h("p", { class: "subtitle", dir: "auto" });
const bar = h("div", { class: "actions", role: "toolbar", "aria-label": "This conversation" });
const earlier = h("button", { type: "button", class: "quiet earlier", onclick: () => loadEarlier() }, "Earlier messages");
const later = h("button", { type: "button", class: "later", onclick: () => toLatest() }, "Jump to the latest");
const partly = h("p", { class: "printout none" }, "Only the newest messages are printed this way. Ctrl+P in the console prints the whole conversation.");
const thread = h("ol", { class: "thread" });
const scroller = h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Messages", onscroll: () => onScroll() }, earlier, partly, thread);
const typing = h("p", { class: "typing" });
const ended = h("div", { class: "ended" });
const composer = buildComposer();
const view = h("div", { class: "open" },
  h("header", {},
    h("button", { type: "button", class: "round narrow", "aria-label": "Back to the list", onclick: () => showPane("list") }, icon("back")),
    h("div", { class: "who" }, title, subtitle), bar,
    h("button", { type: "button", class: "round aside", "aria-label": "Customer", onclick: () => showPane(document.body.dataset.pane === "side" ? "talk" : "side") }, icon("person"))),
  scroller, later, typing, ended, composer.element);
const empty = h("div", { class: "empty" }, icon("mark"), h("h1", {}, "No conversation is open"), h("p", {}, "Take the next call, or choose a conversation."));

/** @param {"list"|"talk"|"side"} pane which one a narrow screen shows */
export function showPane(pane) {
  document.body.dataset.pane = pane;
}

let drawn = "";
/** Whether new messages keep the end in sight. */
let isAtEnd = true;

/** @param {string} id @param {{ focus?: boolean }} [options] */
export function openConversation(id, { focus = true } = {}) {
  const former = desk.open;
  const conversation = desk.conversations.get(id);
  if (!conversation) return;
  if (former && former !== conversation) {
    composer.keep(former);
    former.isLookedBack = false;
    former.trim();
  }
  desk.openId = id;
  isAtEnd = true;
  composer.show(conversation);
  draw();
  showPane("talk");
  if (focus) (conversation.isMine ? composer.focus : () => root.focus())();
  void loadDetails(conversation);
  changed();
}

/** Who it is, notes, earlier conversations; and messages, where too few are at hand. @param {Conversation} conversation */
export async function loadDetails(conversation) {
  try {
    /** @type {Details} */
    const details = await call("GET", `operator/sessions/${conversation.id}`);
    conversation.details = details;
    conversation.session = details.session;
    conversation.notes = details.notes;
    if (conversation.messages.length < page && !conversation.hasLater) {
      const newest = details.messages.slice(-page);
      const last = newest.at(-1);
      const more = last ? conversation.messages.filter((m) => compareIds(m.id, last.id) > 0) : [];
      conversation.reset([...newest, ...more], details.hasMore || details.messages.length > page);
    }
    conversation.version++;
    changed();
  } catch (e) {
    if (conversation.isMine) toastError(e);
  }
}

/** @param {Conversation} conversation @param {string} query @returns {Promise<{ messages: Message[], hasMore: boolean }>} */
const history = (conversation, query) => call("GET", `chat/history?sessionId=${conversation.id}&limit=${page}${query}`);

async function loadEarlier() {
  const conversation = desk.open;
  if (!conversation) return;
  earlier.disabled = true;
  try {
    const first = conversation.messages[0];
    const { messages, hasMore } = await history(conversation, first ? `&before=${first.id}` : "");
    const [height, top] = [scroller.scrollHeight, scroller.scrollTop];
    conversation.isLookedBack = true;
    conversation.prepend(messages, hasMore);
    isAtEnd = false;
    draw();
    scroller.scrollTop = top + scroller.scrollHeight - height;
  } catch (e) {
    toastError(e);
  } finally {
    earlier.disabled = false;
  }
}

export async function toLatest() {
  const conversation = desk.open;
  if (!conversation) return;
  try {
    if (conversation.hasLater) {
      const { messages, hasMore } = await history(conversation, "");
      conversation.reset(messages, hasMore);
    }
    isAtEnd = true;
    conversation.isLookedBack = false;
    conversation.trim();
    draw();
  } catch (e) {
    toastError(e);
  }
}

function onScroll() {
  isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
  if (desk.open) desk.open.isLookedBack = !isAtEnd || desk.open.hasLater;
  if (isAtEnd) changed();
}

/** Whether the newest messages are before somebody's eyes. */
const isSeen = () => isAtEnd && !document.hidden && document.hasFocus() && document.body.dataset.view === "desk";

function draw() {
  const conversation = desk.open;
  if (!conversation) {
    if (drawn !== "none") replace(root, empty);
    drawn = "none";
    return;
  }
  if (isSeen() && conversation.isMine && !conversation.hasLater) {
    if (desk.see(conversation)) {
      composer.markRead(conversation);
      // Views that were drawn before this one, such as the title, still count it as unread.
      changed();
    }
  }
  const isOther = root.firstElementChild !== view || thread.dataset.of !== conversation.id;
  const look = `${conversation.id} ${conversation.version} ${conversation.status} ${conversation.readUpTo} ${conversation.typing}`;
  if (look !== drawn || isOther) {
    drawn = look;
    if (isOther) {
      replace(thread);
      thread.dataset.of = conversation.id;
      if (root.firstElementChild !== view) replace(root, view);
    }
    drawHead(conversation);
    const from = conversation.messages[0]?.id;
    const notes = conversation.notes.filter((n) => n.what !== "customer_seen" && n.text !== "" && (!conversation.hasEarlier || (from !== undefined && compareIds(n.id, from) >= 0)));
    drawThread(thread, rowsOf(conversation.messages, notes, conversation.pending), {
      visitorName: conversation.name,
      readUpTo: conversation.readUpTo,
      onRetry: (p) => sendAgain(conversation, p),
      onDiscard: (p) => discard(conversation, p),
    });
    if (isAtEnd && !conversation.hasLater) scroller.scrollTop = scroller.scrollHeight;
  }
  later.hidden = isAtEnd && !conversation.hasLater;
}

/** @param {Conversation} conversation */
function drawHead(conversation) {
  setText(title, conversation.name);
  const session = conversation.session;
  setText(subtitle, [session?.visitor.kind === "account" ? "Customer" : "Anonymous visitor", session?.department, session?.reason].filter(Boolean).join(" · "));
  actionBar(bar, conversation);
  earlier.hidden = !conversation.hasEarlier || !conversation.isMine;
  partly.hidden = !conversation.hasEarlier;
  setText(typing, conversation.typing ? `${conversation.name} is writing …` : "");
  ended.hidden = conversation.isMine;
  composer.element.hidden = !conversation.isMine;
  if (!conversation.isMine && ended.dataset.of !== `${conversation.id} ${conversation.status}`) {
    ended.dataset.of = `${conversation.id} ${conversation.status}`;
    replace(ended,
      h("p", {}, conversation.status === "closed" ? "This conversation is closed." : "This conversation is no longer yours: it was released, handed over, or the console was silent for too long."),
      h("button", { type: "button", class: "quiet", onclick: () => { desk.dismiss(conversation.id); showPane("list"); } }, "Put it away"));
  }
}

/** @param {Conversation} conversation @param {Message[]} messages */
export function announceNews(conversation, messages) {
  if (conversation !== desk.open) return;
  for (const message of messages) {
    if (message.sender !== "operator") announce(message.sender === "visitor" ? `${conversation.name}: ${message.text}` : message.text);
  }
}

export const toggleNote = () => composer.toggle();

/** @param {Conversation} conversation the open one */
export const printOpen = (conversation) => void printConversation(conversation, scroller);

// The end stays in sight when the composer grows or the window changes.
new ResizeObserver(() => {
  if (isAtEnd) scroller.scrollTop = scroller.scrollHeight;
}).observe(scroller);
addView(draw);
addEventListener("focus", changed);
document.addEventListener("visibilitychange", changed);
