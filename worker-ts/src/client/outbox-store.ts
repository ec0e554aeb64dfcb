// Where messages wait that the room has not confirmed: in localStorage, so that they survive a reload, or in memory.

/** One unconfirmed message as it is kept. */
export interface OutboxEntry {
  /** Client message id (UUID). The same id is sent again until the room confirms it: that makes it arrive once. */
  readonly id: string;
  readonly room: string;
  /** The id of the user who wrote it, or null when it was written before the first connection. Never sent as another. */
  readonly user: string | null;
  readonly text: string;
  /** Seq of the message answered to, or 0. */
  readonly replyTo: number;
  /** When it was written (ms); with `order` this gives the order of sending. */
  readonly at: number;
  /** Tells entries of the same millisecond apart. */
  readonly order: number;
}

/** A place for unconfirmed messages. Several rooms and several tabs may share one: entries are independent of each other. */
export interface OutboxStore {
  /** Every entry of a room, in any order. */
  load(room: string): readonly OutboxEntry[] | Promise<readonly OutboxEntry[]>;
  /** Adds or replaces by id. The message is sent only after this is done; when it throws, the message is refused. */
  put(entry: OutboxEntry): void | Promise<void>;
  /** Removes by room and id; an absent one is fine. */
  remove(room: string, id: string): void | Promise<void>;
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

/** The part of `Storage` that is used. */
type KeyValue = Pick<Storage, "length" | "key" | "getItem" | "setItem" | "removeItem">;

/**
 * Keeps entries in localStorage (or a like store). One key per entry and no list of them, so tabs never overwrite each
 * other's. What cannot be read as an entry is left alone.
 */
export function localOutbox(storage: KeyValue = localStorage): OutboxStore {
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
      storage.setItem(prefix(entry.room) + entry.id, JSON.stringify(entry));
    },
    remove(room, id) {
      storage.removeItem(prefix(room) + id);
    },
  };
}

function parse(text: string | null): OutboxEntry | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    if (typeof value !== "object" || value === null) return undefined;
    const { id, room, user, text: body, replyTo, at, order } = value as Record<string, unknown>;
    if (typeof id !== "string" || typeof room !== "string" || typeof body !== "string") return undefined;
    if (typeof replyTo !== "number" || typeof at !== "number" || typeof order !== "number") return undefined;
    return { id, room, user: typeof user === "string" ? user : null, text: body, replyTo, at, order };
  } catch {
    return undefined;
  }
}
