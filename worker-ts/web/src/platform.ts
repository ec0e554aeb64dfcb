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

/** The time of this machine, in ms since 1970. */
export const now = (): number => Date.now();

/** Calls `f` after so many ms; returns how to stop that. */
export function after(ms: number, f: () => void): () => void {
  const timer = setTimeout(f, ms);
  return () => clearTimeout(timer);
}

/** Calls `f` every so many ms; returns how to stop that. */
export function every(ms: number, f: () => void): () => void {
  const timer = setInterval(f, ms);
  return () => clearInterval(timer);
}
