// How the run ended, and its attributes.
import type { Result, Run } from "../api";
import { scrolls } from "./roles";

interface Ended {
  readonly result: Result | undefined;
  readonly over: boolean;
  /** Why it cannot be told how the run ended. */
  readonly failure: string | undefined;
}

function Outcome({ result, over, failure }: Ended) {
  if (failure !== undefined)
    return (
      <p class="refusal" role="alert">
        How the run ended cannot be told: {failure}
      </p>
    );
  if (result === undefined) return <p class="hint">{over ? "It is looked up …" : "The run is not over."}</p>;
  if (result.error !== null)
    return (
      <p class="refusal">
        <b>{result.error.name}</b>: {result.error.message}
        {result.error.code !== null && <> ({result.error.code})</>}
      </p>
    );
  if (result.status === "cancelled") return <p class="hint">The run was cancelled.</p>;
  return (
    <pre class="output" {...scrolls("What the run returned")}>
      {JSON.stringify(result.output, null, 2)}
    </pre>
  );
}

export function ResultPanel(props: Ended) {
  return (
    <section class="card" aria-labelledby="result-title">
      <h2 id="result-title">Result</h2>
      <Outcome {...props} />
    </section>
  );
}

export function Attributes(props: { readonly run: Run }) {
  const entries = Object.entries(props.run.attributes);
  return (
    <section class="card" aria-labelledby="attributes-title">
      <h2 id="attributes-title">Attributes</h2>
      {entries.length === 0 ? (
        <p class="hint">The run has none.</p>
      ) : (
        <dl class="facts">
          {entries.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
