// What the tests of the package share: the vectors, and the answers of face and oracle in one shape. No test stands here.
import { readFileSync } from "node:fs";
import { hex } from "../../../../tests/oracle/cursor.ts";
import { readWire } from "../../../../tests/oracle/wire-reader.ts";
import type { Frame, Side, Skip } from "../src/index.ts";
import { decode, WireError } from "../src/node.ts";

export { unhex } from "../../../../tests/oracle/cursor.ts";
export { hex };

/** A row of `wire-frames.json` or `wire-rejects.json`. */
export interface FrameVector {
  readonly name: string;
  readonly side: Side;
  readonly hex: string;
  readonly decoded?: unknown;
  readonly skip?: true;
  readonly error?: string;
}

/** A row of `wire-parts.json`. */
export interface PartVector {
  readonly name: string;
  readonly part: "varint" | "crc" | "lz4";
  readonly hex: string;
  readonly value?: number | string;
  readonly error?: string;
  readonly rawLen?: number;
}

function load<T>(name: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`../../../../tests/vectors/${name}.json`, import.meta.url), "utf8"));
}

export const accepts = load<FrameVector>("wire-frames");
export const rejects = load<FrameVector>("wire-rejects");
export const parts = (): readonly PartVector[] => load("wire-parts");

function keysOf(value: object): string[] {
  const keys = Object.keys(value);
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return keys;
  const getters = Object.entries(Object.getOwnPropertyDescriptors(prototype)).filter(
    ([, { get }]) => get !== undefined,
  );
  return [...keys, ...getters.map(([key]) => key)];
}

/** A frame of the face as the vectors write it: bytes as hex, getters read. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(keysOf(value).map((key) => [key, plain(Reflect.get(value, key))]));
}

/** The vectors do not tell the seq of a skipped frame. */
export function withoutSkippedSeq(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_key, inner) => (inner?.skip === true ? { skip: true } : inner));
}

/** The face's answer in the oracle's shape. */
export function readFace(side: Side, bytes: Uint8Array): unknown {
  let frame: Frame | Skip;
  try {
    frame = decode(side, bytes);
  } catch (error) {
    if (error instanceof WireError) return { error: error.code };
    throw error;
  }
  return "skip" in frame ? frame : { decoded: plain(frame) };
}

/** Where face and oracle differ about some bytes, or undefined: quicker than an assertion on each. */
export function disagreement(side: Side, bytes: Uint8Array): string | undefined {
  const face = JSON.stringify(sorted(readFace(side, bytes)));
  const oracle = JSON.stringify(sorted(readWire(side, bytes)));
  return face === oracle ? undefined : `${side} ${hex(bytes)}\nface   ${face}\noracle ${oracle}`;
}

/** The same value with all keys in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

export const sides = ["up", "down"] as const;
