// Three panels in one place; arrow keys go from tab to tab.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

export interface Tab {
  readonly id: string;
  readonly label: string;
}

/** What was pressed in the panel may go with what it shows: focus then stays in the panel, and is not lost to the page. */
function useFocusKept(topic: string) {
  const panel = useRef<HTMLDivElement>(null);
  const inside = useRef(false);
  useEffect(() => {
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (inside.current && lost) panel.current?.focus({ preventScroll: true });
  }, [topic]);
  return {
    ref: panel,
    tabIndex: -1,
    onFocusCapture: () => {
      inside.current = true;
    },
    onBlurCapture: ({ relatedTarget: next }: FocusEvent) => {
      if (next instanceof Node && !panel.current?.contains(next)) inside.current = false;
    },
  };
}

export function Tabs(props: {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly current: string;
  readonly onChange: (id: string) => void;
  /** What the panel is about. */
  readonly topic: string;
  readonly children: ComponentChildren;
}) {
  const { tabs, current, onChange } = props;
  const base = useId();
  const kept = useFocusKept(`${current} ${props.topic}`);
  const walk = (event: KeyboardEvent) => {
    const at = tabs.findIndex(({ id }) => id === current);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const { id } = tabs[next % tabs.length]!;
    onChange(id);
    document.getElementById(`${base}-${id}`)?.focus();
  };
  return (
    <div class="tabbed">
      <div class="tabs" role="tablist" aria-label={props.label} onKeyDown={walk}>
        {tabs.map(({ id, label }) => (
          <button
            key={id}
            id={`${base}-${id}`}
            type="button"
            role="tab"
            class="tab"
            aria-selected={id === current}
            aria-controls={`${base}-panel`}
            tabIndex={id === current ? 0 : -1}
            onClick={() => onChange(id)}
          >
            {label}
          </button>
        ))}
      </div>
      <div {...kept} id={`${base}-panel`} class="tab-panel" role="tabpanel" aria-labelledby={`${base}-${current}`}>
        {props.children}
      </div>
    </div>
  );
}
