// The way up: what connections have to say goes to the room in one call a tick, one call at a time, so that the frames of each stay in
// order. A call that fails goes again as it is, for the room knows what it has; only when the room cannot be reached for long are
// those closed who wait for it.
import { logFailure } from "../../../platform/log";
import { FRAME_BYTES } from "../../log/replay";
import type { Counts } from "../../log/totals";
import type { RoomSettings } from "../../settings";
import type { Connection } from "../../socket/connection";
import { type After, inTime } from "../in-time";
import type { Answer, Push, Report, RoomLine, UpBatch, UpItem } from "../shapes";

/** Waits between tries (ms): the first is short, for an object that was reset is there again at once. */
const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 1_000;
/** People whose typing one tick passes on; what is above is dropped, and lapses. */
const TYPING_MAX = 512;
/** Read marks of one call: the rest goes with the next, for each is stored. */
const READS_MAX = 2_048;
/** Items of one call: the rest goes with the next. */
const ITEMS_MAX = 1_000;
/** Bytes of one call, or of its answer: the runtime takes 32 MiB. What is asked for is answered with about a frame each. */
const CALL_BYTES_MAX = 8_388_608;
/** Bytes of frames that are kept while a call is under way; whoever says more is sent away. */
const WAITING_BYTES_MAX = 16_777_216;

const bytesOf = (item: UpItem): number => (item.type === "frame" ? item.bytes.byteLength : 0);
const weightOf = (item: UpItem): number => (item.type === "frame" ? bytesOf(item) : FRAME_BYTES);

/** One that waits for the room. */
export interface Climber {
  readonly connection: Connection;
  readonly item: UpItem;
}

/** What the way up needs of its relay. */
export interface ClimbParts {
  readonly n: number;
  readonly life: string;
  readonly settings: RoomSettings;
  readonly line: () => RoomLine;
  readonly after: After;
  readonly report: () => Report;
  readonly counts: () => Counts;
  readonly epoch: () => Uint8Array;
}

/** Who takes what came of a call. */
export interface Answered {
  /** What is new in the room, then `then`, with nothing between them. */
  readonly push: (push: Push, then: () => void) => Promise<void>;
  readonly answer: (connection: Connection, item: UpItem, answer: Answer) => void;
  /** The room cannot be reached. */
  readonly lost: (connection: Connection) => void;
}

/** What goes up. */
export class Climb {
  /** Connections whose HELLO has not been answered. */
  readonly greetings = new Set<Connection>();
  readonly #parts: ClimbParts;
  #answered: Answered | undefined;
  #waiting: Climber[] = [];
  #waitingBytes = 0;
  readonly #typing = new Map<number, number>();
  readonly #reads = new Map<number, number>();
  #isFlying = false;
  /** Whether how things stand has changed since the last call. */
  #isStirred = false;
  #number = 0;
  /** When the next call may leave, ms since 1970. */
  #next = 0;
  /** Whether a timer runs that will look again, and for when. */
  #timer: { readonly at: number; readonly stop: () => void } | undefined;

  constructor(parts: ClimbParts) {
    this.#parts = parts;
  }

  /** Names who takes the answers. */
  hand(answered: Answered): void {
    this.#answered = answered;
  }

  /** Passes up what a connection has to say. */
  put(connection: Connection, item: UpItem): void {
    const bytes = this.#waitingBytes + bytesOf(item);
    if (bytes > WAITING_BYTES_MAX) {
      this.#answered?.lost(connection);
      return;
    }
    this.#waitingBytes = bytes;
    this.#waiting.push({ connection, item });
    this.#look();
  }

  /** Passes on that somebody types or has stopped. */
  type(ref: number, state: number): void {
    if (this.#typing.size < TYPING_MAX) this.#typing.set(ref, state);
    this.#look();
  }

  /** Passes on how far somebody has read: with the next call, presenceTotalsMs from now at the latest. One mark for each person waits. */
  read(ref: number, upTo: number): void {
    this.#reads.set(ref, Math.max(upTo, this.#reads.get(ref) ?? 0));
    this.stir();
  }

  /** What has not left will not leave, for the room has another log or is not there: those who wait for it come again. */
  drop(): void {
    this.#typing.clear();
    this.#reads.clear();
    this.#waitingBytes = 0;
    for (const { connection } of this.#waiting.splice(0)) {
      this.greetings.delete(connection);
      this.#answered?.lost(connection);
    }
  }

  /** How things stand has changed: the room learns it with the next call, presenceTotalsMs from now at the latest. */
  stir(): void {
    this.#isStirred = true;
    if (this.#isFlying || this.#timer !== undefined) return;
    this.#lookAt(this.#parts.settings.now() + this.#parts.settings.presenceTotalsMs);
  }

  /** Whether the room owes somebody an answer. */
  get isBusy(): boolean {
    return this.#isFlying || this.#waiting.length > 0;
  }

  #look(): void {
    if (this.#isFlying) return;
    const now = this.#parts.settings.now();
    if (now >= this.#next) this.#fly();
    else this.#lookAt(this.#next);
  }

  #lookAt(at: number): void {
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#timer?.stop();
    const stop = this.#parts.after(Math.max(0, at - this.#parts.settings.now()), () => {
      this.#timer = undefined;
      if (!this.#isFlying && (this.#isStirred || this.#isUrgent)) this.#fly();
    });
    this.#timer = { at, stop };
  }

  get #isUrgent(): boolean {
    return this.#waiting.length > 0 || this.#typing.size > 0;
  }

  #fly(): void {
    this.#timer?.stop();
    this.#timer = undefined;
    this.#isFlying = true;
    const { settings } = this.#parts;
    this.#next = settings.now() + settings.coalesceMs;
    const landed = () => {
      this.#isFlying = false;
      if (this.#isUrgent) this.#look();
      else if (this.#isStirred) this.stir();
    };
    this.#carry()
      .catch((error: unknown) => logFailure("take what a room has answered", error))
      .finally(landed);
  }

  async #carry(): Promise<void> {
    const climbers = this.#load();
    const batch = this.#batch(climbers);
    const answer = await this.#insist(batch);
    const answered = this.#answered;
    if (answered === undefined) return;
    const greeted = () => {
      for (const { connection, item } of climbers) if (item.type === "hello") this.greetings.delete(connection);
    };
    if (answer === undefined) {
      for (const { connection } of climbers) answered.lost(connection);
      greeted();
      // nor would those behind them wait for less
      if (climbers.length > 0) this.drop();
      else if (batch.epoch === this.#parts.epoch()) for (const [ref, upTo] of batch.reads) this.read(ref, upTo);
      return;
    }
    await answered.push(answer.push, () => {
      for (const [at, { connection, item }] of climbers.entries()) {
        const own = answer.answers[at];
        if (own === undefined) answered.lost(connection);
        else if (connection.open) answered.answer(connection, item, own);
      }
      // only now: until they have joined, they count as those who will
      greeted();
    });
  }

  /** Takes as many of those who wait as go into one call. */
  #load(): Climber[] {
    let weight = 0;
    let count = 0;
    for (const { item } of this.#waiting) {
      weight += weightOf(item);
      if (count === ITEMS_MAX || (count > 0 && weight > CALL_BYTES_MAX)) break;
      this.#waitingBytes -= bytesOf(item);
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  #batch(climbers: readonly Climber[]): UpBatch {
    const { n, life, report, counts, epoch } = this.#parts;
    const typing = [...this.#typing];
    const reads = [...this.#reads].slice(0, READS_MAX);
    this.#typing.clear();
    for (const [ref] of reads) this.#reads.delete(ref);
    this.#number++;
    this.#isStirred = this.#reads.size > 0;
    const items = climbers.map(({ item }) => item);
    const told = { report: report(), counts: counts() };
    return { n, life, number: this.#number, epoch: epoch(), ...told, items, typing, reads };
  }

  /** The room's answer; undefined when it could not be had in time. */
  async #insist(batch: UpBatch): Promise<Awaited<ReturnType<RoomLine["up"]>> | undefined> {
    const { line, settings, after } = this.#parts;
    const end = settings.now() + settings.relayGiveUpMs;
    for (let wait = RETRY_MS_MIN; ; wait = Math.min(2 * wait, RETRY_MS_MAX)) {
      try {
        return await inTime(line().up(batch), settings.relayAnswerMs, after);
      } catch (error) {
        logFailure("reach the room from a relay", error);
        // nobody waits for what is only told
        if (settings.now() + wait > end || batch.items.length === 0) return undefined;
      }
      await new Promise<void>((resolve) => void after(wait, resolve));
    }
  }
}
