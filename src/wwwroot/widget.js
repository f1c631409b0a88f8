// @ts-check
// The one line that a page embeds. It shows the launcher; the rest is loaded when the visitor opens the chat, or has left one going. That runs in a frame of
// its own: no event of it reaches the page, no style of the page reaches it, and its built-ins are the browser's, whatever the page has made of its own.
(() => {
  const page = /** @type {any} */ (window);
  const early = page.IntotesChat;
  if (early?.mount) return early.mount();
  let script = /** @type {any} */ (document.currentScript);
  // A module has no current script; the first line of a stack names the file also then. Nothing else does: other vendors have a widget.js, too.
  const [, address, home] = /^[^/(]*((http\S*\/)widget\.js[^\s:]*)/.exec(script?.src || new Error().stack) ?? [];
  if (!script?.src) script = [...document.scripts].find(tag => tag.src === address) ?? script;
  const data = { __proto__: null, ...page.IntotesChatSettings, ...script?.dataset };
  const base = data.server ? new URL(`${data.server}/`, document.baseURI).href : home;
  if (!base) return console.warn("No chat", "no server");

  /** Name of the launcher, and what it says when the chat cannot be loaded. @type {Record<string, string>} */
  const labels = {
    // @ts-ignore: only what stands here
    __proto__: null, en: "Chat with us|Not available", de: "Chatten Sie mit uns|Nicht verfügbar", es: "Chatee con nosotros|No disponible",
    ar: "تحدث معنا|غير متاح", ja: "チャットで相談する|利用できません",
  };
  // What a page says may be no language tag: main.js makes of it what can be made.
  const wanted = `${data.locale || document.documentElement.lang || navigator.language}`, language = wanted.split(/\W|_/)[0].toLowerCase();
  const known = labels[language] ? language : "en", [label, apology] = labels[known].split("|");

  // The host has no box of its own, so nothing that the page says of it hides or moves what is inside. The page's styles do not reach what is inside.
  const [host, box, launcher, notice, count] = ["intotes-chat", "div", "button", "p", "span"].map(tag => /** @type {HTMLElement} */ (document.createElement(tag)));
  const shadow = host.attachShadow({ mode: "open" }), sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { display: contents !important; color-scheme: light dark; }
    .box { all: initial; color-scheme: inherit; position: fixed; z-index: var(--chat-z-index, 2147483000);
      inset-block-end: var(--chat-bottom, 20px); inset-inline-end: var(--chat-side, 20px);
      margin: 0 env(safe-area-inset-right) env(safe-area-inset-bottom);
      --accent: var(--chat-accent, light-dark(#0b6e5f, #3fc2a7)); --on-accent: var(--chat-on-accent, light-dark(#fff, #06231d)); }
    @supports not (color: light-dark(#fff, #000)) { .box { --accent: #075; --on-accent: #fff; } }
    .launcher { display: block; width: 60px; height: 60px; padding: 16px; border: 0; border-radius: 50%; cursor: pointer; background: var(--accent); color: var(--on-accent);
      box-shadow: 0 4px 20px #0005; }
    [aria-busy] { opacity: .6; }
    svg { fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; }
    p { position: absolute; bottom: 60px; inset-inline-end: 0; width: max-content; padding: 9px; background: #fff; color: #a00; font: 14px system-ui; }
    iframe, p:empty { display: none; }
    @media print { :host { display: none !important; } }`);
  shadow.adoptedStyleSheets = [sheet];

  /** @param {string} path in a square of 24 @param {Document} [of] */
  function icon(path, of = document) {
    const [svg, shape] = ["svg", "path"].map(tag => of.createElementNS("http://www.w3.org/2000/svg", tag));
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.ariaHidden = "true";
    shape.setAttribute("d", path);
    svg.append(shape);
    return svg;
  }

  box.className = "box";
  launcher.className = "launcher";
  launcher.ariaLabel = data.label || label;
  launcher.append(icon("M12 3.5a8.5 8 0 0 0-7.3 12.1L3.5 20.5l5-1.3A8.5 8 0 1 0 12 3.5ZM8.2 11.5h.01M12 11.5h.01M15.8 11.5h.01"), count);
  notice.role = "alert";
  box.append(launcher, notice);
  shadow.append(box);

  /** @type {[string, (detail: any) => void][]} */
  let handlers = [];
  /** @type {string | null} The platform's token of the visitor, where it is signed in. */
  let jwt = null;
  /** @type {HTMLIFrameElement | undefined} */
  let frame;
  /** @type {any} The frame's window. */
  let inside;
  /** @type {any} What runs in the frame. */
  let running;
  /** @type {Promise<any> | undefined} */
  let loading;
  /** @type {MutationObserver | undefined} */
  let watcher;
  let isWanted = true, returns = 0;

  /** Calls the page. What it throws is reported as any error of the page, and stops nothing here. @param {(it: any) => void} action @param {unknown} it */
  function call(action, it) {
    try {
      action(it);
    } catch (failure) {
      reportError(failure);
    }
  }

  /** The frame's window, with the browser's own built-ins. */
  function realm() {
    if (frame) return inside;
    frame = box.appendChild(document.createElement("iframe"));
    inside = frame.contentWindow;
    const { document: content, trustedTypes } = inside, trust = { createHTML: String, createScriptURL: String };
    inside.trust = trustedTypes?.createPolicy("intotes-chat", trust) ?? trust;
    content.write(inside.trust.createHTML("<!doctype html>"));
    content.close();
    return inside;
  }

  /** Ends what runs in the frame, and whether its window was open. */
  function drop() {
    const wasOpen = box.className !== "box";
    if (frame) box.removeChild(frame);
    frame = running = loading = undefined;
    box.className = "box";
    launcher.ariaBusy = null;
    launcher.ariaExpanded = "false";
    return wasOpen;
  }

  async function load() {
    notice.textContent = "";
    launcher.ariaBusy = "true";
    try {
      if (!host.isConnected) await new Promise(done => document.addEventListener("DOMContentLoaded", done));
      const { document: content, fetch, trust } = realm(), entry = content.createElement("script");
      const files = ["widget.css", `locales/${known}.json`].map(file => fetch(`${base}widget/${file}`, { credentials: "omit" }));
      entry.type = "module";
      entry.nonce = script?.nonce ?? "";
      entry.src = trust.createScriptURL(`${base}widget/main.js`);
      await new inside.Promise((/** @type {any} */ done, /** @type {any} */ fail) => {
        entry.onload = done;
        entry.onerror = fail;
        content.head.append(entry);
      });
      running = await inside.start({
        data, base, wanted, known, files, icon, jwt, keyOf,
        /** @param {string} name @param {object} [detail] of which the page gets a copy */
        emit(name, detail) {
          for (const [of, handler] of handlers) if (of === name) call(handler, detail && { ...detail });
        },
      });
      launcher.ariaBusy = null;
      return running;
    } catch (failure) {
      drop();
      notice.textContent = apology;
      console.warn("No chat", failure);
    }
  }

  /** What runs in the frame; undefined where it cannot be loaded. */
  function loaded() {
    mount();
    return loading ??= load();
  }

  /** Under which name the session is kept: for each account, so that tabs of different people leave each other's alone. @param {string | null} token */
  function keyOf(token) {
    if (!token) return "session";
    try {
      return `account:${JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub}`;
    } catch {
      return `account:${token}`;
    }
  }

  /** Whose storage is the browser's own: the page may have put something else in its place. */
  function storing() {
    try {
      if (`${localStorage}${sessionStorage}` === "[object Storage][object Storage]") return window;
    } catch { /* forbidden, or replaced */ }
    return realm();
  }

  /** Goes on where an earlier page left this visitor's conversation. @param {boolean} [isSignedOut] then nothing of an account stays */
  function goOn(isSignedOut) {
    try {
      const { localStorage, sessionStorage } = storing();
      if (isSignedOut) {
        for (const area of [localStorage, sessionStorage]) for (const name in area) if (/^intotes-chat:.*account:/.test(name)) delete area[name];
      }
      // The draft and unsent texts written before become the account's. Left behind, the next visitor would see them. A running chat moves them itself.
      if (jwt && !running) for (const name of Object.keys(sessionStorage)) if (/^intotes-chat:.*t:session$/.test(name)) {
        sessionStorage[name.slice(0, -7) + keyOf(jwt)] ??= sessionStorage[name];
        delete sessionStorage[name];
      }
      if (localStorage["intotes-chat:session"] || localStorage[`intotes-chat:${keyOf(jwt)}`]) loaded();
    } catch { /* storage may be forbidden */ }
  }

  /** Keys and focus on the launcher are not for the page. @param {Event} event */
  const keep = event => event.target === host && event.stopImmediatePropagation();

  /** Whether it is in the page, and what runs in the frame still does: a frame that was taken out and put back has another window. */
  const isHere = () => host.isConnected && (!frame || frame.contentWindow === inside);

  /** Puts it into the page beside the body, so that whatever replaces the body leaves it alone. */
  function mount() {
    isWanted = true;
    if (isHere() || !document.body) return;
    const wasOpen = drop();
    document.documentElement.appendChild(host);
    launcher.onclick = chat.toggle; // document.open() takes away all listeners
    box.dir = getComputedStyle(document.body).direction;
    for (const type of "keydown keypress keyup focus focusin focusout".split(" ")) addEventListener(type, keep, true);
    try {
      watch();
      // Above everything, and where it belongs even where the page as a whole is turned or moved; unless the page says which layer.
      box.popover = "manual";
      if (!getComputedStyle(host).getPropertyValue("--chat-z-index")) box.showPopover();
    } catch { /* older browsers, and pages that have replaced these */ }
    wasOpen ? loaded() : goOn();
  }

  /** Comes back when it was taken out: later each time, lest it and a script that takes it out keep each other busy. */
  function watch() {
    if (isWanted && !isHere()) setTimeout(mount, 2 ** Math.min(returns++, 12));
    for (const node of [document, document.documentElement]) if (node) (watcher ??= new MutationObserver(watch)).observe(node, { childList: true });
  }

  const chat = {
    open: async () => (await loaded())?.open(),
    close: async () => (await loading)?.close(),
    /** A window that was open on an earlier page opens when it is loaded; a click that loads it never closes it. */
    toggle: () => running ? running.toggle() : chat.open(),
    /** @param {string | null} [token] The platform's token of the customer who is signed in; null: nobody is (any more). */
    async identify(token) {
      jwt = token || null;
      goOn(!jwt);
      return (await loading)?.identify(jwt);
    },
    /** @param {string} name @param {(detail: any) => void} handler @returns {() => void} takes the handler away again */
    on(name, handler) {
      /** @type {typeof handlers[0]} */
      const entry = [name, handler];
      handlers.push(entry);
      return () => void (handlers = handlers.filter(other => other !== entry));
    },
    /** Does this with the chat; what a page pushed before this script came is done when it comes. @param {(it: any) => void} action */
    push: action => call(action, chat),
    mount,
    /** Takes it out of the page, with all that runs; the conversation stays kept. `mount()` or `open()` puts it back. */
    destroy() {
      isWanted = false;
      running?.end();
      drop();
      host.parentNode?.removeChild(host);
    },
  };
  page.IntotesChat = chat;

  function begin() {
    early?.forEach?.(chat.push);
    mount();
  }
  document.body ? begin() : document.addEventListener("DOMContentLoaded", begin);
})();
