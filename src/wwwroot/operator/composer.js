// @ts-check
// Where the operator writes: to the visitor, or a note that the visitor never sees.

/** @import { Conversation } from "./conversation.js" */
/** @import { Details, Note } from "./types.js" */
import { ApiError, call } from "./api.js";
import { desk } from "./desk.js";
import { h, icon, setText } from "./dom.js";
import { keepDraft } from "./drafts.js";
import { send } from "./outbox.js";
import { changed } from "./render.js";
import { tellRead, tellTyping, typingEnded } from "./signals.js";
import { buildSlash, fill } from "./slash.js";
import { clean, room, tooLong } from "./text.js";

export function buildComposer() {
  const input = h("textarea", {
    id: "composer", rows: 1, "aria-label": "Message to the visitor", "aria-autocomplete": "list", dir: "auto", autocomplete: "off",
    placeholder: "Write an answer; / for canned replies", oninput: () => onInput(), onkeydown: (/** @type {KeyboardEvent} */ e) => onKey(e),
    onblur: () => slash.close(),
  });
  const slash = buildSlash(input, (reply) => {
    if (desk.open) write(fill(reply, desk.open.name));
  });
  const reply = h("button", { type: "button", class: "mode", "aria-pressed": "true", onclick: () => setMode(false) }, "Reply");
  const note = h("button", { type: "button", class: "mode for-note", "aria-pressed": "false", onclick: () => setMode(true) }, "Internal note");
  const hint = h("p", { class: "hint" });
  const trouble = h("p", { class: "trouble", role: "alert" });
  const button = h("button", { type: "submit", class: "primary send", "aria-label": "Send" }, icon("send"), h("span", {}, "Send"));
  const form = h("form", { class: "composer", onsubmit: (/** @type {Event} */ e) => { e.preventDefault(); submit(); } },
    slash.list, h("div", { class: "modes", role: "group", "aria-label": "What to write" }, reply, note), h("div", { class: "write" }, input, button), trouble, hint, slash.count);

  /** @type {Conversation|null} */
  let of = null;

  /** @param {string} text */
  function write(text) {
    input.value = text;
    input.focus();
    onInput();
  }

  function onInput() {
    trouble.textContent = "";
    fit();
    if (!of) return;
    store(of);
    if (of.isNote) return;
    slash.look();
    tellTyping(of, input.value.trim() !== "" && !input.value.startsWith("/"));
  }

  function fit() {
    const text = clean(input.value), over = tooLong(text);
    setText(hint, over || room(text) || "Enter sends, Shift+Enter begins a new line");
    hint.classList.toggle("over", over !== "");
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight + 2, 220)}px`;
  }

  /** Keeps what is written now, also for after a reload. @param {Conversation} conversation the one that is shown */
  function store(conversation) {
    if (conversation.isNote) conversation.noteDraft = input.value;
    else conversation.draft = input.value;
    keepDraft(conversation);
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    // Enter that ends the choice of a character is not for us. Safari sends it when the choice is over, as key 229.
    if (event.isComposing || event.keyCode === 229) return;
    if (slash.key(event)) return event.preventDefault();
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    event.preventDefault();
    submit();
  }

  /** @param {boolean} isNote */
  function setMode(isNote) {
    if (!of || of.isNote === isNote) return input.focus();
    api.keep(of);
    of.isNote = isNote;
    keepDraft(of);
    api.show(of);
    input.focus();
  }

  function submit() {
    const text = clean(input.value), over = tooLong(text);
    if (!of?.isMine || text === "") return;
    trouble.textContent = over && `${over} Nothing was sent.`;
    if (over) return;
    if (of.isNote) return void addNote(of, text);
    send(of, text);
    input.value = "";
    store(of);
    slash.close();
    typingEnded();
    fit();
  }

  /** @param {Conversation} conversation @param {string} text */
  async function addNote(conversation, text) {
    button.disabled = true;
    const before = new Set(conversation.notes.map((n) => n.id));
    try {
      /** @type {Note} */
      const added = await call("POST", `operator/sessions/${conversation.id}/notes`, { text });
      conversation.notes = [...conversation.notes.filter((n) => n.id !== added.id), added];
      written();
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      // A note has no id of ours, so whether it was kept has to be looked up before it is sent again.
      const known = e.status === 0 ? await notesOf(conversation) : null;
      if (known?.some((n) => !before.has(n.id) && n.text === text && n.operator.id === desk.presence?.operator.id)) written();
      else if (of === conversation) trouble.textContent = `${e.message} The note was not added; it is still here.`;
    } finally {
      button.disabled = false;
    }

    function written() {
      if (of === conversation && clean(input.value) === text) input.value = "";
      conversation.noteDraft = "";
      keepDraft(conversation);
      conversation.version++;
      fit();
      changed();
    }
  }

  /** @param {Conversation} conversation */
  async function notesOf(conversation) {
    try {
      /** @type {Details} */
      const details = await call("GET", `operator/sessions/${conversation.id}`);
      return (conversation.notes = details.notes);
    } catch {
      return null;
    }
  }

  const api = {
    element: form,
    focus: () => input.focus(),
    toggle: () => setMode(!of?.isNote),
    /** Remembers what is written in a conversation that is left. @param {Conversation} conversation */
    keep(conversation) {
      if (of !== conversation) return;
      store(conversation);
      typingEnded();
    },
    /** @param {Conversation} conversation */
    show(conversation) {
      if (of && of !== conversation) api.keep(of);
      // Taken out for a moment, because undo must not bring back what was written to somebody else, nor the browser keep it all day.
      if (of !== conversation) input.parentElement?.prepend(input);
      of = conversation;
      const { isNote } = conversation;
      input.value = isNote ? conversation.noteDraft : conversation.draft;
      form.classList.toggle("is-note", isNote);
      reply.setAttribute("aria-pressed", String(!isNote));
      note.setAttribute("aria-pressed", String(isNote));
      input.setAttribute("aria-label", isNote ? "Internal note, never shown to the visitor" : "Message to the visitor");
      input.placeholder = isNote ? "Write a note for colleagues; the visitor never sees it" : "Write an answer; / for canned replies";
      setText(/** @type {Element} */ (button.lastElementChild), isNote ? "Add note" : "Send");
      button.setAttribute("aria-label", isNote ? "Add note" : "Send");
      trouble.textContent = "";
      slash.close();
      fit();
    },
    /** @param {Conversation} conversation */
    markRead: (conversation) => void tellRead(conversation),
  };
  return api;
}
