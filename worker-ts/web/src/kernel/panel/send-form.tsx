// A message to an object or a promise: method, arguments as JSON, and what came of it.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useDesk } from "../desk";
import type { Try } from "../model/samples";
import { readArguments, showCapData } from "../model/values";
import { sayRefusal } from "../rpc/door";
import { Linked } from "./named";

type Answer = { readonly good: boolean; readonly text: string };

/** Puts a reference where the cursor stands. */
function insert(box: HTMLTextAreaElement, kref: string): void {
  const { value, selectionStart: start, selectionEnd: end } = box;
  const text = `{"@": "${kref}"}`;
  // an empty list has nothing to be parted from
  const before = value.slice(0, start);
  box.value = `${before}${text}${value.slice(end)}`;
  box.focus();
  box.setSelectionRange(start + text.length, start + text.length);
}

export function SendForm(props: { readonly target: string; readonly tries: readonly Try[] }) {
  const { kernel, seen } = useDesk();
  const [waiting, setWaiting] = useState(0);
  const [answer, setAnswer] = useState<Answer>();
  const [method, setMethod] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);
  const ids = { method: useId(), args: useId(), hint: useId() };
  // another target is another talk
  const target = useRef(props.target);
  target.current = props.target;
  useEffect(() => setAnswer(undefined), [props.target]);

  const submit = async (event: Event) => {
    event.preventDefault();
    const to = props.target;
    const tell = (good: boolean, text: string) => target.current === to && setAnswer({ good, text });
    setAnswer(undefined);
    setWaiting((many) => many + 1);
    try {
      const asked = readArguments(method, box.current!.value);
      tell(true, showCapData(await kernel.act(() => kernel.door.send(to, method, asked))));
    } catch (error) {
      tell(false, sayRefusal(error));
    } finally {
      setWaiting((many) => many - 1);
    }
  };
  const fill = (one: Try) => {
    setMethod(one.method);
    box.current!.value = one.args;
  };

  return (
    <section class="block">
      <h3>Send a message</h3>
      {props.tries.length > 0 && (
        <div class="tries">
          {props.tries.map((one) => (
            <button key={one.method} type="button" class="button small" onClick={() => fill(one)}>
              {one.method}
            </button>
          ))}
        </div>
      )}
      <form class="send" onSubmit={submit}>
        <div class="field">
          <label for={ids.method}>Method</label>
          <input
            id={ids.method}
            value={method}
            required
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            onInput={(event) => setMethod(event.currentTarget.value)}
          />
        </div>
        <div class="field">
          <label for={ids.args}>Arguments, a JSON list</label>
          <textarea ref={box} id={ids.args} rows={2} spellcheck={false} aria-describedby={ids.hint} placeholder="[]" />
          <small id={ids.hint} class="hint">
            A reference is written {'{"@": "ko1"}'}.
          </small>
        </div>
        <div class="send-row">
          <select
            aria-label="Insert a reference"
            value=""
            onChange={(event) => {
              if (event.currentTarget.value !== "") insert(box.current!, event.currentTarget.value);
              event.currentTarget.value = "";
            }}
          >
            <option value="">Insert a reference …</option>
            {seen.graph.objects.map(({ kref }) => (
              <option key={kref}>{kref}</option>
            ))}
          </select>
          <button type="submit" class="button primary small">
            Send
          </button>
        </div>
      </form>
      <div class="answer" role="status">
        {waiting > 0 && (
          <p class="hint">{seen.status.kernel.paused ? "Waits: the kernel is paused." : "Waiting for the answer …"}</p>
        )}
        {answer !== undefined && (
          <p class={answer.good ? "told" : "refusal"}>
            <Linked text={answer.text} />
          </p>
        )}
      </div>
    </section>
  );
}
