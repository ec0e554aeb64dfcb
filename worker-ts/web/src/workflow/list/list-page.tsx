// The page /workflows: what can be started, and the runs one may see, by status and name, the newest first.
import { useId, useState } from "preact/hooks";
import { now } from "../../platform";
import { fullLabel, shortLabel } from "../../text/format";
import { isOver, type Run, type RunsAsked, STATUSES, type Status } from "../api";
import { sayLength } from "../model/scale";
import { StatusMark } from "../status";
import { StartForms } from "./start-forms";
import { useNames, useRuns } from "./use-runs";

/** What the address says is to be shown. */
function askedOf(): RunsAsked {
  const query = new URLSearchParams(location.search);
  const status = STATUSES.find((one) => one === query.get("status")) ?? "";
  return { status, name: query.get("name") ?? "" };
}

function addressOf({ status, name }: RunsAsked): string {
  const query = new URLSearchParams({ ...(status === "" ? {} : { status }), ...(name === "" ? {} : { name }) });
  return query.size === 0 ? location.pathname : `?${query}`;
}

function Filters(props: {
  readonly names: readonly string[];
  readonly asked: RunsAsked;
  readonly onChange: (asked: RunsAsked) => void;
}) {
  const [status, name] = [useId(), useId()];
  const { asked, names, onChange } = props;
  const listed = asked.name === "" || names.includes(asked.name) ? names : [...names, asked.name];
  return (
    <form class="filters" aria-label="Which runs" onSubmit={(event) => event.preventDefault()}>
      <label for={status}>Status</label>
      <select
        id={status}
        value={asked.status}
        onChange={(event) => onChange({ ...asked, status: event.currentTarget.value as Status | "" })}
      >
        <option value="">all</option>
        {STATUSES.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
      <label for={name}>Workflow</label>
      <select
        id={name}
        value={asked.name}
        onChange={(event) => onChange({ ...asked, name: event.currentTarget.value })}
      >
        <option value="">all</option>
        {listed.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </form>
  );
}

function Row(props: { readonly run: Run }) {
  const { run } = props;
  const end = run.completedAt ?? (isOver(run.status) ? run.lastEventAt : now());
  return (
    <li>
      <a class="run-row" href={`/runs/${run.id}`}>
        <span>
          <span class="run-name">{run.name}</span>
          {run.attributes["room"] !== undefined && <span class="run-where"> in {run.attributes["room"]}</span>}
        </span>
        <StatusMark status={run.status} />
        <time class="run-when" title={fullLabel(run.createdAt)}>
          {shortLabel(run.createdAt, now())}
        </time>
        <span class="run-length">
          {isOver(run.status) ? "took" : "for"} {sayLength(Math.max(end - run.createdAt, 0))}
        </span>
      </a>
    </li>
  );
}

export function ListPage() {
  const [asked, setAsked] = useState(askedOf);
  const names = useNames();
  const { runs, more, failure, loadMore } = useRuns(asked);
  const change = (next: RunsAsked) => {
    history.replaceState(null, "", addressOf(next));
    setAsked(next);
  };
  const all = asked.status === "" && asked.name === "";
  return (
    <main class="workflow-body">
      <h1>Workflows</h1>
      <StartForms names={names.names} failure={names.failure} />
      <section aria-labelledby="runs-title" class="runs">
        <div class="runs-head">
          <h2 id="runs-title">Runs</h2>
          <Filters names={names.names ?? []} asked={asked} onChange={change} />
        </div>
        {failure !== undefined && (
          <p class="refusal" role="alert">
            The runs cannot be seen: {failure}
          </p>
        )}
        {runs === undefined && failure === undefined && <p class="hint">The runs are looked up …</p>}
        {runs?.length === 0 && (
          <p class="hint empty-list">{all ? "No runs yet. Start a workflow above." : "No runs like that."}</p>
        )}
        <ul class="run-list" aria-label="Runs">
          {runs?.map((run) => (
            <Row key={run.id} run={run} />
          ))}
        </ul>
        {more && (
          <button type="button" class="button small" onClick={() => void loadMore()}>
            Show older runs
          </button>
        )}
      </section>
    </main>
  );
}
