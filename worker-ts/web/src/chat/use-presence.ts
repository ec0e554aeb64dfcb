// Tells the room whether somebody looks at it: away a while after the tab was hidden, here at once when it is seen again.
import { useEffect } from "preact/hooks";
import { after } from "../platform";
import type { Talk } from "../talk/talk";

/** A glance at another tab is no absence. */
const AWAY_AFTER_MS = 60_000;

export function usePresence(talk: Talk | undefined): void {
  useEffect(() => {
    if (talk === undefined) return;
    let stop = () => {};
    const look = () => {
      stop();
      if (document.visibilityState === "visible") talk.presence("here");
      else stop = after(AWAY_AFTER_MS, () => talk.presence("away"));
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      stop();
      document.removeEventListener("visibilitychange", look);
    };
  }, [talk]);
}
