// @ts-check
// How the visitor's messages go out.
import { pause, problemOf, sleep } from "./service.js";
import { own } from "./storage.js";

/** @typedef {import("./messages.js").Unsent} Unsent @typedef {import("./service.js").Identity} Identity */

/**
 * Sends messages one after the other, each under one id until the service has answered, so that a lost answer never doubles one. They outlast a reload.
 * @param {Identity} identity whose they are @param {(item: Unsent) => Promise<void>} post @param {() => void} changed
 */
export function outbox(identity, post, changed) {
  const stored = () => `unsent:${identity.key}`;
  /** What an earlier page left; the page may have put something else in its place. @returns {Unsent[]} */
  const left = () => [own.get(stored())].flat().filter(item => item?.clientMessageId && item.text?.trim && Date.parse(item.sentAt));
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
        const problem = problemOf(failure);
        item.failed = !problem.isTransient || failures > 1;
        if (!problem.isTransient) item.refused = problem.code;
        changed();
        if (problem.isTransient) await sleep(pause(failures++, problem.seconds), abort.signal);
      }
    }
    isBusy = false;
  }

  const box = {
    items: left(),

    /** @param {Unsent[]} items what is left to be sent */
    keep(items) {
      box.items = items;
      own.set(stored(), items[0] && items);
      changed();
    },

    /** @param {Unsent[]} items what goes along to another identity */
    move: items => box.keep([...left(), ...items]),

    /** @param {string} text */
    add(text) {
      box.keep([...box.items, { clientMessageId: `${Date.now()}.${Math.random()}`, text, sentAt: new Date().toISOString() }]);
      box.flush();
    },

    /** Tries now; one that was refused only when it is named. @param {Unsent} [item] */
    flush(item) {
      if (item) {
        item.failed = item.refused = undefined;
        changed();
      }
      abort.abort();
      if (!isBusy) send();
    },
  };
  return box;
}
