// @ts-check
// One loop that asks for everything new, for as long as somebody is signed in.

/** @import { PollAnswer, Call } from "./types.js" */
import { ApiError, call, pause } from "./api.js";
import { compareClocks, everySecond } from "./clock.js";
import { connection, recover, setLine, untilHurry } from "./connection.js";
import { desk } from "./desk.js";
import { changed } from "./render.js";

/** Seconds; shorter while a visitor writes, because that ends without a word. */
const [longest, whileTyping] = [25, 5];
/** Pause (ms) after news, so that a busy desk asks for many things at once instead of each. */
const gather = 250;

/** @type {AbortController|null} */
let running = null;

export function startPolling() {
  stopPolling();
  running = new AbortController();
  void poll(running.signal);
}

export function stopPolling() {
  running?.abort();
  running = null;
}

/** @param {AbortSignal} end */
async function poll(end) {
  /** @type {string|null} */
  let cursor = null;
  let failures = 0;
  while (!end.aborted) {
    const hurry = untilHurry();
    const isTyping = [...desk.conversations.values()].some((c) => c.typing);
    const query = cursor === null ? "" : `?after=${cursor}&wait=${isTyping ? whileTyping : longest}`;
    const started = performance.now();
    try {
      /** @type {PollAnswer} */
      const answer = await call("GET", `operator/poll${query}`, undefined, { signal: AbortSignal.any([end, hurry]), timeout: (longest + 10) * 1000 });
      if (end.aborted) return;
      const isNews = cursor !== answer.cursor;
      cursor = answer.cursor;
      failures = 0;
      setLine("online");
      desk.apply(answer, started);
      void refreshCalls();
      // A node that is about to stop lets nobody wait; asking it without pause would help neither.
      const isHasty = !isNews && performance.now() - started < 1000;
      await pause(answer.nextPollMs === 0 ? 0 : isHasty ? answer.nextPollMs : gather, hurry);
    } catch (e) {
      if (end.aborted) return;
      if (hurry.aborted && !(e instanceof ApiError)) continue;
      if (!(e instanceof ApiError)) reportError(e);
      // A fault of the page's own must not end the polls, nor what it kept from being shown be lost: begun anew, they tell everything again.
      const trouble = e instanceof ApiError ? e : new ApiError(0, "fault", String(e), null);
      if (trouble.status === 401) return;
      if (trouble.code === "invalid_cursor" || trouble.code === "fault") cursor = null;
      await recover(trouble, ++failures);
    }
  }
}

/** So many of those who wait are shown. */
export const mostCalls = 100;
/** How long (ms) a list of calls may be shown: one that a colleague takes, or that comes as another goes, wakes no poll of ours. */
const fresh = 3000;

let refreshedAt = 0;
let isAsking = false;
let isStale = false;

/** The waiting calls; one request at a time, and one more where something changed meanwhile. */
export async function refreshCalls() {
  isStale = true;
  if (isAsking) return;
  isAsking = true;
  try {
    while (isStale) {
      isStale = false;
      if (desk.waiting === 0 && desk.calls.length === 0) break;
      /** @type {{ calls: Call[] }} */
      const { calls } = await call("GET", `operator/calls?limit=${mostCalls}`);
      const served = desk.presence?.departments ?? [];
      desk.calls = served.length === 0 ? calls : calls.filter((c) => served.includes(c.department));
      refreshedAt = Date.now();
      if (calls.length > 0) compareClocks(calls[0].calledAt, calls[0].waitedSeconds);
      changed();
    }
  } catch {
    // The poll notices the same trouble and says so.
  } finally {
    isAsking = false;
  }
}

everySecond(() => {
  if (desk.calls.length + desk.waiting > 0 && connection.line === "online" && Date.now() - refreshedAt > fresh) void refreshCalls();
});
