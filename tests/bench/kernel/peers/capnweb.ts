// Peer `capnweb-memory`: an object behind a MessagePort, called by Cap'n Web. It keeps nothing and knows no vats: the price of a call
// alone.
import { newMessagePortRpcSession, RpcTarget } from "capnweb";
import type { Peer } from "./peer.ts";

class Counter extends RpcTarget {
  #count = 0;

  increment(): number {
    this.#count += 1;
    return this.#count;
  }
}

export function capnweb(): Peer {
  let channel: MessageChannel | undefined;
  let stub: { increment(): Promise<number> } | undefined;
  return {
    async start() {
      channel = new MessageChannel();
      newMessagePortRpcSession(channel.port1, new Counter());
      stub = newMessagePortRpcSession<Counter>(channel.port2) as unknown as { increment(): Promise<number> };
    },
    async send(count, concurrency) {
      let left = count;
      const since = performance.now();
      const client = async () => {
        while (left > 0) {
          left -= 1;
          await stub!.increment();
        }
      };
      await Promise.all(Array.from({ length: concurrency }, client));
      return performance.now() - since;
    },
    async stop() {
      channel?.port1.close();
      channel?.port2.close();
    },
  };
}
