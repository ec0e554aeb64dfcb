// One run on the page: what is known of it, its log as it grows, and how it ended.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { after } from "../../platform";
import { getResult, getRun, type LogEvent, runPath } from "../api";
import { Feed, type FeedState } from "../model/feed";
import { extend } from "../model/grow";
import { Looking, type Seen, UNSEEN } from "../model/looking";
import { useAsk } from "../use-ask";

export interface Followed extends Seen {
  readonly events: readonly LogEvent[];
  readonly line: FeedState;
  readonly look: () => Promise<void>;
}

/** Where the line stands so, only a look tells what has come of the run, or of whoever looks. */
const TELLING: ReadonlySet<FeedState> = new Set(["over", "lost", "refused"]);

export function useRun(id: string): Followed {
  const ask = useAsk();
  const [seen, setSeen] = useState<Seen>(UNSEEN);
  const [events, setEvents] = useState<readonly LogEvent[]>([]);
  const [line, setLine] = useState<FeedState>("opening");
  const looking = useRef<Looking>(undefined);
  const look = useCallback(async () => looking.current?.look(), []);
  const { missing } = seen;

  useEffect(() => {
    if (missing) return;
    const ports = { getRun: () => ask(getRun(id)), getResult: () => ask(getResult(id)), after };
    const own = new Looking(ports, setSeen);
    looking.current = own;
    void own.look();
    const feed = new Feed<LogEvent>({ open: () => new EventSource(runPath(id, "/live")), after }, (more, state) => {
      setLine(state);
      setEvents((known) => extend(known, more));
      // what the log does not say of the run
      const telling = more.some(({ type }) => type.startsWith("run_") || type === "attr_set");
      if (telling || TELLING.has(state)) void own.look();
    });
    return () => {
      feed[Symbol.dispose]();
      own[Symbol.dispose]();
    };
  }, [ask, id, missing]);

  return { ...seen, events, line, look };
}
