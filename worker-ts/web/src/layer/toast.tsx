// Short news at the foot of the page: told once, gone by themselves or by hand. Whoever has something to tell calls `tell`.
import { useEffect, useState } from "preact/hooks";
import { CloseIcon } from "../ui/icons";

const SHOWN_MS = 8_000;
/** More at once push the oldest out. */
const TOASTS_MAX = 3;

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly bad: boolean;
  readonly action: { readonly label: string; readonly run: () => void } | undefined;
}

let toasts: readonly Toast[] = [];
let last = 0;
let changed = () => {};

function drop(id: number): void {
  toasts = toasts.filter((toast) => toast.id !== id);
  changed();
}

/** Tells something; `bad` when it went wrong; an action is offered as a button. */
export function tell(text: string, options: { readonly bad?: boolean; readonly action?: Toast["action"] } = {}): void {
  last += 1;
  const toast = { id: last, text, bad: options.bad ?? false, action: options.action };
  toasts = [...toasts.filter((one) => one.text !== text), toast].slice(-TOASTS_MAX);
  changed();
}

function Line(props: { readonly toast: Toast }) {
  const { id, text, bad, action } = props.toast;
  useEffect(() => {
    const timer = setTimeout(() => drop(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id]);
  return (
    <div class={bad ? "toast bad" : "toast"}>
      <span>{text}</span>
      {action !== undefined && (
        <button
          type="button"
          class="link-button"
          onClick={() => {
            drop(id);
            action.run();
          }}
        >
          {action.label}
        </button>
      )}
      <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => drop(id)}>
        <CloseIcon />
      </button>
    </div>
  );
}

/** The place where they stand; once on the page. */
export function Toasts() {
  const [, draw] = useState(0);
  useEffect(() => {
    changed = () => draw((count) => count + 1);
    return () => {
      changed = () => {};
    };
  }, []);
  return (
    <div class="toasts" role="status">
      {toasts.map((toast) => (
        <Line key={toast.id} toast={toast} />
      ))}
    </div>
  );
}
