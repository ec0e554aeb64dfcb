// The log on screen: rows, history above, what is new below, and the arrow keys that walk through it.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ViewMessage } from "../../../src/client";
import type { Talk } from "../talk/talk";
import { dayLabel, plural } from "../text/format";
import { DownIcon } from "../ui/icons";
import { type MessageActions, MessageRow } from "./message";
import { keyOf, layRows, type Row } from "./rows";
import { ScrollHold } from "./scroll";

/** Older messages are asked for this far (px) before the top is reached. */
const AHEAD_PX = 600;

const lastSeq = (messages: readonly ViewMessage[]): number =>
  messages.findLast((message) => message.status === "stored")?.seq ?? 0;

/** What was seen last, and where the line above the new ones goes. Seen = at the end of the log, in a visible page. */
function useSeen(messages: readonly ViewMessage[], hold: () => ScrollHold | undefined, loaded: boolean) {
  const [seen, setSeen] = useState<number>();
  const [line, setLine] = useState<number | null>(null);
  const last = lastSeq(messages);
  const look = () => {
    if (!loaded) return;
    if (seen === undefined || (hold()?.atEnd === true && document.visibilityState === "visible")) setSeen(last);
    else if (last > seen && (line === null || line < seen)) setLine(seen);
  };
  useEffect(look);
  useEffect(() => {
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  });
  const fresh = messages.filter((message) => message.seq > (seen ?? last) && !message.mine).length;
  return { fresh, line, look };
}

/** The message that an event comes from. */
function rowOf(event: Event): HTMLElement | null {
  return (event.target as HTMLElement).closest<HTMLElement>("[data-key]");
}

/** The message that an arrow key, Home or End leads to; from outside of all messages, up leads to the last. */
function neighbour(key: string, box: HTMLElement, from: HTMLElement | null): HTMLElement | undefined {
  const all = [...box.querySelectorAll<HTMLElement>("[data-key]")];
  const at = from === null ? all.length : all.indexOf(from);
  return { ArrowUp: all[at - 1], ArrowDown: all[at + 1], Home: all[0], End: all.at(-1) }[key];
}

export function Timeline(props: {
  readonly talk: Talk;
  readonly title: string;
  readonly onReply: (message: ViewMessage) => void;
  readonly onFresh: (count: number) => void;
  /** Escape was pressed: back to writing. */
  readonly onLeave: () => void;
}) {
  const { talk, onFresh } = props;
  const { messages, gaps } = talk;
  const box = useRef<HTMLDivElement>(null);
  const hold = useRef<ScrollHold>(undefined);
  const [current, setCurrent] = useState<string>();
  const { fresh, line, look } = useSeen(messages, () => hold.current, talk.loaded);
  const rows = useMemo(() => layRows(messages, gaps, line), [messages, gaps, line]);
  const bySeq = useMemo(() => new Map(messages.map((message) => [message.seq, message])), [messages]);
  // One message is the log's stop for Tab: the one chosen last, else the newest. Arrow keys go on from there.
  const chosen = rows.find((row) => row.key === current) ?? rows.findLast((row) => row.kind === "message");

  const fill = () => {
    if (box.current !== null && box.current.scrollTop < AHEAD_PX && talk.more && !talk.historyFailed)
      void talk.loadOlder();
  };
  useLayoutEffect(() => {
    hold.current ??= new ScrollHold(box.current!);
    hold.current.keep();
    fill();
  });
  // Whoever writes wants to see it.
  useLayoutEffect(() => {
    if (talk.written > 0) hold.current?.toEnd();
  }, [talk.written]);
  useEffect(() => {
    const watcher = new ResizeObserver(() => hold.current?.keep());
    watcher.observe(box.current!);
    return () => watcher.disconnect();
  }, []);
  useEffect(() => onFresh(fresh), [fresh, onFresh]);

  const find = (key: string) => box.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  const actions: MessageActions = {
    reply: props.onReply,
    resend: (id) => talk.resend(id),
    discard: (id) => talk.discard(id),
    jump(seq) {
      const source = bySeq.get(seq);
      const element = source === undefined ? undefined : find(keyOf(source));
      element?.scrollIntoView({ block: "center" });
      element?.focus();
    },
  };
  const press = (event: KeyboardEvent) => {
    const focused = rowOf(event);
    const next = neighbour(event.key, box.current!, focused);
    if (event.key === "Escape") props.onLeave();
    else if (next !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      next.focus();
    } else if (event.key.toLowerCase() === "r" && focused !== null && event.target === focused) {
      const message = bySeq.get(Number(focused.dataset["seq"]));
      if (message === undefined || message.deletedAt !== null) return;
      event.preventDefault();
      props.onReply(message);
    }
  };

  return (
    <div class="timeline">
      <div
        ref={box}
        class="log"
        role="log"
        aria-label={`Messages in ${props.title}`}
        aria-live="polite"
        // While history is put in above, nothing is announced.
        aria-busy={talk.loading || !talk.loaded}
        onKeyDown={press}
        onFocusIn={(event) => setCurrent(rowOf(event)?.dataset["key"])}
        onScroll={() => {
          hold.current?.scrolled();
          fill();
          look();
        }}
      >
        <div class="log-top">
          <LogTop talk={talk} title={props.title} />
        </div>
        {rows.map((row) => (
          <LogRow key={row.key} row={row} talk={talk} bySeq={bySeq} current={row === chosen} actions={actions} />
        ))}
      </div>
      {fresh > 0 && (
        <button type="button" class="fresh" onClick={() => hold.current?.toEnd()}>
          <DownIcon />
          {plural(fresh, "new message")}
        </button>
      )}
    </div>
  );
}

/** One row of the log. */
function LogRow(props: {
  readonly row: Row;
  readonly talk: Talk;
  readonly bySeq: ReadonlyMap<number, ViewMessage>;
  readonly current: boolean;
  readonly actions: MessageActions;
}) {
  const { row, talk, bySeq, current, actions } = props;
  if (row.kind === "day") {
    return (
      <h2 class="day">
        <span>{dayLabel(row.ts, Date.now())}</span>
      </h2>
    );
  }
  if (row.kind === "new") {
    return (
      <div class="new-line">
        <span>New</span>
      </div>
    );
  }
  if (row.kind === "gap") {
    return (
      <div class="gap">
        <span>Some messages were skipped here.</span>
        <button type="button" class="button small" disabled={talk.loading} onClick={() => talk.loadGap(row.gap.to)}>
          Load them
        </button>
      </div>
    );
  }
  const { message, head, key } = row;
  const source = message.replyTo === null ? undefined : bySeq.get(message.replyTo);
  return <MessageRow id={key} message={message} head={head} source={source} current={current} actions={actions} />;
}

/** What stands above the oldest message: history on its way, a failed page, or the room's beginning. */
function LogTop(props: { readonly talk: Talk; readonly title: string }) {
  const { talk } = props;
  if (talk.historyFailed && (talk.more || !talk.loaded)) {
    return (
      <button type="button" class="button small" onClick={() => talk.loadOlder()}>
        Load messages
      </button>
    );
  }
  if (!talk.loaded || talk.more) return <p class="hint">{talk.state === "open" ? "Loading messages …" : ""}</p>;
  return (
    <div class="beginning">
      <p class="beginning-title">This is the beginning of {props.title}.</p>
      {talk.messages.length === 0 && <p class="hint">Say hello, or send somebody the link of this room.</p>}
    </div>
  );
}
