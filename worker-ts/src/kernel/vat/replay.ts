// A lost heap made again: the vat's store as its incarnation began, then every delivery since, each outcome compared by its hash.

import { REPLAY_DELIVERIES_MAX, REPLAY_LENGTH_MAX } from "../host/limits";
import type { HostPorts } from "../host/ports";
import { LOAD_ROWS_MAX } from "../limits";
import type { KernelStore, Row } from "../store/store";
import type { VatHeap } from "./heap";
import type { Pairs, Recent } from "./recent";

/** What a replay reads. No batch may be in flight while it does. */
export interface PastParts {
  readonly store: KernelStore;
  readonly recent: Recent;
  readonly ports: HostPorts;
}

/** Which heap, and how many deliveries it has seen. */
export interface Past {
  readonly vat: string;
  readonly incarnation: number;
  readonly delivered: number;
}

/** The replay did not come out as the first time did, or its rows are not there. */
export class Diverged extends Error {
  override readonly name = "Diverged";
}

/** The store did not answer: no fault of the heap's. `cause` says why. */
export class StoreTrouble extends Error {
  override readonly name = "StoreTrouble";
}

/** Rows of one prefix, in the order of keys. */
export async function* rowsOf(store: KernelStore, ports: HostPorts, prefix: string): AsyncGenerator<readonly Row[]> {
  for (let after = ""; ; ) {
    const rows = await ports
      .wait(() => store.load(prefix, after, LOAD_ROWS_MAX))
      .catch((cause: unknown) => {
        throw new StoreTrouble("the store did not answer", { cause });
      });
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    // a store may give fewer rows than it was asked for, so that only none means the end
    after = last[0];
  }
}

/** The vat's store as it will be when `incarnation` begins. */
export async function storeAtStart(parts: PastParts, vat: string, incarnation: number): Promise<Pairs> {
  if (incarnation === 1) return [];
  return parts.recent.overlay(vat, incarnation, await durableStore(parts, vat));
}

/** Makes `heap` what it was after the deliveries of `past`; `within` ends a step that takes too long. */
export async function rebuild(
  parts: PastParts,
  heap: VatHeap,
  past: Past,
  within: <T>(step: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const began = parts.recent.pairsOf(past.vat, past.incarnation);
  const pairs = began ?? (await storeAsBegan(parts, past.vat));
  await within(() => heap.begin(pairs));
  let delivered = 0;
  for await (const piece of piecesOf(parts, past, began === null)) {
    const replayed = await within(() => heap.replay(`[${piece.join(",")}]`));
    if ("diverged" in replayed)
      throw new Diverged(
        `${past.vat}: delivery ${replayed.diverged} of incarnation ${past.incarnation} came out otherwise`,
      );
    delivered += piece.length;
  }
  if (delivered !== past.delivered)
    throw new Diverged(
      `${past.vat}: ${delivered} of ${past.delivered} deliveries of incarnation ${past.incarnation} are kept`,
    );
}

/** The vat's durable store with what its keys held when the incarnation began, which is in the rows before. */
async function storeAsBegan(parts: PastParts, vat: string): Promise<Pairs> {
  const store = new Map(await durableStore(parts, vat));
  const prefix = `b/${padded(vat)}/`;
  for await (const rows of rowsOf(parts.store, parts.ports, prefix))
    for (const [key, value] of rows) {
      if (value.startsWith("=")) store.set(key.slice(prefix.length), value.slice(1));
      else store.delete(key.slice(prefix.length));
    }
  return [...store];
}

async function durableStore(parts: PastParts, vat: string): Promise<Pairs> {
  const prefix = `s/${padded(vat)}/`;
  const pairs: [string, string][] = [];
  for await (const rows of rowsOf(parts.store, parts.ports, prefix))
    for (const [key, value] of rows) pairs.push([key.slice(prefix.length), value]);
  return pairs;
}

/** The deliveries, as JSON, in pieces that one call takes. `durable`: the incarnation's rows are in the store. */
async function* piecesOf(parts: PastParts, past: Past, durable: boolean): AsyncGenerator<string[]> {
  let piece: string[] = [];
  let length = 0;
  for await (const [delivery, hash] of deliveriesOf(parts, past, durable)) {
    const text = JSON.stringify([delivery, hash]);
    if (piece.length === REPLAY_DELIVERIES_MAX || (piece.length > 0 && length + text.length > REPLAY_LENGTH_MAX)) {
      yield piece;
      piece = [];
      length = 0;
    }
    piece.push(text);
    length += text.length;
  }
  if (piece.length > 0) yield piece;
}

async function* deliveriesOf(
  parts: PastParts,
  { vat, incarnation, delivered }: Past,
  durable: boolean,
): AsyncGenerator<readonly [unknown, string]> {
  let seq = 0;
  if (durable) {
    for await (const rows of rowsOf(parts.store, parts.ports, `t/${padded(vat)}/`))
      for (const [, value] of rows)
        for (const past of JSON.parse(value) as [unknown, string][])
          if (seq < delivered) {
            seq += 1;
            yield past;
          }
  }
  for (const recent of parts.recent.deliveriesOf(vat, incarnation))
    if (recent.seq === seq + 1 && seq < delivered) {
      seq += 1;
      yield recent.past;
    }
}

/** The vat's number as it stands in keys. */
function padded(vat: string): string {
  return vat.slice(1).padStart(16, "0");
}
