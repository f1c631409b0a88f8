// @ts-check
// How messages come and go: the pulse asks for new ones, the outbox sends one's own.
import { own, pause, Problem, sleep } from "./service.js";

/** @typedef {import("./messages.js").Unsent} Unsent @typedef {"connecting" | "online" | "offline" | "reconnecting" | "expired"} Connection */

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
        const problem = /** @type {Problem} */ (failure);
        if (!problem.isTransient && !goesOn(problem)) break;
        isCut = waits && problem.code === "network";
        delay = pause(failures++, problem);
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

/**
 * Sends messages one after the other, each under one id until the service has answered, so that a lost answer never doubles one. They outlast a reload.
 * @param {(item: Unsent) => Promise<void>} post @param {() => void} changed
 */
export function outbox(post, changed) {
  let isBusy = false;
  let abort = new AbortController();

  async function send() {
    isBusy = true;
    let failures = 0;
    for (let item; (item = box.items.find(waiting => !waiting.refused)); ) {
      abort = new AbortController();
      try {
        await post(item);
        failures = 0;
      } catch (failure) {
        const problem = /** @type {Problem} */ (failure);
        item.failed = !problem.isTransient || failures > 1;
        if (!problem.isTransient) item.refused = problem.code;
        changed();
        if (problem.isTransient) await sleep(pause(failures++, problem), abort.signal);
      }
    }
    isBusy = false;
  }

  const box = {
    /** @type {Unsent[]} */
    items: own.get("unsent") ?? [],

    /** @param {Unsent[]} items what is left to be sent */
    keep(items) {
      own.set("unsent", items.length ? box.items = items : (box.items = [], null));
      changed();
    },

    /** @param {string} text */
    add(text) {
      box.keep([...box.items, { clientMessageId: `${Date.now()}.${Math.random()}`, text, sentAt: new Date().toISOString() }]);
      box.flush();
    },

    /** Tries now; one that was refused only when it is named. @param {Unsent} [item] */
    flush(item) {
      if (item) item.failed = item.refused = undefined;
      abort.abort();
      if (!isBusy) send();
    },
  };
  return box;
}
