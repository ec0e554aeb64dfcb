// The browser's clockwork for the page's plain modules. Components use timers themselves; rules take what they need as arguments.

/** A hidden page gets no animation frames. */
const HIDDEN_FRAME_MS = 100;

/** Calls `f` once before the next drawing, or soon when nothing is drawn because the page is hidden. */
export function nextFrame(f: () => void): void {
  let called = false;
  const once = () => {
    if (called) return;
    called = true;
    f();
  };
  requestAnimationFrame(once);
  setTimeout(once, HIDDEN_FRAME_MS);
}
