// From an answer to what it answers, and back: loads what is not on the page, shows it in the middle, lights it up.
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { after } from "../platform";
import type { Talk } from "../talk/talk";
import type { ScrollHold } from "./scroll";

/** How long a message stays lit, and how long it is told that there is none. */
const LIT_MS = 2400;

export interface Jump {
  /** Key of the message that is lit. */
  readonly lit: string | undefined;
  /** A message on its way that was not on the page. */
  readonly loading: boolean;
  /** The message asked for is not to be had. */
  readonly missing: boolean;
  /** Whether there is a place to go back to. */
  readonly away: boolean;
  /** Shows the message with this seq; `from` is the key of the one to come back to. */
  readonly to: (seq: number, from: string | undefined) => void;
  readonly back: () => void;
  /** Forgets the way back. */
  readonly stay: () => void;
}

export interface JumpPorts {
  readonly talk: Talk;
  readonly hold: () => ScrollHold | undefined;
  readonly find: (key: string) => HTMLElement | null | undefined;
  /** The key of a message on the page, by its seq. */
  readonly keyAt: (seq: number) => string | undefined;
}

export function useJump({ talk, hold, find, keyAt }: JumpPorts): Jump {
  const [target, setTarget] = useState<number>();
  const [origin, setOrigin] = useState<string>();
  const [lit, setLit] = useState<string>();
  const [missing, setMissing] = useState(false);

  const show = (key: string) => {
    const element = find(key);
    if (element === null || element === undefined) return;
    hold()?.show(element);
    element.focus({ preventScroll: true });
    setLit(key);
  };
  // What was asked for may be drawn only now.
  useLayoutEffect(() => {
    const key = target === undefined ? undefined : keyAt(target);
    if (key === undefined) return;
    setTarget(undefined);
    show(key);
  });
  useEffect(() => (lit === undefined ? undefined : after(LIT_MS, () => setLit(undefined))), [lit]);
  useEffect(() => (missing ? after(LIT_MS, () => setMissing(false)) : undefined), [missing]);

  const to = async (seq: number, from: string | undefined) => {
    setMissing(false);
    setOrigin(from);
    setTarget(seq);
    if (keyAt(seq) !== undefined || (await talk.history.loadAround(seq))) return;
    setTarget(undefined);
    setOrigin(undefined);
    setMissing(true);
  };
  const back = () => {
    setOrigin(undefined);
    if (origin !== undefined) show(origin);
  };
  return {
    lit,
    loading: target !== undefined,
    missing,
    away: origin !== undefined,
    to,
    back,
    stay: () => setOrigin(undefined),
  };
}
