// What of the log was seen: where the line above the new messages goes, how many wait below, and what is told as read.
import { useEffect, useRef, useState } from "preact/hooks";
import type { ViewMessage } from "../../../src/client";
import type { Talk } from "../talk/talk";
import type { ScrollHold } from "./scroll";

const lastStored = (messages: readonly ViewMessage[]): ViewMessage | undefined =>
  messages.findLast((message) => message.status === "stored");

/** Seen = at the end of the log, in a visible page. */
const sees = (hold: ScrollHold | undefined): boolean => hold?.atEnd === true && document.visibilityState === "visible";

export interface Seen {
  /** Messages of others below what was seen. */
  readonly fresh: number;
  /** The line above the new messages stands behind this seq; null = there is none. */
  readonly line: number | null;
  /** To be called whenever the log has moved. */
  readonly look: () => void;
}

/** `onRead` is told the newest message each time all has been seen. */
export function useSeen(talk: Talk, hold: () => ScrollHold | undefined, onRead: (newest: ViewMessage) => void): Seen {
  const { messages } = talk;
  const [seen, setSeen] = useState<number>();
  const [line, setLine] = useState<number | null>(null);
  const told = useRef(0);
  /** The newest seq of the first page, until it is known how far the user had read then. */
  const began = useRef<number | "settled">(undefined);

  const look = () => {
    if (!talk.history.loaded) return;
    // As it is now: an effect may come after more has been loaded than was drawn.
    const newest = lastStored(talk.messages);
    const last = newest?.seq ?? 0;
    const mark = talk.company.readBefore;
    began.current ??= last;
    // Whoever comes back finds the line where they left, on whatever machine that was; the room may tell it a little late.
    if (mark !== undefined && began.current !== "settled") {
      if (mark < began.current && line === null) setLine(mark);
      began.current = "settled";
    }
    if (sees(hold())) {
      setSeen(last);
      if (newest === undefined || last <= told.current) return;
      told.current = last;
      talk.read(last);
      onRead(newest);
    } else if (seen === undefined) setSeen(last);
    else if (last > seen && (line === null || line < seen)) setLine(seen);
  };
  useEffect(look);
  useEffect(() => {
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  });
  const fresh = messages.filter((message) => message.seq > (seen ?? Number.POSITIVE_INFINITY) && !message.mine).length;
  return { fresh, line, look };
}
