// The streams of a run: which there are, looked for whenever its log grew, and the text of one as it grows.
import { useEffect, useState } from "preact/hooks";
import { after } from "../../platform";
import { listStreams, type StreamName, streamPath } from "../api";
import { Feed, type FeedState } from "../model/feed";
import { tailOf, textOf } from "../model/grow";
import { useAsk } from "../use-ask";

const LOOK_AFTER_MS = 400;

/** The streams, none while nobody knows; `events` is how long the log is. */
export function useStreams(id: string, events: number): readonly StreamName[] {
  const ask = useAsk();
  const [streams, setStreams] = useState<readonly StreamName[]>([]);
  useEffect(() => {
    // what cannot be listed now is listed with the next event
    const look = () => void ask(listStreams(id)).then(setStreams, () => undefined);
    return after(LOOK_AFTER_MS, look);
  }, [ask, id, events]);
  return streams;
}

export interface Streamed {
  readonly text: string;
  readonly chunks: number;
  readonly state: FeedState;
}

/** One stream, followed until it ends. */
export function useStream(id: string, name: string): Streamed {
  const [streamed, setStreamed] = useState<Streamed>({ text: "", chunks: 0, state: "opening" });
  useEffect(() => {
    const feed = new Feed<unknown>({ open: () => new EventSource(streamPath(id, name)), after }, (more, state) => {
      setStreamed(({ text, chunks }) => ({
        text: tailOf(text + more.map(textOf).join("")),
        chunks: chunks + more.length,
        state,
      }));
    });
    return () => feed[Symbol.dispose]();
  }, [id, name]);
  return streamed;
}
