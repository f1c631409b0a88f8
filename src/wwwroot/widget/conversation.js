// @ts-check
import { cleanLine, compareIds, merge, stillUnsent } from "./messages.js";
import { outbox } from "./outbox.js";
import { describer, pause, Problem, pulse } from "./service.js";

/**
 * @typedef {import("./messages.js").Entry} Entry @typedef {import("./service.js").Call} Call @typedef {import("./service.js").Identity} Identity
 * @typedef {{ position: number, waiting: number, estimatedWaitSeconds: number | null }} Queue
 * @typedef {{ locale?: string, pageUrl?: string, department?: string }} Details
 * @typedef {ReturnType<typeof conversation>} Conversation
 */
const START = "0-0", TYPING_EVERY = 3_000, PAGE = "history?limit=100";

/**
 * One visitor's conversation: what is known of it, and what can be done with it. No visitor's session is opened before something is said.
 * @param {Call} call @param {Identity} identity @param {() => Details} details what the page says of itself now
 * @param {() => void} changed @param {(news: Entry[], isKnown?: boolean) => void} arrived @param {(code: string) => void} refused
 */
export function conversation(call, identity, details, changed, arrived, refused) {
  let cursor = START, isSynced = false, readSaid = START, typingSaid = 0, idle = 0, answered = "", isCalled = false, pageDue = 0, pageFailures = 0;
  /** The page that operators see. @type {string | undefined} */
  let pageSaid;
  /** @type {Promise<void> | null} */
  let opening = null;

  const nothing = {
    status: /** @type {"new" | "open" | "waiting" | "active" | "closed"} */ ("new"),
    entries: /** @type {Entry[]} */ ([]),
    hasEarlier: false,
    operator: /** @type {string | null} */ (null),
    queue: /** @type {Queue | null} */ (null),
    typing: false,
    readUpTo: /** @type {string | null} */ (null),
  };
  const chat = {
    ...nothing,
    connection: /** @type {import("./service.js").Connection} */ ("connecting"),
    /** Whether anybody is there, as far as that was asked. @type {boolean | undefined} */
    isStaffed: undefined,
    pulse: pulse(step, connected, goesOn),
    outbox: outbox(identity, post, () => changed()),

    resume() {
      chat.pulse.start();
      chat.outbox.flush();
    },

    /** Forgets what is shown, and asks the service who talks here. */
    reset() {
      forget();
      chat.resume();
    },

    /** @param {string} text */
    send(text) {
      typingSaid = 0;
      chat.outbox.add(text);
    },

    callOperator: () => ask("POST session/call-operator", {}, describe),

    /** Tells operators on which page the visitor is, where that is another one than they see. */
    tellPage() {
      const { pageUrl } = details();
      if (document.hidden) pageSaid = undefined; // meanwhile another tab may tell its own
      else if (isSynced && chat.status !== "closed" && pageUrl && pageUrl !== pageSaid && Date.now() >= pageDue) {
        pageSaid = pageUrl;
        call("POST session/page", { body: { pageUrl } }).then(() => pageFailures = 0, ({ isTransient, seconds }) => {
          if (!isTransient || pageSaid !== pageUrl) return;
          pageSaid = undefined; // to be told again
          pageDue = Date.now() + pause(pageFailures++, seconds);
        });
      }
    },

    /** Tells the other side that the visitor writes, or no longer. @param {boolean} typing */
    type(typing) {
      if (chat.status !== "active" || (typing ? Date.now() - typingSaid < TYPING_EVERY : !typingSaid)) return;
      typingSaid = typing ? Date.now() : 0;
      call("POST typing", { body: { typing } }).catch(() => {});
    },

    /** Tells the other side what the visitor has seen. */
    markRead() {
      const upTo = chat.entries.findLast(entry => entry.sender === "operator")?.id ?? START, before = readSaid;
      if (compareIds(upTo, before) <= 0) return;
      readSaid = upTo;
      call("POST read", { body: { upTo } }).catch(() => { if (readSaid === upTo) readSaid = before; });
    },

    async earlier() {
      const { messages, hasMore } = await ask(`GET ${PAGE}&before=${chat.entries[0].id}`);
      set({ entries: merge(chat.entries, messages), hasEarlier: hasMore });
    },

    close: () => ask("POST session/close"),

    /** @param {number} score @param {string} comment */
    rate: (score, comment) => ask("POST session/rating", { body: { score, comment: cleanLine(comment) || null } }),

    /** @returns {Promise<string>} plain text */
    transcript: () => ask("GET session/transcript", { headers: { Accept: "text/plain" } }),

    /** A new conversation in place of a closed one. */
    async again() {
      await open();
      forget();
      chat.outbox.items.forEach(item => item.refused === "session_closed" && chat.outbox.flush(item));
    },
  };

  /** @param {Partial<typeof chat>} news */
  function set(news) {
    Object.assign(chat, news);
    changed();
  }

  /** What the visitor asked for; a refusal is for it to know. @param {string} path @param {Parameters<Call>[1]} [options] @param {Call} [by] */
  async function ask(path, options, by = call) {
    try {
      if (chat.status === "new") await begin();
      const before = chat.status, answer = await by(path, options), { status = before, queue = chat.queue } = answer;
      if ([before, status].includes(chat.status)) set({ status, queue }); // else a poll knows better
      chat.pulse.wake();
      return answer;
    } catch (problem) {
      refused(/** @type {Problem} */ (problem).code);
      throw problem;
    }
  }

  /** Opens a session, once however many want one. */
  const begin = () => opening ??= open().finally(() => opening = null);

  const describe = describer(call, details, ({ pageUrl }) => pageSaid = pageUrl);

  async function open() {
    const session = await describe("POST session");
    identity.keep(session.sessionId, session.token);
    set({ status: session.status, queue: session.queue });
    chat.pulse.start();
  }

  /** @param {import("./messages.js").Unsent} item @returns {Promise<void>} */
  async function post({ clientMessageId, text }) {
    try {
      if (chat.status === "new") await begin();
      const entry = await call("POST message", { body: { clientMessageId, text }, wants: "id" });
      chat.entries = merge(chat.entries, [entry]);
      settle([entry]);
    } catch (failure) {
      const { isNoSession, code } = /** @type {Problem} */ (failure);
      if (code === "session_closed") chat.pulse.wake();
      if (isNoSession) lose();
      throw isNoSession || code === "invalid_token" ? new Problem(0, code) : failure;
    }
    callOnce(false);
  }

  /** Calls an operator once the visitor has said something; with each message, because a call ends after half an hour without the visitor. */
  async function callOnce(isDone = isCalled) {
    if (isDone || chat.status !== "open" || !chat.entries.some(entry => entry.sender === "visitor")) return;
    isCalled = true;
    await chat.callOperator().catch(() => isCalled = false);
  }

  /** @param {Entry[]} news */
  const settle = news => chat.outbox.keep(stillUnsent(chat.outbox.items, news));

  /** @param {boolean} waits @param {AbortSignal} signal @returns {Promise<number>} */
  async function step(waits, signal) {
    try {
      return await (isSynced ? poll(waits, signal) : sync(signal));
    } catch (problem) {
      if (!(problem instanceof Problem) || !problem.isNoSession) throw problem;
      lose();
      return look(signal);
    }
  }

  /** @param {boolean} waits @param {AbortSignal} signal @returns {Promise<number>} */
  async function poll(waits, signal) {
    const began = Date.now(), before = answered;
    const { messages, cursor: next, status, operator, queue, typing, readUpTo, nextPollMs } =
      await call(`GET poll?after=${cursor}${waits ? `&wait=25&typing=${chat.typing}&readUpTo=${chat.readUpTo ?? START}` : ""}`, { signal, seconds: 35, wants: "cursor" });
    signal.throwIfAborted();
    isSynced = chat.status !== "closed" || status === "closed"; // else begun anew on another device
    cursor = next;
    chat.entries = merge(chat.entries, messages);
    set({ status, operator: operator?.name ?? null, queue, typing, readUpTo });
    settle(messages);
    if (messages.length) arrived(messages);
    await callOnce();
    // Where polls cannot wait, as behind a cache or a proxy, it polls more slowly.
    answered = JSON.stringify([next, status, operator, queue, typing, readUpTo]);
    idle = answered !== before || Date.now() - began > 1000 ? 0 : idle + 1;
    return Math.max(nextPollMs, idle && (waits || !nextPollMs) ? Math.min(pause(idle), 5000) : 0);
  }

  /** @param {AbortSignal} signal */
  async function sync(signal) {
    if (identity.jwt && (identity.token || !identity.session)) await open();
    if (!identity.jwt && !identity.token) return look(signal);
    const { sessionId, messages, cursor: last, hasMore, status, readUpTo } = await call(`GET ${PAGE}`, { signal, wants: "sessionId" });
    signal.throwIfAborted();
    const known = sessionId === identity.session ? chat.entries : [];
    identity.keep(sessionId, identity.token);
    isSynced = true;
    cursor = last;
    set({ entries: merge(known, messages), hasEarlier: hasMore, status, readUpTo });
    settle(messages);
    arrived(messages, true);
    await poll(false, signal);
    return 0;
  }

  /** Whether anybody would answer. @param {AbortSignal} signal */
  async function look(signal) {
    set({ isStaffed: (await call("GET availability", { signal })).operatorsOnline });
    return 60_000;
  }

  /** @param {import("./service.js").Connection} connection */
  function connected(connection) {
    if (connection === chat.connection) return;
    set({ connection });
    if (connection === "online") chat.outbox.flush();
  }

  /** @param {Problem} problem @returns {boolean} */
  function goesOn({ code }) {
    refused(code);
    if (code !== "invalid_token") return !(isSynced = false); // the cursor may be one that a Redis without its data does not know
    set({ connection: "expired" });
    return false;
  }

  /** The session is gone, or not this caller's any more. */
  function lose() {
    identity.keep();
    forget();
  }

  function forget() {
    isSynced = isCalled = false;
    readSaid = START;
    set(nothing);
  }
  return chat;
}
