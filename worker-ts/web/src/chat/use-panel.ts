// Which panel stands beside the log: one at a time. That of the people is as it was left.
import { useState } from "preact/hooks";
import { recall, remember } from "../ui/storage";

/** Beside the log where there is room for it, over it where not: there it is opened by hand alone. */
const WIDE = "(width >= 68rem)";

export type PanelName = "people" | "pins" | "search";

export interface Panel {
  readonly open: PanelName | undefined;
  /** Whether it was opened just now, and not as it was left. */
  readonly byHand: boolean;
  /** Opens one, or closes it when it is open. */
  readonly toggle: (name: PanelName) => void;
  readonly show: (name: PanelName) => void;
  readonly close: () => void;
  /** Closes it where it covers the log. */
  readonly makeWay: () => void;
}

export function usePanel(): Panel {
  const wide = () => matchMedia(WIDE).matches;
  const [open, setOpen] = useState<PanelName | undefined>(() =>
    wide() && recall("people") === "open" ? "people" : undefined,
  );
  const [byHand, setByHand] = useState(false);
  const set = (name: PanelName | undefined) => {
    if (wide() && (name === "people" || (name === undefined && open === "people")))
      remember("people", name === undefined ? "" : "open");
    setByHand(true);
    setOpen(name);
  };
  return {
    open,
    byHand,
    toggle: (name) => set(open === name ? undefined : name),
    show: set,
    close: () => set(undefined),
    makeWay: () => {
      if (!wide()) setOpen(undefined);
    },
  };
}
