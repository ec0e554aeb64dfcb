// What the parts of the page share: the kernel, what is seen of it, what is selected, which crank is looked at.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Kernel } from "./rpc/use-kernel";
import type { Seen } from "./rpc/watch";

export interface Desk {
  readonly kernel: Kernel;
  readonly seen: Seen;
  /** A box or a dot. */
  readonly selected: string | undefined;
  readonly select: (id: string | undefined) => void;
  /** The crank that is looked at. */
  readonly crank: number | undefined;
  readonly showCrank: (crank: number | undefined) => void;
}

const Desks = createContext<Desk | undefined>(undefined);

export const DeskProvider = Desks.Provider;

export function useDesk(): Desk {
  const desk = useContext(Desks);
  if (desk === undefined) throw new Error("no desk around this part");
  return desk;
}
