// @ts-check
// The relations of the frame and the page around it.

/** What the page says of the looks, as the launcher has it. */
const LOOKS = ["--accent", "--on-accent", "--chat-background", "--chat-text", "--chat-quiet", "--chat-bubble", "--chat-font", "color-scheme"];
const fonts = new CSSStyleSheet();
let font = "";

/** Takes over what the page says of the looks; a frame inherits nothing by itself. @param {Window} page @param {Element} box */
export function dress(page, box) {
  const { style } = document.documentElement;
  let looks = getComputedStyle(box);
  try { looks = page.getComputedStyle(box) ?? looks; } catch { /* the page has replaced its own */ }
  for (const name of LOOKS) style.setProperty(name, looks.getPropertyValue(name));
  if (font === (font = looks.getPropertyValue("--chat-font")) || !font) return;
  fonts.replaceSync(Array.from(page.document.styleSheets).flatMap(fontsOf).join(""));
  document.adoptedStyleSheets = [...document.adoptedStyleSheets.slice(0, 1), fonts];
}

/** The fonts that a style sheet of the page loads; none where it is another site's and may not be read. @param {CSSStyleSheet} sheet */
function fontsOf(sheet) {
  try {
    const base = sheet.href ?? parent.document.baseURI;
    return [...sheet.cssRules].map(({ cssText }) => !cssText.startsWith("@font-face") ? ""
      : cssText.replace(/url\("?(.+?)"?\)/g, (_, address) => `url("${new URL(address, base)}")`));
  } catch {
    return [];
  }
}

/**
 * Keeps the caret where the visitor has put it. The focus traps of a page take it: they hear that something of theirs has lost the focus. When that happens
 * right after the visitor has done something here, it is taken back so that they do not hear it.
 * @param {Window} page @param {() => boolean} isOpen
 */
export function holdCaret(page, isOpen) {
  let until = 0, tries = 0, isTaking = false;
  /** The part of the page that has just taken it. For a moment it cannot again: listeners of `window` that were there before hear that it has lost it. @type {HTMLElement | null} */
  let thief = null;
  const hold = (isHeld = false) => { if (thief) thief.inert = isHeld; };
  /** @type {HTMLElement | undefined} */
  let last;
  const came = () => {
    until = Date.now() + 1000;
    tries = 10;
  };
  const left = () => until = 0;
  addEventListener("focusin", ({ target }) => last = /** @type {HTMLElement} */ (target));
  addEventListener("pointerdown", came, true);
  addEventListener("keydown", ({ key }) => key === "Tab" ? left() : came(), true);
  addEventListener("blur", () => setTimeout(() => {
    if (!isOpen() || document.hasFocus() || !page.document.hasFocus() || Date.now() > until || tries-- < 1) return;
    hold(false);
    thief = page.document.querySelector("body :focus-within");
    hold(isTaking = true);
    last?.focus();
    isTaking = false;
    setTimeout(hold, 100);
  }));
  const { addEventListener: listen } = EventTarget.prototype; // the page may have replaced its own
  listen.call(page, "pointerdown", left, true);
  for (const type of ["blur", "focusout"]) listen.call(page, type, event => isTaking && event.stopImmediatePropagation(), true);
  return { came, hold };
}
