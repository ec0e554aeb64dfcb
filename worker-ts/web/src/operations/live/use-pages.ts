// A list that is looked at again while the page is seen; older pages are added when they are asked for, and stay until something is mended.
import { useEffect, useState } from "preact/hooks";
import { sayError } from "../../api";
import type { Page } from "../api";
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

/** @param key What is asked for: another one is another list. */
export function usePages<T extends { readonly id: string }>(
  key: string,
  ask: (cursor?: string) => Promise<Page<T>>,
): Listed<T> {
  const { version } = useDesk();
  const first = usePoll(key, () => ask(), LOOK_MS);
  const [older, setOlder] = useState<Older<T>>({ rows: [], next: undefined });
  const [failure, setFailure] = useState<string>();
  useEffect(() => setOlder({ rows: [], next: undefined }), [key, version]);
  const next = older.next === undefined ? (first.data?.next ?? null) : older.next;
  const known = new Set(first.data?.rows.map(({ id }) => id));
  const loadMore = async () => {
    if (next === null) return;
    try {
      const page = await ask(next);
      setFailure(undefined);
      setOlder(({ rows }) => ({ rows: [...rows, ...page.rows], next: page.next }));
    } catch (error) {
      setFailure(sayError(error));
    }
  };
  return {
    rows: first.data && [...first.data.rows, ...older.rows.filter(({ id }) => !known.has(id))],
    more: next !== null,
    failure: failure ?? first.failure,
    loadMore,
  };
}
