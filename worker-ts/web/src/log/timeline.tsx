// The log on screen: rows, history above, what is new below, and the arrow keys that walk through it.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Gap, ViewMessage } from "../../../src/client";
import { sayError } from "../api";
import { tell } from "../layer/toast";
import type { MessageActions } from "../message/actions";
import type { Rights } from "../message/rights";
import { shortcut } from "../message/shortcut";
import { useLayers } from "../message/use-layers";
import type { Talk } from "../talk/talk";
import type { ShownMessage } from "../talk/underway";
import { plural } from "../text/format";
import { BackToIcon, DownIcon } from "../ui/icons";
import { LogRow, type LogScene, LogTop } from "./log-row";
import { placeReaders } from "./readers";
import { keyOf, layRows } from "./rows";
import { ScrollHold } from "./scroll";
import { type Jump, useJump } from "./use-jump";
import { useSeen } from "./use-seen";

/** Older messages are asked for this far (px) before the top is reached; what a jump left open, before it is in sight. */
const AHEAD_PX = 600;

/** The row that an event comes from. */
function rowOf(event: Event): HTMLElement | null {
  return (event.target as HTMLElement).closest<HTMLElement>("[data-key]");
}

/** The row that an arrow key, Home or End leads to; from outside of all rows, up leads to the last. */
function neighbour(key: string, box: HTMLElement, from: HTMLElement | null): HTMLElement | undefined {
  const all = [...box.querySelectorAll<HTMLElement>("[data-key]")];
  const at = from === null ? all.length : all.indexOf(from);
  return { ArrowUp: all[at - 1], ArrowDown: all[at + 1], Home: all[0], End: all.at(-1) }[key];
}

/** Loads what is about to come into sight: older messages, and what a jump has left open. */
function fill(talk: Talk, box: HTMLElement, hold: ScrollHold): void {
  const { history } = talk;
  if (history.loading || history.failed) return;
  if (box.scrollTop < AHEAD_PX && history.more) return void history.loadOlder();
  for (const element of box.querySelectorAll<HTMLElement>("[data-hole]")) {
    const hole = history.holes.find(({ to }) => String(to) === element.dataset["hole"]);
    const place = hold.near(element, AHEAD_PX);
    if (hole !== undefined && place !== undefined) return void history.loadGap(hole, place.above ? "to" : "from");
  }
}

/** A message to be shown; another object is another wish, of the same one too. */
export interface Goal {
  readonly seq: number;
}

export function Timeline(props: {
  readonly room: string;
  readonly talk: Talk;
  readonly title: string;
  readonly rights: Rights;
  readonly pinned: ReadonlySet<number>;
  readonly goal: Goal | undefined;
  readonly onReply: (message: ShownMessage) => void;
  readonly onEdit: (message: ShownMessage) => void;
  readonly onFresh: (count: number) => void;
  /** All has been seen, up to this message. */
  readonly onRead: (newest: ViewMessage) => void;
  /** Escape was pressed: back to writing. */
  readonly onLeave: () => void;
}) {
  const { talk, room, rights, pinned, onFresh } = props;
  const { messages, notes, gaps, history } = talk;
  const { readers } = talk.company;
  const { holes } = history;
  const box = useRef<HTMLDivElement>(null);
  const hold = useRef<ScrollHold>(undefined);
  const [current, setCurrent] = useState<string>();
  const [far, setFar] = useState(false);
  const { fresh, line, look } = useSeen(talk, () => hold.current, props.onRead);
  const rows = useMemo(() => layRows({ messages, notes, gaps, holes }, line), [messages, notes, gaps, holes, line]);
  const bySeq = useMemo(() => new Map(messages.map((message) => [message.seq, message])), [messages]);
  const marks = useMemo(() => placeReaders(rows, readers), [rows, readers]);
  // One row is the log's stop for Tab: the one chosen last, else the newest message. Arrow keys go on from there.
  const chosen = (rows.find((row) => row.key === current) ?? rows.findLast((row) => row.kind === "message"))?.key;

  const find = (key: string) => box.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  useLayoutEffect(() => {
    hold.current ??= new ScrollHold(box.current!);
    hold.current.keep();
    fill(talk, box.current!, hold.current);
    setFar(!hold.current.atEnd);
  });
  const jump = useJump({
    talk,
    hold: () => hold.current,
    find,
    keyAt: (seq) => {
      const message = bySeq.get(seq);
      return message === undefined ? undefined : keyOf(message);
    },
  });
  // Whoever writes wants to see it.
  useLayoutEffect(() => {
    if (talk.writer.written > 0) hold.current?.toEnd();
  }, [talk.writer.written]);
  const { goal } = props;
  useEffect(() => {
    if (goal !== undefined && history.loaded) jump.to(goal.seq, undefined);
  }, [goal, history.loaded]);
  const layers = useLayers();
  useEffect(() => {
    const watcher = new ResizeObserver(() => hold.current?.keep());
    watcher.observe(box.current!);
    return () => watcher.disconnect();
  }, []);
  useEffect(() => onFresh(fresh), [fresh, onFresh]);

  const load = async (gap: Gap) => {
    const first = await history.loadGap(gap, "to");
    // The button may be gone; who used it by keyboard goes on with what it brought.
    if (first === undefined || document.activeElement !== document.body) return;
    const message = messagesFrom(talk.messages, first);
    if (message !== undefined) requestAnimationFrame(() => find(keyOf(message))?.focus({ preventScroll: true }));
  };
  /** The button that was pressed is gone: one goes on writing, but for touch, where that would cover the room. */
  const goOn = () => {
    if (matchMedia("(hover: hover)").matches) props.onLeave();
  };
  const actions: MessageActions = {
    ...layers,
    reply: props.onReply,
    edit: props.onEdit,
    remove: ({ seq }) => talk.writer.undo.begin(seq),
    keep: ({ seq }) => talk.writer.undo.cancel(seq),
    react: (message, emoji) => talk.writer.react(message, emoji),
    pin: (message, on) => void talk.pin(message.seq, on).catch((error) => tell(sayError(error), { bad: true })),
    resend(id) {
      talk.resend(id);
      goOn();
    },
    discard(id) {
      talk.discard(id);
      goOn();
    },
    jump: (seq, from) => jump.to(seq, from),
    load,
  };
  const press = (event: KeyboardEvent) => {
    const focused = rowOf(event);
    const next = neighbour(event.key, box.current!, focused);
    if (event.key === "Escape") return props.onLeave();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (next !== undefined) {
      event.preventDefault();
      next.focus({ preventScroll: true });
    } else if (focused !== null && event.target === focused) {
      const message = bySeq.get(Number(focused.dataset["seq"]));
      const scene = {
        rights,
        pinned: message !== undefined && pinned.has(message.seq),
        actions,
        element: focused,
        id: focused.dataset["key"]!,
        back: jump.away ? jump.back : undefined,
        now: Date.now(),
      };
      const act = message === undefined ? undefined : shortcut(event.key, message, scene);
      if (act === undefined) return;
      event.preventDefault();
      act();
    }
  };
  /** What the keyboard leads to is brought into sight by us: the browser's own way comes too late to be told from a resize. */
  const focused = (event: FocusEvent) => {
    const row = rowOf(event);
    setCurrent(row?.dataset["key"]);
    if (row !== null && (event.target as HTMLElement).matches(":focus-visible")) hold.current?.reveal(row);
  };
  const scene: LogScene = { room, talk, rights, pinned, bySeq, readers: marks, chosen, lit: jump.lit, actions };
  // Rows change less often than the room: somebody typing draws none of them again.
  const drawn = useMemo(
    () => rows.map((row) => <LogRow key={row.key} row={row} scene={scene} />),
    [rows, marks, chosen, rights, pinned, jump.lit, jump.away, history.loading, history.failed],
  );

  return (
    <div class="timeline">
      <div
        ref={box}
        class="log"
        role="log"
        aria-label={`Messages in ${props.title}`}
        aria-live="polite"
        // While history is put in above, nothing is announced.
        aria-busy={history.loading || !history.loaded}
        onKeyDown={press}
        onFocusIn={focused}
        onScroll={() => {
          hold.current?.scrolled();
          setFar(hold.current?.atEnd === false);
          fill(talk, box.current!, hold.current!);
          look();
        }}
      >
        <div class="log-top">
          <LogTop talk={talk} title={props.title} />
        </div>
        {drawn}
      </div>
      <Floats
        jump={jump}
        fresh={fresh}
        far={far}
        onEnd={() => {
          jump.stay();
          hold.current?.toEnd();
          goOn();
        }}
      />
      {layers.element({ room, rights, pinned, actions })}
    </div>
  );
}

/** The first message from a seq on. */
const messagesFrom = (messages: readonly ViewMessage[], seq: number): ViewMessage | undefined =>
  messages.find((message) => message.seq >= seq);

/** What floats over the end of the log: the way back, and the way down. */
function Floats(props: {
  readonly jump: Jump;
  readonly fresh: number;
  readonly far: boolean;
  readonly onEnd: () => void;
}) {
  const { jump, fresh, far, onEnd } = props;
  return (
    <div class="floats">
      <p class="float-told" role="status">
        {jump.missing ? "That message is not here any more." : jump.loading ? "Looking for the message …" : ""}
      </p>
      {jump.away && far && (
        <button type="button" class="float" onClick={jump.back}>
          <BackToIcon />
          Back to the answer
        </button>
      )}
      {fresh > 0 ? (
        <button type="button" class="float strong" onClick={onEnd}>
          <DownIcon />
          {plural(fresh, "new message")}
        </button>
      ) : (
        far && (
          <button
            type="button"
            class="float round"
            aria-label="Go to the newest message"
            title="Newest"
            onClick={onEnd}
          >
            <DownIcon />
          </button>
        )
      )}
    </div>
  );
}
