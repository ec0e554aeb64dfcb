// A search as it is typed: asked for when the typing pauses, page by page, and never answered by an older question's answer.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, type Hit, type Hits, sayError, search } from "../api";
import { after } from "../platform";

/** A pause (ms) in typing after which it is asked. */
const PAUSE_MS = 250;
/** Fewer characters are no question. */
const CHARACTERS_MIN = 2;

export interface Search {
  readonly hits: readonly Hit[];
  readonly state: "idle" | "busy" | "done" | "failed";
  /** Why it failed. */
  readonly reason: string | undefined;
  /** Loads older ones; undefined: there are none. */
  readonly more: (() => void) | undefined;
}

interface Found {
  readonly hits: readonly Hit[];
  readonly next: Hits["next"];
  readonly state: Search["state"];
  readonly reason?: string;
}
const NONE: Found = { hits: [], next: null, state: "idle" };

/** `room` undefined: all of the user's rooms. */
export function useSearch(room: string | undefined, words: string): Search {
  const [found, setFound] = useState<Found>(NONE);
  const asked = useRef(0);
  const ask = async (old: readonly Hit[], before: Hits["next"]) => {
    asked.current += 1;
    const question = asked.current;
    setFound({ hits: old, next: null, state: "busy" });
    try {
      const { hits, next } = await search(room, words.trim(), before);
      if (question === asked.current) setFound({ hits: [...old, ...hits], next, state: "done" });
    } catch (error) {
      if (question !== asked.current) return;
      const reason = error instanceof ApiError && error.status === 400 ? "Try other words." : sayError(error);
      setFound({ hits: old, next: null, state: "failed", reason });
    }
  };
  useEffect(() => {
    asked.current += 1;
    if (words.trim().length < CHARACTERS_MIN) return setFound(NONE);
    return after(PAUSE_MS, () => void ask([], null));
  }, [room, words]);
  return {
    hits: found.hits,
    state: found.state,
    reason: found.reason,
    more: found.next === null ? undefined : () => void ask(found.hits, found.next),
  };
}
