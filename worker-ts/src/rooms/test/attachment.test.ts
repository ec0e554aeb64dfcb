// The attachment of a socket: everything that a connection remembers, in the bytes that the runtime stores.
import { runInDurableObject } from "cloudflare:test";
import { LIMIT, TYPING_STATE } from "@ferrule/core";
import { expect, it } from "vitest";
import {
  actorOf,
  configOf,
  freshRoom,
  idOf,
  LIVE,
  RoomClient,
  type RoomStub,
  tune,
} from "../../../../tests/worker/support/room-client";
import type { RoomObject } from "../room-object";
import { roomSettings } from "../settings";
import { type Attachment, readAttachment } from "../socket/attachment";

const { rates } = roomSettings({}, () => 0);
/** The largest that the platform takes. */
const ATTACHMENT_BYTES_MAX = 16_384;
const USER_ID = "u_".padEnd(LIMIT.USER_ID_BYTES_MAX, "z");

/** More of everything than the limits let pass, and at last a frame whose answer shows that all of it was handled. */
async function overdo(client: RoomClient): Promise<void> {
  for (let n = 1; n <= 50; n++) {
    const id = idOf(n);
    client.say(n, "fast");
    client.send({ kind: "DELETE", id, body: { target: 1 } });
    client.send({ kind: "REACT", id, body: { target: 1, emoji: "x" } });
    client.send({ kind: "HISTORY_REQ", id, body: { direction: 0, from: 0, limit: LIMIT.PAGE_ENTRIES_MAX } });
    client.send({ kind: "TYPING", body: { state: TYPING_STATE.TYPING } });
    client.send({ kind: "CREDIT", body: { consumed: 0 } });
  }
  client.say(51, "the last");
  while ((await client.pick("ERROR")).id?.toString() !== idOf(51).toString());
}

/** The attachment of this user's only socket, and its bytes: by how much less then fits beside it. */
const remembered = (stub: RoomStub, userId: string): Promise<{ state: Attachment; bytes: number }> =>
  runInDurableObject(stub, (_room: RoomObject, object) => {
    const [socket] = object.getWebSockets(`u:${userId}`);
    const state = socket && readAttachment(socket);
    if (!socket || !state) throw new Error("no attachment");
    const saved: unknown = socket.deserializeAttachment();
    return { state, bytes: fitting(socket, null) - fitting(socket, saved) };
  });

function fitting(socket: WebSocket, value: unknown): number {
  let least = 0;
  for (let most = ATTACHMENT_BYTES_MAX; least < most; ) {
    const middle = Math.ceil((least + most) / 2);
    try {
      socket.serializeAttachment([value, "x".repeat(middle)]);
      least = middle;
    } catch {
      most = middle - 1;
    }
  }
  return least;
}

it("what a connection remembers stays below 600 bytes with all of it in use", async () => {
  const stub = freshRoom("attachment");
  const { epoch } = (await (await RoomClient.open(stub, "ann")).hello()).welcome.body;
  await stub.apply(actorOf("ann"), { type: "post", id: idOf(1), text: "to be replayed", replyTo: 0 });
  await stub.configure(configOf(2, { slowModeMs: 60_000 }));
  // The clock stands still, so that no bucket fills again; no strike ends it; and with no window at all everything waits.
  const now = Date.now();
  await tune(stub, { rates, rateStrikesMax: 1_000, windowSoftBytes: 0, now: () => now });
  const admission = { userId: USER_ID, sessionId: "s".repeat(32) };
  const bob = await RoomClient.open(stub, "bob", admission);
  await bob.hello({ epoch, lastSeq: 0 }, LIVE);
  const carl = await RoomClient.live(stub, "carl");
  await carl.pick("PRESENCE");
  await carl.rest();
  await overdo(bob);
  const { state, bytes } = await remembered(stub, USER_ID);
  expect(state.replayAt).not.toBeNull();
  expect(state.missed).not.toBe(0);
  expect(state.typing).toBeGreaterThan(0);
  expect(state.pages).toHaveLength(4);
  expect(state.strikes[0]).toBeGreaterThan(0);
  expect(state.buckets.filter((fullAt) => fullAt > 0)).toHaveLength(6);
  // All but ephemeral frames, which nobody is told to hold, and bytes, which are no lane.
  expect(state.held.filter((until) => until > 0)).toHaveLength(5);
  expect(bytes).toBeLessThan(600);
});
