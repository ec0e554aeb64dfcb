// A kernel that notes what it is asked and answers what a test says, for tests of the door. No kernel's behaviour is in it.
import type { Kernel } from "../../kernel";
import { METHOD_NAMES } from "../methods";

/** One call as the kernel saw it. */
export type Seen = readonly [method: string, ...args: readonly unknown[]];

/** A kernel of which each verb answers by `answer`; without one, by its name. */
export function fakeKernel(answer: (method: string, args: readonly unknown[]) => unknown = (method) => method): {
  readonly kernel: Kernel;
  readonly seen: Seen[];
} {
  const seen: Seen[] = [];
  const verbs = METHOD_NAMES.map((name) => [
    name,
    async (...args: readonly unknown[]) => {
      seen.push([name, ...args]);
      return answer(name, args);
    },
  ]);
  return { kernel: Object.fromEntries(verbs) as unknown as Kernel, seen };
}
