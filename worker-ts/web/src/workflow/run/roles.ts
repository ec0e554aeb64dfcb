// What drawn parts are to whoever listens or uses the keyboard: an SVG has no buttons or groups, and a text that scrolls has to be reached.

/** Parts that belong together. */
export const group = (label: string) => ({ role: "group", "aria-label": label }) as const;

/** Something to press; `stop`: a stop of the Tab key. */
export const button = (label: string, pressed: boolean, stop: boolean) =>
  ({ role: "button", "aria-label": label, "aria-pressed": pressed, tabIndex: stop ? 0 : -1 }) as const;

/** A text that scrolls. */
export const scrolls = (label: string) => ({ role: "region", "aria-label": label, tabIndex: 0 }) as const;

/** Drawn only: somebody else says it. */
export const SILENT = { "aria-hidden": "true" } as const;
