// What is wider or longer than its place and holds nothing to press is a stop of its own, or it could not be scrolled by keyboard.

/** What an element of this name has that scrolls. */
export const scrolls = (name: string) => ({ role: "region", tabIndex: 0, "aria-label": name }) as const;
