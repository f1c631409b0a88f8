// @ts-check
// The service, as one caller sees it: who that is, what is kept of it in the browser, and how it is asked.

const PREFIX = "intotes-chat:";

/** @param {() => Storage} area may be forbidden; then nothing outlives the page */
const storage = area => ({
  /** @param {string} key @returns {any} */
  get(key) {
    try {
      return JSON.parse(area().getItem(PREFIX + key) ?? "null");
    } catch {
      return null;
    }
  },
  /** @param {string} key @param {unknown} value null takes it out */
  set(key, value) {
    try {
      value == null ? area().removeItem(PREFIX + key) : area().setItem(PREFIX + key, JSON.stringify(value));
    } catch { /* see above */ }
  },
});

/** What all tabs share. */
export const shared = storage(() => localStorage);

/** What is this tab's own, and outlasts a reload. */
export const own = storage(() => sessionStorage);

/** Tells what another tab has changed. @param {(key: string) => void} handler */
export const onShared = handler => addEventListener("storage", ({ key }) => key?.startsWith(PREFIX) && handler(key.slice(PREFIX.length)));

/** What the service refused; status 0 where it was not reached. */
export class Problem extends Error {
  /** @param {number} status @param {string} code @param {number} [seconds] after which to try again */
  constructor(status, code, seconds = 0) {
    super(code);
    this.code = code;
    this.seconds = seconds;
    /** Whether the same request may succeed later. */
    this.isTransient = !status || status === 429 || status >= 500;
    /** Whether there is no such session, or not for this caller. */
    this.isNoSession = code === "session_not_found" || code === "invalid_session_token";
  }
}

/**
 * Milliseconds before the next try: doubled each time up to half a minute, and spread, so that callers do not return in step.
 * @param {number} failures @param {Problem} problem
 */
export const pause = (failures, problem) =>
  Math.max(problem.seconds * 1000, Math.min(500 * 2 ** failures, 30_000)) * (1 + Math.random() / 4);

/** @param {number} ms @param {AbortSignal} signal ends it early */
export const sleep = (ms, signal) => new Promise(done => {
  if (signal.aborted) return done(0);
  setTimeout(done, ms);
  signal.addEventListener("abort", done);
});

/** Who talks, and in which session: a customer by the platform's token, or a visitor by the token of its session. */
export class Identity {
  /** @type {string | null} */
  session = null;
  /** @type {string | null} The visitor's; beside a jwt that of a session which the account has still to take over. */
  token = null;

  /** @param {string | null} jwt */
  constructor(jwt) {
    this.jwt = jwt;
    this.read();
  }

  /** Where the session is kept: for each account, so that tabs of different people leave each other's alone. */
  get key() {
    return this.jwt ? `account:${subject(this.jwt)}` : "session";
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

/** @param {string} jwt */
function subject(jwt) {
  try {
    return JSON.parse(atob(jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub;
  } catch {
    return jwt;
  }
}

/**
 * Asks with the caller's credential in a header; never with the cookie, which browsers withhold from embedded pages.
 * @typedef {(path: string, options?: { body?: object, signal?: AbortSignal, headers?: object, seconds?: number }) => Promise<any>} Call
 * @param {string} base @param {Identity} identity @returns {Call} takes what is asked for as "GET history"
 */
export const connect = (base, identity) => async (path, { body, signal, headers, seconds = 15 } = {}) => {
  const [method, address] = path.split(" ");
  const timeout = AbortSignal.timeout(seconds * 1000);
  try {
    const answer = await fetch(base + address, {
      method,
      credentials: "omit",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      headers: {
        ...(identity.jwt && { Authorization: `Bearer ${identity.jwt}` }),
        // Beside the other, for the account to take the visitor's session over.
        ...(identity.token && { "X-Chat-Session": identity.token }),
        ...(body && { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body && JSON.stringify(body),
    });
    const content = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : await answer.text();
    if (answer.ok) return content;
    throw new Problem(answer.status, content.code ?? "other", +(answer.headers.get("Retry-After") ?? 0));
  } catch (failure) {
    throw failure instanceof Problem ? failure : new Problem(0, "network");
  }
};
