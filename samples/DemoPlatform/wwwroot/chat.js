// @ts-check
// What a platform does to have the support chat on its pages: one script, and a word on who is signed in.
import { el } from "./view.js";

const DESK = "dana";
const chats = /** @type {any} */ (window);

/** @param {string} chatBaseUrl where the chat service is, which is another origin than this page's */
export function embedChat(chatBaseUrl) {
  const script = document.createElement("script");
  script.src = `${chatBaseUrl}/widget.js`;
  script.async = true;
  document.head.append(script);
}

/** Tells the chat who is signed in, now or when it has come. @param {string | null} token null: nobody */
export const identify = token => (chats.IntotesChat ??= []).push((/** @type {any} */ chat) => chat.identify(token));

/**
 * Opens the operator console signed in: the console takes the token from the fragment, which no server sees, and removes it.
 * @param {{ chatBaseUrl: string, people: { id: string, name: string, role: string | null }[] }} site
 * @param {{ id: string, role: string | null } | undefined} chosen @param {(path: string) => Promise<Response>} get
 */
export async function consoleLink({ chatBaseUrl, people }, chosen, get) {
  const staff = people.find(person => person.id === (chosen?.role ? chosen.id : DESK));
  if (!staff) return "";
  const token = await get(`/token/${staff.id}`).then(answer => answer.text());
  const link = el("a", "console", `Open the operator console as ${staff.name.split(" ")[0]}`);
  link.setAttribute("href", `${chatBaseUrl}/operator#token=${token}`);
  link.setAttribute("target", "_blank");
  link.setAttribute("rel", "noopener");
  return link;
}
