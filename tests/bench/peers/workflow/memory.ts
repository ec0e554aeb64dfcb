// The floor: the oracle of the contract tests as storage, keys in a map. Nothing of it is kept.
import type { WorkflowSettings } from "../../../../worker-ts/src/workflow";
import { createOracle } from "../../../worker/workflow/contract/oracle-storage";

type Keys = ReturnType<NonNullable<WorkflowSettings["keys"]>>;

/** What configureWorkflows takes in place of D1. */
export function inMemory(): Pick<WorkflowSettings, "storage" | "keys"> {
  const oracle = createOracle(
    () => Date.now(),
    () => `wrun_${crypto.randomUUID()}`,
  );
  const holders = new Map<string, string>();
  const claim: Keys["claim"] = async (key, messageId, { held }) => {
    const holder = holders.get(key);
    if (holder !== undefined && holder !== held) return { messageId: holder, mine: false, sent: true };
    holders.set(key, messageId);
    return { messageId, mine: true, sent: false };
  };
  const free = async (messageIds: readonly string[]): Promise<void> => {
    for (const [key, holder] of holders) if (messageIds.includes(holder)) holders.delete(key);
  };
  const keys: Keys = {
    claim,
    claimMany: (claims) => Promise.all(claims.map(({ key, messageId, ...rest }) => claim(key, messageId, rest))),
    reclaim: async () => undefined,
    markSent: async () => undefined,
    release: free,
    settle: free,
    forget: async () => undefined,
    sweep: async () => 0,
  };
  return { storage: () => oracle, keys: () => keys };
}
