// @ts-check
// One conversation as the console knows it, within bounds: a window of its messages, not all of them.

/** @import { Session, Message, Details, Note, Pending, SessionStatus } from "./types.js" */

/** Messages kept of a conversation of which only the end is looked at. */
const keptUnseen = 100;
/** Kept of the one that is open, however far back the operator looks. */
const keptSeen = 500;

/** By the numbers of a stream id. @param {string} a @param {string} b */
export function compareIds(a, b) {
  const [aMs, aSeq] = a.split("-");
  const [bMs, bSeq] = b.split("-");
  return Number(aMs) - Number(bMs) || Number(aSeq) - Number(bSeq);
}

export class Conversation {
  /** @param {string} id */
  constructor(id) {
    this.id = id;
    /** @type {Session|null} */
    this.session = null;
    /** @type {SessionStatus|"lost"} lost: no longer this operator's */
    this.status = "active";
    /** When this page took it, or ended it or gave it away, by performance.now(): a poll that began before may not know. */
    this.settledAt = 0;
    /** @type {Message[]} oldest first */
    this.messages = [];
    /** Whether there are older ones than those. */
    this.hasEarlier = false;
    /** Whether newer ones than those were left out, because the operator looks far back. */
    this.hasLater = false;
    /** @type {Message|null} */
    this.last = null;
    /** @type {Message|null} what somebody wrote last */
    this.lastSaid = null;
    /** @type {Pending[]} */
    this.pending = [];
    /** @type {Note[]} */
    this.notes = [];
    /** @type {Details|null} */
    this.details = null;
    this.typing = false;
    /** @type {string|null} up to where the visitor has read */
    this.readUpTo = null;
    /** How often the visitor has gone to another page, as the last poll told. */
    this.pageChanges = 0;
    /** Up to where the operator has read. */
    this.seenUpTo = "0-0";
    this.unread = 0;
    /** Whether the operator looks back, so that what it looks at must stay. */
    this.isLookedBack = false;
    this.draft = "";
    this.noteDraft = "";
    this.isNote = false;
    /** Grows with each change that shows. */
    this.version = 0;
  }

  get isMine() {
    return this.status === "active";
  }

  get name() {
    return nameOf(this.session);
  }

  /**
   * Takes in messages that came after, or that are known already.
   * @param {readonly Message[]} messages
   * @returns {Message[]} those that are new
   */
  merge(messages) {
    const fresh = [];
    for (const message of messages) {
      if (message.sender === "operator" && message.clientMessageId !== null) {
        this.pending = this.pending.filter((p) => p.clientMessageId !== message.clientMessageId);
      }
      if (this.last && compareIds(message.id, this.last.id) <= 0) {
        if (this.#insert(message)) fresh.push(message);
        continue;
      }
      this.last = message;
      fresh.push(message);
      if (message.sender === "visitor" && compareIds(message.id, this.seenUpTo) > 0) this.unread++;
      if (message.sender !== "system") this.lastSaid = message;
      if (this.isLookedBack && this.messages.length >= keptSeen) this.hasLater = true;
      if (!this.hasLater) this.messages.push(message);
    }
    if (messages.length > 0) this.version++;
    return fresh;
  }

  /** An answer to a post may overtake a poll: what comes late goes where it belongs, if that is within the window. @param {Message} message */
  #insert(message) {
    const first = this.messages[0];
    if (this.hasEarlier && (!first || compareIds(message.id, first.id) < 0)) return false;
    let at = this.messages.length;
    while (at > 0 && compareIds(this.messages[at - 1].id, message.id) > 0) at--;
    if (this.messages[at - 1]?.id === message.id || (at === this.messages.length && this.hasLater)) return false;
    this.messages.splice(at, 0, message);
    if (message.sender === "visitor" && compareIds(message.id, this.seenUpTo) > 0) this.unread++;
    return true;
  }

  /** @param {Message[]} earlier oldest first @param {boolean} hasEarlier */
  prepend(earlier, hasEarlier) {
    const first = this.messages[0];
    this.messages = [...(first ? earlier.filter((m) => compareIds(m.id, first.id) < 0) : earlier), ...this.messages];
    this.hasEarlier = hasEarlier;
    if (this.messages.length > keptSeen) {
      this.messages.length = keptSeen;
      this.hasLater = true;
    }
    this.version++;
  }

  /** Starts again from the newest. @param {Message[]} newest @param {boolean} hasEarlier */
  reset(newest, hasEarlier) {
    this.messages = newest;
    this.hasEarlier = hasEarlier;
    this.hasLater = false;
    const last = newest.at(-1);
    if (last && (!this.last || compareIds(last.id, this.last.id) > 0)) this.last = last;
    this.version++;
  }

  /** Forgets what is not needed at hand; it can be asked for again. */
  trim() {
    if (this.isLookedBack) return;
    if (this.hasLater) this.reset([], true);
    if (this.messages.length <= keptUnseen) return;
    this.messages = this.messages.slice(-keptUnseen);
    this.hasEarlier = true;
    this.version++;
  }

  /** Everything up to here was before the operator's eyes, in this tab or another. @returns {boolean} whether that is news */
  see(upTo = this.last?.id ?? "0-0") {
    if (compareIds(upTo, this.seenUpTo) <= 0) return false;
    this.seenUpTo = upTo;
    this.unread = this.messages.filter((m) => m.sender === "visitor" && compareIds(m.id, upTo) > 0).length;
    this.version++;
    return true;
  }
}

/** A letter and a colour that stand for a name. @param {string} name */
export function faceOf(name) {
  const [first] = new Intl.Segmenter().segment(name.trim());
  let sum = 0;
  for (const c of name) sum = (sum * 31 + (c.codePointAt(0) ?? 0)) % 6;
  return { letter: (first?.segment ?? "?").toUpperCase(), hue: sum };
}

/** @param {Session|null} session */
export function nameOf(session) {
  if (!session) return "Visitor";
  const { name, userId } = session.visitor;
  return name?.trim() ? name : userId || `Visitor ${session.sessionId.slice(0, 4)}`;
}
