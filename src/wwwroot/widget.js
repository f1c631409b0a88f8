// @ts-check
// The one line that a page embeds. It shows the launcher; the rest is loaded when the visitor opens the chat, or has left one going.
(() => {
  const page = /** @type {any} */ (window);
  const early = page.IntotesChat;
  if (early?.open) return;
  const script = /** @type {HTMLScriptElement} */ (document.currentScript), data = script.dataset;
  const base = new URL(".", script.src).href;
  /** @type {Record<string, string>} */
  const labels = { en: "Chat with us", de: "Chatten Sie mit uns", es: "Chatee con nosotros", ar: "تحدث معنا", ja: "チャットで相談する" };
  const wanted = data.locale || document.documentElement.lang || navigator.language;
  const language = wanted.split("-")[0].toLowerCase();
  const known = language in labels ? language : "en";

  const host = document.createElement("intotes-chat");
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; color-scheme: light dark; position: fixed; z-index: var(--chat-z-index, 2147483000);
      inset-block-end: var(--chat-bottom, 20px); inset-inline-end: var(--chat-side, 20px);
      --accent: var(--chat-accent, light-dark(#0b6e5f, #3fc2a7)); --on-accent: var(--chat-on-accent, light-dark(#fff, #06231d)); }
    .launcher { width: 60px; height: 60px; padding: 16px; border: 0; border-radius: 50%; cursor: pointer; background: var(--accent); color: var(--on-accent);
      box-shadow: 0 4px 20px #0005; }
    .launcher:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
    svg { fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }`);
  shadow.adoptedStyleSheets = [sheet];

  /** @param {string} path in a square of 24 */
  function icon(path) {
    const [svg, shape] = ["svg", "path"].map(name => document.createElementNS("http://www.w3.org/2000/svg", name));
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.ariaHidden = "true";
    shape.setAttribute("d", path);
    svg.append(shape);
    return svg;
  }

  const launcher = document.createElement("button");
  launcher.className = "launcher";
  launcher.ariaLabel = data.label || labels[known];
  launcher.ariaExpanded = "false";
  launcher.append(icon("M12 3.5a8.5 8 0 0 0-7.3 12.1L3.5 20.5l5-1.3A8.5 8 0 1 0 12 3.5ZM8.2 11.5h.01M12 11.5h.01M15.8 11.5h.01"));
  launcher.onclick = () => chat.toggle();
  shadow.append(launcher);

  const events = new EventTarget();
  /** @type {string | null} The platform's token of the visitor, where it is signed in. */
  let jwt = null;
  /** @type {Promise<any> | undefined} */
  let loading;

  /** @param {string} address @param {"json" | "text"} as */
  async function get(address, as) {
    const answer = await fetch(address, { credentials: "omit" });
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return answer[as]();
  }

  async function load() {
    const [module, css, texts, more] = await Promise.all([
      import(`${base}widget/main.js`),
      get(`${base}widget/widget.css`, "text"),
      get(`${base}widget/locales/${known}.json`, "json"),
      data.texts && get(data.texts, "json").catch(console.warn),
    ]);
    return module.start({
      api: `${base}api/v1/chat/`, css, texts: { ...texts, ...more }, locale: more || known === language ? wanted : known,
      host, launcher, icon, jwt, keyOf, department: data.department,
      /** @param {string} name @param {unknown} detail */
      emit: (name, detail) => events.dispatchEvent(new CustomEvent(name, { detail })),
    });
  }

  const loaded = () => loading ??= load().catch(failure => {
    loading = undefined;
    console.warn("The chat could not be loaded.", failure);
  });

  /** Under which name the session is kept: for each account, so that tabs of different people leave each other's alone. @param {string | null} token */
  function keyOf(token) {
    if (!token) return "session";
    try {
      return `account:${JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub}`;
    } catch {
      return `account:${token}`;
    }
  }

  /** Goes on where an earlier page left this visitor's conversation. @param {boolean} [isSignedOut] then nothing of an account stays */
  function goOn(isSignedOut) {
    try {
      if (isSignedOut) {
        for (const area of [localStorage, sessionStorage]) for (const name in area) if (/^intotes-chat:.*account:/.test(name)) area.removeItem(name);
      }
      if (localStorage["intotes-chat:session"] || localStorage[`intotes-chat:${keyOf(jwt)}`]) loaded();
    } catch { /* storage may be forbidden */ }
  }

  const chat = {
    open: () => loaded().then(it => it?.open()),
    close: () => loading?.then(it => it?.close()),
    toggle: () => loaded().then(it => it?.toggle()),
    /** @param {string | null} [token] The platform's token of the customer who is signed in; null: nobody is (any more). */
    identify(token) {
      jwt = token || null;
      goOn(!jwt);
      return loading?.then(it => it?.identify(jwt));
    },
    /** @param {string} name @param {(detail: any) => void} handler @returns {() => void} takes the handler away again */
    on(name, handler) {
      const listener = (/** @type {any} */ event) => handler(event.detail);
      events.addEventListener(name, listener);
      return () => events.removeEventListener(name, listener);
    },
    /** Does this with the chat; what a page pushed before this script came is done when it comes. @param {(it: any) => void} action */
    push: action => action(chat),
  };
  page.IntotesChat = chat;

  function mount() {
    document.body.append(host);
    if (Array.isArray(early)) early.forEach(chat.push);
    goOn();
  }
  document.body ? mount() : document.addEventListener("DOMContentLoaded", mount);
})();
