// A list that is asked for by HTTP, again whenever the room tells that it has changed.
import { useEffect, useRef, useState } from "preact/hooks";
import { after } from "../platform";

/** News often come in heaps: they are asked for together. */
const TOGETHER_MS = 150;

export interface Listed<T> {
  /** Undefined until the first answer. */
  readonly list: readonly T[] | undefined;
  /** Why the last question was not answered. */
  readonly error: unknown;
}

/**
 * @param news another number means that the list is another one; 0: there is nothing to ask yet.
 * @param on whether anybody wants to know.
 */
export function useNews<T>(load: () => Promise<readonly T[]>, news: number, on: boolean): Listed<T> {
  const [found, setFound] = useState<Listed<T>>({ list: undefined, error: undefined });
  const asked = useRef(0);
  useEffect(() => {
    if (!on || news === 0) return;
    return after(asked.current === 0 ? 0 : TOGETHER_MS, async () => {
      asked.current += 1;
      const question = asked.current;
      // An answer that was overtaken by a later question is not shown.
      const show = (next: (old: Listed<T>) => Listed<T>) => question === asked.current && setFound(next);
      try {
        const list = await load();
        show(() => ({ list, error: undefined }));
      } catch (error) {
        show((old) => ({ ...old, error }));
      }
    });
  }, [news, on]);
  return found;
}
