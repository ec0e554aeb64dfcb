// Walks over bytes and leaves a row for each field. It reads what is there and says what it meets; whether a frame is good the
// core alone decides. Knows fields, no layout.
import { LIMIT, type ReasonName, uuidText } from "@ferrule/core";
import { toHex } from "../hex";
import type { Row } from "./row";
import { over, plain, type Teller, type Told } from "./tell";

/** The walk cannot go on: the field it has just left a row for cannot be read, or nothing after it would mean anything. */
export class Stop extends Error {}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const CONTINUES = 0x80;

export class Walk {
  readonly bytes: Uint8Array;
  readonly up: boolean;
  readonly rows: Row[] = [];
  #at = 0;
  #end: number;
  #cut: ReasonName;
  #within: readonly string[];

  /** `cut`: what a fixed field or a str that runs off its space is. */
  constructor(bytes: Uint8Array, up: boolean, cut: ReasonName, within: readonly string[] = []) {
    this.bytes = bytes;
    this.up = up;
    this.#end = bytes.length;
    this.#cut = cut;
    this.#within = within;
  }

  get at(): number {
    return this.#at;
  }
  /** Bytes left in the space that is being read. */
  get left(): number {
    return this.#end - this.#at;
  }
  get within(): readonly string[] {
    return this.#within;
  }

  u8(name: string, tell: Teller = plain): number {
    return this.#fixed(name, 1, tell);
  }

  u16(name: string, tell: Teller = plain): number {
    return this.#fixed(name, 2, tell);
  }

  u32(name: string, tell: Teller): number {
    return this.#fixed(name, 4, tell);
  }

  /** A varint; a bad one ends the walk. */
  varint(name: string, tell: Teller = plain): number {
    let value = 0;
    let scale = 1;
    let count = 0;
    for (let more = true; more; scale *= 128) {
      const byte = this.bytes[this.#at + count];
      if (count === LIMIT.VARINT_BYTES_MAX || count >= this.left || byte === undefined) {
        const note = count >= this.left ? (count === 0 ? "missing" : "cut off") : "longer than 8 bytes";
        this.#stop(name, count, { note, fault: "bad_varint" });
      }
      count += 1;
      value += (byte % CONTINUES) * scale;
      more = byte >= CONTINUES;
      if (!more && byte === 0 && count > 1)
        this.#stop(name, count, { note: "not the shortest form", fault: "bad_varint" });
    }
    if (value > LIMIT.VARINT_MAX) this.#stop(name, count, { note: "above 2^53 - 1", fault: "bad_varint" });
    this.#leave(name, count, value, tell(value));
    return value;
  }

  /** So many bytes, shown as hex. */
  raw(name: string, count: number, note = ""): Uint8Array {
    this.#need(name, count);
    const found = this.bytes.subarray(this.#at, this.#at + count);
    this.#leave(name, count, toHex(found), { note });
    return found;
  }

  /** Sixteen bytes, shown as a UUID. */
  uuid(name: string): void {
    this.#need(name, LIMIT.ID_BYTES);
    const found = this.bytes.subarray(this.#at, this.#at + LIMIT.ID_BYTES);
    this.#leave(name, LIMIT.ID_BYTES, uuidText(found), { note: "" });
  }

  /** A str: its length and its bytes in one row. `least` and `most` bytes; `check` looks at the bytes. */
  str(name: string, most: number, least = 0, check: (bytes: Uint8Array) => boolean = () => true): void {
    const start = this.#at;
    const length = this.varint(name);
    this.rows.pop();
    const prefix = this.#at - start;
    if (length > this.left) {
      const there = prefix + this.left;
      this.#at = start;
      this.#stop(name, there, { note: `${length} bytes do not fit`, fault: this.#cut });
    }
    const found = this.bytes.subarray(this.#at, this.#at + length);
    const text = textOf(found);
    // In an extension every fault of a value has one name.
    const fault = (reason: ReasonName): ReasonName => (this.#cut === "bad_ext" ? "bad_ext" : reason);
    let told: Told = { note: length === 1 ? "1 byte" : `${length} bytes` };
    if (length < least || !check(found))
      told = { note: length < least ? "empty" : "a forbidden character", fault: this.#cut };
    else if (length > most) told = { note: `${length} bytes, at most ${most}`, fault: fault("over_limit") };
    else if (text === undefined) told = { note: "not UTF-8", fault: fault("bad_utf8") };
    this.#at = start;
    this.#leave(name, prefix + length, text ?? toHex(found), told);
  }

  /** A count of entries that take a byte each at least, and the entries, each within `list[i]`. */
  list(entry: (index: number) => unknown, tell: Teller = plain, name = "list"): void {
    const count = this.varint("count", (value) => {
      const told = tell(value);
      return told.fault !== undefined || value <= LIMIT.LIST_ENTRIES_MAX ? told : over(LIMIT.LIST_ENTRIES_MAX);
    });
    if (count > this.left) this.#blameLast("more than there are bytes left", this.#cut);
    this.must();
    for (let index = 0; index < count; index += 1) this.inside(`${name}[${index}]`, () => entry(index));
  }

  /** What `read` leaves stands within `label`. */
  inside(label: string, read: () => void): void {
    const before = this.#within;
    this.#within = [...before, label];
    try {
      read();
    } finally {
      this.#within = before;
    }
  }

  /** Reads the next `length` bytes as a space of their own, which must end where `read` ends. */
  space(label: string, length: number, cut: ReasonName, read: () => void): void {
    const before = { end: this.#end, cut: this.#cut };
    this.#end = this.#at + length;
    this.#cut = cut;
    try {
      this.inside(label, () => {
        read();
        this.rest("bytes left over", cut);
      });
    } finally {
      this.#end = before.end;
      this.#cut = before.cut;
    }
  }

  /** One row for all that is left in the space, when there is anything. */
  rest(note: string, fault?: ReasonName, name = "rest"): void {
    if (this.left > 0) this.#leave(name, this.left, null, fault === undefined ? { note } : { note, fault });
  }

  /** One row for the bytes up to `end`, wherever the walk was stopped. */
  skipTo(end: number, note: string): void {
    if (end <= this.#at) return;
    this.#end = end;
    this.#within = [];
    this.rest(note);
  }

  /** Lets the walk go on up to `end`. */
  reopen(end: number): void {
    this.#end = end;
    this.#within = [];
  }

  /** Changes the row that was left last. */
  amend(change: Partial<Pick<Row, "note" | "fault" | "inflated" | "value">>): void {
    this.rows.push({ ...this.rows.pop()!, ...change });
  }

  /** Ends the walk when the row that was left last is at fault: what follows hangs on it. */
  must(): void {
    if (this.rows.at(-1)?.fault !== undefined) throw new Stop();
  }

  /** Blames the row that was left last and ends the walk. */
  fail(note: string, fault: ReasonName): never {
    this.#blameLast(note, fault);
    throw new Stop();
  }

  #blameLast(note: string, fault: ReasonName): void {
    this.amend({ note, fault });
  }

  #fixed(name: string, count: number, tell: Teller): number {
    this.#need(name, count);
    let value = 0;
    for (let index = count - 1; index >= 0; index -= 1) value = value * 256 + this.bytes[this.#at + index]!;
    this.#leave(name, count, value, tell(value));
    return value;
  }

  #need(name: string, count: number): void {
    if (count > this.left)
      this.#stop(name, this.left, { note: this.left === 0 ? "missing" : "cut off", fault: this.#cut });
  }

  #leave(name: string, count: number, value: Row["value"], { note, fault }: Told): void {
    const bytes = toHex(this.bytes.subarray(this.#at, this.#at + count));
    const row: Row = { offset: this.#at, bytes, name, within: this.#within, value, note };
    this.rows.push(fault === undefined ? row : { ...row, fault });
    this.#at += count;
  }

  #stop(name: string, count: number, told: Told): never {
    this.#leave(name, count, null, told);
    throw new Stop();
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}
