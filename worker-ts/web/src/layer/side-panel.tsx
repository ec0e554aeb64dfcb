// A column beside the log where there is room for it, a sheet over it where not: people, pins, search. Escape closes it.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { CloseIcon } from "../ui/icons";

export function SidePanel(props: {
  readonly id: string;
  readonly title: string;
  /** What its close button says. */
  readonly closing: string;
  /** Somebody has just opened it: the next key belongs to it. */
  readonly byHand: boolean;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const panel = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (!props.byHand) return;
    const first = panel.current?.querySelector<HTMLElement>("[data-first]");
    (first ?? panel.current)?.focus();
  }, []);
  return (
    <aside
      ref={panel}
      id={props.id}
      class="people"
      aria-label={props.title}
      tabIndex={-1}
      onKeyDown={(event) => event.key === "Escape" && props.onClose()}
    >
      <header class="people-head">
        <h2>{props.title}</h2>
        <button
          type="button"
          class="icon-button"
          aria-label={props.closing}
          title="Close (Esc)"
          onClick={props.onClose}
        >
          <CloseIcon />
        </button>
      </header>
      {props.children}
    </aside>
  );
}
