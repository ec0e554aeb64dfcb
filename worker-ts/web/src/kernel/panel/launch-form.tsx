// Starts subclusters: the samples with one press, any other by its configuration.
import { useId, useState } from "preact/hooks";
import { Refusal } from "../../layer/refusal";
import { tell } from "../../layer/toast";
import { useDesk } from "../desk";
import { SAMPLES } from "../model/samples";
import { readObject, showCapData } from "../model/values";
import { sayRefusal } from "../rpc/door";
import type { ClusterConfig } from "../rpc/shapes";

export function LaunchForm() {
  const { kernel, select } = useDesk();
  const [busy, setBusy] = useState<string>();
  const [refusal, setRefusal] = useState<string>();
  const [text, setText] = useState("");
  const field = useId();

  const launch = async (name: string, config: () => ClusterConfig) => {
    if (busy !== undefined) return;
    setBusy(name);
    setRefusal(undefined);
    try {
      const launched = await kernel.act(() => kernel.door.launch(config()));
      tell(
        `${launched.subclusterId} runs, its root is ${launched.rootKref}; bootstrap answered ${showCapData(launched.bootstrapResult)}.`,
      );
      select(launched.rootKref);
    } catch (error) {
      setRefusal(`${name}: ${sayRefusal(error)}`);
    } finally {
      setBusy(undefined);
    }
  };

  return (
    <section class="launch" aria-label="Launch">
      <ul class="samples">
        {SAMPLES.map(({ name, line, config }) => (
          <li key={name}>
            <div>
              <strong>{name}</strong>
              <p class="hint">{line}</p>
            </div>
            <button
              type="button"
              class="button small primary"
              aria-label={`Launch ${name}`}
              disabled={busy !== undefined}
              onClick={() => launch(name, () => config)}
            >
              Launch
            </button>
          </li>
        ))}
      </ul>
      <Refusal text={refusal} />
      <details class="other">
        <summary>Another configuration</summary>
        <form
          class="send"
          onSubmit={(event) => {
            event.preventDefault();
            void launch("The configuration", () => readObject(text) as unknown as ClusterConfig);
          }}
        >
          <div class="field">
            <label for={field}>Configuration, a JSON object</label>
            <textarea
              id={field}
              rows={8}
              spellcheck={false}
              value={text}
              placeholder={JSON.stringify(SAMPLES[0]!.config, null, 2)}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </div>
          <div class="buttons">
            <button type="submit" class="button small primary" disabled={busy !== undefined || text.trim() === ""}>
              Launch it
            </button>
          </div>
        </form>
      </details>
    </section>
  );
}
