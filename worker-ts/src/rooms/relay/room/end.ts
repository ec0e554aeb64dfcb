// Telling relays that their room is not here any more, when nothing of it stays that could tell them again. The timer is handed in.
import { logFailure } from "../../../platform/log";
import type { Push, RelayLine } from "../shapes";

/** Has these relays send everybody away, at once; one that cannot be reached asks by itself before long. */
export async function endRelays(
  relays: readonly RelayLine[],
  epoch: Uint8Array,
  inTime: <T>(promise: Promise<T>) => Promise<T>,
): Promise<void> {
  const push: Push = { epoch, head: 0, slowModeMs: 0, removed: true, bundles: [], events: [] };
  const told = await Promise.allSettled(relays.map((relay) => inTime(relay.down(push))));
  for (const each of told) if (each.status === "rejected") logFailure("reach a relay", each.reason);
}
