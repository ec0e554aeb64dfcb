// The archive for tests inside workerd: a queue that holds what rooms send until the test delivers it, in the order, as often and
// with the failures it chooses; and what has become of it in D1.
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { type Mock, vi } from "vitest";
import { queue } from "../../worker-ts/src/app";
import type { ArchiveMessage } from "../../worker-ts/src/rooms";
import type { RoomStub } from "./room-client";

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
