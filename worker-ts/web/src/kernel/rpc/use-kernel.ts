// A kernel on the page: watched while the page is looked at, and looked at at once after everything that is done here.
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { tell } from "../../layer/toast";
import { after } from "../../platform";
import { Door, sayRefusal } from "./door";
import { type State, UNSEEN, Watch } from "./watch";

export interface Kernel {
  readonly door: Door;
  readonly state: State;
  /** Looks again now. */
  readonly look: () => Promise<void>;
  /** Does something and looks again; a refusal goes on to the caller. */
  readonly act: <T>(work: () => Promise<T>) => Promise<T>;
  /** The same for buttons: a refusal is told at the foot of the page; `done` is told when it went well. */
  readonly run: (work: () => Promise<unknown>, done?: string) => Promise<void>;
}

export function useKernel(id: string): Kernel {
  const door = useMemo(() => new Door(id), [id]);
  const [state, setState] = useState<State>(UNSEEN);
  const watch = useMemo(() => new Watch(door, { after }, setState), [door]);
  useEffect(() => {
    setState(UNSEEN);
    const follow = () => (document.visibilityState === "visible" ? void watch.look() : watch.rest());
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      watch[Symbol.dispose]();
    };
  }, [watch]);
  const look = useCallback(() => watch.look(), [watch]);
  const act = useCallback(
    async <T>(work: () => Promise<T>): Promise<T> => {
      // while an answer waits for its turn, what leads to it is seen
      const done = work();
      void watch.look();
      try {
        return await done;
      } finally {
        // whoever goes on from here finds what was done in the picture
        await watch.look();
      }
    },
    [watch],
  );
  const run = useCallback(
    async (work: () => Promise<unknown>, done?: string) => {
      try {
        await act(work);
        if (done !== undefined) tell(done);
      } catch (error) {
        tell(sayRefusal(error), { bad: true });
      }
    },
    [act],
  );
  return useMemo(() => ({ door, state, look, act, run }), [door, state, look, act, run]);
}
