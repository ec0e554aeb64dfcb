// What there is to back up, by name: tables of D1 in three stores, and an object of each room, kernel and stream. Pure.
import { STORE_NAME_MAX } from "./limits";

/**
 * Tables of D1, in the order in which rows may be put in. `archive` and `workflow` are read before the objects: what they tell, the
 * objects know, or more. `directory` is read after them: what the objects name is in it.
 */
export const DATABASE_STORES = {
  archive: ["message", "reaction", "pin", "metric", "dead_letter", "page_views", "kernel_meta", "kernel_row"],
  workflow: [
    "workflow_runs",
    "workflow_events",
    "workflow_steps",
    "workflow_hooks",
    "workflow_waits",
    "workflow_streams",
  ],
  directory: [
    "user",
    "account",
    "session",
    "room",
    "member",
    "departure",
    "adoption",
    "file",
    "invite",
    "audit",
    "chore",
    "erasure",
    "backup_kernel",
  ],
} as const;

/** Tables that no backup has, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  verification: "secrets of minutes",
  rate_limit: "counts of minutes",
  socket_lease: "sockets of the server that was",
  retired_epoch: "of the queues of this server; a restore must not lose it",
  message_fts: "made anew from message, row by row as they come",
  workflow_idempotency: "keys of messages of a queue that no other server has",
  backup_run: "what is under way here",
  backup_store: "what is under way here",
  backup_kept: "what is under way here",
};

/** Name of a store in D1. */
export type DatabaseStore = keyof typeof DATABASE_STORES;

/** Kinds of objects; a store of theirs is called `<kind>:<name of the object>`. */
export const OBJECT_KINDS = ["room", "kernel", "stream"] as const;
/** One of them. */
export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** A store, as its name says it. */
export type Store =
  | { readonly in: "database"; readonly store: DatabaseStore }
  | { readonly in: "object"; readonly kind: ObjectKind; readonly name: string };

const NAMES: Readonly<Record<ObjectKind, RegExp>> = {
  room: /^[a-z0-9-]{3,48}$/,
  kernel: /^[a-z0-9-]{1,63}$/,
  stream: /^[^/]{1,256}\/.{1,512}$/su,
};

/** The store of this name; null where there can be none. */
export function parseStore(text: string): Store | null {
  if (Object.hasOwn(DATABASE_STORES, text)) return { in: "database", store: text as DatabaseStore };
  const at = text.indexOf(":");
  const kind = OBJECT_KINDS.find((one) => one === text.slice(0, Math.max(0, at)));
  const name = text.slice(at + 1);
  if (kind === undefined || text.length > STORE_NAME_MAX || !NAMES[kind].test(name)) return null;
  return { in: "object", kind, name };
}

/** Schemas of the objects' own tables: raised with each change of them. Of D1 its list of migrations says it. */
export const OBJECT_SCHEMAS = { kernel: 1, stream: 1 } as const;
