// @ts-check
// Small charts in SVG. Each says in words what it shows.

import { svg } from "./dom.js";

const [width, height] = [240, 56];

/**
 * A line over time, its area filled.
 * @param {readonly number[]} values oldest first
 * @param {string} label
 */
export function sparkline(values, label) {
  // One sample is a line too.
  if (values.length === 1) values = [values[0], values[0]];
  const most = Math.max(1, ...values) * 1.25;
  const step = width / Math.max(1, values.length - 1);
  const points = values.map((v, i) => `${(i * step).toFixed(1)},${(height - 3 - (v / most) * (height - 8)).toFixed(1)}`);
  const last = values.at(-1) ?? 0;
  const chart = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "spark", role: "img", "aria-label": `${label}: now ${last}, at most ${Math.max(0, ...values)}`, preserveAspectRatio: "none" });
  if (points.length > 1) {
    chart.append(
      svg("polygon", { class: "area", points: `0,${height} ${points.join(" ")} ${width},${height}` }),
      svg("polyline", { class: "line", points: points.join(" "), fill: "none", "vector-effect": "non-scaling-stroke" }));
  }
  return chart;
}

/**
 * Bars side by side on one scale.
 * @param {{ label: string, value: number|null, text: string }[]} bars
 * @param {string} label
 */
export function bars(bars, label) {
  const most = Math.max(1, ...bars.map((b) => b.value ?? 0));
  const row = 26;
  const chart = svg("svg", { viewBox: `0 0 320 ${bars.length * row}`, class: "bars", role: "img", "aria-label": `${label}: ${bars.map((b) => `${b.label} ${b.text}`).join(", ")}` });
  bars.forEach((bar, i) => {
    const y = i * row;
    const length = bar.value === null ? 0 : Math.max(2, (bar.value / most) * 150);
    chart.append(
      svg("text", { x: 0, y: y + 17, class: "label" }, bar.label),
      svg("rect", { x: 108, y: y + 6, width: 150, height: 14, rx: 4, class: "track" }),
      svg("rect", { x: 108, y: y + 6, width: length, height: 14, rx: 4, class: "bar" }),
      svg("text", { x: 266, y: y + 17, class: "value" }, bar.text));
  });
  return chart;
}

/** How full something is. @param {number} value @param {number} most @param {string} label */
export function gauge(value, most, label) {
  const share = most > 0 ? Math.min(1, value / most) : 0;
  return svg("svg", { viewBox: "0 0 100 10", class: "gauge", role: "img", "aria-label": label, preserveAspectRatio: "none" },
    svg("rect", { x: 0, y: 0, width: 100, height: 10, rx: 3, class: "track" }),
    svg("rect", { x: 0, y: 0, width: (share * 100).toFixed(1), height: 10, rx: 3, class: share >= 1 ? "bar full" : "bar" }));
}
