// A list that is looked at again while the page is seen; older pages are added when they are asked for, and stay until something is mended.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { sayError } from "../../api";
import type { Page } from "../api";
import { each, pushedOff } from "../model/pages";
import { useDesk } from "./desk";
import { usePoll } from "./use-poll";

const LOOK_MS = 5_000;

export interface Listed<T> {
  readonly rows: readonly T[] | undefined;
  readonly more: boolean;
  readonly failure: string | undefined;
  readonly loadMore: () => Promise<void>;
}

interface Older<T> {
  readonly rows: readonly T[];
  /** Undefined: the page behind the first one comes next. */
  readonly next: string | null | undefined;
}

const NONE: Older<never> = { rows: [], next: undefined };

/**
 * @param key What is asked for: another one is another list.
 * @param often Whether it is looked at again by the clock; not where each look reads all there is.
 */
export function usePages<T extends { readonly id: string }>(
  key: string,
  ask: (cursor?: string) => Promise<Page<T>>,
  often = true,
): Listed<T> {
  const { version } = useDesk();
  const first = usePoll(key, () => ask(), often ? LOOK_MS : undefined);
  const [older, setOlder] = useState<Older<T>>(NONE);
  const [failure, setFailure] = useState<string>();
  const before = useRef<Page<T> | undefined>(undefined);
  /** Which list the older pages belong to, and whether one is under way. */
  const current = useRef({ list: "", busy: false });
  const list = `${version} ${key}`;
  useEffect(() => {
    current.current = { list, busy: false };
    setOlder(NONE);
    setFailure(undefined);
  }, [list]);
  useLayoutEffect(() => {
    const [was, is] = [before.current, first.data];
    before.current = is;
    if (was === undefined || is === undefined) return;
    setOlder((held) => {
      if (held.next === undefined) return held;
      const off = pushedOff(was.rows, is.rows, is.next !== null);
      return off === null ? NONE : { ...held, rows: [...off, ...held.rows] };
    });
  }, [first.data]);
  const next = older.next === undefined ? (first.data?.next ?? null) : older.next;
  const loadMore = async () => {
    const mine = current.current;
    if (next === null || mine.busy) return;
    mine.busy = true;
    try {
      const page = await ask(next);
      if (current.current !== mine) return;
      setFailure(undefined);
      setOlder(({ rows }) => ({ rows: [...rows, ...page.rows], next: page.next }));
    } catch (error) {
      if (current.current === mine) setFailure(sayError(error));
    } finally {
      mine.busy = false;
    }
  };
  return {
    rows: first.data && each([...first.data.rows, ...older.rows]),
    more: next !== null,
    failure: failure ?? first.failure,
    loadMore,
  };
}
