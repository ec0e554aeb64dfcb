// What the parts of the page share: where one is, how to go elsewhere, and that something was mended, so that all look again.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { LiveRoom, Now, Stuck } from "../api";
import type { Place } from "../model/place";
import type { Sample } from "../model/samples";

export interface Desk {
  readonly place: Place;
  readonly go: (place: Place) => void;
  /** Rises with each repair. */
  readonly version: number;
  readonly mended: () => void;
  /** A call was refused with 401 or 403. */
  readonly refused: (status: number) => void;
}

const Desks = createContext<Desk | undefined>(undefined);

export const DeskProvider = Desks.Provider;

export function useDesk(): Desk {
  const desk = useContext(Desks);
  if (desk === undefined) throw new Error("no desk around this part");
  return desk;
}

/** The figures that the whole page looks at. */
export interface Figures {
  readonly now: Now | undefined;
  readonly samples: readonly Sample[];
  readonly rooms: readonly LiveRoom[] | undefined;
  /** There are more active rooms than are asked. */
  readonly more: boolean;
  /** Asks more of them from now on. */
  readonly askMore: () => void;
  readonly roomsFailure: string | undefined;
  readonly stuck: Stuck | undefined;
  readonly stuckFailure: string | undefined;
}

const AllFigures = createContext<Figures>({
  now: undefined,
  samples: [],
  rooms: undefined,
  more: false,
  askMore: () => {},
  roomsFailure: undefined,
  stuck: undefined,
  stuckFailure: undefined,
});

export const FiguresProvider = AllFigures.Provider;
export const useFigures = (): Figures => useContext(AllFigures);
