// @ts-check
// A draft outlasts a reload. It is kept for this tab and this operator only, and signing out removes it.

/** @import { Conversation } from "./conversation.js" */
import { tab } from "./storage.js";

const prefix = "intotes.operator.drafts.";
/** Drafts that are kept; the oldest go first. An operator holds at most so many conversations. */
const most = 50;

/** @typedef {{ draft: string, noteDraft: string, isNote: boolean }} Draft */
/** @type {Map<string, Draft>} by session */
let drafts = new Map();
/** @type {string|null} where they are kept; null while nobody is signed in */
let place = null;

/** Takes up what this operator has left in this tab; what another one has left is removed. @param {string} operatorId */
export function beginDrafts(operatorId) {
  if (place === prefix + operatorId) return;
  place = prefix + operatorId;
  try {
    for (const key of tab.keys()) if (key.startsWith(prefix) && key !== place) tab.set(key, null);
    drafts = new Map(Object.entries(JSON.parse(tab.get(place) ?? "{}")));
  } catch {
    drafts = new Map();
  }
}

/** @param {Conversation} conversation one that is new to this page */
export const restoreDraft = (conversation) => Object.assign(conversation, drafts.get(conversation.id));

/** @param {Conversation} conversation whose drafts have changed */
export function keepDraft({ id, draft, noteDraft, isNote }) {
  drafts.delete(id);
  if (draft || noteDraft) drafts.set(id, { draft, noteDraft, isNote });
  for (const oldest of drafts.keys()) if (drafts.size > most) drafts.delete(oldest);
  store();
}

/** @param {string} id of a session that is put away */
export function dropDraft(id) {
  if (drafts.delete(id)) store();
}

/** Nothing is kept from here on. */
export function endDrafts() {
  if (place) tab.set(place, null);
  place = null;
  drafts = new Map();
}

function store() {
  if (place) tab.set(place, JSON.stringify(Object.fromEntries(drafts)));
}
