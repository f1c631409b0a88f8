// @ts-check
// The canned replies: which there are, and writing them.

/** @import { CannedReply } from "./types.js" */
import { call } from "./api.js";
import { desk } from "./desk.js";
import { field, openDialog, openForm, toastError } from "./dialogs.js";
import { h, replace } from "./dom.js";
import { refreshReplies } from "./slash.js";
import { clean, limited } from "./text.js";

export async function manageReplies() {
  const { body } = openDialog("Canned replies", { wide: true });
  const draw = () => replace(body,
    h("p", { class: "hint" }, "Type / and the shortcut where you write. {{visitor.name}} and {{operator.name}} are filled in. All operators share them."),
    desk.replies.length === 0 ? h("p", { class: "none" }, "There are none yet.") : h("ul", { class: "replies" }, ...desk.replies.map(row)),
    h("footer", {}, h("button", { type: "button", class: "primary", onclick: () => edit(null, again) }, "Add a reply")));
  const again = async () => {
    await refreshReplies();
    draw();
  };
  /** @param {CannedReply} reply */
  const row = (reply) => h("li", {},
    h("b", {}, `/${reply.shortcut}`),
    h("p", { class: "text", dir: "auto" }, reply.text),
    h("button", { type: "button", class: "quiet", "aria-label": `Edit ${reply.shortcut}`, onclick: () => edit(reply, again) }, "Edit"),
    h("button", { type: "button", class: "quiet", "aria-label": `Delete ${reply.shortcut}`, onclick: () => remove(reply, again) }, "Delete"));
  draw();
  await again();
}

/** @param {CannedReply|null} known @param {() => Promise<void>} then */
function edit(known, then) {
  const shortcut = h("input", { name: "shortcut", required: true, pattern: "[a-z0-9\\-]{1,32}", maxlength: 32, autocomplete: "off", value: known?.shortcut ?? "", readonly: known !== null });
  const text = limited(h("textarea", { name: "text", required: true, rows: 5, dir: "auto" }, known?.text ?? ""));
  openForm(known ? "Edit the reply" : "Add a reply", {
    fields: [field("Shortcut", shortcut, "1 to 32 of a-z, 0-9 and -"), field("Text", text)],
    action: "Save",
    submit: async (data) => {
      const reply = { shortcut: String(data.get("shortcut")), text: clean(String(data.get("text"))) };
      if (known) await call("PUT", `operator/canned-replies/${encodeURIComponent(reply.shortcut)}`, { text: reply.text });
      else await call("POST", "operator/canned-replies", reply);
      await then();
    },
  });
}

/** @param {CannedReply} reply @param {() => Promise<void>} then */
function remove(reply, then) {
  openForm(`Delete /${reply.shortcut}?`, {
    fields: [h("p", { dir: "auto" }, reply.text)],
    action: "Delete",
    danger: true,
    submit: async () => {
      await call("DELETE", `operator/canned-replies/${encodeURIComponent(reply.shortcut)}`).catch(toastError);
      await then();
    },
  });
}
