// @ts-check
// Printing the open conversation, all of it: the screen shows its newest messages only.

/** @import { Conversation } from "./conversation.js" */
/** @import { Message } from "./types.js" */
import { call } from "./api.js";
import { toastError } from "./dialogs.js";
import { h } from "./dom.js";
import { drawThread, rowsOf } from "./thread.js";

/** Messages in one request, and requests for one printout: as many messages as a session may hold by default. */
const [page, mostPages] = [500, 20];
let isPrinting = false;

/** @param {Conversation} conversation @param {Element} scroller where its messages are shown */
export async function printConversation(conversation, scroller) {
  if (isPrinting) return;
  isPrinting = true;
  try {
    const messages = conversation.hasEarlier || conversation.hasLater ? await allOf(conversation) : conversation.messages;
    const notes = conversation.notes.filter((n) => n.what !== "customer_seen" && n.text !== "");
    const printout = h("ol", { class: "thread printout" });
    drawThread(printout, rowsOf(messages, notes, []), { visitorName: conversation.name, readUpTo: conversation.readUpTo });
    scroller.append(printout);
    addEventListener("afterprint", () => printout.remove(), { once: true });
    print();
  } catch (e) {
    toastError(e);
  } finally {
    isPrinting = false;
  }
}

/** @param {Conversation} conversation @returns {Promise<Message[]>} oldest first */
async function allOf(conversation) {
  /** @type {Message[]} */
  let all = [];
  for (let i = 0; i < mostPages; i++) {
    /** @type {{ messages: Message[], hasMore: boolean }} */
    const { messages, hasMore } = await call("GET", `chat/history?sessionId=${conversation.id}&limit=${page}${all[0] ? `&before=${all[0].id}` : ""}`);
    all = [...messages, ...all];
    if (!hasMore) break;
  }
  return all;
}
