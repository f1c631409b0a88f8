// @ts-check
// The operator console.

import "./theme.js";
import { access } from "./access.js";
import { conversationCame, messagesCame } from "./attention.js";
import { desk } from "./desk.js";
import "./lists.js";
import "./menu.js";
import { isSending } from "./outbox.js";
import "./overview.js";
import { changed } from "./render.js";
import "./side.js";
import "./shortcuts.js";
import { begin } from "./signin.js";
import { announceNews, openConversation } from "./talk.js";

desk.onNews = (conversation, messages) => {
  messagesCame(conversation, messages);
  announceNews(conversation, messages);
};
desk.onArrival = conversationCame;

addEventListener("open-conversation", (event) => event instanceof CustomEvent && openConversation(event.detail));
addEventListener("beforeunload", (event) => {
  // Signing out is a decision, so nothing is asked; and another tab, where somebody would have to answer, may be one that nobody looks at.
  if (isSending() && access.token !== null) event.preventDefault();
});

changed();
void begin();
