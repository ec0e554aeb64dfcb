// What the load generator knows of a contender: how to open a line to its room, to publish, to ask for what was missed, and what comes.
// Every message carries its number in its id; that number is all that is read of one.

/** What came on a line. Called for each entry, so it must be quick. */
export interface Heard {
  /** A message, by the number that its author gave it. */
  delivery(number: number): void;
  /** The room has stored the message that this line published. */
  acknowledgement(): void;
  /** The room refused something: the run is worth nothing. */
  refusal(why: string): void;
}

/** An open line: one socket that has joined the room. */
export interface Line {
  /** Publishes message `number` (0..2^32-1) with this text, without waiting for anything. */
  publish(number: number, text: string): void;
  /** Asks for everything after the entry `seq`; it comes as deliveries. */
  resume(seq: number): void;
  /** Bytes that came on this line since it was opened. */
  readonly bytes: number;
  /** Cuts the line. */
  cut(): void;
}

/** A contender's room, running. */
export interface Contestant extends AsyncDisposable {
  /** "ours", or the peer's name. */
  readonly name: string;
  /** Opens line number `n`; ten lines are one person's. `joined` false leaves joining (and with it any replay) to `resume`. */
  open(n: number, heard: Heard, joined?: boolean): Promise<Line>;
  /** Seq of the newest entry. */
  head(): Promise<number>;
}

/** Lines of one person: as many as a room allows by default. */
export const LINES_PER_PERSON = 10;

/** Starts a contestant. */
export type Start = () => Promise<Contestant>;

/** Stops them all. */
export async function stopAll(contestants: readonly Contestant[]): Promise<void> {
  for (const contestant of contestants) await contestant[Symbol.asyncDispose]();
}

/** What was measured of ours, and of each of the others by name. */
export function oursAndPeers<T>(measured: ReadonlyMap<string, T>): {
  readonly ours: T;
  readonly peers: readonly (readonly [name: string, T])[];
} {
  const ours = measured.get("ours");
  if (ours === undefined) throw new Error("no contender of ours");
  return { ours, peers: [...measured].filter(([name]) => name !== "ours") };
}
