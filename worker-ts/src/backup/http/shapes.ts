// What the routes of backups and restores take and tell.
import * as z from "zod";
import { utf8Length } from "../../platform";
import { OBJECT_KEY_BYTES_MAX, STORE_NAME_MAX } from "../limits";

const count = z.int().nonnegative();

/** Which schemas there are: migrations of D1, and of each kind of object the number. */
export const schemasShape = z
  .object({
    database: z.array(z.string().max(200)).max(1_000),
    room: count,
    kernel: count,
    stream: count,
  })
  .meta({ description: "What a file needs of the code that reads it." });

export const runParams = z.object({ id: z.string().regex(/^[a-z]{20}$/) });
export const storeName = z.string().min(1).max(STORE_NAME_MAX);
export const bucketName = z.enum(["files", "workflow"]);
export const objectKey = z
  .string()
  .min(1)
  .max(OBJECT_KEY_BYTES_MAX)
  .refine((key) => utf8Length(key) <= OBJECT_KEY_BYTES_MAX, "a key has at most 1024 bytes");

const value = z.union([z.null(), z.number(), z.string(), z.strictObject({ b: z.string() })]);

/** Rows of one table; bytes are `{"b": base64}`. */
export const partShape = z.object({
  table: z.string().max(100),
  columns: z.array(z.string().max(100)).max(100),
  rows: z.array(z.array(value)),
});

export const partsShape = z
  .object({
    parts: z.array(partShape),
    next: z.string().nullable().meta({ description: "Where to go on; null at the end." }),
  })
  .meta({ id: "BackupParts" });

/** What R2 tells of an object beside its bytes. */
export const objectShape = z
  .object({
    key: objectKey,
    size: count,
    http: z.record(z.string(), z.string()),
    custom: z.record(z.string(), z.string()),
  })
  .meta({ id: "BackupObject" });
