// The one WASM instance behind the face: its arenas as views, and its replacement after a trap. Views never leave the package.
import {
  arenaMemory,
  entryAt,
  inAt,
  indexAt,
  innerAt,
  outAt,
  rawAt,
  __wbg_reset_state as resetState,
} from "../../generated/ferrule.js";
import { CoreError } from "./core-error.js";
import { SLOTS } from "./slot.js";

/** Bytes of the IN arena. */
export const ARENA_BYTES = 1_048_576 + 4_096;
const ID_BYTES = 16;

/** Where IN is written and the others are read: these views end with the memory, the core's answers say how far to read. */
interface Arenas {
  readonly input: Uint8Array;
  /** IN behind an id: where `encodeText` wants its text. */
  readonly inputText: Uint8Array;
  readonly output: Uint8Array;
  readonly raw: Uint8Array;
  readonly inner: Uint8Array;
  readonly index: Float64Array;
  readonly entry: Float64Array;
}

const none = new Uint8Array(0);
const noSlots = new Float64Array(0);
let views: Arenas = {
  input: none,
  inputText: none,
  output: none,
  raw: none,
  inner: none,
  index: noSlots,
  entry: noSlots,
};

function provideViews(): Arenas {
  const { buffer } = arenaMemory();
  views = {
    input: new Uint8Array(buffer, inAt(), ARENA_BYTES),
    inputText: new Uint8Array(buffer, inAt() + ID_BYTES, ARENA_BYTES - ID_BYTES),
    output: new Uint8Array(buffer, outAt()),
    raw: new Uint8Array(buffer, rawAt()),
    inner: new Uint8Array(buffer, innerAt()),
    index: new Float64Array(buffer, indexAt(), SLOTS),
    entry: new Float64Array(buffer, entryAt(), SLOTS),
  };
  return views;
}

/** The arenas as they stand now: views are empty before first use and when the memory has grown, and then made anew. */
export function arenas(): Arenas {
  return views.input.byteLength === 0 ? provideViews() : views;
}

/** Counts the instances: a handle is good for the one it was made in. */
export let generation = 0;

/** Counts what ends the facts of a frame that was read: each filling of IN, and each writer begun. */
export let fillings = 0;

/** For who begins a writer: its body grows in RAW, where the body of a frame that came compressed stands. */
export function endFacts(): void {
  fillings++;
}

/** IN for somebody who fills it himself. */
export function openInput(): Arenas {
  fillings++;
  return arenas();
}

/** Copies `bytes` to the start of IN; gives their number. The caller has checked that they fit. */
export function fill(bytes: Uint8Array): number {
  openInput().input.set(bytes);
  return bytes.length;
}

/** For `catch`: after a trap a new instance stands ready and a CoreError comes back; any other error as it was. */
export function recover(error: unknown): unknown {
  if (!(error instanceof WebAssembly.RuntimeError)) return error;
  resetState();
  generation++;
  fillings++;
  provideViews();
  return new CoreError(`the WebAssembly core trapped and was started anew: ${error.message}`, { cause: error });
}

/** Bytes of WASM memory. It does not depend on what is decoded: hostile input leaves it unchanged. */
export function memoryBytes(): number {
  return arenaMemory().buffer.byteLength;
}
