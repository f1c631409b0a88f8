// @ts-check
// The service, as one caller sees it: who that is, and how it is asked; and the pulse, which asks for new messages.

import { shared } from "./storage.js";

/** A refusal of the service; status 0 where it was not reached. */
export class Problem extends Error {
  /** @param {number} status @param {string} code @param {number} [seconds] after which to try again */
  constructor(status, code, seconds = 0) {
    super(code);
    this.code = code;
    this.seconds = seconds;
    /** What was wrong, by field of the body. @type {Record<string, string[]> | undefined} */
    this.errors = undefined;
    /** Whether the same request may succeed later. */
    this.isTransient = !status || status === 429 || status >= 500;
    /** Whether there is no such session, or not for this caller. */
    this.isNoSession = code === "session_not_found" || code === "invalid_session_token";
  }
}

/** What went wrong; no answer of the service where it is none that the service gave. @param {unknown} failure */
export const problemOf = failure => failure instanceof Problem ? failure : new Problem(0, "network");

/**
 * Milliseconds before the next try: doubled each time up to half a minute, and spread, so that callers do not return in step.
 * @param {number} failures @param {number} [seconds] that the service asks for; at most an hour, even if its clock is wrong
 */
export const pause = (failures, seconds = 0) =>
  Math.min(Math.max(seconds * 1000, Math.min(500 * 2 ** failures, 30_000)), 3_600_000) * (1 + Math.random() / 4);

/** @param {number} ms @param {AbortSignal} signal ends it early */
export const sleep = (ms, signal) => new Promise(done => {
  if (signal.aborted) return done(0);
  setTimeout(done, ms);
  signal.addEventListener("abort", done);
});

/** Aborts with the other signal, or when the time is over. Older browsers have no AbortSignal.any. @param {AbortSignal | undefined} signal @param {number} seconds */
function within(signal, seconds) {
  const controller = new AbortController(), abort = () => controller.abort();
  setTimeout(abort, seconds * 1000);
  signal?.aborted ? abort() : signal?.addEventListener("abort", abort);
  return controller.signal;
}

let asked = 0;
/** An address that was never asked for: caches between, such as a service worker of the page, have no answer to it. @param {string} address */
const unique = address => `${address}${address.includes("?") ? "&" : "?"}_=${Date.now()}.${asked++}`;

/** The identity of the visitor and its session: a customer by the platform's token, or a visitor by the token of its session. */
export class Identity {
  /** @type {string | null} */
  session = null;
  /** @type {string | null} The visitor's; beside a jwt that of a session which the account has still to take over. */
  token = null;

  /** @param {string | null} jwt @param {(jwt: string | null) => string} keyOf where the session is kept */
  constructor(jwt, keyOf) {
    this.jwt = jwt;
    this.keyOf = keyOf;
    this.read();
  }

  get key() {
    return this.keyOf(this.jwt);
  }

  /** Takes over what another tab, or an earlier page, has kept. */
  read() {
    this.session = shared.get(this.key)?.id;
    this.token = shared.get("session")?.token;
  }

  /** @param {string | null} [session] @param {string | null} [token] */
  keep(session, token) {
    if (this.jwt && this.token && !token) shared.set("session", null); // taken over
    this.session = session ?? null;
    this.token = token ?? null;
    const kept = shared.get(this.key);
    if (kept?.id !== session || kept?.token !== token) shared.set(this.key, session && { id: session, token });
  }
}

/**
 * Asks with the caller's credential in a header; never with the cookie, which browsers withhold from embedded pages.
 * @typedef {(path: string, options?: { body?: object, signal?: AbortSignal, headers?: Record<string, string>, seconds?: number, wants?: string }) => Promise<any>} Call
 * @param {string} base @param {Identity} identity @returns {Call} takes what is asked for as "GET history", and which field its answer has
 */
export const connect = (base, identity) => async (path, { body, signal, headers, seconds = 15, wants } = {}) => {
  const [method, address] = path.split(" "), { key } = identity;
  try {
    const answer = await fetch(base + (method === "GET" ? unique(address) : address), {
      method,
      credentials: "omit",
      signal: within(signal, seconds),
      headers: {
        ...(identity.jwt && { Authorization: `Bearer ${identity.jwt}` }),
        // Beside the other, for the account to take the visitor's session over.
        ...(identity.token && { "X-Chat-Session": identity.token }),
        ...(body && { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body && JSON.stringify(body),
    });
    const type = answer.headers.get("Content-Type") ?? "", content = type.includes("json") ? await answer.json() : await answer.text();
    if (identity.key !== key) throw 0; // somebody else sits here now, and this is not for their eyes
    // What answers in the service's place, such as a proxy's page of maintenance or a service worker that is offline, has not done it.
    if (answer.ok && (wants ? content[wants] == null : answer.status !== 204 && !type.includes(headers?.Accept ?? "json"))) throw 0;
    if (answer.ok) return content;
    const after = answer.headers.get("Retry-After") ?? ""; // seconds, or a date (RFC 9110, 10.2.3)
    const problem = new Problem(answer.status, content.code ?? "other", +after || (Date.parse(after) - Date.now()) / 1000 || 0);
    problem.errors = content.errors;
    throw problem;
  } catch (failure) {
    throw problemOf(failure);
  }
};

/**
 * Posts what the page says of itself. What the service refuses of it is left out from then on, because the visitor could not mend it.
 * @param {Call} call @param {() => Record<string, string | undefined>} details @param {(body: Record<string, string | undefined>) => void} told
 */
export function describer(call, details, told) {
  /** @type {Set<string>} */
  const left = new Set();
  return async function describe(/** @type {string} */ path) {
    const body = details();
    for (const name of left) delete body[name];
    try {
      const answer = await call(path, { body, wants: "sessionId" });
      told(body);
      return answer;
    } catch (problem) {
      const { errors = {} } = /** @type {Problem} */ (problem), refused = Object.keys(body).filter(name => errors[name]);
      if (!refused.length) throw problem;
      console.warn("The chat leaves out what the service refuses of this page:", ...refused.map(name => `${name} "${body[name]}". ${errors[name]}`));
      refused.forEach(name => left.add(name));
      return describe(path);
    }
  };
}

/** @typedef {"connecting" | "online" | "offline" | "reconnecting" | "expired"} Connection */

const PLAIN_FOR = 300_000, HIDDEN_LEAST = 5_000;

/**
 * Asks again and again: waiting at the service where that works, by its pace where something between cuts long requests off, and slower while
 * the tab is hidden. After sleep, a lost network or a hint it asks at once; what was missed comes by the cursor.
 * @param {(waits: boolean, signal: AbortSignal) => Promise<number>} step asks once; milliseconds until the next time
 * @param {(connection: Connection) => void} tell
 * @param {(problem: Problem) => boolean} goesOn whether to, after a refusal
 */
export function pulse(step, tell, goesOn) {
  let failures = 0, cuts = 0, plainUntil = 0;
  let abort = new AbortController();
  /** @type {object | null} The run that counts: one that was stopped may still be ending. */
  let current = null;

  /** @param {object} run */
  async function beat(run) {
    let isCut = false;
    while (current === run) {
      const { signal } = abort = new AbortController();
      const waits = !document.hidden && !failures && Date.now() > plainUntil;
      let delay;
      try {
        delay = await step(waits, signal);
        if (waits) cuts = 0;
        else if (isCut && ++cuts > 1) plainUntil = Date.now() + PLAIN_FOR;
        failures = 0;
        isCut = false;
        if (document.hidden) delay = Math.max(2 * delay, HIDDEN_LEAST);
        tell("online");
      } catch (failure) {
        if (signal.aborted) continue;
        const problem = problemOf(failure);
        if (!problem.isTransient && !goesOn(problem)) break;
        isCut = waits && problem.code === "network";
        delay = pause(failures++, problem.seconds);
        tell(navigator.onLine ? "reconnecting" : "offline");
      }
      await sleep(delay, signal);
    }
    if (current === run) current = null;
  }

  const wake = () => abort.abort();
  addEventListener("offline", wake);
  document.addEventListener("visibilitychange", wake);
  addEventListener("online", wake);
  return {
    /** Asks now, not later. */
    wake,
    start: () => current ? wake() : void beat(current = {}),
    stop() {
      current = null;
      wake();
    },
  };
}
