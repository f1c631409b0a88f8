// @ts-check
// The operator's presence: online or away, how many conversations at once, which departments.

/** @import { Presence } from "./types.js" */
import { call, persistently } from "./api.js";
import { connection, retryNow } from "./connection.js";
import { everySecond } from "./clock.js";
import { desk } from "./desk.js";
import { field, openForm } from "./dialogs.js";
import { byId, h, setText } from "./dom.js";
import { refreshCalls } from "./poller.js";
import { addView, changed } from "./render.js";

const chip = byId("presence", HTMLButtonElement);
const line = byId("connection");
const retry = byId("retry");

/** Asks who we are, and says what is to change. @param {Partial<Pick<Presence, "status"|"capacity"|"departments">>} change @param {string} [token] @returns {Promise<Presence>} */
export const tellPresence = (change, token) => call("PUT", "operator/presence", change, { token });

export function editPresence() {
  const known = desk.presence;
  if (!known) return;
  const status = h("select", { name: "status" },
    ...[["online", "Online: calls and handovers may come"], ["away", "Away: nothing is handed over to me"]].map(([value, text]) => h("option", { value, selected: known.status === value }, text)));
  const capacity = h("input", { type: "number", name: "capacity", min: 1, max: 50, required: true, value: known.capacity });
  openForm("Presence", {
    fields: [
      h("p", { class: "hint" }, "Signed in as ", h("bdi", {}, known.operator.name ?? known.operator.id), known.supervisor ? ", supervisor" : ", operator"),
      field("I am", status),
      field("Conversations at once", capacity, "1 to 50"),
      h("fieldset", { class: "field" }, h("legend", {}, "Departments"),
        ...known.allDepartments.map((d) => h("label", { class: "check" },
          h("input", { type: "checkbox", name: "department", value: d, checked: known.departments.length === 0 || known.departments.includes(d) }), d))),
    ],
    action: "Save",
    submit: async (data) => {
      const chosen = data.getAll("department").map(String);
      const change = {
        status: /** @type {"online"|"away"} */ (data.get("status")),
        capacity: Number(data.get("capacity")),
        // All and none are the same: departments that come later are served too.
        departments: chosen.length === known.allDepartments.length ? [] : chosen,
      };
      desk.presence = await persistently(() => tellPresence(change), { times: 3 });
      void refreshCalls();
      changed();
    },
  });
}

function draw() {
  const { presence } = desk;
  chip.hidden = presence === null;
  if (presence) {
    chip.dataset.status = presence.status;
    setText(chip, `${presence.operator.name ?? presence.operator.id} · ${presence.status === "online" ? "Online" : "Away"}`);
    chip.title = "Presence, capacity and departments";
  }
  drawLine();
}

const words = { connecting: "Connecting …", online: "Connected", reconnecting: "Reconnecting", offline: "Offline", "signed-out": "Signed out" };

function drawLine() {
  const isTrying = connection.line === "reconnecting" || connection.line === "offline";
  line.dataset.line = connection.line;
  const shown = line.firstElementChild ?? line.appendChild(h("span"));
  setText(shown, words[connection.line] + (isTrying && connection.reason ? `: ${connection.reason}` : ""));
  // The countdown is for the eyes; read out each second it would be a nuisance.
  const countdown = shown.nextElementSibling ?? line.appendChild(h("span", { "aria-hidden": "true" }));
  const seconds = Math.ceil((connection.retryAt - Date.now()) / 1000);
  setText(countdown, isTrying ? (seconds > 0 ? ` Again in ${seconds} s` : " Trying …") : "");
  retry.hidden = !isTrying;
}

chip.addEventListener("click", editPresence);
retry.addEventListener("click", retryNow);
everySecond(drawLine);
addView(draw);
