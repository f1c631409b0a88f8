// Features that the oldest supported browsers lack: "node features.mjs file.js file.css ..." prints their uses, and ends with 1 where there are any.
// Not seen as such: what is behind "?.", and what stands in an @supports rule.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parse } from "acorn";
import * as css from "css-tree";

const require = createRequire(import.meta.url);
const { api, javascript, css: style } = require("@mdn/browser-compat-data");
const { oldestBrowsers } = require("./package.json");

/** They are there to please, and nothing is lost where a browser ignores them. */
const pleasing = new Set(["resize", "overflow-anchor", "content-visibility", "contain-intrinsic-size", "print-color-adjust", "accent-color", "forced-color-adjust", "overscroll-behavior"]);

/** Whether each of the browsers has it, by MDN's data. */
function isSupported({ support }) {
  return Object.entries(oldestBrowsers).every(([browser, version]) => [support[browser]].flat().some(entry =>
    entry && !entry.flags && !entry.prefix && !entry.alternative_name && !entry.version_removed && typeof entry.version_added === "string"
    && compare(entry.version_added.replace("≤", ""), version) <= 0));
}

function compare(a, b) {
  const [x, y] = [a, b].map(version => version.split(".").map(Number));
  return x[0] - y[0] || (x[1] ?? 0) - (y[1] ?? 0);
}

// Methods of all interfaces and built-in objects by name, because nothing here knows of which type a value is. Those that the scripts define are theirs.
const owners = { ...javascript.builtins, ...javascript.builtins.Intl, ...api }, members = new Map();
for (const owner of Object.values(owners)) {
  for (const [name, member] of Object.entries(owner)) {
    if (member.__compat && !name.endsWith("_static")) members.set(name, [...members.get(name) ?? [], member.__compat]);
  }
}

// Functions of values, wherever they are described.
const functions = new Map();
function collect(node) {
  for (const [name, child] of Object.entries(node)) {
    if (name === "__compat" || typeof child !== "object") continue;
    if (child.__compat) functions.set(name, [...functions.get(name) ?? [], child.__compat]);
    collect(child);
  }
}
collect(style.types);
collect(style.properties);

const lacks = candidates => candidates?.length > 0 && !candidates.some(isSupported);

const treeOf = text => parse(text, { ecmaVersion: 2024, sourceType: "module" });

function walk(node, visit) {
  if (Array.isArray(node)) return node.forEach(child => walk(child, visit));
  if (!node?.type) return;
  visit(node);
  Object.values(node).forEach(child => walk(child, visit));
}

const defined = new Set();
const noteDefined = node => /^(Property|MethodDefinition|PropertyDefinition)$/.test(node.type) && node.key.name && defined.add(node.key.name);

/** The interface or built-in object of a global name, such as of "URL" and "navigator". */
const ownerOf = name => [name, name?.replace(/^./, first => first.toUpperCase())].filter(known => Object.hasOwn(owners, known ?? "")).map(known => owners[known])[0];

/** @param {(what: string, at: number) => void} found */
function checkScript(text, found) {
  walk(treeOf(text), node => {
    if (node.type === "CallExpression") Object.assign(node.callee, { isCalled: true, isGuarded: node.optional });
    if (node.type === "MemberExpression" && !node.computed && !node.optional && !node.isGuarded) {
      const { object, property } = node, owner = object.type === "Identifier" ? ownerOf(object.name) : undefined;
      const exact = owner?.[`${property.name}_static`] ?? owner?.[property.name];
      const isLacking = exact ? lacks([exact.__compat]) : node.isCalled && !defined.has(property.name) && lacks(members.get(property.name));
      if (isLacking) found(`${object.name ?? ""}.${property.name}`, node.start);
    }
    if (node.type === "NewExpression" && node.callee.type === "Identifier" && lacks([owners[node.callee.name]?.__compat].filter(Boolean))) found(`new ${node.callee.name}`, node.start);
    if (node.type === "CallExpression" && node.callee.property?.name === "replaceSync" && node.arguments[0]?.type === "TemplateLiteral") {
      checkStyle(node.arguments[0].quasis.map(part => part.value.raw).join("0"), what => found(what, node.start));
    }
  });
}

/** @param {(what: string, at: number) => void} found */
function checkStyle(text, found) {
  const tell = (what, candidates, node) => lacks(candidates.filter(Boolean)) && !pleasing.has(what) && found(what, node.loc?.start.offset ?? 0);
  css.walk(css.parse(text, { positions: true, parseCustomProperty: true }), function (node) {
    if (node.type === "Atrule") tell(`@${node.name}`, [style["at-rules"][node.name]?.__compat], node);
    if (node.type === "Atrule" && node.name === "supports") return this.skip;
    if (node.type === "Declaration") tell(node.property, [style.properties[node.property]?.__compat], node);
    if (node.type === "Function") tell(node.name, functions.get(node.name) ?? functions.get(`${node.name}()`) ?? [], node);
    if (node.type === "PseudoClassSelector" || node.type === "PseudoElementSelector") tell(`:${node.name}`, [style.selectors[node.name]?.__compat], node);
  });
}

const files = process.argv.slice(2);
for (const file of files) if (file.endsWith(".js")) walk(treeOf(readFileSync(file, "utf8")), noteDefined);
for (const file of files) {
  const text = readFileSync(file, "utf8");
  const found = (what, at) => {
    console.log(`${file}:${text.slice(0, at).split("\n").length} ${what}`);
    process.exitCode = 1;
  };
  file.endsWith(".css") ? checkStyle(text, found) : checkScript(text, found);
}
