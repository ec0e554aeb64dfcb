// The archive for tests inside workerd: a queue that holds what rooms send until the test delivers it, in the order, as often and
// with the failures it chooses; and what has become of it in D1.
import { createExecutionContext, createMessageBatch, getQueueResult, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { type Mock, vi } from "vitest";
import { queue } from "../../../worker-ts/src/app";
import type { ArchiveMessage, RoomObject } from "../../../worker-ts/src/rooms";
import { call, type Person } from "./http-client";
import { pause, type RoomStub, tune } from "./room-client";

/** Takes what rooms put into the queue from here on; the consumer sees none of it. `fail` makes sending throw. */
export class HeldQueue {
  readonly #spy: Mock;
  readonly #sent: ArchiveMessage[] = [];
  /** Runs before a message is taken: what it throws, `send` throws. */
  onSend: (message: ArchiveMessage) => unknown = () => undefined;

  constructor() {
    this.#spy = vi.spyOn(env.ARCHIVE_QUEUE, "send").mockImplementation(async (message) => {
      await this.onSend(message as ArchiveMessage);
      // as a queue does it: what is in it is a copy
      this.#sent.push(structuredClone(message as ArchiveMessage));
      return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
    });
  }

  /** Takes out what a room has sent since. */
  take({ name }: RoomStub): ArchiveMessage[] {
    const found = this.#sent.filter(({ room }) => room === name);
    this.#sent.splice(0, this.#sent.length, ...this.#sent.filter(({ room }) => room !== name));
    return found;
  }

  /** Lets the queue be what it is again. */
  release(): void {
    this.#spy.mockRestore();
  }
}

/** What became of delivered messages, by their places: acknowledged, or to be tried again in so many seconds. */
export interface Delivery {
  readonly acked: readonly number[];
  readonly delays: ReadonlyMap<number, number>;
}

let deliveries = 0;

/** Delivers messages in one batch, as the Worker gets them. `vars` replace bindings, `attempts` counts from 1. */
export async function deliver(
  bodies: readonly unknown[],
  { attempts = 1, name = "ferrule-archive", vars = {} }: { attempts?: number; name?: string; vars?: object } = {},
): Promise<Delivery> {
  deliveries++;
  const timestamp = new Date();
  const batch = createMessageBatch(
    name,
    bodies.map((body, place) => ({ id: `${deliveries}-${place}`, timestamp, attempts, body })),
  );
  const delays = new Map<number, number>();
  for (const [place, message] of batch.messages.entries()) {
    const retry = message.retry.bind(message);
    vi.spyOn(message, "retry").mockImplementation((options) => {
      delays.set(place, options?.delaySeconds ?? 0);
      retry(options);
    });
  }
  await queue(batch, { ...env, ...vars });
  const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext());
  if (retryMessages.length !== delays.size) throw new Error("a message was retried behind our back");
  return { acked: explicitAcks.map((id) => Number(id.split("-")[1])).sort((a, b) => a - b), delays };
}

/** Every row of a room in the archive, by seq, without its key. */
export async function archivedRows(room: string): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare("SELECT * FROM message WHERE room_id = ? ORDER BY seq").bind(room).all();
  return results.map(({ pk: _, ...row }) => row);
}

/** Reactions and pins of a room in the archive, those taken back too, without the room's id. */
export async function archivedMarks(room: string): Promise<Record<"reactions" | "pins", Record<string, unknown>[]>> {
  const rows = async (table: string, order: string) => {
    const { results } = await env.DB.prepare(`SELECT * FROM ${table} WHERE room_id = ? ORDER BY ${order}`)
      .bind(room)
      .all();
    return results.map(({ room_id: _, ...row }) => row);
  };
  return { reactions: await rows("reaction", "target_seq, emoji, user_id"), pins: await rows("pin", "target_seq") };
}

const WAIT_MS = 30_000;

/** Waits until the archive has everything. */
export async function drained(stub: RoomStub): Promise<void> {
  for (const end = Date.now() + WAIT_MS; ; await pause(20)) {
    const { headSeq, archivedSeq } = await stub.stats();
    if (archivedSeq === headSeq) return;
    if (Date.now() > end) throw new Error(`the archive has ${archivedSeq} of ${headSeq}`);
  }
}

/** Takes the frames out of the log up to `seq`, as trimming does. */
export async function trimTo(stub: RoomStub, seq: number): Promise<void> {
  const { headSeq } = await stub.stats();
  await tune(stub, { trimAgeMs: -60_000, trimKeepEntries: headSeq - seq });
  await runInDurableObject(stub, (room: RoomObject, { storage }) => {
    storage.sql.exec("INSERT OR REPLACE INTO due VALUES('trim', '', 1)");
    return room.alarm();
  });
}

/** Uploads a file into a room; resolves to its id. */
export async function upload({ token }: Pick<Person, "token">, room: string, name: string): Promise<string> {
  const headers = { "content-type": "application/octet-stream", "content-length": String(name.length) };
  const path = `/api/rooms/${room}/files?name=${encodeURIComponent(name)}`;
  return (await call("POST", path, { token, body: name, headers })).body.id;
}
