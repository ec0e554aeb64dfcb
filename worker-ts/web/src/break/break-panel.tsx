// "Try to break it": four counters, four buttons, and the story of what happened. Shows a Bench; decides nothing.
import { useEffect, useState } from "preact/hooks";
import { Dialog } from "../layer/dialog";
import { plural } from "../text/format";
import { Bench, type Breakage, type Happening } from "./bench";
import "./break.css";
import { Strip } from "./strip";

const BREAKAGES: readonly {
  readonly what: Breakage;
  readonly title: string;
  readonly hint: string;
}[] = [
  { what: "line", title: "Cut my line for 10 s", hint: "Both connections drop; nothing new gets through." },
  { what: "room", title: "Evict the room", hint: "Its memory goes, as in its sleep; the sockets stay." },
  { what: "queue", title: "Deliver the queue twice", hint: "And out of order, on its way to the archive." },
  { what: "server", title: "kill -9 the server", hint: "SIGKILL to every process, then start again." },
];

/** Draws again whenever the bench has changed, for as long as it is on screen. */
function useBench(room: string): Bench | undefined {
  const [bench, setBench] = useState<Bench>();
  const [, draw] = useState(0);
  useEffect(() => {
    const opened = new Bench(room, () => draw((count) => count + 1));
    setBench(opened);
    return () => void opened.close();
  }, [room]);
  return bench;
}

function Counter(props: {
  readonly label: string;
  readonly value: number;
  readonly must?: "zero";
  readonly hint: string;
}) {
  const { label, value, must } = props;
  const mood = must === undefined ? "" : value === 0 ? " good" : " bad";
  return (
    <div class={`break-counter${mood}`}>
      <dt>{label}</dt>
      <dd class="break-number">{value}</dd>
      <dd class="break-hint">{props.hint}</dd>
    </div>
  );
}

function Counters(props: { readonly bench: Bench }) {
  const { acknowledged, received, lost, doubled } = props.bench.counts;
  return (
    <dl class="break-counters">
      <Counter label="acknowledged" value={acknowledged} hint="the server has them" />
      <Counter label="received" value={received} hint="the listener heard them" />
      <Counter label="lost" value={lost} must="zero" hint="promised, and not there" />
      <Counter label="doubled" value={doubled} must="zero" hint="heard or stored twice" />
    </dl>
  );
}

const LINE_STATES = { connecting: "connecting", open: "connected", waiting: "no line", closed: "ended" } as const;

function Lines(props: { readonly bench: Bench }) {
  const { lines, unsent, counts } = props.bench;
  const dot = (state: keyof typeof LINE_STATES) => <span class={`break-dot ${state}`} aria-hidden="true" />;
  return (
    <p class="break-lines">
      <span>
        {dot(lines.writer)} Writer: {LINE_STATES[lines.writer]}
        {unsent > 1 && `, ${unsent} unsent`}
      </span>
      <span>
        {dot(lines.listener)} Listener: {LINE_STATES[lines.listener]}
      </span>
      {counts.checked > 0 && (
        <span>
          Looked up: {counts.checked} in the log, {counts.archived} in the archive so far
        </span>
      )}
    </p>
  );
}

function BreakButton(props: {
  readonly bench: Bench;
  readonly what: Breakage;
  readonly title: string;
  readonly hint: string;
}) {
  const { bench, what } = props;
  const running = bench.running === what;
  const missing = what === "server" && bench.status?.supervised === false;
  const busy = bench.running !== undefined || !bench.ready || bench.trouble !== undefined;
  return (
    <button
      type="button"
      class={`break-button${running ? " running" : ""}${bench.healed.has(what) ? " done" : ""}`}
      // Stays focusable: whoever came here by keyboard is not thrown out while it runs.
      aria-disabled={busy || missing}
      aria-busy={running}
      onClick={() => {
        if (!busy && !missing) void bench.breakIt(what);
      }}
    >
      <strong>{props.title}</strong>
      <small>{missing ? "Only under npm start, which starts it again." : props.hint}</small>
    </button>
  );
}

const clock = (ms: number) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

function Story(props: { readonly story: readonly Happening[] }) {
  return (
    <ol class="break-story" aria-label="What happened">
      {props.story.map(({ at, text, kind }) => (
        <li key={`${at} ${text}`} class={kind}>
          <time>{clock(at)}</time>
          <span>{text}</span>
        </li>
      ))}
    </ol>
  );
}

/** The one sentence that matters now. */
function Verdict(props: { readonly bench: Bench }) {
  const { bench } = props;
  const { lost, doubled, checked, acknowledged } = bench.counts;
  if (bench.trouble !== undefined) return <p class="break-verdict bad">{bench.trouble}</p>;
  if (lost + doubled > 0)
    return (
      <p class="break-verdict bad">
        {plural(lost, "message")} lost, {doubled} doubled. This is a bug: please report it.
      </p>
    );
  if (bench.running !== undefined) return <p class="break-verdict running">{bench.doing}</p>;
  if (!bench.ready) return <p class="break-verdict">Connecting a writer and a listener …</p>;
  if (checked === 0) return <p class="break-verdict">A message every half second. Now break something.</p>;
  return (
    <p class="break-verdict good">
      Nothing lost, nothing doubled. {checked === acknowledged ? "All" : checked}{" "}
      {checked === acknowledged ? checked : `of ${acknowledged}`} acknowledged messages were looked up in the log: each
      is there once.
    </p>
  );
}

export function BreakPanel(props: { readonly room: string; readonly onClose: () => void }) {
  const bench = useBench(props.room);
  // Said once, when it is done: a screen reader is not to hear every second of a countdown.
  const latest = bench?.story.find(({ kind }) => kind !== "plain")?.text ?? "";
  return (
    <Dialog title="Try to break it" onClose={props.onClose}>
      <div class="break">
        <p class="hint">
          Two real connections to a real server on this machine: one writes numbered messages, one listens. Break what
          you like; the counters count what the server promised, and the log is looked up after every blow.
        </p>
        {bench !== undefined && (
          <>
            <Counters bench={bench} />
            <Strip seconds={bench.strip} />
            <Lines bench={bench} />
            <div class="break-buttons">
              {BREAKAGES.map((one) => (
                <BreakButton key={one.what} bench={bench} {...one} />
              ))}
            </div>
            <Verdict bench={bench} />
            <Story story={bench.story} />
          </>
        )}
        <p class="sr-only" role="status" aria-live="polite">
          {latest}
        </p>
      </div>
    </Dialog>
  );
}
