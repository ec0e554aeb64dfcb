// What is written with each socket so that its client outlives the object's sleep: a mark, id, data, topics, two times. Bodies over the
// attachment's limit spill into the object's storage. Which connection is which, and when to write, is not known here.
import type { ConnectionData } from "@ws-kit/core";
import { type DurableKvLike, type DurableSocketLike, type DurableStorageLike, WsKitDurableError } from "../platform";
import { copyFlat, type FlatCopy, isFlatCopyOf } from "./flat-copy";

/** How connection data is stored: keeps secrets out and brings classes back. Without it data is stored by structured clone. */
export interface PersistHooks<TData> {
  serialize(data: TData): unknown;
  deserialize(raw: unknown): TData;
}

/** What outlives a sleep. */
export interface Remembered<TData> {
  readonly id: string;
  data: TData;
  readonly topics: Set<string>;
  readonly openedAtMs: number;
  /** When the last message came. */
  activeAtMs: number;
  /** The body is in storage, and stays there until the connection closes. */
  spilled: boolean;
  /** This side has closed it: what the client still says is not listened to. The ready state is the same when the client has. */
  dismissed?: boolean | undefined;
  /** What stands in the attachment, as far as a look can tell whether it still holds. Whoever changes `topics` takes it away. */
  written?: Written | undefined;
}

/** What was written last: a write costs a structured clone, a quarter of what the router needs for a message. */
interface Written {
  readonly data: FlatCopy;
  readonly activeAtMs: number;
}

/** A message is so much younger than its time in the attachment at most; that time is put forward, so that nobody is swept too early. */
export const ACTIVE_STEP_MS = 1_000;

const SPILL_PREFIX = "__wskit:spill:";
/** Ids of bodies that had no socket when they were last looked at. */
const SUSPECTS_KEY = "__wskit:suspects";
/** So that the list stays below what one value may hold; the others have their turn later. */
const SUSPECTS_MAX = 10_000;

/** Short names: 16,384 bytes are all there is, and `d` and `t` want most of them. */
interface Head {
  readonly __wskit: 1;
  readonly i: string;
  readonly o: number;
  readonly a: number;
  readonly s?: 1;
  /** Dismissed. */
  readonly x?: 1;
}
interface Body {
  readonly d: unknown;
  readonly t: readonly string[];
}

/** The mark tells our sockets from those that the object accepted for itself. */
function isHead(value: unknown): value is Head {
  if (typeof value !== "object" || value === null || Reflect.get(value, "__wskit") !== 1) return false;
  const { i, o, a } = value as Record<keyof Head, unknown>;
  return typeof i === "string" && typeof o === "number" && typeof a === "number";
}

const isBody = (value: object): value is Body => "d" in value && Array.isArray(Reflect.get(value, "t"));

/** Where bodies spill. */
export type AttachmentStorage = Pick<DurableStorageLike, "kv">;

/** Reads and writes attachments, and the spill behind them. */
export class Attachments<TData extends ConnectionData> {
  constructor(
    private readonly storage: AttachmentStorage,
    private readonly persist: PersistHooks<TData> | undefined,
  ) {}

  /** The id in a socket's attachment; undefined for a socket that is not ours. */
  idOf(socket: DurableSocketLike): string | undefined {
    const head = socket.deserializeAttachment();
    return isHead(head) ? head.i : undefined;
  }

  /**
   * Reads a client back. Undefined for a socket that is not ours.
   * @throws WsKitDurableError `SPILL_UNAVAILABLE` when the spilled body is gone, and whatever `persist.deserialize` throws.
   */
  read(socket: DurableSocketLike): Remembered<TData> | undefined {
    const head = socket.deserializeAttachment();
    if (!isHead(head)) return undefined;
    const spilled = head.s === 1;
    const body = spilled ? this.#kv().get(SPILL_PREFIX + head.i) : head;
    if (typeof body !== "object" || body === null || !isBody(body))
      throw new WsKitDurableError("SPILL_UNAVAILABLE", "the stored part of a connection is missing");
    // What write() stored without hooks was TData, and structured clone brings it back as it was.
    const data = this.persist ? this.persist.deserialize(body.d) : (body.d as TData);
    const times = { openedAtMs: head.o, activeAtMs: head.a };
    const dismissed = head.x === 1 ? true : undefined;
    return { id: head.i, data, topics: new Set(body.t), ...times, spilled, dismissed };
  }

  /**
   * Writes down that a client was sent away, and nothing else: who goes on talking must not be heard again after a sleep.
   * @throws WsKitDurableError `SPILL_UNAVAILABLE` when the mark would not fit and there is nowhere to spill.
   */
  dismiss(socket: DurableSocketLike, client: Remembered<TData>): void {
    const head: unknown = socket.deserializeAttachment();
    if (!isHead(head) || attach(socket, { ...head, x: 1 }) || !isBody(head)) return;
    const { d, t, ...bare } = head;
    this.#spill(head.i, { d, t });
    attach(socket, { ...bare, s: 1, x: 1 });
    client.spilled = true;
  }

  /**
   * Writes all that must survive, unless it stands there already. On an error what was written last stays.
   * @throws WsKitDurableError `DATA_UNCLONEABLE`, `SPILL_UNAVAILABLE`, and whatever `persist.serialize` throws.
   */
  write(socket: DurableSocketLike, client: Remembered<TData>): void {
    const { data, activeAtMs, written } = client;
    const stored = this.persist ? this.persist.serialize(data) : data;
    if (written && activeAtMs < written.activeAtMs + ACTIVE_STEP_MS && isFlatCopyOf(written.data, stored)) return;
    this.#write(socket, client, stored);
    const copy = copyFlat(stored);
    client.written = copy && { data: copy, activeAtMs };
  }

  #write(socket: DurableSocketLike, client: Remembered<TData>, stored: unknown): void {
    const { id, topics, openedAtMs, activeAtMs } = client;
    const head: Head = { __wskit: 1, i: id, o: openedAtMs, a: activeAtMs + ACTIVE_STEP_MS };
    const body: Body = { d: stored, t: [...topics] };
    if (!client.spilled && attach(socket, { ...head, ...body })) return;
    this.#spill(id, body);
    attach(socket, { ...head, s: 1 });
    client.spilled = true;
  }

  /** Leaves nothing behind, so that a second close event of the same socket finds nobody. */
  forget(socket: DurableSocketLike, id: string, spilled: boolean): void {
    socket.serializeAttachment(null);
    if (spilled) this.#kv().delete(SPILL_PREFIX + id);
  }

  /**
   * Deletes bodies whose socket is gone without a close event: a deploy cuts every socket at once. A body is deleted when two lives of the
   * object in a row miss its socket, because one whose close event is still to come is not listed either, and its onClose wants its data.
   */
  sweepOrphans(isLive: (id: string) => boolean): void {
    let kv: DurableKvLike;
    let stored: unknown;
    try {
      kv = this.#kv();
      stored = kv.get(SUSPECTS_KEY);
    } catch {
      return; // an object without SQLite storage: nothing can have spilled
    }
    const suspects = new Set<unknown>(Array.isArray(stored) ? stored : []);
    const ids = Array.from(kv.list({ prefix: SPILL_PREFIX }), ([key]) => key.slice(SPILL_PREFIX.length));
    const missed = ids.filter((id) => !isLive(id));
    for (const id of missed) if (suspects.has(id)) kv.delete(SPILL_PREFIX + id);
    const fresh = missed.filter((id) => !suspects.has(id)).slice(0, SUSPECTS_MAX);
    if (fresh.length > 0) kv.put(SUSPECTS_KEY, fresh);
    else if (suspects.size > 0) kv.delete(SUSPECTS_KEY);
  }

  #spill(id: string, body: Body): void {
    try {
      this.#kv().put(SPILL_PREFIX + id, body);
    } catch (cause) {
      if (isUncloneable(cause)) throw uncloneable(cause);
      throw new WsKitDurableError("SPILL_UNAVAILABLE", "a connection's data could not be stored", { cause });
    }
  }

  #kv(): DurableKvLike {
    const { kv } = this.storage;
    if (!kv) throw new WsKitDurableError("SPILL_UNAVAILABLE", "this needs an object with SQLite storage");
    return kv;
  }
}

/** False when the value is over the limit. */
function attach(socket: DurableSocketLike, value: unknown): boolean {
  try {
    socket.serializeAttachment(value);
    return true;
  } catch (error) {
    if (isUncloneable(error)) throw uncloneable(error);
    return false;
  }
}

const isUncloneable = (error: unknown): boolean => error instanceof DOMException && error.name === "DataCloneError";
const uncloneable = (cause: unknown) =>
  new WsKitDurableError("DATA_UNCLONEABLE", "a connection's data holds what structured clone refuses", { cause });
