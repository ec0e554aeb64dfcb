// How many bytes V8's structured clone takes for a value, counted and not written: Node's own serializer is not there in browsers and
// Bun, and the wall at 16,384 bytes is worth meeting in a test before it is met in production. Format: V8's value-serializer.cc, version 15.

const HEADER = 2;
const TAG = 1;
const DOUBLE = 8;

const varint = (value: number): number => {
  let bytes = 1;
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
};

/** Integers that V8 may write short. Whether it does depends on how it keeps the field in memory, which nobody can ask. */
const isSmall = (value: number): boolean =>
  Number.isInteger(value) && !Object.is(value, -0) && value >= -(2 ** 30) && value < 2 ** 30;

/** Keys that V8 keeps as numbers. */
const isIndex = (key: string): boolean => String(Number(key) >>> 0) === key && key !== "4294967295";

const isLatin1 = (text: string): boolean => {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 255) return false;
  return true;
};

/** Counts as V8 writes: `at` is the offset reached, because two-byte strings are aligned. */
class Counter {
  at = HEADER;
  readonly #seen = new Map<object, number>();

  value(value: unknown): void {
    if (typeof value === "string") this.string(value);
    else if (typeof value === "number") this.number(value);
    else if (typeof value === "bigint") this.bigint(value);
    else if (typeof value === "object" && value !== null) this.object(value);
    else this.at += TAG; // undefined, null, true, false
  }

  private string(text: string): void {
    if (isLatin1(text)) {
      this.at += TAG + varint(text.length) + text.length;
      return;
    }
    const bytes = text.length * 2;
    // The characters begin at an even offset; a padding tag goes before when they would not.
    if ((this.at + TAG + varint(bytes)) % 2 === 1) this.at += TAG;
    this.at += TAG + varint(bytes) + bytes;
  }

  private number(value: number): void {
    this.at += TAG + (isSmall(value) ? varint(value < 0 ? -value * 2 - 1 : value * 2) : DOUBLE);
  }

  private bigint(value: bigint): void {
    const digits = (value < 0n ? -value : value).toString(16).length;
    const bytes = value === 0n ? 0 : Math.ceil(digits / 16) * 8;
    this.at += TAG + varint(bytes * 2) + bytes;
  }

  private object(value: object): void {
    const known = this.#seen.get(value);
    if (known !== undefined) {
      this.at += TAG + varint(known);
      return;
    }
    this.#seen.set(value, this.#seen.size);
    if (Array.isArray(value)) this.array(value);
    else if (value instanceof Date) this.at += TAG + DOUBLE;
    else if (value instanceof Map) this.entries([...value].flat(), value.size * 2);
    else if (value instanceof Set) this.entries([...value], value.size);
    else if (value instanceof ArrayBuffer) this.buffer(value);
    else if (ArrayBuffer.isView(value)) this.view(value);
    else this.properties(value);
  }

  private array(items: readonly unknown[]): void {
    this.at += TAG + varint(items.length);
    for (const item of items) this.value(item);
    this.at += TAG + varint(0) + varint(items.length);
  }

  private entries(values: readonly unknown[], count: number): void {
    this.at += TAG;
    for (const value of values) this.value(value);
    this.at += TAG + varint(count);
  }

  private buffer({ byteLength }: ArrayBuffer): void {
    this.at += TAG + varint(byteLength) + byteLength;
  }

  /** The buffer behind it, then what part of it; flags take a byte. */
  private view(view: ArrayBufferView): void {
    this.object(view.buffer);
    this.at += TAG + TAG + varint(view.byteOffset) + varint(view.byteLength) + 1;
  }

  private properties(value: object): void {
    const entries = Object.entries(value);
    this.at += TAG;
    for (const [key, each] of entries) {
      this.value(isIndex(key) ? Number(key) : key);
      this.value(each);
    }
    this.at += TAG + varint(entries.length);
  }
}

/**
 * Bytes of a structured clone, header included. Exact for what JSON can say, dates, maps, sets and bytes; but an integer is counted
 * short, and V8 takes up to 7 bytes more where it keeps the field as a double. Errors and the like are counted as plain objects.
 */
export function cloneBytes(value: unknown): number {
  const counter = new Counter();
  counter.value(value);
  return counter.at;
}
