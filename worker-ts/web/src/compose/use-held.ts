// Counts down until something can be written again.
import { useEffect, useState } from "preact/hooks";
import { after, now } from "../platform";

/** Whole seconds left until a time (ms, this machine's clock); 0 when it has passed or there is none. */
export function useSecondsLeft(until: number | undefined): number {
  const left = until === undefined ? 0 : Math.max(0, until - now());
  const [, draw] = useState(0);
  useEffect(() => {
    if (left === 0) return;
    // To the next whole second, not a second from now.
    return after(left % 1000 || 1000, () => draw((count) => count + 1));
  });
  return Math.ceil(left / 1000);
}
