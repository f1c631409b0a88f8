// @ts-check
// How the desk does. A supervisor sees every operator's conversations here, an operator its own.

/** @import { Call, Colleague, Session, Spread, Stats } from "./types.js" */
import { colleagues } from "./actions.js";
import { ApiError, call } from "./api.js";
import { bars, gauge, sparkline } from "./charts.js";
import { duration, everySecond, waited } from "./clock.js";
import { nameOf } from "./conversation.js";
import { desk } from "./desk.js";
import { byId, h, reconcile, replace, setText } from "./dom.js";
import { claim } from "./lists.js";
import { readOnly } from "./readonly.js";
import { addView, changed } from "./render.js";

/** ms between looks. */
const pace = 5000;
/** Samples kept, an hour's worth; none is stored. */
const most = 3_600_000 / pace;

const root = byId("overview");
const ring = { waiting: /** @type {number[]} */ ([]), active: /** @type {number[]} */ ([]), online: /** @type {number[]} */ ([]) };
/** @type {ReturnType<typeof setTimeout>|undefined} */
let timer;
let isLooking = false;

const tiles = h("div", { class: "tiles" });
const trouble = h("p", { class: "trouble", role: "status" });
const waits = h("div", { class: "card" });
const operators = h("div", { class: "card" });
const queue = h("ul", { class: "sessions" });
const active = h("ul", { class: "sessions" });
const activeTitle = h("h2", {});
replace(root,
  h("header", {}, h("h1", {}, "Overview"), trouble), tiles,
  h("div", { class: "cards" }, waits, operators,
    h("div", { class: "card" }, h("h2", {}, "Waiting calls"), queue),
    h("div", { class: "card" }, activeTitle, active)));

/** @param {"desk"|"overview"} view */
export function showView(view) {
  document.body.dataset.view = view;
  byId("desk").hidden = view !== "desk";
  root.hidden = view !== "overview";
  for (const name of ["desk", "overview"]) byId(`go-${name}`).toggleAttribute("aria-current", name === view);
  byId(`go-${view}`).setAttribute("aria-current", "page");
  if (view === "overview") void look();
  else clearTimeout(timer);
  changed();
}

async function look() {
  clearTimeout(timer);
  if (isLooking || root.hidden) return;
  isLooking = true;
  try {
    if (desk.presence && !document.hidden) {
      const [stats, { calls }, { sessions }, all] = await Promise.all([
        /** @type {Promise<Stats>} */ (call("GET", "operator/stats")),
        /** @type {Promise<{ calls: Call[] }>} */ (call("GET", "operator/calls?limit=50")),
        /** @type {Promise<{ sessions: Session[] }>} */ (call("GET", "operator/sessions?state=active")),
        colleagues(),
      ]);
      setText(trouble, "");
      show(stats, calls, sessions, all);
    }
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    setText(trouble, `Not up to date: ${e.message}`);
  } finally {
    isLooking = false;
    timer = setTimeout(() => void look(), pace);
  }
}

/** @param {Stats} stats @param {Call[]} calls @param {Session[]} sessions @param {Colleague[]} all */
function show(stats, calls, sessions, all) {
  keep(ring.waiting, stats.waiting);
  keep(ring.active, stats.active);
  keep(ring.online, stats.operatorsOnline);
  replace(tiles,
    tile("Waiting", String(stats.waiting), stats.longestWaitSeconds === null ? "nobody waits" : `longest ${duration(stats.longestWaitSeconds)}`, sparkline(ring.waiting, "Waiting")),
    tile("In conversation", String(stats.active), "with operators", sparkline(ring.active, "In conversation")),
    tile("Operators online", String(stats.operatorsOnline), room(all), sparkline(ring.online, "Operators online")),
    tile("Rating", stats.averageRating === null ? "–" : stats.averageRating.toFixed(1), `${stats.ratings} of the last day`, stars(stats.averageRating)));
  replace(waits, h("h2", {}, "Wait for an operator"), spans(stats.wait.lastHour, stats.wait.lastDay, "Wait"),
    h("h2", {}, "First answer after the call was taken"), spans(stats.firstResponse.lastHour, stats.firstResponse.lastDay, "First answer"));
  showOperators(all);
  setText(activeTitle, desk.presence?.supervisor ? "Conversations of all operators" : "My conversations");
  reconcile(queue, calls, (c) => `${c.sessionId} ${c.calledAt}`, callRow);
  reconcile(active, sessions.slice(0, 100), (s) => s.sessionId, sessionRow, (row, s) => {
    setText(/** @type {Element} */ (row.querySelector(".line")), s.lastMessage?.text.slice(0, 120) ?? "");
    setText(/** @type {Element} */ (row.querySelector(".hint")), s.operator?.name ?? "");
  });
  tick();
}

/** @param {number[]} samples @param {number} value */
function keep(samples, value) {
  samples.push(value);
  if (samples.length > most) samples.shift();
}

/** @param {string} name @param {string} value @param {string} detail @param {Element} chart */
const tile = (name, value, detail, chart) => h("section", { class: "tile", "aria-label": name }, h("h2", {}, name), h("p", { class: "value" }, value), h("p", { class: "hint" }, detail), chart);

/** @param {number|null} rating */
const stars = (rating) => h("p", { class: "stars", role: "img", "aria-label": rating === null ? "no rating" : `${rating.toFixed(1)} of 5` }, [1, 2, 3, 4, 5].map((n) => (rating !== null && rating >= n - 0.5 ? "★" : "☆")).join(""));

/** @param {Colleague[]} all */
function room(all) {
  const free = all.filter((c) => c.online).reduce((sum, c) => sum + Math.max(0, c.capacity - c.held), 0);
  return `room for ${free} more`;
}

/** @param {number|null} seconds */
const short = (seconds) => (seconds === null ? "–" : seconds < 60 ? `${seconds.toFixed(1)} s` : duration(seconds));

/** @param {Spread} hour @param {Spread} day @param {string} label */
const spans = (hour, day, label) => bars([
  { label: "Hour, median", value: hour.medianSeconds, text: short(hour.medianSeconds) },
  { label: "Hour, 90 %", value: hour.p90Seconds, text: short(hour.p90Seconds) },
  { label: "Day, median", value: day.medianSeconds, text: short(day.medianSeconds) },
  { label: "Day, 90 %", value: day.p90Seconds, text: short(day.p90Seconds) },
], `${label}, ${hour.count} in the last hour and ${day.count} in the last day`);

/** @param {Colleague[]} all */
function showOperators(all) {
  const sorted = [...all].sort((a, b) => Number(b.online) - Number(a.online) || a.name.localeCompare(b.name)).slice(0, 100);
  replace(operators, h("h2", {}, "Operators"), sorted.length === 0 ? h("p", { class: "none" }, "None within the last day.")
    : h("table", { class: "operators" },
      h("thead", {}, h("tr", {}, ...["Name", "Presence", "Conversations", "Departments"].map((c) => h("th", { scope: "col" }, c)))),
      h("tbody", {}, ...sorted.map((c) => h("tr", { class: c.online ? null : "is-away" },
        h("td", { dir: "auto" }, c.name), h("td", {}, c.online ? "Online" : "Away"),
        h("td", {}, gauge(c.held, c.capacity, `${c.held} of ${c.capacity}`), ` ${c.held} of ${c.capacity}`),
        h("td", {}, c.departments.length === 0 ? "all" : c.departments.join(", ")))))));
}

/** @param {Call} item */
function callRow(item) {
  const session = /** @type {Session} */ (/** @type {unknown} */ (item));
  return h("li", {}, h("button", { type: "button", class: "row", onclick: () => readOnly(session, { label: "Take this call", run: () => { showView("desk"); void claim(item.sessionId); } }) },
    h("span", { class: "name", dir: "auto" }, nameOf(session)), h("time", { class: "wait", datetime: item.calledAt }), h("span", { class: "line", dir: "auto" }, item.reason ?? item.lastMessage?.text ?? ""), h("span", { class: "tag" }, item.department)));
}

/** @param {Session} session */
const sessionRow = (session) => h("li", {}, h("button", { type: "button", class: "row", onclick: () => readOnly(session) },
  h("span", { class: "name", dir: "auto" }, nameOf(session)), h("span", { class: "hint", dir: "auto" }), h("span", { class: "line", dir: "auto" })));

function tick() {
  if (!root.hidden) for (const time of queue.querySelectorAll("time")) setText(time, waited(time.dateTime));
}

byId("go-desk").addEventListener("click", () => showView("desk"));
byId("go-overview").addEventListener("click", () => showView("overview"));
everySecond(tick);
addView(() => {
  setText(byId("go-overview"), desk.presence?.supervisor ? "Supervisor" : "Overview");
  setText(/** @type {Element} */ (root.querySelector("h1")), desk.presence?.supervisor ? "Supervisor view" : "Overview");
});
