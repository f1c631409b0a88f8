// @ts-check
// What this operator has on the desk: its conversations, the queue, and itself.

/** @import { PollAnswer, Presence, Call, Session, Message, News, CannedReply } from "./types.js" */
import { call } from "./api.js";
import { dropDraft, restoreDraft } from "./drafts.js";
import { changed } from "./render.js";
import { compareIds, Conversation } from "./conversation.js";
import { shared } from "./storage.js";

/** Of those that ended or went to another, so many stay in the list until the operator puts them away. */
const keptEnded = 5;

class Desk {
  /** @type {Map<string, Conversation>} */
  conversations = new Map();
  /** @type {Presence|null} */
  presence = null;
  /** @type {Call[]} */
  calls = [];
  waiting = 0;
  /** @type {CannedReply[]} */
  replies = [];
  /** @type {string|null} */
  openId = null;
  /** @type {(conversation: Conversation, messages: Message[]) => void} */
  onNews = () => {};
  /** @type {(conversation: Conversation) => void} */
  onArrival = () => {};
  #isFirst = true;
  #isListing = false;
  /** Whether a visitor has gone to another page: the list of sessions tells to which. */
  #isPageNews = false;
  #isForgotten = false;

  get open() {
    return this.openId === null ? null : (this.conversations.get(this.openId) ?? null);
  }

  /** Newest first where unread, then as they came. */
  get list() {
    return [...this.conversations.values()].sort(
      (a, b) => Number(b.isMine) - Number(a.isMine) || (a.session?.calledAt ?? "").localeCompare(b.session?.calledAt ?? "") || a.id.localeCompare(b.id),
    );
  }

  get unread() {
    let sum = 0;
    for (const conversation of this.conversations.values()) sum += conversation.isMine ? conversation.unread : 0;
    return sum;
  }

  /** @param {PollAnswer} answer @param {number} begun when it was asked for, by performance.now() */
  apply(answer, begun) {
    this.waiting = answer.queue.waiting;
    const present = new Set();
    for (const news of answer.sessions) {
      present.add(news.sessionId);
      this.#take(news, begun);
    }
    const missing = [...this.conversations.values()].filter((c) => c.isMine && !present.has(c.id));
    // The answer may be older than a claim that was made meanwhile: the next one tells.
    for (const conversation of missing) if (conversation.settledAt < begun) this.#end(conversation, "lost");
    if (missing.length > 0) void this.#learnEnds(missing);
    if (this.#isPageNews || [...this.conversations.values()].some((c) => c.isMine && !c.session)) void this.#describe();
    this.#bound();
    this.#isFirst &&= answer.nextPollMs === 0;
    changed();
  }

  /** @param {News} news @param {number} begun */
  #take(news, begun) {
    let conversation = this.conversations.get(news.sessionId);
    if (!conversation) {
      if (news.status !== "active") return;
      conversation = restoreDraft(new Conversation(news.sessionId));
      conversation.seenUpTo = readMarks()[news.sessionId] ?? nothing;
      this.conversations.set(news.sessionId, conversation);
    }
    if (news.status === "active" && !conversation.isMine && conversation.settledAt >= begun) {
      // Told before it ended here; where it came back since, the next answer says so.
      conversation.merge(news.messages);
      conversation.unread = 0;
      return conversation.trim();
    }
    const isNew = !conversation.isMine || (conversation.last === null && conversation.session === null);
    const fresh = conversation.merge(news.messages);
    conversation.typing = news.typing;
    conversation.readUpTo = news.readUpTo;
    this.#isPageNews ||= conversation.pageChanges !== news.pageChanges;
    conversation.pageChanges = news.pageChanges;
    if (news.status === "active") {
      if (!conversation.isMine) conversation.session = null;
      conversation.status = "active";
      if (isNew && !this.#isFirst) this.onArrival(conversation);
    } else {
      this.#end(conversation, news.status === "closed" ? "closed" : "lost");
    }
    if (fresh.length > 0 && !this.#isFirst) this.onNews(conversation, fresh);
    conversation.trim();
  }

  /** @param {Conversation} conversation @param {"closed"|"lost"} status */
  #end(conversation, status) {
    if (conversation.status === status) return;
    conversation.status = status;
    conversation.typing = false;
    conversation.unread = 0;
    conversation.version++;
  }

  /**
   * One that the visitor closed before a poll named it is named by none: that it is closed, and its last words, have to be asked for.
   * @param {Conversation[]} missing
   */
  async #learnEnds(missing) {
    try {
      /** @type {{ sessions: Session[] }} */
      const { sessions } = await call("GET", "operator/sessions?state=closed");
      const closed = new Set(sessions.map((s) => s.sessionId));
      await Promise.all(missing.filter((c) => closed.has(c.id)).map((c) => this.#learnLastWords(c)));
    } catch {
      // Then they are only said to be no longer this operator's, which is true of them too.
    }
  }

  /** Not by its details: to ask for them counts as a look at the customer. @param {Conversation} conversation */
  async #learnLastWords(conversation) {
    /** @type {{ messages: Message[], hasMore: boolean }} */
    const { messages, hasMore } = await call("GET", `chat/history?sessionId=${conversation.id}&limit=100`);
    if (conversation.last === null) conversation.hasEarlier = hasMore;
    conversation.merge(messages);
    conversation.trim();
    this.#end(conversation, "closed");
    changed();
  }

  /** The poll tells what was said, this tells by whom. */
  async #describe() {
    if (this.#isListing) return;
    this.#isListing = true;
    this.#isPageNews = false;
    try {
      /** @type {{ sessions: Session[] }} */
      const { sessions } = await call("GET", "operator/sessions");
      for (const session of sessions) this.know(session);
      changed();
    } catch {
      // The next poll asks again.
    } finally {
      this.#isListing = false;
    }
  }

  /** @param {Session} session */
  know(session) {
    const conversation = this.conversations.get(session.sessionId);
    if (!conversation) return;
    conversation.session = session;
    conversation.version++;
  }

  /** A session that was just claimed is here before the next poll says so. @param {Session} session */
  claimed(session) {
    const known = this.conversations.get(session.sessionId) ?? restoreDraft(new Conversation(session.sessionId));
    known.status = "active";
    known.settledAt = performance.now();
    known.session = session;
    this.conversations.set(session.sessionId, known);
    this.calls = this.calls.filter((c) => c.sessionId !== session.sessionId);
    // At once, so that the next call is news though it comes before the next poll.
    this.waiting = Math.max(0, this.waiting - 1);
    changed();
    return known;
  }

  /** Puts one that ended away. @param {string} id */
  dismiss(id) {
    this.conversations.delete(id);
    dropDraft(id);
    if (this.openId === id) this.openId = null;
    changed();
  }

  /** A day left open must not fill the page with what is over. */
  #bound() {
    const ended = [...this.conversations.values()].filter((c) => !c.isMine && c.id !== this.openId && c.pending.length === 0);
    for (const conversation of ended.slice(0, Math.max(0, ended.length - keptEnded))) this.conversations.delete(conversation.id);
  }

  /** @param {Conversation} conversation @returns {boolean} whether there was something unseen */
  see(conversation) {
    if (!conversation.see()) return false;
    this.#mark();
    return true;
  }

  /** What another tab has shown is not unread here. */
  seeElsewhere() {
    const known = readMarks();
    for (const conversation of this.conversations.values()) conversation.see(known[conversation.id] ?? nothing);
    this.#mark();
    changed();
  }

  /** Tabs may write at once, and one that knows less last: a mark only rises, and the tab that knows more says so again. */
  #mark() {
    if (this.#isForgotten) return;
    const known = readMarks();
    const held = [...this.conversations.values()].filter((c) => c.isMine);
    const isKnown = (/** @type {Conversation} */ c) => compareIds(known[c.id] ?? nothing, c.seenUpTo) >= 0;
    if (held.every(isKnown)) return;
    shared.set(marksOf(), JSON.stringify(Object.fromEntries(held.map((c) => [c.id, isKnown(c) ? known[c.id] : c.seenUpTo]))));
  }

  /** Leaves nothing of this operator's for the next at this browser, even if this page goes on for a moment. @param {string|undefined} id */
  forget(id) {
    this.#isForgotten = true;
    shared.set(marksOf(id), null);
  }
}

/** Before the first message. */
const nothing = "0-0";

/** Where all tabs of an operator keep up to where each of its conversations was read. @param {string|undefined} id */
const marksOf = (id = desk.presence?.operator.id) => `intotes.operator.seen.${id}`;

/** @returns {Record<string, string>} */
function readMarks() {
  try {
    return JSON.parse(shared.get(marksOf()) ?? "{}");
  } catch {
    return {};
  }
}

export const desk = new Desk();
// Marks that were taken away were an operator's that leaves.
addEventListener("storage", ({ key, newValue }) => key === marksOf() && newValue !== null && desk.seeElsewhere());
