// The D1 storage as a subject of the contract kit, on the real local D1 and R2, with a clock and counters that tests can see.

import { env } from "cloudflare:workers";
import { createHash } from "node:crypto";
import type { StoragePorts } from "../../../../worker-ts/src/workflow/store/reader.ts";
import { createStorage } from "../../../../worker-ts/src/workflow/store/storage.ts";
import { fresh, type Subject } from "./kit.ts";

/** What the ports were told. */
export interface D1Subject extends Subject {
  ports(more?: Partial<StoragePorts>): StoragePorts;
  readonly ended: [runId: string, status: string][];
  spent: number;
}

/** A subject on D1. */
export function d1Subject(): D1Subject {
  let now = Date.now();
  const subject: D1Subject = {
    name: "D1",
    clock: {
      now: () => now,
      advance: (ms) => {
        now += ms;
      },
    },
    ended: [],
    spent: 0,
    ports: (more = {}) => ({
      db: env.DB,
      bucket: env.FILES,
      now: () => now,
      newRunId: () => fresh(),
      spend: (statements) => {
        subject.spent += statements;
      },
      mayStart: () => true,
      onTerminal: (runId, status) => {
        subject.ended.push([runId, status]);
      },
      digest: async (bytes) => createHash("sha256").update(bytes).digest("hex"),
      ...more,
    }),
    scope: () => createStorage(subject.ports()),
  };
  return subject;
}
