// Where that kernel's vats run: in this process at the other end of a channel, or each in a worker. And the kernel's own start.

import { MessageChannel, Worker } from "node:worker_threads";
import { Logger } from "@metamask/logger";
import { Kernel } from "@metamask/ocap-kernel";
import { NodeWorkerDuplexStream } from "@metamask/streams";
import { supervise } from "./supervise.mjs";

/** A VatWorkerService; `where`: `process` or `worker`. */
export function vatWorkers(where) {
  const running = new Map();
  const terminate = async (id) => {
    const end = running.get(id);
    running.delete(id);
    await end?.();
  };
  return {
    async launch(id) {
      if (where === "worker") {
        const worker = new Worker(new URL("vat-worker.mjs", import.meta.url), { workerData: { id } });
        running.set(id, () => worker.terminate());
        return NodeWorkerDuplexStream.make(worker);
      }
      const { port1, port2 } = new MessageChannel();
      running.set(id, () => port1.close());
      const [stream] = await Promise.all([NodeWorkerDuplexStream.make(port1), supervise(port2, id)]);
      return stream;
    },
    terminate,
    terminateAll: async () => void (await Promise.all([...running.keys()].map(terminate))),
  };
}

/** A kernel on `database`. What it logs is dropped. */
export async function startKernel(database, where, options = {}) {
  console.debug = () => {};
  const workers = vatWorkers(where);
  const { port1, port2 } = new MessageChannel();
  const [stream] = await Promise.all([NodeWorkerDuplexStream.make(port1), NodeWorkerDuplexStream.make(port2)]);
  const kernel = await Kernel.make(stream, workers, database, { logger: new Logger({ transports: [] }), ...options });
  return {
    kernel,
    async stop() {
      await workers.terminateAll();
      port1.close();
      port2.close();
    },
  };
}
