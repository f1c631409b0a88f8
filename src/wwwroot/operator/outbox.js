// @ts-check
// What the operator sends shows at once, and is sent again under the same id until the service says yes or no.

/** @import { Conversation } from "./conversation.js" */
/** @import { Pending, Message } from "./types.js" */
import { ApiError, backoff, call, newId, pause } from "./api.js";
import { untilHurry } from "./connection.js";
import { changed } from "./render.js";

/** Conversations with something under way: their messages keep their order. */
const busy = new Set();

/** @param {Conversation} conversation @param {string} text */
export function send(conversation, text) {
  conversation.pending.push({ clientMessageId: newId(), text, at: new Date().toISOString(), state: "sending", trouble: null });
  touch(conversation);
  void deliver(conversation);
}

/** @param {Conversation} conversation @param {Pending} pending */
export function sendAgain(conversation, pending) {
  Object.assign(pending, { state: "sending", trouble: null });
  touch(conversation);
  void deliver(conversation);
}

/** @param {Conversation} conversation @param {Pending} pending */
export function discard(conversation, pending) {
  conversation.pending = conversation.pending.filter((p) => p !== pending);
  touch(conversation);
}

/** @param {Conversation} conversation */
function touch(conversation) {
  conversation.version++;
  changed();
}

/** @param {Conversation} conversation */
async function deliver(conversation) {
  if (busy.has(conversation.id)) return;
  busy.add(conversation.id);
  try {
    for (let next; (next = conversation.pending.find((p) => p.state !== "failed")); ) await deliverOne(conversation, next);
  } finally {
    busy.delete(conversation.id);
  }
}

/** @param {Conversation} conversation @param {Pending} pending */
async function deliverOne(conversation, pending) {
  for (let failures = 1; conversation.pending.includes(pending); failures++) {
    try {
      /** @type {Message} */
      const message = await call("POST", "chat/message", { text: pending.text, clientMessageId: pending.clientMessageId, sessionId: conversation.id });
      conversation.merge([message]);
      changed();
      return;
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      if (!e.passes) {
        Object.assign(pending, { state: "failed", trouble: e.message });
        touch(conversation);
        return;
      }
      Object.assign(pending, { state: "retrying", trouble: e.status === 401 ? "Waits for you to sign in." : e.message });
      touch(conversation);
      await pause(backoff(failures, e), untilHurry());
    }
  }
}

export const isSending = () => busy.size > 0;
