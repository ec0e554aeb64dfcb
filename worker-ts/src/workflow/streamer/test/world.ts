// What the tests of streams share: streams of a run of their own, readers that take a number of chunks, a stream's object. No test here.
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { StreamObject } from "../../stream-object";
import { objectName } from "../identity";
import type { StreamSettings } from "../limits";
import { createStreamer, type Streams } from "../streamer";

/** A run that no other test has. */
export const newRun = (): string => `wrun_${crypto.randomUUID()}`;

/** The streams of the Worker; with objects unless told otherwise. */
export const streamsOf = (streams?: "r2"): Streams =>
  createStreamer({ env, waitUntil: () => undefined, ...(streams && { streams }) });

export const text = (chunk: Uint8Array): string => new TextDecoder().decode(chunk);
export const bytes = (chunk: string): Uint8Array => new TextEncoder().encode(chunk);

/** All chunks until the end. */
export async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** All chunks until the end, as text. */
export async function readAll(stream: ReadableStream<Uint8Array>): Promise<string[]> {
  return (await collect(stream)).map(text);
}

/** A reader that takes so many chunks at a time. */
export class Taker {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  async take(count: number): Promise<string[]> {
    const chunks: string[] = [];
    while (chunks.length < count) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      chunks.push(text(value));
    }
    return chunks;
  }

  /** Whether the end comes next. */
  async ends(): Promise<boolean> {
    return (await this.#reader.read()).done;
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}

/** What a promise is rejected with: name, status, code. */
export async function faultOf(promise: Promise<unknown>): Promise<object> {
  try {
    await promise;
  } catch (error) {
    const { name, status, code } = error as { name?: string; status?: number; code?: string };
    return { name, status, ...(code !== undefined && { code }) };
  }
  return { name: "none" };
}

/** The object of a stream. */
export const stubOf = (runId: string, name: string): DurableObjectStub<StreamObject> =>
  env.WORKFLOW_STREAM.getByName(objectName({ runId, name }));

/** Gives a stream's object other settings, until it sleeps. */
export const settle = (runId: string, name: string, settings: Partial<StreamSettings>): Promise<void> =>
  runInDurableObject(stubOf(runId, name), (object) => {
    object.settings = { ...object.settings, ...settings };
  });

/** Runs the alarm if one is set and not under way. The object may die of it. */
export async function runAlarm(runId: string, name: string): Promise<void> {
  await runDurableObjectAlarm(stubOf(runId, name)).catch(() => false);
}

/** How `vi.waitFor` waits for what an object is told in its own time; by itself it waits for a second. */
export const TOLD = { timeout: 60_000 };

/** Until R2 has all of a closed stream, and its object has no rows any more; an alarm that stands far off is run now. */
export async function untilArchived(runId: string, name: string): Promise<void> {
  await expect
    .poll(async () => {
      const rows = await rowsOf(runId, name, "records");
      if (rows !== -1) await runAlarm(runId, name);
      return rows;
    })
    .toBe(-1);
}

/** How many rows a table of a stream's object has; -1 without the table, of chunks and segments also when the stream is archived. */
export const rowsOf = (runId: string, name: string, table: string): Promise<number> =>
  runInDurableObject(stubOf(runId, name), (_object, { storage: { sql } }) => {
    if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = ?1", table).toArray().length === 0) return -1;
    const archived = sql.exec("SELECT 1 FROM meta WHERE key = 'archived_at'").toArray().length > 0;
    if (archived && (table === "records" || table === "segments")) return -1;
    return sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n;
  });

/** Keys of a stream in R2, without its folder. */
export async function keysOf(runId: string): Promise<string[]> {
  const { objects } = await env.WORKFLOW_BUCKET.list({ prefix: `streams/${runId}/` });
  return objects.map(({ key }) => key.split("/").at(-1)!);
}

export { env };
