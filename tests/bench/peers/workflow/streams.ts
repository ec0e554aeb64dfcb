// Two streams to compare ours with. `bareStreams`: a Durable Object that hands out a byte stream over RPC and knows nothing but its readers,
// and with `stored` one row per chunk: what such a thing costs at least. `strawman`: chunks as objects of R2 with a counter in another one,
// read by polling: the design this World began from.
import { DurableObject } from "cloudflare:workers";
import type { StreamsOfWorld } from "./exercise";

/** What these streams need. */
export interface StreamPeerEnv {
  readonly WORKFLOW_BUCKET: R2Bucket;
  readonly BARE: DurableObjectNamespace<BareStream>;
}

const POLL_MS = 100;

/** One stream in memory, its chunks in a table as well if that is asked for. */
export class BareStream extends DurableObject {
  #chunks: Uint8Array[] = [];
  #closed = false;
  #wake: (() => void)[] = [];

  append(chunk: Uint8Array, stored: boolean): void {
    if (stored) {
      const { sql } = this.ctx.storage;
      if (this.#chunks.length === 0) sql.exec("CREATE TABLE IF NOT EXISTS chunks (idx INTEGER PRIMARY KEY, body BLOB)");
      sql.exec("INSERT INTO chunks VALUES (?, ?)", this.#chunks.length, chunk);
    }
    this.#chunks.push(chunk);
    this.#wakeAll();
  }

  close(): void {
    this.#closed = true;
    this.#wakeAll();
  }

  read(): ReadableStream<Uint8Array> {
    let at = 0;
    return new ReadableStream({
      type: "bytes",
      pull: async (controller) => {
        while (at >= this.#chunks.length && !this.#closed)
          await new Promise<void>((resolve) => void this.#wake.push(resolve));
        if (at < this.#chunks.length) return controller.enqueue(this.#chunks[at++]!.slice());
        controller.close();
        controller.byobRequest?.respond(0);
      },
    });
  }

  #wakeAll(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const one of wake) one();
  }
}

/** Streams in such objects. */
export function bareStreams({ BARE }: StreamPeerEnv, stored: boolean): StreamsOfWorld {
  return {
    write: async (runId, _name, chunk) => BARE.getByName(runId).append(chunk, stored),
    close: async (runId) => BARE.getByName(runId).close(),
    get: async (runId) => (await BARE.getByName(runId).read()) as ReadableStream<Uint8Array>,
  };
}

interface Counter {
  readonly chunkCount: number;
  readonly closed: boolean;
}

/** `streams/{name}/{index}` and `metadata/{name}`, as the first description of this World has it. */
export function strawman({ WORKFLOW_BUCKET: bucket }: StreamPeerEnv): StreamsOfWorld {
  const counterOf = async (key: string): Promise<Counter> =>
    (await (await bucket.get(`metadata/${key}`))?.json<Counter>()) ?? { chunkCount: 0, closed: false };
  const count = (key: string, counter: Counter) => bucket.put(`metadata/${key}`, JSON.stringify(counter));
  return {
    async write(runId, name, chunk) {
      const key = `${runId}/${name}`;
      const { chunkCount, closed } = await counterOf(key);
      await bucket.put(`streams/${key}/${chunkCount}`, chunk);
      await count(key, { chunkCount: chunkCount + 1, closed });
    },
    async close(runId, name) {
      const key = `${runId}/${name}`;
      await count(key, { ...(await counterOf(key)), closed: true });
    },
    async get(runId, name) {
      const key = `${runId}/${name}`;
      let at = 0;
      return new ReadableStream({
        async pull(controller) {
          let counter = await counterOf(key);
          while (at >= counter.chunkCount && !counter.closed) {
            await scheduler.wait(POLL_MS);
            counter = await counterOf(key);
          }
          if (at >= counter.chunkCount) return controller.close();
          const chunk = await bucket.get(`streams/${key}/${at++}`);
          if (chunk === null) throw new Error(`chunk ${at - 1} was counted and is not there`);
          controller.enqueue(new Uint8Array(await chunk.arrayBuffer()));
        },
      });
    },
  };
}
