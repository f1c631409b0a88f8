// Whether each packed script means what its source means: "node compare.mjs source packed [source packed ...]" prints where they part, and ends with 1.
import { readFileSync } from "node:fs";
import { parse } from "acorn";

/** A style sheet within a script is laid out for its readers. */
const isStyle = node => node.type === "CallExpression" && node.callee.property?.name === "replaceSync" && node.arguments[0].type === "TemplateLiteral";
const plainStyle = text => text.replace(/\s*([{};:,>])\s*/g, "$1").replaceAll(";}", "}").trim();

/** The tree of the script (ESTree) as text, without the places: literals as they were written. */
function meaningOf(file) {
  const tree = parse(readFileSync(file, "utf8"), { ecmaVersion: "latest", sourceType: "module" });
  return JSON.stringify(tree, (key, value) => {
    if (key === "start" || key === "end") return undefined;
    if (typeof value === "bigint" || value instanceof RegExp) return String(value);
    return value?.type && isStyle(value) ? plainStyle(value.arguments[0].quasis.map(part => part.value.raw).join("${}")) : value;
  }, 0);
}

const files = process.argv.slice(2);
for (let i = 0; i < files.length; i += 2) {
  const [source, packed] = [meaningOf(files[i]), meaningOf(files[i + 1])];
  if (source === packed) continue;
  let at = 0;
  while (source[at] === packed[at]) at++;
  console.log(`${files[i]} says ${source.slice(at - 100, at + 200)}\n${files[i + 1]} says ${packed.slice(at - 100, at + 200)}`);
  process.exitCode = 1;
}
