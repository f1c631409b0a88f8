// @ts-check
// Light or dark: as the system has it, unless the operator says otherwise.

import { shared } from "./storage.js";

const key = "intotes.operator.theme";

/** @returns {string} */
export const theme = () => shared.get(key) ?? "system";

/** @param {string} wanted */
export function setTheme(wanted) {
  shared.set(key, wanted);
  apply();
}

function apply() {
  const wanted = theme();
  document.documentElement.style.colorScheme = wanted === "light" || wanted === "dark" ? wanted : "";
}

apply();
