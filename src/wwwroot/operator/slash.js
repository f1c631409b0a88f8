// @ts-check
// Canned replies by "/" at the beginning of what is written: filter, choose by arrow keys, take by Enter.

/** @import { CannedReply } from "./types.js" */
import { call } from "./api.js";
import { desk } from "./desk.js";
import { h, reconcile, setAttribute, setText } from "./dom.js";

const most = 8;

/** Asks for them anew; what is at hand is used meanwhile. @returns {Promise<boolean>} whether others came */
export async function refreshReplies() {
  try {
    /** @type {{ cannedReplies: CannedReply[] }} */
    const answer = await call("GET", "operator/canned-replies");
    const isNews = JSON.stringify(answer.cannedReplies) !== JSON.stringify(desk.replies);
    desk.replies = answer.cannedReplies;
    return isNews;
  } catch {
    return false; // Those at hand still do.
  }
}

/** @param {CannedReply} reply @param {string} visitorName */
export function fill(reply, visitorName) {
  const operatorName = desk.presence?.operator.name ?? "";
  // Functions, because names may hold what String.replace takes for a pattern; and both at once, because a name may hold the other's placeholder.
  return reply.text.replace(/\{\{(visitor|operator)\.name\}\}/g, (_, whose) => (whose === "visitor" ? visitorName : operatorName));
}

/** @param {CannedReply[]} replies @param {string} typed what stands behind the slash */
export function matching(replies, typed) {
  const wanted = typed.toLowerCase();
  const rank = (/** @type {CannedReply} */ r) => (r.shortcut.startsWith(wanted) ? 0 : r.shortcut.includes(wanted) ? 1 : r.text.toLowerCase().includes(wanted) ? 2 : 3);
  return replies.filter((r) => rank(r) < 3).sort((a, b) => rank(a) - rank(b) || a.shortcut.localeCompare(b.shortcut)).slice(0, most);
}

/**
 * @param {HTMLTextAreaElement} input
 * @param {(reply: CannedReply) => void} onTaken
 */
export function buildSlash(input, onTaken) {
  const list = h("ul", { class: "slash", role: "listbox", id: "slash", "aria-label": "Canned replies", hidden: true });
  const count = h("p", { class: "unseen", role: "status" });
  /** @type {CannedReply[]} */
  let found = [];
  let at = 0;
  /** Whether a slash stands at the beginning, since when others' replies were asked for. */
  let isLooking = false;

  function draw() {
    list.hidden = found.length === 0;
    reconcile(list, found, (r) => `${r.shortcut}\n${r.text}`,
      (r) => h("li", { role: "option", id: `slash-${r.shortcut}`, onmousedown: (/** @type {MouseEvent} */ e) => { e.preventDefault(); take(r); } },
        h("b", {}, `/${r.shortcut}`), h("span", { dir: "auto" }, r.text)),
      (element, r) => setAttribute(element, "aria-selected", String(r === found[at])));
    setAttribute(input, "aria-activedescendant", found[at] ? `slash-${found[at].shortcut}` : null);
    setAttribute(input, "aria-controls", found.length > 0 ? "slash" : null);
    list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }

  /** @param {CannedReply} reply */
  function take(reply) {
    close();
    onTaken(reply);
  }

  function close() {
    found = [];
    setText(count, "");
    draw();
  }

  return {
    list, count, close,
    get isOpen() {
      return found.length > 0;
    },
    /** What is written has changed. */
    look() {
      const typed = /^\/([^\s]*)$/.exec(input.value);
      if (!typed) {
        isLooking = false;
        if (found.length > 0) close();
        return;
      }
      if (!isLooking) void refreshReplies().then((isNews) => isNews && this.look());
      isLooking = true;
      found = matching(desk.replies, typed[1]);
      at = 0;
      setText(count, found.length === 0 ? "No canned reply begins so." : `${found.length} canned replies; arrow keys choose, Enter takes.`);
      draw();
    },
    /** Whether the key was for the list. @param {KeyboardEvent} event */
    key(event) {
      if (found.length === 0) return false;
      switch (event.key) {
        case "ArrowDown": at = (at + 1) % found.length; break;
        case "ArrowUp": at = (at + found.length - 1) % found.length; break;
        case "Enter": case "Tab": take(found[at]); return true;
        case "Escape": close(); return true;
        default: return false;
      }
      draw();
      return true;
    },
  };
}
