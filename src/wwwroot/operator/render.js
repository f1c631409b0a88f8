// @ts-check
// Views draw themselves when something changed: all of them, once, a moment later.

/** @type {(() => void)[]} */
const views = [];
let isDue = false;

/** @param {() => void} draw cheap where nothing of its own changed */
export function addView(draw) {
  views.push(draw);
}

export function changed() {
  if (isDue) return;
  isDue = true;
  // Not an animation frame: in a hidden tab none comes, and the title has to change there.
  setTimeout(() => {
    isDue = false;
    for (const draw of views) draw();
  }, 10);
}
