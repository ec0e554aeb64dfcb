// A start button for each workflow, with its arguments as JSON for whoever has some.
import { useId, useState } from "preact/hooks";
import { Refusal } from "../../layer/refusal";
import { useSubmit } from "../../layer/submit";
import { startRun } from "../api";
import { readArguments } from "../model/words";
import { useAsk } from "../use-ask";

function StartForm(props: { readonly name: string }) {
  const field = useId();
  const ask = useAsk();
  const [text, setText] = useState("");
  const { busy, refusal, submit } = useSubmit(async () => {
    const args = readArguments(text);
    if (args === undefined) throw new Error('Arguments are a list in JSON, as [10, "text"].');
    location.assign(`/runs/${await ask(startRun(props.name, args))}`);
  });
  return (
    <li>
      <form class="start-form" aria-label={props.name} onSubmit={submit}>
        <strong class="run-name">{props.name}</strong>
        <label for={field} class="sr-only">
          Arguments of {props.name}
        </label>
        <input
          id={field}
          value={text}
          placeholder="[ … ]"
          aria-describedby="start-hint"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="button small primary" disabled={busy} aria-label={`Start ${props.name}`}>
          Start
        </button>
        <Refusal text={refusal} />
      </form>
    </li>
  );
}

export function StartForms(props: {
  readonly names: readonly string[] | undefined;
  readonly failure: string | undefined;
}) {
  const { names, failure } = props;
  return (
    <section class="starts" aria-labelledby="start-title">
      <h2 id="start-title">Start one</h2>
      <p class="hint" id="start-hint">
        Arguments are a list in JSON, as <code>[10]</code> or <code>["lobby", 7]</code>. Without any it is started with
        none.
      </p>
      {failure !== undefined && (
        <p class="refusal" role="alert">
          What can be started cannot be told: {failure}
        </p>
      )}
      {names?.length === 0 && (
        <p class="hint">
          No workflow is compiled into this Worker: <code>npx ferrule workflows</code> does that.
        </p>
      )}
      <ul>
        {names?.map((name) => (
          <StartForm key={name} name={name} />
        ))}
      </ul>
    </section>
  );
}
