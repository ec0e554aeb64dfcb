// The demo: a kernel that answers `ping` and counts requests in its own database, both through its port. Knows no HTTP.
import { KernelError } from "./kernel-error";
import type { OwnMethod } from "./rpc/methods";

/** The kernel of the demo. */
export const DEMO_KERNEL = "demo";
/** Where the count stands, among the host's values. */
const COUNT_KEY = "cf-worker-request-count";
const COUNT_METHOD = "countRequest";

/** What `GET /kernel/demo` answers. */
export interface DemoAnswer {
  readonly ping: string;
  readonly requestCount: number;
  readonly message: string;
  readonly timestamp: string;
}

/** What the demo needs of the kernel's database. */
export interface DemoDatabase {
  readonly kernelKVStore: {
    get(key: string): string | undefined;
    set(key: string, value: string): void;
  };
  /** Resolves when all that was set before is durable. */
  flush(): Promise<void>;
}

/** The method that the demo's port has beside the kernel's: one more request, told when it is durable. */
export function demoMethods(database: DemoDatabase): Readonly<Record<string, OwnMethod>> {
  return {
    async [COUNT_METHOD]() {
      // nothing is awaited between reading and writing, so no two requests get one number
      const count = Number(database.kernelKVStore.get(COUNT_KEY) ?? "0") + 1;
      if (!Number.isSafeInteger(count)) throw new KernelError("BAD_ROW", "the count of requests is no number");
      database.kernelKVStore.set(COUNT_KEY, String(count));
      await database.flush();
      return count;
    },
  };
}

/** The demo's answer. `now` in ms since 1970. */
export async function demoAnswer(
  door: { call(method: string, params?: unknown): Promise<unknown> },
  now: number,
): Promise<DemoAnswer> {
  const ping = await door.call("ping", []);
  const requestCount = await door.call(COUNT_METHOD, []);
  return {
    ping: ping as string,
    requestCount: requestCount as number,
    message: "Kernel is running with D1 persistence!",
    timestamp: new Date(now).toISOString(),
  };
}
