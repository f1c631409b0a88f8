// @ts-check
import { consoleLink, embedChat, identify } from "./chat.js";
import { el, figure, moment, money, named, number, percent, snippet, table, tone, trend } from "./view.js";

const TREND_DAYS = 30;
const ACCOUNTS = { individual: "Individual account", margin: "Margin account", isa: "Stocks and shares ISA" };
const site = await get("/site").then(answer => answer.json());
const api = `${site.chatBaseUrl}/api/v1`;
const page = /** @type {HTMLElement} */ (document.getElementById("page"));

document.getElementById("docs")?.setAttribute("href", `${site.chatBaseUrl}/docs`);
embedChat(site.chatBaseUrl);
addEventListener("hashchange", show);
await show();

async function show() {
  const wanted = location.hash;
  const person = site.people.find(known => `#${known.id}` === wanted);
  showPeople(person);
  try {
    const token = person ? await get(`/token/${person.id}`).then(answer => answer.text()) : null;
    const content = person && !person.role ? await account(token) : person ? desk(person) : market();
    if (location.hash !== wanted) return; // somebody else was chosen meanwhile
    page.replaceChildren(...content);
    showChat(person, token);
    document.getElementById("desk")?.replaceChildren(await consoleLink(site, person, get));
  } catch (error) {
    page.replaceChildren(el("h1", "", "The platform does not answer"), el("p", "quiet", String(error)));
  }
}

/** @param {string} path @param {Record<string, string>} [headers] */
async function get(path, headers = {}) {
  const answer = await fetch(path, { headers });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer;
}

function showPeople(chosen) {
  const links = [{ id: "", name: "Visitor", role: null, about: "Not signed in" }, ...site.people].map(person => {
    const link = el("a", person.role ? "staff" : "", person.name.split(" ")[0]);
    link.setAttribute("href", `#${person.id}`);
    link.title = person.about;
    if (person.id === (chosen?.id ?? "")) link.setAttribute("aria-current", "page");
    return link;
  });
  document.getElementById("people")?.replaceChildren(...links);
}

async function account(token) {
  const { profile, trades } = await get("/account", { Authorization: `Bearer ${token}` }).then(answer => answer.json());
  const { currency, positions } = profile;
  const worth = positions.reduce((sum, held) => sum + held.quantity * held.lastPrice, 0);
  const gain = positions.reduce((sum, held) => sum + held.quantity * (held.lastPrice - held.averagePrice), 0);
  return [
    el("h1", "", profile.name),
    el("p", "quiet", `${ACCOUNTS[profile.accountType]} in ${currency}, verified to level ${profile.kycLevel}, customer since ${profile.since.slice(0, 4)}`),
    el("div", "figures",
      figure("Portfolio", money(worth, currency)),
      figure("Unrealised result", `${money(gain, currency)} (${percent(gain / (worth - gain))})`, tone(gain)),
      figure("Cash", money(profile.balance, currency))),
    table("Positions", ["Instrument", `${TREND_DAYS} days`, "Quantity#", "Average#", "Last#", "Value#", "Result#"], positions.map(position)),
    table("Last trades", ["Time", "Order", "Side", "Instrument", "Quantity#", "Price#", "Status"], trades.map(trade)),
  ];
}

function position(held) {
  const gain = held.quantity * (held.lastPrice - held.averagePrice);
  const { closes } = site.instruments.find(instrument => instrument.symbol === held.symbol);
  return [
    named(held.symbol, held.name),
    trend(closes.slice(-TREND_DAYS)),
    number(String(held.quantity)),
    number(money(held.averagePrice, held.currency)),
    number(money(held.lastPrice, held.currency)),
    number(money(held.quantity * held.lastPrice, held.currency)),
    number(money(gain, held.currency), tone(gain)),
  ];
}

function trade(done) {
  return [
    el("td", "quiet", moment(done.executedAt)),
    el("td", "", done.id),
    el("td", done.side === "buy" ? "up" : "down", done.side === "buy" ? "Buy" : "Sell"),
    el("td", "", done.symbol),
    number(String(done.quantity)),
    number(money(done.price, done.currency)),
    el("td", "", el("span", `pill ${done.status}`, done.status)),
  ];
}

function market() {
  const rows = site.instruments.map(({ symbol, name, currency, closes, lastPrice }) => {
    const day = lastPrice / closes.at(-2) - 1;
    const month = lastPrice / closes.at(-TREND_DAYS) - 1;
    return [named(symbol, name), trend(closes.slice(-TREND_DAYS)), number(money(lastPrice, currency)), number(percent(day), tone(day)), number(percent(month), tone(month))];
  });
  return [
    el("h1", "", "Markets today"),
    el("p", "quiet", "Sign in above to see a portfolio, or ask support something without an account."),
    table("Instruments", ["Instrument", `${TREND_DAYS} days`, "Price#", "1 day#", `${TREND_DAYS} days#`], rows),
  ];
}

function desk(person) {
  return [
    el("h1", "", person.name),
    el("p", "quiet", `${person.about}. No trading account: this token carries the role ${person.role}.`),
    el("section", "card", el("h2", "", "At the support desk"), el("ol", "",
      el("li", "", "Waiting calls are listed oldest first."),
      el("li", "", "Claiming takes the oldest one, or one that you name by its session."),
      el("li", "", "It stays yours while you keep calling the chat: polling is enough."),
      el("li", "", "If you fall silent, the call returns to the front of the queue."))),
  ];
}

function showChat(person, token) {
  const identity = person ? `"Authorization: Bearer $(curl -s ${location.origin}/token/${person.id})"` : '"X-Chat-Session: $TOKEN"';
  const open = person
    ? `curl -X POST ${api}/chat/session \\\n  -H ${identity}`
    : `TOKEN=$(curl -s -X POST ${api}/chat/session |\n  sed 's/.*"token": *"\\([^"]*\\)".*/\\1/')`;
  const say = `curl ${api}/chat/message \\\n  -H ${identity} \\\n  -H "Content-Type: application/json" \\\n  -d '{"text":"I have a question about my recent trade."}'`;
  const customerLines = [["Open a conversation", open], ["Say something", say]];
  const operatorLines = [
    ["See the waiting calls", `curl ${api}/operator/calls \\\n  -H ${identity}`],
    ["Take the oldest", `curl -X POST ${api}/operator/calls/claim \\\n  -H ${identity}`],
  ];
  const intro = person?.role
    ? `${person.name.split(" ")[0]} answers at the console, with nothing but the token that the platform gives.`
    : person
      ? `Ask something by the button in the corner. The platform's token tells the chat that this is ${person.name.split(" ")[0]}; it needs nothing else.`
      : "Ask something by the button in the corner, without an account. Sign in above in the middle of it, and the conversation goes on.";
  identify(person?.role ? null : token);
  const tokenLine = token ? [["Token, good for 8 hours", token]] : [];
  const snippets = [...tokenLine, ...(person?.role ? operatorLines : customerLines)].map(([label, line]) => snippet(label, line));
  document.getElementById("chat-intro")?.replaceChildren(intro);
  document.getElementById("chat")?.replaceChildren(...snippets);
}
