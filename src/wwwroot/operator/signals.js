// @ts-check
// Tells the visitor that the operator writes, and up to where it has read.

/** @import { Conversation } from "./conversation.js" */
import { call, pause } from "./api.js";

/** The service shows it for six seconds (ms). */
const repeat = 4000;
const idle = 5000;

/** @type {{ id: string, at: number }|null} */
let told = null;
/** @type {ReturnType<typeof setTimeout>|undefined} */
let stop;

/** @param {Conversation} conversation @param {boolean} isWriting */
export function tellTyping(conversation, isWriting) {
  clearTimeout(stop);
  if (told && (told.id !== conversation.id || !isWriting)) {
    tell(told.id, false);
    told = null;
  }
  if (!isWriting) return;
  stop = setTimeout(() => tellTyping(conversation, false), idle);
  if (told && Date.now() - told.at < repeat) return;
  told = { id: conversation.id, at: Date.now() };
  tell(conversation.id, true);
}

/** A message ends it by itself. */
export function typingEnded() {
  clearTimeout(stop);
  if (told) tell(told.id, false);
  told = null;
}

/** @param {string} sessionId @param {boolean} typing */
const tell = (sessionId, typing) => call("POST", "chat/typing", { typing, sessionId }).catch(() => {});

/** @type {Map<Conversation, string>} what is to be told of each */
const unread = new Map();
let isTelling = false;

/** @param {Conversation} conversation */
export async function tellRead(conversation) {
  const last = conversation.last;
  if (!last) return;
  unread.set(conversation, last.id);
  if (isTelling) return;
  isTelling = true;
  while (unread.size > 0) {
    const [[next, upTo]] = unread;
    unread.delete(next);
    if (!next.isMine) continue;
    await call("POST", "chat/read", { sessionId: next.id, upTo }).catch(() => {});
    await pause(300);
  }
  isTelling = false;
}
