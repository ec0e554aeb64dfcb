// The page /runs/:id: how the run stands, its timeline, what it waits for, what it wrote, how it ended.
import { useEffect, useMemo, useState } from "preact/hooks";
import { Confirm } from "../../layer/confirm";
import { tell } from "../../layer/toast";
import { now } from "../../platform";
import { fullLabel, momentLabel } from "../../text/format";
import { cancelRun, isOver, type Run } from "../api";
import type { FeedState } from "../model/feed";
import { type Lane, lanesOf, openHooks } from "../model/lanes";
import { sayLength } from "../model/scale";
import { sayNow } from "../model/words";
import { Part } from "../part";
import { StatusMark } from "../status";
import { Timeline } from "../timeline/timeline";
import { useAsk } from "../use-ask";
import { HooksPanel } from "./hooks-panel";
import { Attributes, ResultPanel } from "./result-panel";
import { StreamPanel } from "./stream-panel";
import { useRun } from "./use-run";
import { useStreams } from "./use-streams";

/** What the run does now, or how long it took. */
function Doing(props: { readonly run: Run; readonly lanes: readonly Lane[] }) {
  const { run, lanes } = props;
  const took = sayLength(Math.max((run.completedAt ?? run.lastEventAt) - run.createdAt, 0));
  return (
    <p class="run-now">
      {isOver(run.status) ? `took ${took}` : (sayNow(lanes, (at) => momentLabel(at, now())) ?? "ends")}
    </p>
  );
}

const ROOM = /^[a-z0-9-]{3,48}$/;

/** In which room the run works, and that one may only look, if so. */
function Place(props: { readonly run: Run }) {
  const { run } = props;
  const { room = "" } = run.attributes;
  return (
    <>
      {ROOM.test(room) && (
        <span>
          in the room <a href={`/rooms/${room}`}>{room}</a>
        </span>
      )}
      {!run.mayAct && <span>somebody else's: you may look, not act</span>}
    </>
  );
}

function Head(props: { readonly run: Run; readonly lanes: readonly Lane[]; readonly onChange: () => Promise<void> }) {
  const { run, lanes, onChange } = props;
  const [asks, setAsks] = useState(false);
  const ask = useAsk();
  const cancel = async () => {
    await ask(cancelRun(run.id));
    setAsks(false);
    tell("The run is cancelled.");
    await onChange();
  };
  return (
    <header class="run-head">
      <h1>{run.name}</h1>
      <StatusMark status={run.status} />
      <Doing run={run} lanes={lanes} />
      <span class="spring" />
      {run.mayAct && !isOver(run.status) && (
        <button type="button" class="button small" onClick={() => setAsks(true)}>
          Cancel the run …
        </button>
      )}
      <p class="run-facts hint">
        <code>{run.id}</code>
        <span>
          started <time>{fullLabel(run.createdAt)}</time>
        </span>
        <span>
          by code <code>{run.deploymentId}</code>
        </span>
        <Place run={run} />
      </p>
      {run.otherCode && (
        <p class="other-code" role="note">
          This run was started by other code than runs now. It goes on with the code of now.
        </p>
      )}
      {asks && (
        <Confirm title="Cancel this run?" action="Cancel the run" onConfirm={cancel} onClose={() => setAsks(false)}>
          <p>It ends where it stands. What its steps have done stays done.</p>
        </Confirm>
      )}
    </header>
  );
}

const LINES: Readonly<Partial<Record<FeedState, string>>> = {
  lost: "The line is lost, and tried again: what is shown may be old.",
  refused: "The log cannot be followed any more. Load the page again.",
};

function Missing() {
  return (
    <main class="empty">
      <h1>There is no such run</h1>
      <p class="hint">
        Or it is somebody else's: a run is seen by its owner, by the members of its room if it has one, and by admins.
      </p>
      <a class="button primary" href="/workflows">
        All runs
      </a>
    </main>
  );
}

export function RunPage(props: { readonly id: string }) {
  const { id } = props;
  const { run, events, line, result, missing, failure, resultFailure, look } = useRun(id);
  const streams = useStreams(id, events.length);
  const name = run?.name ?? "";
  const lanes = useMemo(() => lanesOf(events, name), [events, name]);
  const hooks = useMemo(() => openHooks(lanes), [lanes]);
  useEffect(() => {
    if (run !== undefined) document.title = `${run.name}, ${run.status} · Ferrule`;
  }, [run]);
  if (missing) return <Missing />;
  const over = run !== undefined && isOver(run.status);
  return (
    <main class="workflow-body run-page">
      {failure !== undefined && (
        <p class="refusal" role="alert">
          The run cannot be seen: {failure}
        </p>
      )}
      {run === undefined && failure === undefined && <p class="hint">The run is looked up …</p>}
      {run !== undefined && (
        <>
          <Head run={run} lanes={lanes} onChange={look} />
          {LINES[line] !== undefined && !over && (
            <p class="incident" role="status">
              {LINES[line]}
            </p>
          )}
          <Part of={hooks} name="What it waits for">
            <HooksPanel hooks={hooks} />
          </Part>
          <Part of={events} name="The timeline">
            <Timeline events={events} lanes={lanes} name={run.name} over={over} />
          </Part>
          <div class="run-cards">
            <Part of={streams} name="What it wrote">
              <StreamPanel id={id} streams={streams} over={over} />
            </Part>
            <Part of={result} name="The result">
              <ResultPanel result={result} over={over} failure={resultFailure} />
            </Part>
            <Part of={run} name="What is attached to it">
              <Attributes run={run} />
            </Part>
          </div>
        </>
      )}
    </main>
  );
}
