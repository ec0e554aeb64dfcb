// A dialog that asks before something is done that cannot be undone, or not quickly.
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { Dialog } from "./dialog";
import { Refusal } from "./refusal";
import { useSubmit } from "./submit";

export function Confirm(props: {
  readonly title: string;
  readonly action: string;
  /** Nothing is lost by it. */
  readonly mild?: boolean;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  /** To be typed before it can be done. */
  readonly word?: string;
}) {
  const field = useId();
  const [typed, setTyped] = useState("");
  const { busy, refusal, submit } = useSubmit(props.onConfirm);
  const plain = (text: string) => text.trim().toLowerCase();
  const ready = props.word === undefined || plain(typed) === plain(props.word);
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form class="stack" onSubmit={submit}>
        {props.children}
        {props.word !== undefined && (
          <div class="field">
            <label for={field}>
              Type <bdi class="word">{props.word}</bdi> to confirm
            </label>
            <input
              id={field}
              value={typed}
              autocomplete="off"
              autofocus
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </div>
        )}
        <Refusal text={refusal} />
        <div class="buttons">
          <button type="button" class="button" onClick={props.onClose}>
            Cancel
          </button>
          <button
            type="submit"
            class={`button ${props.mild === true ? "primary" : "danger"}`}
            disabled={busy || !ready}
          >
            {props.action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
