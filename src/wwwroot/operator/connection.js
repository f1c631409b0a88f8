// @ts-check
// How the line to the service stands.

import { changed } from "./render.js";
import { ApiError, backoff, pause } from "./api.js";
import { afterSleep } from "./clock.js";

/** @typedef {"connecting"|"online"|"reconnecting"|"offline"|"signed-out"} Line */

export const connection = {
  /** @type {Line} */
  line: "connecting",
  /** When the next attempt comes, ms since the epoch. */
  retryAt: 0,
  reason: "",
};

let hurry = new AbortController();

/** Tries again now, and drops an attempt that may hang. */
export function retryNow() {
  hurry.abort();
  hurry = new AbortController();
}

/** Ends with the hurry of this moment. */
export const untilHurry = () => hurry.signal;

/** @param {Line} line @param {string} [reason] @param {number} [retryAt] */
export function setLine(line, reason = "", retryAt = 0) {
  if (connection.line === line && connection.reason === reason && connection.retryAt === retryAt) return;
  Object.assign(connection, { line, reason, retryAt });
  changed();
}

/** Says what is wrong, and waits before the next attempt. @param {ApiError} error @param {number} failures */
export async function recover(error, failures) {
  const delay = backoff(failures, error);
  const reason = error.status === 429 ? "The service asks for a pause."
    : error.status === 503 ? "The service has trouble with its storage."
    : error.status > 0 ? error.message
    : "The service does not answer.";
  setLine(navigator.onLine ? "reconnecting" : "offline", reason, Date.now() + delay);
  await pause(delay, hurry.signal);
}

addEventListener("online", retryNow);
addEventListener("offline", () => setLine("offline", "This computer has no network."));
afterSleep(retryNow);
