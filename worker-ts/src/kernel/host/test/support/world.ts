// Kernels for the tests: one after another on the same rows, each of which may die at any await.

import type { ClusterConfig, VatConfig } from "../../../kernel";
import { type KernelOptions, type LocalKernel, makeKernel } from "../../../make-kernel";
import type { KernelDatabase } from "../../../store/database";
import type { KernelStore } from "../../../store/store";
import type { HostPorts } from "../../ports";
import { buildActor } from "./actor";
import { type TestSource, testSource } from "./sources";

/** Where a kernel's rows lie; each call is another owner. */
export type OpenStore = () => KernelStore | KernelDatabase;

/** Ends a host: what it waits for never comes, and it does nothing any more. */
export class Death {
  dead = false;
  awaits = 0;
  readonly #at: number;
  readonly #when: "before" | "after";

  /** Dies at await number `at` (from 1; 0 = never): before what it waits for has begun, or after it is done. */
  constructor(at = 0, when: "before" | "after" = "before") {
    this.#at = at;
    this.#when = when;
  }

  get ports(): Pick<HostPorts, "wait" | "later"> {
    return {
      wait: async (step) => {
        this.awaits += 1;
        const mine = this.awaits === this.#at;
        if (mine && this.#when === "before") this.dead = true;
        if (this.dead) return never();
        const value = await step();
        if (mine) this.dead = true;
        return this.dead ? never() : value;
      },
      later: (ms, then) => {
        const timer = setTimeout(() => this.dead || then(), ms);
        return () => clearTimeout(timer);
      },
    };
  }
}

const never = <T>(): Promise<T> => new Promise<T>(() => {});

/** A kernel and what a test does to it. */
export interface Started {
  readonly kernel: LocalKernel;
  readonly source: TestSource;
  readonly death: Death;
}

/** Opens a kernel of the tests' vats. */
export async function start(store: OpenStore, options: KernelOptions = {}, death = new Death()): Promise<Started> {
  const source = await testSource({ actor: buildActor, other: buildActor });
  const logger = { error() {} };
  const making = makeKernel(null, store(), {
    kernel: "test",
    source,
    logger,
    ...options,
    ports: { ...death.ports, ...options.ports },
  });
  const kernel = await making;
  await source.put(kernel);
  return { kernel, source, death };
}

/** A cluster of actors; each name's config is added to. */
export function actors(
  names: Readonly<Record<string, VatConfig["parameters"]>>,
  more: Partial<ClusterConfig> = {},
): ClusterConfig {
  const vats = Object.entries(names).map(([name, parameters]) => [
    name,
    { bundleName: "actor", ...(parameters && { parameters }) },
  ]);
  return { bootstrap: Object.keys(names)[0]!, vats: Object.fromEntries(vats), ...more };
}

/** What a body of smallcaps data says, slots as they are spelled. */
export const said = ({ body }: { readonly body: string }): unknown => JSON.parse(body.slice(1));

/** The code of what a promise is refused with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "none",
    (error: { code?: string }) => error.code ?? String(error),
  );
}

/** The body of the reason that a promise is rejected with. */
export async function reasonOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "none",
    (error: { data?: { body?: string } }) => error.data?.body ?? String(error),
  );
}
