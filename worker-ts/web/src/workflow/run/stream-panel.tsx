// The run's streams as they grow; the first is open, a browser has few lines for more.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { StreamName } from "../api";
import type { FeedState } from "../model/feed";
import { scrolls } from "./roles";
import { useStream } from "./use-streams";

/** So near (px) its end a text follows what comes. */
const NEAR_PX = 24;

/** How the stream stands. */
function stands(state: FeedState, over: boolean): string {
  if (state === "over") return "closed";
  if (state === "refused") return "cannot be read on";
  if (over) return "left open by the run";
  return state === "lost" ? "line lost" : "open";
}

function StreamText(props: {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly over: boolean;
}) {
  const { text, chunks, state } = useStream(props.id, props.name);
  const shown = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  useLayoutEffect(() => {
    if (follows.current && shown.current !== null) shown.current.scrollTop = shown.current.scrollHeight;
  }, [text]);
  return (
    <>
      <p class="hint stream-state">
        {chunks} {chunks === 1 ? "chunk" : "chunks"}, {stands(state, props.over)}
      </p>
      <pre
        ref={shown}
        class="stream-text"
        {...scrolls(`Stream ${props.label}`)}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          follows.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
        }}
      >
        {text}
      </pre>
    </>
  );
}

function StreamLine(props: {
  readonly id: string;
  readonly stream: StreamName;
  readonly first: boolean;
  readonly over: boolean;
}) {
  const { id, stream, first, over } = props;
  const [open, setOpen] = useState(first);
  const label = stream.namespace === "" ? "default" : stream.namespace;
  return (
    <details class="stream" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{label}</summary>
      {open && <StreamText id={id} name={stream.name} label={label} over={over} />}
    </details>
  );
}

export function StreamPanel(props: {
  readonly id: string;
  readonly streams: readonly StreamName[];
  readonly over: boolean;
}) {
  const { id, streams, over } = props;
  return (
    <section class="card" aria-labelledby="streams-title">
      <h2 id="streams-title">Streams</h2>
      {streams.length === 0 && <p class="hint">{over ? "The run wrote none." : "None so far."}</p>}
      {streams.map((stream, index) => (
        <StreamLine key={stream.name} id={id} stream={stream} first={index === 0} over={over} />
      ))}
    </section>
  );
}
