// The calls of /api/local, which only the Worker of `npm start` answers. Says nothing of what they are good for.

import type { Sighting } from "./ledger";

/** What the local Worker tells of itself. */
export interface LocalStatus {
  /** Another process, another name. */
  readonly process: string;
  /** Whether it can be killed and comes back. */
  readonly supervised: boolean;
  readonly queue: { readonly twice: boolean; readonly shuffle: boolean };
  readonly delivered: { readonly messages: number; readonly again: number; readonly overtaken: number };
}

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`/api/local/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return (await response.json()) as T;
}

export const localStatus = (): Promise<LocalStatus> => call("GET", "status");
export const setQueue = (queue: LocalStatus["queue"]): Promise<LocalStatus> => call("POST", "queue", queue);
export const evictRoom = (room: string): Promise<{ readonly evicted: boolean }> =>
  call("POST", `rooms/${encodeURIComponent(room)}/evict`);
/** What the archive (D1) holds of a room behind a seq, the first thousand rows, by rising seq. */
export const archiveOf = (room: string, after: number): Promise<{ readonly messages: readonly Sighting[] }> =>
  call("GET", `rooms/${encodeURIComponent(room)}/archive?after=${after}`);
/** Has the server killed and started again. It may die before its answer is out, so a lost answer is one. */
export async function killServer(): Promise<void> {
  await call("POST", "kill").catch((error: unknown) => {
    if (!(error instanceof TypeError)) throw error;
  });
}
