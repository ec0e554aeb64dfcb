// The other half of the oracle of long streams, from rust/chunk/FORMAT.md alone: records, batches, segments and indexes, laid out as the
// page says. It never compresses: a block comes from outside.
import { crc32 } from "node:zlib";
import { BUDGET_BYTES_MAX, BUDGET_BYTES_MIN, no } from "./chunk-ground.ts";
import { DATA, END, type Index, START, type Stored } from "./chunk-reader.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** An integer of `size` bytes, little-endian. */
function int(value: number | bigint, size: 2 | 4 | 8): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes.subarray(0, size);
}

/** Section 3. */
export function writeRecord({ kind, raw, body }: Stored): Uint8Array {
  const head = join(Uint8Array.of(kind, 0, 0, 0), int(body.length, 4), int(raw, 4));
  return join(head, int(crc32(body, crc32(head)), 4), body);
}

export const plainRecord = (body: Uint8Array): Stored => ({ kind: DATA, raw: body.length, body });

/** Section 5: the records of a whole stream. */
export function writeStream(first: number, chunks: readonly Uint8Array[]): readonly Uint8Array[] {
  const all = [
    { kind: START, raw: 8, body: int(first, 8) },
    ...chunks.map(plainRecord),
    { kind: END, raw: 0, body: new Uint8Array(0) },
  ];
  return all.map(writeRecord);
}

/** Section 5: the lengths of the batches. */
export function batches(records: readonly Uint8Array[], budget: number): readonly number[] {
  if (budget < BUDGET_BYTES_MIN || budget > BUDGET_BYTES_MAX) no("out_of_range");
  const lengths: number[] = [];
  for (const { length } of records) {
    const open = lengths.at(-1);
    if (open !== undefined && open + length <= budget) lengths[lengths.length - 1] = open + length;
    else lengths.push(length);
  }
  return lengths;
}

/** Section 4; `packed` is the flag of compressed records. */
export function writeSegment(first: number, stored: readonly Stored[], packed: boolean): Uint8Array {
  const records = stored.map(writeRecord);
  const offsets = join(
    ...records.map((_, i) =>
      int(
        records.slice(0, i).reduce((sum, { length }) => sum + length, 0),
        4,
      ),
    ),
  );
  const area = join(...records);
  const header = join(
    bytesOf("FSG1"),
    int(1, 2),
    int(packed ? 1 : 0, 2),
    int(first, 8),
    int(stored.length, 4),
    int(area.length, 4),
    int(0, 4),
  );
  return join(header, int(crc32(header), 4), area, offsets, int(crc32(offsets), 4));
}

/** Section 6. */
export function writeIndex({ closed, chunks, rawBytes, entries }: Index): Uint8Array {
  const head = join(
    bytesOf("FIX1"),
    int(1, 2),
    int(closed ? 1 : 0, 2),
    int(entries.length, 4),
    int(chunks, 8),
    int(rawBytes, 8),
    int(0, 8),
  );
  const rows = entries.map(({ first, count, bytes, crc }) =>
    join(int(first, 8), int(count, 4), int(bytes, 4), int(crc, 4), int(0, 4)),
  );
  const body = join(...rows);
  return join(head, int(crc32(body, crc32(head)), 4), body);
}
