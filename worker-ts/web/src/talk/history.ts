// Which stretches of the log have been read back, and reading more: older ones, gaps, and the surroundings of one message.
// Knows pages and their borders alone; what stands in them goes to the view.
import type { Gap, HistoryQuery, Page } from "../../../src/client";

const PAGE_ENTRIES = 50;
/** A message may lie in the archive behind a short page of the room: so many pages are asked for until it is there. */
const TRIES_MAX = 4;

export interface HistoryPorts {
  /** Asks the room; undefined when it did not answer. */
  readonly read: (query: HistoryQuery) => Promise<Page | undefined>;
  /** Hands a page to the view. */
  readonly take: (page: Page) => void;
  /** Something that is drawn has changed. */
  readonly changed: () => void;
}

export class History {
  readonly #ports: HistoryPorts;
  #oldest: number | undefined;
  #more = false;
  #loaded = false;
  #failed = false;
  #holes: readonly Gap[] = [];
  /** The page under way. */
  #busy: Promise<unknown> | undefined;
  /** Counts how often everything was dropped: a page asked for before belongs to a log that is gone. */
  #dropped = 0;

  constructor(ports: HistoryPorts) {
    this.#ports = ports;
  }

  /** Whether a first page has come. */
  get loaded(): boolean {
    return this.#loaded;
  }
  get loading(): boolean {
    return this.#busy !== undefined;
  }
  /** Whether the last page asked for did not come. */
  get failed(): boolean {
    return this.#failed;
  }
  /** Whether older messages can be asked for. */
  get more(): boolean {
    return this.#more;
  }
  /** Stretches between what a jump has loaded and the rest, by rising seq. They fill when they come into sight. */
  get holes(): readonly Gap[] {
    return this.#holes;
  }

  /** Everything read so far is void. */
  drop(): void {
    this.#dropped += 1;
    this.#oldest = undefined;
    this.#more = false;
    this.#loaded = false;
    this.#failed = false;
    this.#holes = [];
    this.#busy = undefined;
  }

  /** Loads the page above the oldest known message; the newest page when none has come yet. */
  async loadOlder(): Promise<void> {
    if (this.#loaded && !this.#more) return;
    const page = await this.#page(this.#oldest === undefined ? {} : { before: this.#oldest });
    if (page === undefined) return;
    this.#loaded = true;
    this.#oldest = page.covers?.from ?? this.#oldest;
    this.#more = page.more;
    this.#ports.changed();
  }

  /**
   * Loads one end of a skipped stretch, the whole of it when it is short.
   * @returns the first seq that was loaded; undefined when nothing was.
   */
  async loadGap(gap: Gap, end: "from" | "to"): Promise<number | undefined> {
    const page = await this.#page(end === "to" ? { before: gap.to + 1 } : { after: gap.from - 1 });
    // A page that speaks for nothing brings a stretch no further: it is not asked for again by itself.
    if (page?.covers === null) this.#failed = true;
    return page?.covers == null ? undefined : Math.max(page.covers.from, gap.from);
  }

  /** Loads a message that is not on the page, with what stands around it. False when there is no such message to be had. */
  async loadAround(seq: number): Promise<boolean> {
    // What is under way comes first; it may even bring the message.
    while (this.#busy !== undefined) await this.#busy;
    if (this.#oldest === undefined) return false;
    let before = seq + PAGE_ENTRIES / 2;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const page = await this.#page({ before });
      if (page === undefined || page.covers === null) return false;
      this.#reachDown(page.covers, page.more);
      if (page.covers.from <= seq) return true;
      before = page.covers.from;
    }
    return false;
  }

  /** What a page below all that was known leaves open is a hole. */
  #reachDown(covers: Gap, more: boolean): void {
    const oldest = this.#oldest!;
    if (covers.from >= oldest) return;
    if (covers.to + 1 < oldest) this.#holes = [{ from: covers.to + 1, to: oldest - 1 }, ...this.#holes];
    this.#oldest = covers.from;
    this.#more = more;
    this.#ports.changed();
  }

  /** One page at a time: while one is under way, another is not asked for. */
  async #page(query: HistoryQuery): Promise<Page | undefined> {
    if (this.#busy !== undefined) return undefined;
    const dropped = this.#dropped;
    const asked = this.#ports.read({ ...query, limit: PAGE_ENTRIES });
    this.#busy = asked;
    this.#ports.changed();
    const page = await asked;
    if (dropped !== this.#dropped) return undefined;
    this.#busy = undefined;
    this.#failed = page === undefined;
    if (page !== undefined) {
      const { covers } = page;
      if (covers !== null) this.#holes = this.#holes.flatMap((hole) => cut(hole, covers));
      this.#ports.take(page);
    }
    this.#ports.changed();
    return page;
  }
}

/** What is left of a stretch when another one has been read. */
function cut(gap: Gap, read: Gap): Gap[] {
  if (read.to < gap.from || read.from > gap.to) return [gap];
  const left = [
    { from: gap.from, to: read.from - 1 },
    { from: read.to + 1, to: gap.to },
  ];
  return left.filter(({ from, to }) => from <= to);
}
