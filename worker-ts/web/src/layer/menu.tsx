// A menu that opens beside its button: arrow keys walk through it, Enter chooses, Escape leaves.
import type { ComponentChildren, VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { Popover } from "./popover";

/** One line of a menu. A `null` line draws a line between two groups. */
export interface MenuItem {
  readonly label: string;
  readonly icon?: VNode;
  /** The key that does the same, to be learnt. */
  readonly hint?: string;
  readonly danger?: boolean;
  /** A choice of several, and whether it is this one. */
  readonly checked?: boolean;
  readonly onChoose: () => void;
}

function step(event: KeyboardEvent): void {
  const items = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role^=menuitem]")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  items[next % items.length]?.focus();
}

/** For eyes alone: the line is called what it does. */
const UNSAID = { "aria-hidden": true } as const;

function Line(props: { readonly item: MenuItem; readonly onChoose: () => void }) {
  const { icon, label, hint, danger, checked } = props.item;
  const choice =
    checked === undefined ? { role: "menuitem" as const } : { role: "menuitemradio" as const, "aria-checked": checked };
  return (
    <button
      type="button"
      {...choice}
      class={danger ? "menu-item danger" : "menu-item"}
      tabIndex={-1}
      data-first
      onClick={props.onChoose}
    >
      {icon ?? <span class="icon" />}
      <span class="menu-label">{label}</span>
      {hint !== undefined && <kbd {...UNSAID}>{hint}</kbd>}
    </button>
  );
}

export function Menu(props: {
  readonly anchor: Element;
  readonly label: string;
  readonly items: readonly (MenuItem | null)[];
  readonly onClose: () => void;
  /** What stands above the lines. */
  readonly children?: ComponentChildren;
}) {
  const choose = (item: MenuItem) => {
    // First the menu, with focus going back; then what may take it elsewhere.
    props.onClose();
    requestAnimationFrame(item.onChoose);
  };
  return (
    <Popover anchor={props.anchor} label={props.label} role="menu" class="menu" onClose={props.onClose}>
      {props.children}
      {/* The keys are heard where the lines are: each of them is a stop of its own. */}
      <div role="none" class="menu-items" onKeyDown={step}>
        {props.items.map((item) =>
          item === null ? <hr /> : <Line key={item.label} item={item} onChoose={() => choose(item)} />,
        )}
      </div>
    </Popover>
  );
}

/** A button with a menu of its own. */
export function MenuButton(props: {
  readonly label: string;
  readonly class: string;
  readonly items: () => readonly (MenuItem | null)[];
  readonly children: ComponentChildren;
  readonly title?: string;
  readonly tabIndex?: number;
}) {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        ref={button}
        type="button"
        class={props.class}
        aria-label={props.label}
        title={props.title ?? props.label}
        aria-haspopup="menu"
        aria-expanded={open}
        tabIndex={props.tabIndex}
        onClick={() => setOpen(!open)}
      >
        {props.children}
      </button>
      {open && (
        <Menu anchor={button.current!} label={props.label} items={props.items()} onClose={() => setOpen(false)} />
      )}
    </>
  );
}
