// The runs of the list: the first page is looked at again while the page is seen, older ones are added when asked for.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { sayError } from "../../api";
import { every } from "../../platform";
import { listRuns, listWorkflows, type Run, type RunsAsked } from "../api";
import { mergeRuns } from "../model/grow";
import { useAsk } from "../use-ask";

const LOOK_MS = 2500;

interface Listed {
  readonly runs: readonly Run[] | undefined;
  readonly next: string | null;
  /** Older pages than the first were added. */
  readonly deep: boolean;
}
const NOTHING: Listed = { runs: undefined, next: null, deep: false };

export function useRuns(asked: RunsAsked) {
  const { status, name } = asked;
  const ask = useAsk();
  const [listed, setListed] = useState<Listed>(NOTHING);
  const [failure, setFailure] = useState<string>();
  const current = useRef("");
  const look = useCallback(async () => {
    const own = `${status}|${name}`;
    current.current = own;
    try {
      const page = await ask(listRuns({ status, name }));
      if (current.current !== own) return;
      setFailure(undefined);
      setListed((before) =>
        before.deep
          ? { ...before, runs: mergeRuns(page.runs, before.runs ?? []) }
          : { runs: page.runs, next: page.next, deep: false },
      );
    } catch (error) {
      if (current.current === own) setFailure(sayError(error));
    }
  }, [ask, status, name]);
  useEffect(() => {
    setListed(NOTHING);
    void look();
    return every(LOOK_MS, () => {
      if (document.visibilityState === "visible") void look();
    });
  }, [look]);
  const loadMore = async () => {
    const { next } = listed;
    if (next === null) return;
    try {
      const page = await ask(listRuns({ status, name }, next));
      setListed(({ runs = [] }) => ({ runs: mergeRuns([...runs, ...page.runs], []), next: page.next, deep: true }));
    } catch (error) {
      setFailure(sayError(error));
    }
  };
  return { runs: listed.runs, more: listed.next !== null, failure, loadMore };
}

/** The names of what can be started. */
export function useNames() {
  const ask = useAsk();
  const [names, setNames] = useState<readonly string[]>();
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    ask(listWorkflows()).then(setNames, (error) => setFailure(sayError(error)));
  }, [ask]);
  return { names, failure };
}
