// How far everybody has read: told to all who want it, merged per tick. The marks are in the table `person`.
import { encode, FEATURE, LIMIT } from "@ferrule/core";
import type { Log } from "../../log/log";
import type { Outbox } from "../../log/outbox";
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
}

/** The read marks as they are told. */
export class Receipts {
  readonly #parts: ReceiptParts;
  /** Marks that this tick has moved, by ref. */
  readonly #moved = new Map<number, number>();
  /** Marks of the newest readers by ref, the newest last; read once per wake, when somebody asks. */
  #newest: Map<number, number> | undefined;
  /** They as a frame, while it holds. */
  #whole: Uint8Array | undefined;

  constructor(parts: ReceiptParts) {
    this.#parts = parts;
  }

  /** Moves a mark up to `upTo` and has it told; false when it stands there or above. */
  move(ref: number, upTo: number): boolean {
    const { people, fanOut, settings } = this.#parts;
    if (!people.read(ref, upTo, settings.now())) return false;
    this.#moved.set(ref, upTo);
    if (this.#newest !== undefined) this.#add(this.#newest, ref, upTo);
    this.#whole = undefined;
    fanOut.stir();
    return true;
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
    if (this.#moved.size === 0) return [];
    const wants = FEATURE.RECEIPTS;
    const casts = [...this.#parts.presence.introductions([...this.#moved.keys()], wants)];
    const marks = [...this.#moved];
    this.#moved.clear();
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
  readonly archive: Outbox;
}

/** This person has read everything up to `seq`, which is taken for head when it is above. A mark never falls. */
export function readUpTo({ log, receipts, archive }: ReadRoom, ref: number, seq: number): void {
  if (receipts.move(ref, Math.min(seq, log.head))) archive.noteRead();
}
