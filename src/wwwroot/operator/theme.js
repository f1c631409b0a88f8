// @ts-check
// Light or dark: as the system has it, unless the operator says otherwise.

const key = "intotes.operator.theme";

/** @returns {string} */
export const theme = () => localStorage.getItem(key) ?? "system";

/** @param {string} wanted */
export function setTheme(wanted) {
  localStorage.setItem(key, wanted);
  apply();
}

function apply() {
  const wanted = theme();
  document.documentElement.style.colorScheme = wanted === "light" || wanted === "dark" ? wanted : "";
}

apply();
