// @ts-check
// The actions of an operator on a whole conversation.

/** @import { Conversation } from "./conversation.js" */
/** @import { Colleague } from "./types.js" */
import { call, persistently } from "./api.js";
import { desk } from "./desk.js";
import { field, openForm, toast } from "./dialogs.js";
import { h, icon, replace } from "./dom.js";
import { changed } from "./render.js";
import { clean, cleanLine, limited } from "./text.js";

/** @type {WeakMap<Element, string>} */
const drawn = new WeakMap();

/** @param {Element} bar @param {Conversation} conversation */
export function actionBar(bar, conversation) {
  const look = `${conversation.id} ${conversation.isMine}`;
  if (drawn.get(bar) === look) return;
  drawn.set(bar, look);
  if (!conversation.isMine) return replace(bar);
  replace(bar,
    button("Hand over", "transfer", () => transfer(conversation)),
    button("Put back", "release", () => release(conversation)),
    button("Block", "block", () => block(conversation)),
    button("Close", "check", () => closeConversation(conversation), "primary"));
}

/** @param {string} text @param {string} symbol @param {() => void} onclick @param {string} [kind] */
const button = (text, symbol, onclick, kind = "quiet") => h("button", { type: "button", class: kind, onclick, title: text }, icon(symbol), h("span", {}, text));

/** These may be repeated: the second finds done what the first did. @param {Conversation} conversation @param {string} action @param {unknown} body */
const act = (conversation, action, body) => persistently(() => call("POST", `operator/sessions/${conversation.id}/${action}`, body), { times: 4 });

/** @param {Conversation} conversation @param {"closed"|"lost"} status */
function over(conversation, status) {
  conversation.status = status;
  conversation.settledAt = performance.now();
  conversation.typing = false;
  conversation.unread = 0;
  conversation.version++;
  changed();
}

/** @param {Conversation} conversation */
export function closeConversation(conversation) {
  openForm("Close the conversation", {
    fields: [field("Reason", limited(h("input", { name: "reason", dir: "auto", autocomplete: "off" }), 500), "Optional. For operators' lists only; the visitor does not see it.")],
    action: "Close the conversation",
    submit: async (data) => {
      await act(conversation, "close", { reason: cleanLine(String(data.get("reason"))) || null });
      over(conversation, "closed");
      toast(`The conversation with ${conversation.name} is closed.`);
    },
  });
}

/** @param {Conversation} conversation */
export function release(conversation) {
  openForm("Put back into the queue", {
    fields: [h("p", {}, "The visitor returns to the front of the queue, and the time of the first call is kept.")],
    action: "Put back",
    submit: async () => {
      await act(conversation, "release", {});
      over(conversation, "lost");
    },
  });
}

/** @param {Conversation} conversation */
export function block(conversation) {
  const minutes = h("select", { name: "minutes" },
    ...[["60", "1 hour"], ["1440", "1 day"], ["10080", "7 days"], ["43200", "30 days"], ["0", "Not any more (lift a block)"]].map(([value, text]) => h("option", { value }, text)));
  openForm("Block this visitor?", {
    fields: [
      h("p", {}, conversation.session?.visitor.kind === "account"
        ? "The customer can neither write nor begin a conversation, wherever it signs in. It can still read."
        : "The visitor can neither write nor begin a conversation with this session. It can still read."),
      field("For", minutes)],
    action: "Block",
    danger: true,
    submit: async (data) => {
      const length = Number(data.get("minutes"));
      await act(conversation, "block", { minutes: length });
      toast(length === 0 ? `${conversation.name} may write again.` : `${conversation.name} is blocked.`);
    },
  });
}

/** @param {Conversation} conversation */
export function transfer(conversation) {
  const to = h("select", { name: "to", required: true }, h("option", { value: "" }, "Choose …"));
  const departments = desk.presence?.allDepartments ?? [];
  to.append(h("optgroup", { label: "Queue of a department" }, ...departments.map((d) => h("option", { value: `d:${d}` }, d))));
  void colleagues().then((all) => {
    const others = all.filter((c) => c.id !== desk.presence?.operator.id && c.online);
    if (others.length > 0) {
      to.append(h("optgroup", { label: "Operator" }, ...others.map((c) =>
        h("option", { value: `o:${c.id}`, disabled: c.held >= c.capacity }, `${c.name} (${c.held} of ${c.capacity})`))));
    }
  });
  openForm("Hand over", {
    fields: [
      field("To", to),
      field("Note", limited(h("textarea", { name: "note", rows: 3, dir: "auto" })), "Optional. For the operator who takes over. The visitor does not see it.")],
    action: "Hand over",
    submit: async (data) => {
      const [kind, name] = [String(data.get("to")).slice(0, 1), String(data.get("to")).slice(2)];
      await act(conversation, "transfer", { [kind === "o" ? "operatorId" : "department"]: name, note: clean(String(data.get("note"))) || null });
      over(conversation, "lost");
      toast(`${conversation.name} was handed over.`);
    },
  });
}

/** @returns {Promise<Colleague[]>} */
export async function colleagues() {
  try {
    return (await call("GET", "operator/operators")).operators;
  } catch {
    return [];
  }
}
