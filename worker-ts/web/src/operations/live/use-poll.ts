// Something that is asked again and again while the page is seen: what came last, why nothing comes, and since when it is old.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { sayError } from "../../api";
import { ApiError } from "../../api/call";
import { every, now } from "../../platform";
import { useDesk } from "./desk";

/** What was asked for. */
export interface Polled<T> {
  readonly data: T | undefined;
  /** Why the last question had no answer; undefined once one has. */
  readonly failure: string | undefined;
  /** There is no such thing (any more). */
  readonly gone: boolean;
  /** When the last answer came. */
  readonly at: number | undefined;
}

const NOTHING = { data: undefined, failure: undefined, gone: false, at: undefined } as const;

/**
 * Asks every `ms` while the page is seen, never a second time before the first was answered; and at once when a repair was made, or
 * `key`, what is asked for, is another one. Without `ms` it asks then alone: for what costs too much to be asked again and again.
 */
export function usePoll<T>(key: string, ask: () => Promise<T>, ms: number | undefined): Polled<T> {
  const { version, refused } = useDesk();
  const [polled, setPolled] = useState<Polled<T>>(NOTHING);
  const current = useRef({ key, ask, last: 0, busy: false });
  current.current.ask = ask;
  const look = useCallback(async () => {
    const asked = ++current.current.last;
    current.current.busy = true;
    const isLast = () => current.current.last === asked && current.current.key === key;
    try {
      const data = await current.current.ask();
      if (isLast()) setPolled({ data, failure: undefined, gone: false, at: now() });
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) refused(error.status);
      const gone = error instanceof ApiError && error.status === 404;
      if (isLast()) setPolled((before) => ({ ...before, failure: sayError(error), gone }));
    } finally {
      if (isLast()) current.current.busy = false;
    }
  }, [key, refused]);
  useEffect(() => {
    current.current.key = key;
    setPolled(NOTHING);
  }, [key]);
  useEffect(() => {
    void look();
    if (ms === undefined) return;
    const seen = () => document.visibilityState === "visible";
    const again = () => {
      if (seen()) void look();
    };
    document.addEventListener("visibilitychange", again);
    const stop = every(ms, () => {
      if (!current.current.busy) again();
    });
    return () => {
      stop();
      document.removeEventListener("visibilitychange", again);
    };
  }, [look, ms, version]);
  return polled;
}
