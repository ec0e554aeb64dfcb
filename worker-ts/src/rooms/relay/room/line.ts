// One relay as its room sees it: what is on its way there and what it has last said of itself. Nothing of it is stored: what is lost of
// it the relay finds missing by `head` and fetches. One call is under way at a time, and whoever does not answer is not waited for.
import type { Bundle, Push, RelayLine, Report, UpAnswer } from "../shapes";

/** More than this is not kept for a relay that does not answer: it reads the log when it is back. */
const WAITING_BYTES_MAX = 1_048_576;

/** How many are behind a relay: open sockets; of those the connections that have said HELLO, and their people. */
export type Counted = Pick<Report, "sockets" | "connections" | "people">;

/** Of a relay that has never said anything. */
export const NOBODY: Counted = { sockets: 0, connections: 0, people: 0 };

/** What a line needs of the room. */
export interface LineParts {
  /** The relay of this number, anew for each call: what failed once may fail for ever. */
  readonly stub: (n: number) => RelayLine;
  /** A push with these bundles, and with what was raised behind the event `told`. */
  readonly push: (bundles: readonly Bundle[], told: number) => Push;
  /** The relay has said something of itself; `before` is what it had said before in this life, `had` how many were known to be there. */
  readonly heard: (line: Line, before: Report | undefined, had: Counted) => void;
  /** A call was not answered, or badly; the reason is for the log. */
  readonly failed: (line: Line, reason: unknown) => void;
  /** The promise, or a rejection when it takes too long. */
  readonly inTime: <T>(promise: Promise<T>) => Promise<T>;
  readonly now: () => number;
}

/** The line to one relay. */
export class Line {
  readonly n: number;
  /** Sockets that were sent there since it last counted them. */
  granted = 0;
  /** When it last said something of itself, ms since 1970; 0 = not in this life of the room. */
  heardAt = 0;
  /** Whether it has answered last time. */
  well = true;
  /** The last batch from there and its answer, for a batch that comes again. */
  last: { readonly key: string; readonly answer: UpAnswer } | undefined;
  readonly #parts: LineParts;
  #report: Report | undefined;
  /** How many it had when another life of the room heard of it last. */
  #had: Counted;
  #told: number;
  #waiting: Bundle[] = [];
  #bytes = 0;
  /** Whether there is more to say than bundles: an event, or that something is missing there. */
  #stirred = false;
  /** Whether what is said now goes with the answer that is being made for this relay. */
  #isHeld = false;
  /** Whether another life of the room speaks to this relay now. */
  #isOver = false;
  #calls = 0;

  constructor(n: number, told: number, parts: LineParts, had = NOBODY) {
    this.n = n;
    this.#told = told;
    this.#parts = parts;
    this.#had = had;
  }

  /** What it said of itself last, in this life of the room. */
  get report(): Report | undefined {
    return this.#report;
  }

  /** How many are there, as it said last, in whatever life of the room. */
  get counted(): Counted {
    return this.#report ?? this.#had;
  }

  /** Whether anybody is there to be sent anything, as far as is known. */
  get hasConnections(): boolean {
    return this.#report === undefined || this.#report.connections > 0;
  }

  /** Sends what was broadcast, at once or when the call before it is answered. */
  add(bundle: Bundle): void {
    if (!this.hasConnections) return;
    this.#waiting.push(bundle);
    this.#bytes += bundle.bytes.byteLength;
    if (this.#bytes > WAITING_BYTES_MAX) this.#drop();
    if (this.well) this.#go();
  }

  /** Sends how things stand, whether or not there is anything new, and even to one that did not answer. */
  stir(): void {
    this.#stirred = true;
    this.#go();
  }

  /** Runs what makes an answer for this relay: what is said meanwhile waits for `take`, for a call beside it would be overtaken by it. */
  hold<T>(run: () => T): T {
    this.#isHeld = true;
    try {
      return run();
    } finally {
      this.#isHeld = false;
      if (this.well || this.#stirred) this.#go();
    }
  }

  /** What there is to send, for an answer that takes it along. */
  take(): Push {
    const bundles = this.#waiting;
    this.#drop();
    this.#stirred = false;
    return this.#parts.push(bundles, this.#told);
  }

  /** The room was put back to another time, and its events with it. */
  forget(): void {
    this.#told = 0;
    this.#report = undefined;
    this.#had = NOBODY;
  }

  /** Nothing is said on it any more, whatever timer of this life still runs; and what comes back is not heard. */
  end(): void {
    this.#isOver = true;
    this.#drop();
  }

  /** Takes what the relay says of itself. */
  hear(report: Report): void {
    const before = this.#report;
    const had = this.counted;
    if (this.#isOver) return;
    if (before !== undefined && before.order >= report.order) return;
    this.#report = report;
    this.granted = 0;
    this.heardAt = this.#parts.now();
    this.well = true;
    this.#told = Math.max(this.#told, report.told);
    this.#parts.heard(this, before, had);
  }

  #drop(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }

  #go(): void {
    if (this.#calls === 0 && !this.#isHeld && !this.#isOver) void this.#call();
  }

  async #call(): Promise<void> {
    this.#calls++;
    try {
      while (!this.#isOver && (this.#stirred || this.#waiting.length > 0))
        this.hear(await this.#parts.inTime(this.#parts.stub(this.n).down(this.take())));
    } catch (reason) {
      this.well = false;
      this.#drop();
      this.#parts.failed(this, reason);
    } finally {
      this.#calls--;
    }
  }
}
