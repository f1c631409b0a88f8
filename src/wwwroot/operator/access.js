// @ts-check
// The platform's token: from the address or a field, kept for this tab only.

import { tab } from "./storage.js";

const kept = "intotes.operator.token";
const keptMark = "intotes.operator.mark";

/** @typedef {{ sub?: string, name?: string, exp?: number }} Claims */

/**
 * What a token says of itself: for showing only, because the service decides whether it is good. Null when it is no JWT (RFC 7519).
 * @param {string} token
 * @returns {Claims|null}
 */
export function claimsOf(token) {
  const parts = token.split(".");
  if (parts.length !== 3) return null;
  try {
    const bytes = Uint8Array.from(atob(parts[1].replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" ? claims : null;
  } catch {
    return null;
  }
}

/** The token of the fragment `#token=...`, which is taken out of the address and its history entry at once. */
export function takeFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token !== null) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

/** A script that can read it can act as the operator, so it is kept for the tab only. */
export const access = {
  /** @returns {string|null} */
  get token() {
    return tab.get(kept);
  },
  /** @param {string|null} token */
  set token(token) {
    tab.set(kept, token);
  },
  /** What the operator's last sign-out in this browser had left when this tab signed in. */
  get mark() {
    return tab.get(keptMark) ?? "";
  },
  /** @param {string} mark */
  set mark(mark) {
    tab.set(keptMark, mark);
  },
};
