// Where messages wait that the room has not confirmed: in localStorage, so that they survive a reload, or in memory.
import { fromHex, toHex } from "../hex";
import { type KeyValueStore, onStorage } from "../platform";

/** One unconfirmed write as it is kept. */
export interface OutboxEntry {
  /** Client message id (UUID). The same id is sent again until the room confirms it: that makes it arrive once. */
  readonly id: string;
  readonly room: string;
  /**
   * The id of the user who wrote it, and as no other it is sent. Null when it was written before the first connection and `connect` was
   * not told: then it is sent as whom its writer connects as or, over a reload, whoever comes next.
   */
  readonly user: string | null;
  /** When it was written (ms); gives the order of sending, so one client uses no number twice. */
  readonly at: number;
  /** The epoch of the log whose seqs it names; null when it names none, or the log was not known. Never sent to another. */
  readonly epoch: string | null;
  /** The very bytes that are sent, each time. */
  readonly frame: Uint8Array;
}

/** A place for unconfirmed writes. Rooms and tabs may share one: entries are independent of each other. */
export interface OutboxStore {
  /** Every entry of a room, in any order. */
  load(room: string): readonly OutboxEntry[] | Promise<readonly OutboxEntry[]>;
  /** Adds, or replaces by id. Nothing is sent before this is done; when it throws, the message is refused (`not_kept`). */
  put(entry: OutboxEntry): void | Promise<void>;
  /** Removes by room and id; an absent one is fine. */
  remove(room: string, id: string): void | Promise<void>;
  /** Calls `changed` when somebody else, another tab say, has changed the entries of a room; returns how to stop that. */
  watch?(room: string, changed: () => void): () => void;
}

/** Keeps entries for the life of the program. */
export function memoryOutbox(): OutboxStore {
  const entries = new Map<string, OutboxEntry>();
  return {
    load: (room) => [...entries.values()].filter((entry) => entry.room === room),
    put(entry) {
      entries.set(entry.id, entry);
    },
    remove(_room, id) {
      entries.delete(id);
    },
  };
}

/** Calls `f` with the key that another tab has changed, null for all of them; returns how to stop that. */
export type StorageListen = (f: (key: string | null) => void) => () => void;

/**
 * Keeps entries in localStorage (or a like store). One key per entry and no list of them, so tabs never overwrite each
 * other's. What cannot be read as an entry is left alone. `listen` tells of changes by other tabs: the browser's own
 * `storage` events by default.
 */
export function localOutbox(storage: KeyValueStore, listen: StorageListen = onStorage): OutboxStore {
  const prefix = (room: string) => `ferrule.outbox/${room}/`;
  return {
    load(room) {
      const entries: OutboxEntry[] = [];
      for (let at = 0; at < storage.length; at++) {
        const key = storage.key(at);
        if (!key?.startsWith(prefix(room))) continue;
        const entry = parse(storage.getItem(key));
        if (entry?.room === room) entries.push(entry);
      }
      return entries;
    },
    put(entry) {
      storage.setItem(prefix(entry.room) + entry.id, JSON.stringify({ ...entry, frame: toHex(entry.frame) }));
    },
    remove(room, id) {
      storage.removeItem(prefix(room) + id);
    },
    watch: (room, changed) => listen((key) => (key === null || key.startsWith(prefix(room))) && changed()),
  };
}

function parse(json: string | null): OutboxEntry | undefined {
  try {
    const { id, room, user, at, epoch, frame } = JSON.parse(json ?? "") as Record<string, unknown>;
    const bytes = typeof frame === "string" ? fromHex(frame) : undefined;
    if (typeof id !== "string" || typeof room !== "string" || typeof at !== "number" || !bytes) return undefined;
    const text = (value: unknown) => (typeof value === "string" ? value : null);
    return { id, room, user: text(user), at, epoch: text(epoch), frame: bytes };
  } catch {
    return undefined;
  }
}
