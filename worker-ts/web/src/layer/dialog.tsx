// A modal dialog on the browser's own <dialog>: focus is kept inside, Escape closes, focus goes back where it was.
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { CloseIcon } from "../ui/icons";

export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  /** A style of its own. */
  readonly class?: string;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  /** What closes because another one takes its place was not closed by anybody. */
  const gone = useRef(false);
  // Before the next key: what is typed right away belongs to the dialog.
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      gone.current = true;
      dialog?.close();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog ${props.class ?? ""}`}
      aria-labelledby={titleId}
      onClose={() => !gone.current && props.onClose()}
      // A press on the backdrop lands on the dialog itself, never on something in it.
      onPointerDown={(event) => event.target === element.current && props.onClose()}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={titleId} dir="auto">
            {props.title}
          </h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={props.onClose}>
            <CloseIcon />
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  );
}
