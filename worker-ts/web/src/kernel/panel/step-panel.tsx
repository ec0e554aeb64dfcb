// The trace, one crank at a time: what came, what was sent and resolved in it, and where each of these leads. And the kernel itself:
// stopped, let on by a crank, let go.
import { useState } from "preact/hooks";
import { Fact, Facts } from "../../admin/facts";
import { useDesk } from "../desk";
import { beside, deliveredIn, type Filter, krefsOf, resolvedIn, sayStep, sentIn, shown } from "../model/trace";
import { showCapData } from "../model/values";
import type { Step } from "../rpc/shapes";
import { Linked, Named, Owner } from "./named";

/** Leads to another crank. */
function To(props: { readonly step: Step | undefined; readonly none: string }) {
  const { showCrank } = useDesk();
  const { step } = props;
  if (step === undefined) return <span class="hint">{props.none}</span>;
  return (
    <button type="button" class="link-button crank-link" onClick={() => showCrank(step.crank)}>
      crank {step.crank}
    </button>
  );
}

function Sends(props: { readonly step: Step }) {
  const { steps } = useDesk().seen;
  const { sends } = props.step;
  if (sends.length === 0) return <span class="hint">nothing</span>;
  return (
    <ul class="holders">
      {sends.map(({ message, target, method, result }) => (
        <li key={message}>
          <Named id={target} />.{method}() → <To step={deliveredIn(steps, message)} none="not delivered yet" />
          {result !== null && (
            <>
              , for <Named id={result} />
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

function Resolves(props: { readonly step: Step }) {
  return (
    <ul class="holders">
      {props.step.resolves.map(({ promise, rejected, body, slots }) => (
        <li key={promise}>
          <Named id={promise} /> {rejected ? <span class="mark-text bad">rejected</span> : "="}{" "}
          <Linked text={showCapData({ body, slots })} />
        </li>
      ))}
    </ul>
  );
}

function StepView(props: { readonly step: Step }) {
  const { step } = props;
  const { steps } = useDesk().seen;
  const from = step.message === null ? undefined : sentIn(steps, step.message);
  return (
    <article class="step" aria-label={`Crank ${step.crank}`}>
      <header class="details-head">
        <h2>
          <span class="sort">Crank {step.crank}</span> <Linked text={sayStep(step)} />
        </h2>
        <span class={step.outcome === "done" ? "mark-text good" : "mark-text bad"}>{step.outcome}</span>
      </header>
      {step.why !== null && <p class="refusal">{step.why}</p>}
      <Facts>
        {step.vat !== null && (
          <Fact name="In">
            <Owner id={step.vat} />
          </Fact>
        )}
        {step.kind === "message" && (
          <Fact name="Sent by">
            {from === undefined ? (
              <span class="hint">outside, or before this page looked</span>
            ) : (
              <>
                {from.vat === null ? "outside" : <Owner id={from.vat} />}, <To step={from} none="" />
              </>
            )}
          </Fact>
        )}
        {step.body !== null && (
          <Fact name="Body">
            <code>
              <Linked text={showCapData({ body: step.body, slots: step.slots })} />
            </code>
          </Fact>
        )}
        {step.result !== null && (
          <Fact name="Result">
            <Named id={step.result} />, resolved: <To step={resolvedIn(steps, step.result)} none="not yet" />
          </Fact>
        )}
        {step.kind === "notify" && (
          <Fact name="Resolved in">
            {krefsOf(step.target).map((kref) => (
              <span key={kref} class="one">
                <Named id={kref} />: <To step={resolvedIn(steps, kref)} none="earlier" />
              </span>
            ))}
          </Fact>
        )}
        <Fact name="Sent">
          <Sends step={step} />
        </Fact>
        {step.resolves.length > 0 && (
          <Fact name="Resolved">
            <Resolves step={step} />
          </Fact>
        )}
        {step.drops.length > 0 && (
          <Fact name="Dropped">
            <Linked text={step.drops.join(", ")} />
          </Fact>
        )}
      </Facts>
    </article>
  );
}

/** Keys, where nothing is written. */
const KEYS: Readonly<Record<string, -1 | 1>> = { ArrowLeft: -1, ArrowRight: 1 };

export function StepPanel() {
  const { seen, crank, showCrank } = useDesk();
  const [filter, setFilter] = useState<Filter>("all");
  const steps = shown(seen.steps, filter);
  const last = steps.at(-1);
  const step = crank === undefined ? last : seen.steps.find((one) => one.crank === crank);
  const before = step && beside(steps, step.crank, -1);
  const after = step && beside(steps, step.crank, 1);
  const go = (way: -1 | 1) => {
    const next = way === -1 ? before : after;
    if (next !== undefined) showCrank(next.crank);
  };
  return (
    <div
      class="steps"
      role="none"
      onKeyDown={(event) => {
        const way = KEYS[event.key];
        if (way === undefined || event.target instanceof HTMLSelectElement) return;
        event.preventDefault();
        go(way);
      }}
    >
      <div class="step-bar">
        <button
          type="button"
          class="button small"
          disabled={before === undefined}
          title="Previous (←)"
          onClick={() => go(-1)}
        >
          Previous
        </button>
        <button
          type="button"
          class="button small"
          disabled={after === undefined}
          title="Next (→)"
          onClick={() => go(1)}
        >
          Next
        </button>
        <button
          type="button"
          class="button small"
          aria-pressed={crank === undefined}
          title="Follow the last crank"
          onClick={() => showCrank(crank === undefined ? last?.crank : undefined)}
        >
          Follow
        </button>
        <select
          aria-label="Which cranks"
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value === "messages" ? "messages" : "all")}
        >
          <option value="all">All cranks</option>
          <option value="messages">Messages only</option>
        </select>
      </div>
      {step === undefined ? (
        <p class="hint empty-panel">
          {seen.steps.length === 0
            ? "No crank has happened since this page looks. Send a message."
            : "This crank is older than what is kept of the trace."}
        </p>
      ) : (
        <StepView step={step} />
      )}
    </div>
  );
}
