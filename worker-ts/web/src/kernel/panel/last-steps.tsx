// The last cranks that had to do with something; each leads to the steps.
import { useDesk } from "../desk";
import { lastOf, sayStep } from "../model/trace";

export function LastSteps(props: { readonly id: string }) {
  const { seen, showCrank } = useDesk();
  const steps = lastOf(seen.steps, props.id);
  return (
    <section class="block">
      <h3>Last messages</h3>
      {steps.length === 0 ? (
        <p class="hint">Nothing yet since this page looks.</p>
      ) : (
        <ol class="last">
          {steps.map((step) => (
            <li key={step.crank}>
              <button type="button" class="link-button" onClick={() => showCrank(step.crank)}>
                <span class="crank">{step.crank}</span> {sayStep(step)}
              </button>
              {step.outcome !== "done" && <span class="mark-text bad">{step.outcome}</span>}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
