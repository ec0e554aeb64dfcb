// What the four rooms have in common: two messages, checked by the same zod, and the loop that measures them from inside. The rooms that
// are written by hand read messages here; ours declares them to ws-kit.
import { z } from "zod";

/** SAY is answered with SAID to its author, CAST with SAID to a topic. */
const Incoming = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("SAY"),
    meta: z.object({}).optional(),
    payload: z.strictObject({ text: z.string() }),
  }),
  z.strictObject({
    type: z.literal("CAST"),
    meta: z.object({}).optional(),
    payload: z.strictObject({ text: z.string(), topic: z.string() }),
  }),
]);

/** A checked message of a frame; throws for any other. */
export const readMessage = (frame: string | ArrayBuffer) =>
  Incoming.parse(JSON.parse(typeof frame === "string" ? frame : new TextDecoder().decode(frame)));

/** The answer. */
export const said = (text: string): string => JSON.stringify({ type: "SAID", meta: {}, payload: { text } });

/** Everybody is in `all`; those who ask for it by `?few` in `few` too. */
export const isOfFew = (url: string): boolean => new URL(url).searchParams.has("few");

/** Sockets that send in turn where a room is measured from inside. */
const SENDERS = 20;

/**
 * Hands a frame to a room as the platform does, `times` times, one after the other: ms for all. What the room puts off until after its
 * handler is part of it if it has to be `settled`: ws-kit answers a single client then. The clock of workerd ticks in ms, so `times` has to be large.
 */
export async function timeInside(
  sockets: readonly WebSocket[],
  times: number,
  deliver: (socket: WebSocket) => unknown,
  settled = true,
): Promise<number> {
  const senders = sockets.slice(0, SENDERS);
  const since = performance.now();
  for (let time = 0; time < times; time++) await deliver(senders[time % senders.length]!);
  if (settled) await scheduler.wait(0);
  return performance.now() - since;
}
