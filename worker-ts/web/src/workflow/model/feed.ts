// Reads server-sent events: values by id, each once and in order, handed on in groups so that a flood is one drawing. The source and the
// timers are handed in.

/** What is used of an EventSource. */
export interface Source {
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: Event) => void) | null;
  readonly readyState: number;
  addEventListener(type: string, listener: () => void): void;
  close(): void;
}

/** Where a feed stands. */
export type FeedState = "opening" | "live" | "lost" | "over" | "refused";

export interface FeedPorts {
  open(): Source;
  after(ms: number, f: () => void): () => void;
}

/** So long (ms) values are gathered before they are handed on. */
export const GATHER_MS = 60;
/** `readyState` of a source that will not try again. */
const CLOSED = 2;
/** A browser gives up where an answer is no stream, as while a server begins again: it is asked again after this (ms), and so often. */
export const REOPEN_MS = 2000;
export const REOPENS_MAX = 5;
/** A server ends long answers on purpose, and browsers ask again at once: a line that is there again within this (ms) was not lost. */
export const LOST_MS = 3000;
/** A line that broke before it had been there for so long (ms), and had told nothing, was of no use; so many of them are enough. */
export const STEADY_MS = 10_000;
export const VAIN_MAX = 5;

/** Follows one source until it is over or disposed of. */
export class Feed<T> implements Disposable {
  readonly #ports: FeedPorts;
  readonly #tell: (values: readonly T[], state: FeedState) => void;
  #source: Source;
  #reopens = 0;
  /** Lines that were of no use, one after another. */
  #vain = 0;
  #last = -1;
  #state: FeedState = "opening";
  #gathered: T[] = [];
  #stop: (() => void) | undefined;
  #again: (() => void) | undefined;
  #losing: (() => void) | undefined;
  /** Set while there is a line that has been of no use so far. */
  #steady: (() => void) | undefined;
  #closed = false;

  constructor(ports: FeedPorts, tell: (values: readonly T[], state: FeedState) => void) {
    this.#ports = ports;
    this.#tell = tell;
    this.#source = this.#open();
  }

  #open(): Source {
    const source = this.#ports.open();
    source.onopen = () => {
      this.#reopens = 0;
      this.#found();
      this.#steady = this.#ports.after(STEADY_MS, () => this.#useful());
      this.#become("live");
    };
    source.onmessage = ({ data, lastEventId }) => this.#take(Number(lastEventId), JSON.parse(data));
    source.onerror = () => this.#lose(source);
    source.addEventListener("end", () => {
      source.close();
      this.#found();
      this.#become("over");
    });
    return source;
  }

  /** The line is there, or needed no more. */
  #found(): void {
    this.#losing?.();
    this.#losing = undefined;
    this.#steady?.();
    this.#steady = undefined;
  }

  #useful(): void {
    this.#steady?.();
    this.#steady = undefined;
    this.#vain = 0;
  }

  /** A browser tries again by itself, unless it has given up. */
  #lose(source: Source): void {
    if (this.#closed || this.#state === "over" || this.#state === "refused") return;
    if (this.#steady !== undefined) this.#vain += 1;
    this.#steady?.();
    this.#steady = undefined;
    const given = source.readyState === CLOSED;
    if ((given && this.#reopens === REOPENS_MAX) || this.#vain === VAIN_MAX) {
      source.close();
      this.#found();
      this.#become("refused");
      return;
    }
    this.#losing ??= this.#ports.after(LOST_MS, () => this.#become("lost"));
    if (!given) return;
    this.#reopens += 1;
    this.#again = this.#ports.after(REOPEN_MS, () => {
      this.#source = this.#open();
    });
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#stop?.();
    this.#again?.();
    this.#found();
    this.#source.close();
  }

  #take(id: number, value: T): void {
    // after a cut line the server begins behind the last one; what it repeats is dropped all the same
    if (!(id > this.#last)) return;
    this.#last = id;
    if (this.#steady !== undefined) this.#useful();
    this.#gathered.push(value);
    this.#stop ??= this.#ports.after(GATHER_MS, () => this.#flush());
  }

  #become(state: FeedState): void {
    if (this.#state === "over" || this.#state === state) return;
    this.#state = state;
    this.#flush();
  }

  #flush(): void {
    this.#stop?.();
    this.#stop = undefined;
    if (this.#closed) return;
    const values = this.#gathered;
    this.#gathered = [];
    this.#tell(values, this.#state);
  }
}
