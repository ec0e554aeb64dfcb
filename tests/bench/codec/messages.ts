// The messages that every contender of the codec suite handles: the same fields, the same texts, made from a seed.

/** A chat message as a program holds it. */
export interface Message {
  readonly kind: "MSG";
  readonly seq: number;
  readonly ts: number;
  /** The id as 16 bytes, for formats that have bytes. */
  readonly id: Uint8Array;
  /** The same id as a UUID, for JSON. */
  readonly uuid: string;
  readonly sender: number;
  readonly replyTo: number;
  readonly text: string;
}

/** What the relay stamps on a message. */
export const STAMP = { seq: 20_000, ts: 1_790_000_000_000, sender: 7 } as const;

/** Different messages in one case, a power of two: none stays in the processor's branch memory for long. */
export const VARIETY = 64;

const WORDS =
  "the room is quiet and then somebody writes that the build went green after all so we can ship it before lunch or talk about it once more when everyone is back from their walk".split(
    " ",
  );
const ACCENTED = ["café", "naïve", "größer", "año", "déjà", "Øresund"];

/** A small seeded generator (mulberry32): the same messages in every run. Returns 0..1. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Text of exactly `length` UTF-16 units; one in four holds letters outside of ASCII. */
function textOf(length: number, random: () => number): string {
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)]!;
  const accented = random() < 0.25;
  let text = "";
  while (text.length < length) text += `${accented && random() < 0.1 ? pick(ACCENTED) : pick(WORDS)} `;
  return `${text.slice(0, length - 1)}.`;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** VARIETY messages with texts of `length` characters, as the server sends them. */
export function messages(length: number): readonly Message[] {
  const random = seeded(length);
  return Array.from({ length: VARIETY }, () => {
    const id = Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256));
    id[6] = (id[6]! & 0x0f) | 0x40;
    id[8] = (id[8]! & 0x3f) | 0x80;
    const uuid = hex(id).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    return { kind: "MSG", ...STAMP, id, uuid, replyTo: 0, text: textOf(length, random) } as const;
  });
}

/** Text of `bytes` ASCII characters that compresses as chat pages do. */
export function page(bytes: number): Uint8Array {
  const random = seeded(bytes);
  let text = "";
  while (text.length < bytes) text += `{"sender":${Math.floor(random() * 40)},"text":"${textOf(60, random)}"},`;
  return new TextEncoder().encode(text).slice(0, bytes);
}

/** Bytes without any pattern. */
export function noise(bytes: number): Uint8Array {
  const random = seeded(bytes);
  return Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256));
}
