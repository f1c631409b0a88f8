// @ts-check
// Requests to the service, and what its refusals mean.

import { access } from "./access.js";
import { here } from "./here.js";

/** A refusal, or no answer at all, which has status 0. */
export class ApiError extends Error {
  /** @param {number} status @param {string} code @param {string} detail @param {number|null} retryAfter seconds */
  constructor(status, code, detail, retryAfter) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later. */
  get passes() {
    return this.status === 0 || this.status === 401 || this.status === 429 || this.status >= 500;
  }
}

const usual = 15_000;

/** @type {(token: string|null) => void} */
let onRefusedToken = () => {};

/** @param {(token: string|null) => void} listener hears which token was refused */
export function whenTokenIsRefused(listener) {
  onRefusedToken = listener;
}

/**
 * @param {string} method
 * @param {string} path below /api/v1
 * @param {unknown} [body]
 * @param {{ signal?: AbortSignal, timeout?: number, token?: string }} [options] timeout in ms
 * @returns {Promise<any>} the JSON, or null where there is none
 */
export async function call(method, path, body, options = {}) {
  const token = options.token ?? access.token;
  const limit = AbortSignal.timeout(options.timeout ?? usual);
  /** @type {Record<string, string>} */
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  if (body !== undefined) headers["content-type"] = "application/json";
  let response, json;
  try {
    response = await fetch(here(`../api/v1/${path}`), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit,
      cache: "no-store",
      credentials: "omit",
    });
    const text = await response.text();
    json = text.length > 0 && response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : null;
    // What answers in the service's place, such as a proxy's page of maintenance, has not done it.
    if (response.ok && response.status !== 204 && json === null) throw new TypeError("no JSON");
  } catch (e) {
    if (options.signal?.aborted) throw e;
    throw new ApiError(0, "no_answer", "The service does not answer.", null);
  }
  if (response.ok) return json;
  // Seconds, or a date (RFC 9110, 10.2.3).
  const asked = response.headers.get("retry-after") ?? "";
  const after = Number(asked) || (Date.parse(asked) - Date.now()) / 1000;
  if (response.status === 401 && options.token === undefined) onRefusedToken(token);
  throw new ApiError(response.status, json?.code ?? "", json?.detail ?? json?.title ?? `The service answered ${response.status}.`, after > 0 ? after : null);
}

/** An id of our own for a claim or a message, 32 hexadecimal digits. */
export const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

/** @param {number} ms @param {AbortSignal} [signal] ends the pause early */
export const pause = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve(undefined);
    }
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });

/** Doubling from one second to fifteen, spread by a quarter so that consoles do not come back in step. @param {number} failures @param {ApiError} [error] */
export const backoff = (failures, error) =>
  error?.retryAfter ? Math.min(error.retryAfter, 3600) * 1000 : Math.min(15_000, 1000 * 2 ** Math.max(0, failures - 1)) * (0.75 + Math.random() / 2);

/**
 * Repeats a request that is harmless to repeat until it is answered or refused for good.
 * @template T
 * @param {() => Promise<T>} attempt
 * @param {{ times?: number, onTrouble?: (error: ApiError) => void }} [options]
 * @returns {Promise<T>}
 */
export async function persistently(attempt, { times = 6, onTrouble } = {}) {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (e) {
      if (!(e instanceof ApiError) || !e.passes || e.status === 401 || failures >= times) throw e;
      onTrouble?.(e);
      await pause(backoff(failures, e));
    }
  }
}
