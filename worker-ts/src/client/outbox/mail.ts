// The other way a write may leave: a message with files goes by HTTP, because no client puts files into a frame.
import { type HttpPorts, postMessage } from "../http";
import type { Platform } from "../platform";
import { RoomError } from "../room-error";
import type { Write } from "./write";

/** How long (ms) an answer is waited for: what stands behind waits as long. */
const ANSWER_MS = 30_000;

/** Sends a message with its files; the id makes it arrive once. Rejects with RoomError: `network` when nothing was answered in time. */
export async function mail(
  http: HttpPorts,
  { setTimeout, clearTimeout }: Pick<Platform, "setTimeout" | "clearTimeout">,
  id: string,
  write: Write,
): Promise<{ seq: number; ts: number }> {
  const abort = new AbortController();
  const late = new Promise<never>((_, reject) => {
    abort.signal.addEventListener("abort", () => reject(new RoomError("network", "the message was not answered")));
  });
  const timer = setTimeout(() => abort.abort(), ANSWER_MS);
  try {
    return await Promise.race([postMessage(http, id, write, abort.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a refusal by HTTP stands whatever is tried. Who is signed in is the line's to find out. */
export function isFinal({ fatal, code }: RoomError): boolean {
  return fatal && code !== "unauthenticated";
}
