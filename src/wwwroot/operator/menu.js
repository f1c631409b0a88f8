// @ts-check
// The menu: what is seldom wanted, and where else to go.

import { attention } from "./attention.js";
import { byId, h, replace } from "./dom.js";
import { here } from "./here.js";
import { manageReplies } from "./replies.js";
import { addView } from "./render.js";
import { showShortcuts } from "./shortcuts.js";
import { signOut } from "./signin.js";
import { setTheme, theme } from "./theme.js";

const menu = byId("menu");

/** @param {() => void} run */
const closing = (run) => () => {
  menu.hidePopover();
  run();
};

/** @param {string} text @param {() => void} run */
const entry = (text, run) => h("button", { type: "button", class: "row", onclick: closing(run) }, text);

/** @param {string} text @param {string} href */
const goTo = (text, href) => h("a", { class: "row", href, target: "_blank", rel: "noopener" }, text);

let drawn = "";

function draw() {
  const look = `${attention.notifications} ${attention.sound} ${theme()}`;
  if (look === drawn) return;
  drawn = look;
  const themes = h("select", { id: "theme", onchange: () => setTheme(themes.value) },
    ...[["system", "As the system"], ["light", "Light"], ["dark", "Dark"]].map(([value, text]) => h("option", { value, selected: value === theme() }, text)));
  replace(menu,
    entry("Canned replies …", () => void manageReplies()),
    entry("Keyboard shortcuts …", showShortcuts),
    h("hr"),
    attention.notifications === "granted" ? h("p", { class: "row hint" }, "Desktop notifications are on")
      : attention.notifications === "default" ? entry("Allow desktop notifications", () => void attention.askForNotifications())
      : h("p", { class: "row hint" }, "The browser does not allow notifications"),
    h("label", { class: "row check" }, h("input", { type: "checkbox", checked: attention.sound, onchange: () => (attention.sound = !attention.sound) }), "Sound"),
    h("div", { class: "row" }, h("label", { for: "theme" }, "Colours"), themes),
    h("hr"),
    goTo("API reference", here("../docs")), goTo("Process health", here("../health/live")), goTo("Readiness", here("../health/ready")),
    h("hr"),
    entry("Sign out", signOut));
}

addView(draw);
