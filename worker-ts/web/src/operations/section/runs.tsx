// Runs of workflows that need somebody: those that lie where they should go on, and those that failed. All others are on the page /workflows.
import type { Run } from "../../workflow/api";
import { StatusMark } from "../../workflow/status";
import { listFailed, wakeRun } from "../api";
import { useFigures } from "../live/desk";
import { usePages } from "../live/use-pages";
import { Repair } from "../part/repair";
import { Empty, ListEnd, Section } from "../part/section";
import { When } from "../part/when";

function Row(props: { readonly run: Run; readonly stuck?: boolean }) {
  const { run, stuck = false } = props;
  return (
    <li class="ops-row">
      <div class="ops-row-head">
        <a href={`/runs/${encodeURIComponent(run.id)}`}>
          {run.name} <code>{run.id.slice(-6)}</code>
        </a>
        <StatusMark status={run.status} />
        <span>
          last event <When at={run.lastEventAt} />
        </span>
        {run.otherCode && <span class="mark-text warn">other code than runs now</span>}
      </div>
      {stuck && (
        <div class="ops-repairs">
          <Repair
            name="Wake"
            label={`Wake the run ${run.id}`}
            mend={async () => ((await wakeRun(run.id)).woken ? "The run is woken." : "The run was woken a moment ago.")}
          />
        </div>
      )}
    </li>
  );
}

export function RunsSection() {
  const { stuck, stuckFailure } = useFigures();
  const failed = usePages("failed", listFailed);
  return (
    <Section
      title="Runs"
      failure={stuckFailure ?? failed.failure}
      hint={
        <>
          The watchdog wakes stuck runs by itself within minutes. <a href="/workflows?status=running">All open runs</a>
        </>
      }
    >
      <h3>Stuck</h3>
      {stuck === undefined && stuckFailure === undefined && <p class="hint">They are looked for …</p>}
      {stuck?.runs.length === 0 && <Empty>No run is stuck.</Empty>}
      <ul class="ops-list" aria-label="Stuck runs">
        {stuck?.runs.map((run) => (
          <Row key={run.id} run={run} stuck />
        ))}
      </ul>
      {stuck?.more === true && (
        <p class="hint">
          There are more; these have lain longest. If that stays so, the queue or the watchdog stands still.
        </p>
      )}
      <h3>Failed</h3>
      <ul class="ops-list" aria-label="Failed runs">
        {failed.rows?.map((run) => (
          <Row key={run.id} run={run} />
        ))}
      </ul>
      <ListEnd listed={failed} empty="No run has failed." />
    </Section>
  );
}
