// Whether the bytes in the bucket are those that were uploaded, by their number and their CRC-32 (which the row keeps). A sum guards
// against mishaps, not against whoever can write to the bucket.
import { crc32, createCrc32 } from "@ferrule/core";
import { fileKey, type StoredFile } from "./fact";
import { hasFile, keepSum, listFiles } from "./file-table";

/** Where files are read. */
export interface CheckBindings {
  readonly DB: Pick<D1Database, "prepare">;
  readonly FILES: Pick<R2Bucket, "get">;
}

/** What is wrong with a file: its bytes are not there, not as many, or others. */
export type Damage = "missing" | "length" | "sum";

/** A file that cannot be given out as it came. */
export interface DamagedFile {
  readonly room: string;
  readonly id: string;
  readonly name: string;
  readonly damage: Damage;
}

/** What a check of some files found. */
export interface Checked {
  readonly files: number;
  readonly bytes: number;
  readonly damaged: DamagedFile[];
  /** Where it goes on; null at the end. */
  readonly next: number | null;
}

/** The sum as tools write it: eight hex digits. */
export function toSumText(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}

/** The bytes of a small object, or null when they are not those of the file. */
export async function readSound(object: R2ObjectBody, { size, crc }: StoredFile): Promise<Uint8Array | null> {
  const bytes = new Uint8Array(await object.arrayBuffer());
  return bytes.length === size && (crc === null || crc32(bytes) === crc) ? bytes : null;
}

/**
 * Reads files behind the place `after`, one after the other and never whole, and compares them. A file from before sums were kept is
 * given the one that it has now.
 */
export async function checkFiles(env: CheckBindings, after: number, limit: number): Promise<Checked> {
  const files = await listFiles(env.DB, after, limit);
  const damaged: DamagedFile[] = [];
  let bytes = 0;
  for (const file of files) {
    const { room, id, name } = file;
    const damage = await damageOf(env, room, file);
    if (damage !== null) damaged.push({ room, id, name, damage });
    if (damage !== "missing") bytes += file.size;
  }
  return { files: files.length, bytes, damaged, next: files.length < limit ? null : files.at(-1)!.place };
}

async function damageOf({ DB, FILES }: CheckBindings, room: string, file: StoredFile): Promise<Damage | null> {
  const object = await FILES.get(fileKey(room, file.id));
  // one that was removed a moment ago is not missing
  if (object === null) return (await hasFile(DB, file.id)) ? "missing" : null;
  const sum = createCrc32();
  let size = 0;
  for await (const part of object.body as ReadableStream<Uint8Array>) {
    size += part.byteLength;
    sum.update(part);
  }
  if (size !== file.size) return "length";
  if (file.crc === null) await keepSum(DB, file.id, sum.finish());
  return file.crc === null || file.crc === sum.finish() ? null : "sum";
}
