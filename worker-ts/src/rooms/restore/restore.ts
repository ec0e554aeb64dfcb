// A room that is filled from a backup, as its object is asked for it: what was there goes, rows come, whoever is connected is greeted anew.
// Between the two the room cannot be opened. Randomness and timers are the shell's.
import { epochText } from "../archive/epoch";
import { People } from "../log/people";
import { Meta, openTables } from "../log/tables";
import type { OpenRoom } from "../open-room";
import type { ErasedUser } from "../operation";
import { endRelays } from "../relay/room/end";
import type { RelayLine } from "../relay/shapes";
import { isOpen } from "../socket/connection";
import { greetAnew, readmit } from "../socket/frame/greeting";
import { eraseUser } from "../socket/live/standing";
import { adoptRows } from "./adopt-rows";

/** What a restore needs of the room's shell. */
export interface Shell {
  readonly ctx: DurableObjectState;
  /** Eight random bytes. */
  readonly newEpoch: () => Uint8Array<ArrayBuffer>;
  /** Sixteen random bytes. */
  readonly newId: () => Uint8Array;
  /** The room; undefined when it cannot be opened. */
  readonly open: () => OpenRoom | undefined;
  /** The room; throws when it cannot be opened. */
  readonly mustOpen: () => OpenRoom;
  /** What was read of the storage holds no more. */
  readonly shut: () => void;
  /** The room's relays of these numbers; none where the Worker has none. */
  readonly relaysOf: (numbers: readonly number[]) => readonly RelayLine[];
  /** A bound for the answer of a relay. */
  readonly inTime: <T>(promise: Promise<T>) => Promise<T>;
}

/** Stands in the storage while the room is being filled; and which call emptied it last, which stays. */
const RESTORING = "restoring";
const EMPTIED = "emptied";

/** What outlives a restore, for there are sockets of before: the relays that have them, and a number that none of them has. */
interface Before {
  readonly relays: readonly number[];
  readonly nextConn: number;
}

/** One room's restores. It remembers nothing but in the storage. */
export class Restore {
  readonly #shell: Shell;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  get #storage(): DurableObjectStorage {
    return this.#shell.ctx.storage;
  }

  /** Whether the rows of a backup are about to come. */
  get isUnderWay(): boolean {
    return this.#storage.kv.get(RESTORING) !== undefined;
  }

  #hadTurn(turn: string): boolean {
    return (this.#storage.kv.get<string>(EMPTIED) ?? "") >= turn;
  }

  /** See `RoomObject.ending`. */
  ending(turn: string): string | null {
    if (this.#hadTurn(turn)) return null;
    const { sql } = this.#storage;
    const made = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'meta'").toArray().length > 0;
    const epoch = made ? new Meta(sql).find("epoch") : undefined;
    return epoch === undefined ? "" : epochText(new Uint8Array(epoch));
  }

  /** See `RoomObject.emptied`. */
  async empty(turn?: string): Promise<void> {
    if (turn !== undefined && this.#hadTurn(turn)) return;
    const before = this.#before();
    this.#shell.shut();
    await this.#storage.deleteAll();
    this.#storage.kv.put(RESTORING, before);
    this.#storage.kv.put(EMPTIED, turn ?? "");
    openTables(this.#storage, this.#shell.newEpoch);
  }

  /** See `RoomObject.clear`. */
  async clear(): Promise<void> {
    const { ctx, newEpoch, inTime, relaysOf, shut } = this.#shell;
    const { relays } = this.#before();
    shut();
    for (const socket of ctx.getWebSockets()) socket.close(1001, "the room is not here any more");
    const turn = this.#storage.kv.get<string>(EMPTIED);
    await this.#storage.deleteAll();
    if (turn !== undefined) this.#storage.kv.put(EMPTIED, turn);
    await endRelays(relaysOf(relays), newEpoch(), inTime);
  }

  /** Which sockets there are from before; once more, after a restore that was interrupted: from before the first. */
  #before(): Before {
    const room = this.#shell.open();
    return (
      this.#storage.kv.get<Before>(RESTORING) ?? {
        relays: room?.relays.numbers ?? [],
        nextConn: room?.meta.find("next_conn") ?? 1,
      }
    );
  }

  /** See `RoomObject.restored`. */
  finish(erased: readonly ErasedUser[]): void {
    const { ctx, newEpoch, newId, mustOpen, shut } = this.#shell;
    const storage = this.#storage;
    const meta = openTables(storage, newEpoch);
    adoptRows(storage, meta, newEpoch());
    const { relays = [], nextConn = 1 } = storage.kv.get<Before>(RESTORING) ?? {};
    const sockets = ctx.getWebSockets().filter(isOpen);
    meta.set("next_conn", readmit(sockets, new People(storage.sql), Math.max(nextConn, meta.find("next_conn") ?? 1)));
    shut();
    storage.kv.delete(RESTORING);
    const room = mustOpen();
    room.due.arm();
    greetAnew(room);
    room.relays.restored(relays);
    // behind the greeting, as entries of the new log; and in the same turn, so that nobody can read what goes
    for (const user of erased)
      if (room.people.refOf(user.userId) !== undefined)
        for (let next: number | null = 0; next !== null; ) next = eraseUser(room, user, next, newId);
  }
}
