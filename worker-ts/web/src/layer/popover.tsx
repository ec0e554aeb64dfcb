// Something small that opens beside what was pressed, above everything else: it stays in sight, and Escape or a press elsewhere
// closes it. Focus goes in when it opens and back when it closes. What stands in it is its owner's.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** What stays free (px) around it, and between it and its anchor. */
const MARGIN_PX = 8;
const GAP_PX = 4;

/** Below its anchor, or above when there is more room; never out of the window. */
function place(element: HTMLElement, anchor: Element): void {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = element;
  const below = innerHeight - at.bottom - GAP_PX - MARGIN_PX;
  const above = at.top - GAP_PX - MARGIN_PX;
  const top = below >= height || below >= above ? at.bottom + GAP_PX : at.top - GAP_PX - height;
  const most = (room: number, size: number) => Math.max(MARGIN_PX, room - size - MARGIN_PX);
  const left = at.left + width + MARGIN_PX > innerWidth ? at.right - width : at.left;
  element.style.top = `${Math.min(Math.max(top, MARGIN_PX), most(innerHeight, height))}px`;
  element.style.left = `${Math.min(Math.max(left, MARGIN_PX), most(innerWidth, width))}px`;
}

export function Popover(props: {
  readonly anchor: Element;
  readonly label: string;
  readonly role: "menu" | "dialog";
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly class?: string;
}) {
  const { anchor, role, onClose } = props;
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const popover = element.current!;
    const before = document.activeElement;
    popover.showPopover();
    place(popover, anchor);
    const first = popover.querySelector<HTMLElement>("[data-first], input, button, [tabindex]");
    // With a touch screen a text box would bring the keyboard up: there the finger decides.
    const typed = first instanceof HTMLInputElement && matchMedia("(hover: none)").matches;
    (typed ? popover : (first ?? popover)).focus({ preventScroll: true });
    return () => {
      // Back to where one was, unless what was chosen has led elsewhere.
      const lost = popover.contains(document.activeElement) || document.activeElement === document.body;
      if (lost && before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, [anchor]);
  useEffect(() => {
    const popover = element.current!;
    const outside = (event: Event) => {
      const target = event.target as Node;
      // The anchor's own press closes it by itself.
      if (!popover.contains(target) && !anchor.contains(target)) onClose();
    };
    const press = (event: KeyboardEvent) => {
      // What happens in here is not for the log or the dialog around.
      event.stopPropagation();
      if (event.key !== "Escape" && !(event.key === "Tab" && role === "menu")) return;
      event.preventDefault();
      onClose();
    };
    const leave = ({ relatedTarget: next }: FocusEvent) => {
      if (next instanceof Node && !popover.contains(next) && !anchor.contains(next)) onClose();
    };
    // A phone's keyboard comes up and makes the window smaller.
    const again = () => place(popover, anchor);
    popover.addEventListener("keydown", press);
    popover.addEventListener("focusout", leave);
    document.addEventListener("pointerdown", outside, true);
    addEventListener("resize", again);
    return () => {
      popover.removeEventListener("keydown", press);
      popover.removeEventListener("focusout", leave);
      document.removeEventListener("pointerdown", outside, true);
      removeEventListener("resize", again);
    };
  }, [anchor, role, onClose]);
  const named = { role, "aria-label": props.label };
  return (
    <div ref={element} popover="manual" class={`popover ${props.class ?? ""}`} {...named} tabIndex={-1}>
      {props.children}
    </div>
  );
}
