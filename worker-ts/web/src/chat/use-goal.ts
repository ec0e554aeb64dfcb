// The message that is to be shown: the one that the address names, then those that are asked for; and the keys that look for one.
import { useEffect, useState } from "preact/hooks";
import type { Goal } from "../log/timeline";
import { navigate } from "../route";

export function useGoal(room: string, seq: number | undefined): [Goal | undefined, (seq: number) => void] {
  const [goal, setGoal] = useState<Goal | undefined>(() => (seq === undefined ? undefined : { seq }));
  useEffect(() => {
    if (seq === undefined) return;
    setGoal({ seq });
    // It was meant once: the same address may be meant again.
    navigate({ at: "room", room }, { replace: true });
  }, [room, seq]);
  return [goal, (next) => setGoal({ seq: next })];
}

/** Ctrl K anywhere, or a slash outside of text boxes, looks for something. */
export function useSearchKey(open: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
      const command = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
      const target = event.target as Element;
      if (target.closest("dialog, [popover]") !== null || !(slash || command)) return;
      if (slash && target.closest("input, textarea, select") !== null) return;
      event.preventDefault();
      open();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
}
