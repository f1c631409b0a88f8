// @ts-check
import { button, clean, cleanLine, el, excess, fill, MOST, thread } from "./messages.js";
import { shared } from "./storage.js";

const BELL = "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15ZM10 21h4", SAVE = "M12 4v11M7 11l5 5 5-5M5 20h14",
  END = "M12 4v8M7 6a8 8 0 1 0 10 0", DOWN = "m6 9 6 6 6-6", SEND = "M4 12h15M13 6l6 6-6 6", STAR = "m12 3 3 6 6 1-4.5 4 1.5 6-6-3-6 3 1.5-6L3 10l6-1Z";

/** @typedef {import("./conversation.js").Conversation} Conversation @typedef {Record<string, string>} Texts @typedef {(path: string) => Element} Icon */

/**
 * The window of the chat: shows what the conversation is, and hands on what the visitor does.
 * @param {Conversation} chat @param {Texts} texts @param {string} locale @param {Icon} icon @param {HTMLElement} frame @param {() => void} minimise
 * @param {{ read: () => string, keep: (text: string) => void }} draft what is written and not sent
 */
export function panel(chat, texts, locale, icon, frame, minimise, draft) {
  let problem = "";
  const title = el("bdi", { id: "title" });
  const subtitle = el("p");
  const banner = el("p", { class: "banner", role: "status" });
  const hours = el("p");
  const welcome = el("div", { class: "welcome" }, el("h3", {}, texts.welcome), hours);
  const messages = thread(chat, texts, locale, item => {
    chat.outbox.keep(chat.outbox.items.filter(other => other !== item));
    write(`${item.text}\n${field.value}`.trimEnd());
    draft.keep(field.value);
    field.focus();
  });
  const typing = el("p", { class: "typing" });
  const callOperator = button("quiet", texts.call, () => chat.callOperator().then(focus, () => {}));
  const news = el("p", { class: "unseen", role: "status" });

  const sound = tool("sound", BELL, () => {
    shared.set("muted", sound.ariaPressed === "true");
    sound.ariaPressed = `${!shared.get("muted")}`;
  });
  const save = tool("transcript", SAVE, () => chat.transcript().then(text => {
    const href = URL.createObjectURL(new Blob([text]));
    el("a", { href, download: "chat.txt" }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  }, () => {}));
  const end = tool("end", END, () => ask(true));
  const sure = el("div", { class: "over", role: "group", "aria-label": texts.sure }, el("p", {}, texts.sure), el("div", {},
    button("primary", texts.endNow, () => chat.close().then(focus, () => ask(false))), button("quiet", texts.keep, () => ask(false))));
  /** @type {HTMLElement | undefined} */
  let rating;
  const over = el("div", { class: "over" }, button("quiet", texts.again, () => chat.again().then(focus, () => {})));

  const field = el("textarea", {
    rows: 1, dir: "auto", "aria-label": texts.message, placeholder: texts.placeholder, enterkeyhint: "send",
    input() {
      fit();
      draft.keep(field.value);
      chat.type(!!field.value);
    },
    /** @param {KeyboardEvent} event */
    keydown(event) {
      if (event.key === "Enter" && !event.shiftKey && !isComposing(event)) send(event);
    },
    blur: () => chat.type(false),
  });
  const tooLong = el("p", { class: "excess trouble", role: "status" });
  const composer = el("form", { class: "composer", submit: send }, field, tool("send", SEND));

  const element = el("section", {
    class: "panel", role: "dialog", "aria-labelledby": "title", dir: texts.dir ?? "ltr",
    /** @param {KeyboardEvent} event */
    keydown(event) {
      if (event.key === "Escape" && !isComposing(event)) sure.hidden ? minimise() : ask(false);
      if (event.key !== "Tab" || !isModal()) return;
      // The page behind is covered: round, not out.
      const stops = [...element.querySelectorAll("button, .scroll, a, input, textarea")].filter(stop => stop.checkVisibility());
      if (event.shiftKey) stops.reverse();
      if (event.target !== stops.at(-1)) return;
      event.preventDefault();
      /** @type {HTMLElement} */ (stops[0]).focus();
    },
  }, el("header", { role: "none" }, el("div", {}, el("h2", {}, title), subtitle), sound, save, end, tool("minimise", DOWN, minimise)),
  banner, welcome, messages.element, typing, callOperator, tooLong, composer, sure, over, news);
  sure.hidden = over.hidden = true;
  sound.ariaPressed = `${!shared.get("muted")}`;

  const show = () => keepFocus(draw);

  /** Whether it fills the screen. */
  const isModal = () => getComputedStyle(frame).position === "fixed";

  /** Does this, and where it takes away what has the focus, gives the focus to what is there instead. @param {() => void} change */
  function keepFocus(change) {
    const { activeElement } = document;
    change();
    if (document.hasFocus() && activeElement?.checkVisibility() === false) focus();
  }

  function draw() {
    const { status, operator, connection, entries } = chat, wasAtEnd = messages.isAtEnd();
    element.ariaModal = `${isModal()}`;
    const isClosed = status === "closed", isEmpty = !entries.length && !chat.outbox.items.length;
    const trouble = connection === "online" || connection === "connecting" ? problem : texts[connection];
    say(title, operator ?? texts.title);
    say(subtitle, texts[`status.${status}`] ?? "");
    say(banner, trouble || place());
    banner.classList.toggle("trouble", !!trouble);
    welcome.hidden = !isEmpty || isClosed;
    say(hours, chat.isStaffed === undefined ? "" : texts[chat.isStaffed ? "online" : "away"]);
    messages.element.hidden = !welcome.hidden;
    messages.show();
    say(typing, chat.typing && !isClosed && connection === "online" ? fill(texts.typing, { name: operator ?? texts.title }) : "");
    callOperator.hidden = !isEmpty || (status !== "new" && status !== "open");
    save.hidden = isEmpty;
    end.hidden = status === "new" || isClosed;
    sure.hidden ||= end.hidden;
    tooLong.hidden = composer.hidden = isClosed || !sure.hidden;
    if (isClosed && over.hidden) {
      rating?.remove();
      over.prepend(rating = ratingForm(texts, locale, icon, chat.rate, keepFocus));
    }
    over.hidden = !isClosed;
    if (rating) rating.hidden = !entries.some(entry => entry.sender === "operator") || (!rating.dataset.sent && entries.some(entry => entry.event === "rated"));
    if (wasAtEnd) messages.toEnd();
  }

  /** The place in the queue. */
  function place() {
    const { queue, status } = chat;
    if (status !== "waiting" || !queue) return "";
    const minutes = Math.ceil((queue.estimatedWaitSeconds ?? 0) / 60);
    const time = minutes.toLocaleString(locale, { style: "unit", unit: "minute", unitDisplay: "long" });
    return fill(minutes ? `${texts.position} ${texts.expected}` : texts.position, { position: queue.position, time });
  }

  /** @param {Event} event */
  function send(event) {
    event.preventDefault();
    const text = clean(field.value);
    if (!text || excess(text)) return;
    chat.send(text);
    draft.keep("");
    write("");
    messages.toEnd();
    field.focus();
  }

  /** @param {string} text in place of what stands there */
  function write(text) {
    field.value = text;
    fit();
  }

  function fit() {
    say(tooLong, tooLongBy(texts, locale, excess(clean(field.value)), MOST));
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + 2}px`;
  }

  /** Whether to end the conversation. @param {boolean} asks */
  function ask(asks) {
    sure.hidden = !asks;
    show();
    asks ? sure.querySelector("button")?.focus() : focus();
  }

  /** A button that shows an icon. @param {string} name @param {string} path @param {() => void} [click] submits the form where there is none */
  function tool(name, path, click) {
    return el("button", { type: click ? "button" : "submit", class: name, "aria-label": texts[name], title: texts[name], ...(click && { click }) }, icon(path));
  }

  const focus = () => (composer.hidden ? /** @type {HTMLElement} */ (over.lastChild) : field).focus();
  write(draft.read());
  return {
    element, show, focus, write,

    toEnd() {
      fit();
      messages.toEnd();
    },

    /** Reads out, without showing it. @param {string} text */
    announce: text => news.textContent = text,

    /** @param {string} code of what the service refused */
    refused(code) {
      problem = code === "network" ? "" : texts[`error.${code}`] ?? texts["error.other"];
      show();
      setTimeout(() => {
        problem = "";
        show();
      }, 8000);
    },
  };
}

/** Whether the key belongs to the choice of a character. Safari sends the one that ends it afterwards, as key 229. @param {KeyboardEvent} event */
const isComposing = event => event.isComposing || event.keyCode === 229;

/** Changes what differs only, so that nothing is read out twice. @param {HTMLElement} element @param {string} text */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Texts} texts @param {string} locale @param {number} count of the characters that are too many @param {number} most */
function tooLongBy(texts, locale, count, most) {
  const [excess, limit] = [count, most].map(number => number.toLocaleString(locale));
  return count > 0 ? fill(texts.tooLong, { count: excess, most: limit }) : "";
}

/**
 * Five stars as radio buttons, and a comment.
 * @param {Texts} texts @param {string} locale @param {Icon} icon @param {Conversation["rate"]} rate @param {(change: () => void) => void} keepFocus
 */
function ratingForm(texts, locale, icon, rate, keepFocus) {
  const stars = [1, 2, 3, 4, 5].map(score =>
    el("label", {}, el("input", { type: "radio", name: "score", value: score, required: "", "aria-label": fill(texts.stars, { score }) }), icon(STAR)));
  const comment = el("textarea", {
    rows: 2, "aria-label": texts.comment, placeholder: texts.comment, dir: "auto",
    // The form is not sent while it is too long; the browser shows why.
    input: () => comment.setCustomValidity(tooLongBy(texts, locale, cleanLine(comment.value).length - 1000, 1000)),
  });
  const form = el("form", {
    class: "rating",
    /** @param {SubmitEvent} event */
    async submit(event) {
      event.preventDefault();
      form.dataset.sent = "true";
      try {
        await rate(Number(new FormData(form).get("score")), comment.value);
        keepFocus(() => form.replaceChildren(el("p", { role: "status" }, texts.thanks)));
      } catch {
        delete form.dataset.sent;
      }
    },
  }, el("fieldset", {}, el("legend", {}, texts.rate), ...stars), comment, el("button", { class: "primary" }, texts.sendRating));
  return form;
}
