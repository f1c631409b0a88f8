// @ts-check
// The one line that a page embeds. It shows the launcher; the rest is loaded when the visitor opens the chat, or has left one going. That runs in a frame of
// its own: no event of it reaches the page, no style of the page reaches it, and its built-ins are the browser's, not those that the page has replaced.
// Here they are the page's: what any of them breaks is told, or done without. `IntotesChat` itself is made of syntax alone.
(() => {
  const page = /** @type {any} */ (window), early = page.IntotesChat;
  if (early?.mount) return early.mount();

  /** Name of the launcher, and what it says when the chat cannot be loaded. @type {Record<string, string[]>} */
  const labels = {
    // @ts-ignore: only what stands here
    __proto__: null, en: ["Chat with us", "Not available"], de: ["Chatten Sie mit uns", "Nicht verfügbar"], es: ["Chatee con nosotros", "No disponible"],
    ar: ["تحدث معنا", "غير متاح"], ja: ["チャットで相談する", "利用できません"],
  };
  let /** @type {any} What the page says of the chat, and in which script. */ data, /** @type {any} */ script = document.currentScript,
    /** @type {any} Where the service is. */ base, /** @type {any} The language that is wanted, and that of the texts. */ wanted, known = "en",
    /** @type {any} What is in the page, once all is in it, and its parts. */ host, /** @type {any} */ box, /** @type {any} */ launcher, /** @type {any} */ notice,
    /** @type {any} And its window. */ frame, /** @type {any} */ inside, /** @type {any} Its policy of Trusted Types, nobody else's. */ trust,
    /** @type {any} What runs in the frame, and while it is loaded. */ running, /** @type {any} */ loading,
    /** @type {any} The platform's token of the visitor, where it is signed in. */ jwt = null, /** @type {any} */ watcher, isWanted = true, returns = 0, made = 0;
  const make = (/** @type {string} */ tag) => document.createElement(tag), handlers = /** @type {any} */ ({ __proto__: null }),
    /** Removes all of accounts. */
    forget = (/** @type {Storage} */ area) => { for (const name in area) if (/^intotes-chat:.*account:/.test(name)) delete area[name]; };

  /** Does all of these; what the page has made impossible is left out. @param {(() => void)[]} actions */
  function each(...actions) {
    for (let i = 0; i < actions.length; i++) try { actions[i](); } catch { /* see above */ }
  }

  /** There is no chat for now, and it says so. @param {unknown} failure */
  function fail(failure) {
    each(() => console.warn("No chat", failure), drop, () => {
      notice.textContent = labels[known][1];
      if (notice.isConnected) return;
      notice.style.position = "fixed";
      document.documentElement.append(notice);
    });
  }

  /** @param {string} path in a square of 24 @param {Document} [of] */
  function icon(path, of = document) {
    const kind = "http://www.w3.org/2000/svg", svg = of.createElementNS(kind, "svg"), shape = of.createElementNS(kind, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.ariaHidden = "true";
    shape.setAttribute("d", path);
    svg.appendChild(shape);
    return svg;
  }

  /** Calls the page. What it throws is reported as any error of the page, and stops nothing here. @param {(it: any) => void} action @param {unknown} it */
  function call(action, it) {
    try { action(it); } catch (failure) { each(() => reportError(failure)); }
  }

  /** The frame's window, with the browser's own built-ins. */
  function realm() {
    if (frame) return inside;
    frame = box.appendChild(make("iframe"));
    inside = frame.contentWindow;
    const { document: content, trustedTypes, String } = inside, rules = { createHTML: String, createScriptURL: String };
    trust = trustedTypes?.createPolicy("intotes-chat", rules) ?? rules;
    content.write(trust.createHTML("<!doctype html>"));
    content.close();
    return inside;
  }

  /** Ends what runs in the frame, and whether its window was open. */
  function drop() {
    const wasOpen = box.className === "box open";
    each(() => running.end(isWanted));
    frame?.remove();
    frame = running = loading = undefined;
    box.className = "box";
    launcher.ariaBusy = null;
    launcher.ariaExpanded = "false";
    return wasOpen;
  }

  async function load() {
    try {
      notice.textContent = "";
      launcher.ariaBusy = "true";
      if (!host.isConnected) await new Promise(done => document.addEventListener("DOMContentLoaded", done));
      const { document: content, fetch } = realm(), entry = content.createElement("script");
      // @ts-ignore: none of what the page has added to all objects
      const get = file => fetch(`${base}widget/${file}`, { __proto__: null, credentials: "omit" }), files = [get("widget.css"), get(`locales/${known}.json`)];
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
          for (const id in handlers) if (handlers[id][0] === name) call(handlers[id][1], detail && { ...detail });
        },
      });
      launcher.ariaBusy = null;
      return running;
    } catch (failure) {
      await null; // until it is known that it is being loaded, which ends here
      if (isWanted) fail(failure);
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
    try { token = JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub; } catch { /* the token as it is */ }
    return `account:${token}`;
  }

  /** Goes on where an earlier page left this visitor's conversation. @param {boolean} [isSignedOut] then nothing of an account stays */
  function goOn(isSignedOut) {
    try {
      let own = page;
      const { getItem } = Storage.prototype;
      try { getItem.call(page.localStorage, /** @type {any} */ (getItem.call(page.sessionStorage, ""))); } catch {
        own = realm(); // the page has put something else in its place, such as a proxy
      }
      const { localStorage, sessionStorage } = own;
      if (isSignedOut) each(() => forget(localStorage), () => forget(sessionStorage));
      // The draft and unsent texts written before become the account's. Left behind, the next visitor would see them. A running chat moves them itself.
      if (jwt && !running) for (const name in sessionStorage) if (/^intotes-chat:.*t:session$/.test(name)) {
        sessionStorage[name.slice(0, -7) + keyOf(jwt)] ??= sessionStorage[name];
        delete sessionStorage[name];
      }
      if (localStorage["intotes-chat:session"] || localStorage[`intotes-chat:${keyOf(jwt)}`]) loaded();
    } catch { /* storage may be forbidden */ }
  }

  /** Keys and focus on the launcher are not for the page. @param {Event} event */
  const keep = event => event.target === host && event.stopImmediatePropagation(),
    /** Whether it is in the page, and what runs in the frame still does: a frame that was taken out and put back has another window. */
    isHere = () => host.isConnected && (!frame || frame.contentWindow === inside);

  /** Puts it into the page beside the body, so that scripts that replace the body leave it alone. */
  function mount() {
    isWanted = true;
    try {
      if (!host || isHere() || !document.body) return;
      const wasOpen = drop();
      document.documentElement.appendChild(host);
      if (!isHere()) throw "no host";
      launcher.onclick = chat.toggle; // document.open() takes away all listeners
      each(
        () => box.dir = getComputedStyle(document.body).direction,
        () => { for (const type in { keydown: 0, keypress: 0, keyup: 0, focus: 0, focusin: 0, focusout: 0 }) addEventListener(type, keep, true); },
        watch,
        // Above everything, and where it belongs even where the page as a whole is turned or moved; unless the page says which layer. Not in older browsers.
        () => box.popover = "manual",
        () => getComputedStyle(host).getPropertyValue("--chat-z-index") || box.showPopover(),
      );
      wasOpen ? loaded() : goOn();
    } catch (failure) {
      fail(failure);
    }
  }

  /** Comes back when it was taken out: later each time, lest it and a script that takes it out keep each other busy. */
  function watch() {
    if (isWanted && !isHere()) setTimeout(mount, 2 ** Math.min(returns++, 12));
    watcher ??= new MutationObserver(watch);
    watcher.observe(document, { childList: true });
    if (document.documentElement) watcher.observe(document.documentElement, { childList: true });
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
      const id = made++;
      handlers[id] = [name, handler];
      return () => void delete handlers[id];
    },
    /** Does this with the chat; what a page pushed before this script came is done when it comes. @param {(it: any) => void} action */
    push: action => call(action, chat),
    mount,
    /** Takes it out of the page, with all that runs; the conversation stays kept. `mount()` or `open()` puts it back. */
    destroy() {
      isWanted = false;
      each(drop, () => host.remove());
    },
  };

  function begin() {
    if (early?.push) for (let i = 0; i < early.length; i++) chat.push(early[i]);
    mount();
  }

  try {
    page.IntotesChat = chat;
    notice = make("p");
    notice.role = "alert";
    notice.style = "position:absolute;bottom:60px;inset-inline-end:0;width:max-content;padding:9px;background:#fff;color:#a00;font:14px system-ui";
    // A module has no current script; the first line of a stack names the file also then. Nothing else does: other vendors have a widget.js, too.
    const found = /^[^/(]*((http\S*\/)widget\.js[^\s:]*)/.exec(script?.src || new Error().stack) ?? [];
    if (!script?.src) script = [...document.scripts].find((/** @type {any} */ tag) => tag.src === found[1]) ?? script;
    data = { __proto__: null, ...page.IntotesChatSettings, ...script?.dataset };
    base = data.server ? new URL(`${data.server}/`, document.baseURI).href : found[2];
    if (!base) throw "no server";
    // What a page says may be no language tag: main.js makes of it what can be made.
    wanted = `${data.locale || document.documentElement.lang || navigator.language}`;
    const language = (/[a-z]*/i.exec(wanted) ?? "")[0].toLowerCase();
    if (labels[language]) known = language;

    // The host has no box of its own, so nothing that the page says of it hides or moves what is inside. The page's styles do not reach what is inside.
    const shell = make("intotes-chat"), shadow = shell.attachShadow({ mode: "open" });
    (shadow.adoptedStyleSheets[0] = new CSSStyleSheet()).replaceSync(`
      :host { display: contents !important; color-scheme: light dark; } iframe, p:empty { display: none; } [aria-busy] { opacity: .6; }
      .box { all: initial; color-scheme: inherit; position: fixed; z-index: var(--chat-z-index, 2147483000); margin: 0 env(safe-area-inset-right) env(safe-area-inset-bottom);
        inset-block-end: var(--chat-bottom, 20px); inset-inline-end: var(--chat-side, 20px);
        --accent: var(--chat-accent, light-dark(#0b6e5f, #3fc2a7)); --on-accent: var(--chat-on-accent, light-dark(#fff, #06231d)); }
      @supports not (color: light-dark(#fff, #06231d)) { .box { --accent: #075; --on-accent: #fff; } }
      .launcher { display: block; width: 60px; height: 60px; padding: 16px; border: 0; border-radius: 50%; cursor: pointer; background: var(--accent); color: var(--on-accent);
        box-shadow: 0 4px 20px #0005; } svg { fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; }
      @media print { :host { display: none !important; } }`);
    shadow.appendChild(box = make("div"));
    box.appendChild(launcher = make("button"));
    box.appendChild(notice);
    launcher.className = "launcher";
    launcher.ariaLabel = data.label || labels[known][0];
    each(() => launcher.appendChild(icon("M12 3.5a8.5 8 0 0 0-7.3 12.1L3.5 20.5l5-1.3A8.5 8 0 1 0 12 3.5ZM8.2 11.5h.01M12 11.5h.01M15.8 11.5h.01")));
    launcher.appendChild(make("span"));
    host = shell;
    if (!document.body) return document.addEventListener("DOMContentLoaded", begin);
  } catch (failure) {
    fail(failure);
  }
  begin();
})();
