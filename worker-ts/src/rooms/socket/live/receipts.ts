// How far everybody has read: stored and told to all who want it, merged per tick; in a crowd merged for longer, and of many marks the
// newest are told, for everybody reads and each mark would go to everybody. The marks are in the table `person`.
import { encode, FEATURE, LIMIT } from "@ferrule/core";
import { logFailure } from "../../../platform/log";
import type { Log } from "../../log/log";
import type { People } from "../../log/people";
import type { RoomSettings } from "../../settings";
import type { FanOut } from "../fan-out";
import type { Cast } from "../frame/load";
import type { Presence } from "./presence";

/** What receipts work on. */
export interface ReceiptParts {
  readonly people: People;
  readonly presence: Presence;
  readonly fanOut: FanOut;
  readonly settings: RoomSettings;
  /** Runs something once, `ms` from now. */
  readonly after: (ms: number, run: () => void) => void;
  /** Marks have moved, and are stored. */
  readonly moved: () => void;
}

/** The read marks as they are told. */
export class Receipts {
  readonly #parts: ReceiptParts;
  /** Marks that came since they were stored last, by ref. */
  readonly #waiting = new Map<number, number>();
  /** Marks that are stored, and not told yet. */
  readonly #untold = new Map<number, number>();
  /** In a crowd: whether a timer runs that will have them stored and told, and whether it has run. */
  #isWaiting = false;
  #isDue = false;
  /** Marks of the newest readers by ref, the newest last; read once per wake, when somebody asks. */
  #newest: Map<number, number> | undefined;
  /** They as a frame, while it holds. */
  #whole: Uint8Array | undefined;

  constructor(parts: ReceiptParts) {
    this.#parts = parts;
  }

  /** Moves a mark up to `upTo`, unless it stands there or above: stored and told at the end of the tick; in a crowd within presenceTotalsMs. */
  move(ref: number, upTo: number): void {
    const { presence, fanOut } = this.#parts;
    if (upTo <= (this.#waiting.get(ref) ?? 0)) return;
    this.#waiting.set(ref, upTo);
    if (presence.isCrowd) this.#await();
    else fanOut.stir();
  }

  #await(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const { after, settings, fanOut } = this.#parts;
    after(settings.presenceTotalsMs, () => {
      this.#isWaiting = false;
      this.#isDue = true;
      fanOut.stir();
    });
  }

  /** Stores the marks that wait, now: all in one statement. */
  store(): void {
    if (this.#waiting.size === 0) return;
    const { people, settings, moved } = this.#parts;
    const stored = people.read([...this.#waiting], settings.now());
    for (const [ref, upTo] of this.#waiting) {
      if (!stored.has(ref)) continue;
      this.#untold.set(ref, upTo);
      if (this.#newest !== undefined) this.#add(this.#newest, ref, upTo);
    }
    this.#waiting.clear();
    if (stored.size === 0) return;
    this.#whole = undefined;
    moved();
  }

  /** Refs of the readers that `whole` lists. */
  refs(): Iterable<number> {
    return this.#marks().keys();
  }

  /** The last known state as a frame: the newest readers. Their PEOPLE must go before. */
  whole(): Uint8Array {
    this.#whole ??= this.#encode([...this.#marks()]);
    return this.#whole;
  }

  /** What this tick came to, for all. */
  merged(): Cast[] {
    const { presence, settings } = this.#parts;
    if (presence.isCrowd && !this.#isDue) {
      // those that came before it was one
      if (this.#waiting.size > 0) this.#await();
      return [];
    }
    this.#isDue = false;
    try {
      this.store();
    } catch (error) {
      // entries leave in the same tick: they must not stay behind for it
      logFailure("store read marks", error);
    }
    const wants = FEATURE.RECEIPTS;
    const from = presence.isCrowd ? Math.max(0, this.#untold.size - settings.receiptListMax) : 0;
    const marks = [...this.#untold].slice(from);
    this.#untold.clear();
    if (marks.length === 0) return [];
    const refs = marks.map(([ref]) => ref);
    const casts = [...presence.introductions(refs, wants)];
    for (let at = 0; at < marks.length; at += LIMIT.LIST_ENTRIES_MAX)
      casts.push({ frame: this.#encode(marks.slice(at, at + LIMIT.LIST_ENTRIES_MAX)), logged: false, wants });
    return casts;
  }

  #marks(): ReadonlyMap<number, number> {
    if (this.#newest === undefined) {
      this.#newest = new Map();
      const { people, settings } = this.#parts;
      for (const { ref, upTo } of people.readers(settings.receiptListMax)) this.#newest.set(ref, upTo);
    }
    return this.#newest;
  }

  #add(newest: Map<number, number>, ref: number, upTo: number): void {
    newest.delete(ref);
    newest.set(ref, upTo);
    const [oldest] = newest.keys();
    if (newest.size > this.#parts.settings.receiptListMax && oldest !== undefined) newest.delete(oldest);
  }

  #encode(marks: readonly (readonly [ref: number, upTo: number])[]): Uint8Array {
    const list = marks.map(([ref, upTo]) => ({ ref, upTo }));
    return encode({ kind: "RECEIPT", ts: this.#parts.settings.now(), body: { list } });
  }
}

/** What `readUpTo` needs of the room. */
interface ReadRoom {
  readonly log: Log;
  readonly receipts: Receipts;
}

/** This person has read everything up to `seq`, which is taken for head when it is above. A mark never falls. */
export function readUpTo({ log, receipts }: ReadRoom, ref: number, seq: number): void {
  receipts.move(ref, Math.min(seq, log.head));
}
