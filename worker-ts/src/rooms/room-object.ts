// The room's shell: the Durable Object that workerd constructs, with clock, randomness, timer and alarm. It opens the room,
// hands each event on, and turns failures into INTERNAL; rules and tables are below it.
import { DurableObject } from "cloudflare:workers";
import { ERROR_CODE } from "@ferrule/core";
import { logFailure } from "../platform/log";
import { ADMISSION_HEADER } from "./admission";
import { epochText } from "./archive/epoch";
import { type ArchiveQueue, archiveQueue, flush, resend } from "./archive/flush";
import { trim } from "./archive/trim";
import type { DueKind } from "./log/due";
import type { ArchivedMark } from "./log/outbox";
import { type HeardEntry, heardEntry } from "./log/page/heard";
import { messagePage } from "./log/page/messages";
import type { Counts } from "./log/totals";
import { type OpenRoom, openRoom } from "./open-room";
import type {
  Actor,
  Admission,
  ErasedUser,
  Identity,
  Operation,
  Outcome,
  PageAnswer,
  PageQuery,
  Revocation,
  RoleChange,
  RoomConfig,
  RoomStats,
  RoomWatch,
} from "./operation";
import { placeIn } from "./relay/enter";
import { type After, inTime } from "./relay/in-time";
import { serveEntries, serveRefresh, serveUp } from "./relay/room/serve";
import type { Answer, Entries, Refreshing, RelayLine, UpAnswer, UpBatch } from "./relay/shapes";
import { Restore } from "./restore/restore";
import { REFUSAL } from "./room";
import { type RoomSettings, roomSettings } from "./settings";
import { Connection, isOpen } from "./socket/connection";
import { receive } from "./socket/dialogue";
import { enterRoom } from "./socket/door";
import { isSendable, refuseUpgrade } from "./socket/frame/upgrade";
import { endSilence, sweepDead } from "./socket/frame/upkeep";
import { takeOver } from "./socket/live/config";
import { readUpTo } from "./socket/live/receipts";
import { changeRole, endRoom, eraseUser, isRemoved, meet, rename } from "./socket/live/standing";
import { endExpired, isUnwanted, revokeEverywhere, standingOf } from "./socket/refresh";
import { disconnect, watch, whoseConnection } from "./socket/watch";
import { applyOperation, refusal } from "./socket/write";

/** What the composition may hand to every room. */
export interface RoomPorts {
  /**
   * What a ticket is worth in this room now, looked up anew: null when it is bad, over, of another room, or its person may no
   * longer be here. Whether it was used before is the room's to know. Absent: AUTH_REFRESH is answered with UNSUPPORTED.
   */
  readonly refresh?: (env: object, roomId: string, ticket: string) => Promise<Admission | null>;
  /** What a room has counted since it last said so here, by the names of TotalName; each thing once, or lost with a crash. */
  readonly counted?: (env: object, roomId: string, counts: Counts) => void;
  /**
   * Told of each message that `heeds` picks by its text, after it is stored and until this resolves: at least once, for half a day.
   * Room and seq name it. Neither what bots write nor what was erased meanwhile is told.
   */
  readonly onEntry?: (env: object, entry: HeardEntry) => Promise<void>;
  /** Which messages `onEntry` is told of; cheap, for it is asked for each. Absent: all. */
  readonly heeds?: (text: string) => boolean;
  /** Other settings than those of the Worker's variables. */
  readonly settings?: (env: object) => RoomSettings;
}

/** Makes the Durable Object class of rooms; the Worker's entry exports it as `RoomObject`. */
export function defineRoomObject(ports: RoomPorts = {}): new (state: DurableObjectState, env: object) => RoomObject {
  return class extends RoomObject {
    constructor(state: DurableObjectState, env: object) {
      super(state, env, ports.settings?.(env) ?? roomSettings(env, () => Date.now()), ports);
    }
  };
}

const newEpoch = (): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(8));
const newId = (): Uint8Array => crypto.getRandomValues(new Uint8Array(16));

const after: After = (ms, run) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** What failed is tried again after this time, for ever and never in a storm. */
const ALARM_RETRY_MS = 5_000;

/** How long the composition is told of a message (keys of what it starts live for a day), and the longest wait in between. */
const TOLD_MS = 43_200_000;
const TOLD_AGAIN_MS_MAX = 600_000;

/** What is done when its time has come; `key` is that of the row in `due`. */
type DueWork = (room: OpenRoom, now: number, key: string) => void | Promise<void>;

/** One room: its fetch opens sockets, its RPC writes, reads and configures. Made by `defineRoomObject`. */
export class RoomObject extends DurableObject<object> {
  readonly settings: RoomSettings;
  readonly #ports: RoomPorts;
  readonly #archive: ArchiveQueue | undefined;
  readonly #restore: Restore;
  #room: OpenRoom | undefined;
  /** Every kind of `due`. What a kind writes before it first awaits is stored together with its being taken out of `due`. */
  readonly #work: Readonly<Record<DueKind, DueWork>> = {
    hello: endSilence,
    sweep: (room, now) => this.#sweep(room, now),
    flush: (room, now) => this.#archive && flush(room, this.#archive, now),
    resend: (room, now) => this.#archive && resend(room, this.#archive, now),
    totals: (room) => {
      const grown = room.totals.save();
      this.#ports.counted?.(this.env, room.id, grown);
      room.archive.noteRead();
    },
    trim,
    noop: (room, now) => room.noops.sweep(now),
    expiry: endExpired,
    entry: (room, now, key) => this.#tell(room, now, key),
    relays: (room, now) => room.relays.look(now),
  };

  constructor(state: DurableObjectState, env: object, settings: RoomSettings, ports: RoomPorts) {
    super(state, env);
    this.settings = settings;
    this.#archive = archiveQueue(env);
    this.#ports = ports;
    this.#restore = new Restore({
      ...{ ctx: state, newEpoch, newId },
      open: () => this.#open(),
      mustOpen: () => this.#mustOpen(),
      shut: () => this.#shut(),
      relaysOf: (numbers) =>
        this.#relays === undefined ? [] : numbers.map((n) => this.#relayOf(state.id.name ?? "", n)),
      inTime: (promise) => inTime(promise, settings.relayAnswerMs, after),
    });
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    this.#open();
  }

  /** Opens a socket for the admission in the header `ferrule-admission`; only the Worker can call this. */
  override async fetch(request: Request): Promise<Response> {
    const room = this.#open();
    if (room === undefined) return refuseUpgrade(500, "internal");
    return enterRoom(room, request.headers.get(ADMISSION_HEADER), placeIn(request), (socket, userId) =>
      this.ctx.acceptWebSocket(socket, [`u:${userId}`]),
    );
  }

  /** Handles one message; whatever goes wrong in it ends this connection and no other. */
  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> | undefined {
    if (!isOpen(socket)) return;
    const room = this.#open();
    const connection = room?.connections.find(socket) ?? Connection.woken(socket, this.settings);
    if (connection === null) socket.close(4000 + ERROR_CODE.INTERNAL, "this socket is unknown");
    else if (room === undefined) connection.fail("INTERNAL", REFUSAL.internal.text);
    else if (typeof message === "string") connection.fail("BAD_FRAME", "text other than ping");
    else return this.#receive(room, connection, new Uint8Array(message));
  }

  #receive(room: OpenRoom, connection: Connection, bytes: Uint8Array): Promise<void> | undefined {
    const fail = (error: unknown) => {
      logFailure("handle a frame", error);
      connection.fail("INTERNAL", REFUSAL.internal.text);
    };
    try {
      connection.touch();
      return receive(room, connection, bytes)?.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  /**
   * May come more than once for a socket, or never (then `webSocketError` or the sweep does its work). The client's reason is
   * not sent back: read as UTF-8, it may have become longer than a reason may be.
   */
  override webSocketClose(socket: WebSocket, code: number): void {
    this.#open()?.connections.remove(socket);
    if (socket.readyState !== WebSocket.CLOSED) socket.close(isSendable(code) ? code : 1000);
  }

  /** The line broke; a close event may or may not follow. */
  override webSocketError(socket: WebSocket): void {
    this.#open()?.connections.remove(socket);
    if (socket.readyState !== WebSocket.CLOSED) socket.close(1011, "socket error");
  }

  /** Does what is due, one after another. It throws when the room cannot be opened, so that the runtime tries again. */
  override async alarm(): Promise<void> {
    const room = this.#open();
    if (room === undefined) throw new Error("the room cannot be opened");
    const now = room.settings.now();
    let failed = false;
    for (const row of room.due.list(now)) {
      room.due.take(row);
      try {
        await this.#work[row.kind](room, now, row.key);
      } catch (error) {
        logFailure(`do what is due in a room: ${row.kind}`, error);
        failed = true;
        room.due.putBack(row, now + ALARM_RETRY_MS, (why) => this.ctx.abort(why));
      }
    }
    room.due.arm();
    // For the runtime, in words of ours: it would write down all that the error says. What was done already is done twice, which changes nothing.
    if (failed) throw new Error("work that was due has failed");
  }

  /**
   * Closes dead sockets, and forgets tickets: not as soon as they end, for one that was good when the Worker looked may come late.
   */
  #sweep(room: OpenRoom, now: number): void {
    room.tickets.sweep(now - room.settings.sweepMs);
    sweepDead(room, now, (socket) => this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0);
  }

  /** Tells the composition of a message. What fails or is cut short comes again, later each time, and is given up after TOLD_MS. */
  async #tell(room: OpenRoom, now: number, key: string): Promise<void> {
    const { onEntry } = this.#ports;
    const entry = heardEntry(room, Number(key));
    if (onEntry === undefined || entry === null) return;
    const age = now - entry.ts;
    if (age > TOLD_MS)
      return logFailure("tell of an entry", `nobody could be told of the entry ${key} of the room ${room.id}`);
    // before anything is awaited: a crash from here on must not lose it
    room.due.provide("entry", now + Math.min(Math.max(age, ALARM_RETRY_MS), TOLD_AGAIN_MS_MAX), key);
    await onEntry(this.env, entry);
    room.due.take({ kind: "entry", key });
  }

  /** Writes for an actor that comes by HTTP. */
  apply(actor: Actor, operation: Operation): Outcome {
    const room = this.#open();
    if (room === undefined) return refusal("internal");
    const role = standingOf(room, actor);
    const removed = isRemoved(room);
    if (!removed && !isUnwanted(role)) return applyOperation(room, meet(room, actor), { ...actor, role }, operation);
    const code = removed ? "room_closed" : role === "banned" ? role : "forbidden";
    room.totals.refused(REFUSAL[code].code);
    return refusal(code);
  }

  /** A guest became a user: what the guest wrote is the user's, and all who are here learn the name. */
  adopt(guestId: string, user: Pick<Actor, "userId" | "name">): void {
    const room = this.#mustOpen();
    const ref = room.people.adopt(guestId, user);
    if (ref === undefined) return;
    room.presence.introduce(ref);
    room.archive.noteRead();
  }

  /** Closes the sockets of a user, or of one session, that may no longer be here. The directory knows it already. */
  revoke(revocation: Revocation): void {
    revokeEverywhere(this.#mustOpen(), revocation);
  }

  /** Somebody has become something else here, by the directory. */
  setRole(change: RoleChange): void {
    changeRole(this.#mustOpen(), change);
  }

  /** Somebody has another name. */
  rename(userId: string, name: string): void {
    rename(this.#mustOpen(), userId, name);
  }

  /**
   * An account is gone; with `messages` what it wrote behind the seq `after` goes too, part by part: answers from where to go on, or
   * null at the end. `guests` are what the user was before: the room may not have heard of it.
   */
  eraseUser(userId: string, messages: boolean, after = 0, guests: readonly string[] = []): number | null {
    return eraseUser(this.#mustOpen(), { userId, messages, guests }, after, newId);
  }

  /** The room is deleted: its sockets end with GONE. `purge` also erases all that it holds, but that it was deleted, and who must hear of it. */
  async remove(purge: boolean): Promise<void> {
    const room = this.#mustOpen();
    endRoom(room);
    if (!purge) return;
    await this.ctx.storage.deleteAll();
    this.#shut();
    const left = this.#mustOpen();
    left.relays.stand(room.relays.numbers);
    endRoom(left);
  }

  /** The epoch of the log that this turn of `emptied` would end, as the archive is told it, "" of none; null when it came already. */
  ending(turn: string): string | null {
    return this.#restore.ending(turn);
  }

  /**
   * All that the room holds is gone, and what a backup holds is about to come. Until `restored` everybody is answered INTERNAL. `turn` is
   * greater with each call that means something new: the same again, or one that comes late, empties nothing.
   */
  emptied(turn?: string): Promise<void> {
    return this.#restore.empty(turn);
  }

  /** All that the room holds is gone, and nothing comes: the directory knows no such room. */
  clear(): Promise<void> {
    return this.#restore.clear();
  }

  /**
   * The rows of a backup have come. Accounts that were erased since are forgotten here before anybody gets in; the log has a new epoch,
   * and whoever is connected is told (PROTOCOL.md section 8). May be called again.
   */
  restored(erased: readonly ErasedUser[]): void {
    this.#restore.finish(erased);
  }

  /** Messages as they stand now. */
  page(query: PageQuery): PageAnswer {
    const room = this.#mustOpen();
    return messagePage(room, query);
  }

  /** The actor has read everything up to `seq`: the same mark as by RECEIPT. */
  read(actor: Actor, seq: number): void {
    const room = this.#mustOpen();
    if (isUnwanted(standingOf(room, actor))) return;
    readUpTo(room, meet(room, actor), seq);
    room.receipts.store();
  }

  /** All that one of the relays has to say; the same batch again is answered alike. */
  up(batch: UpBatch): UpAnswer {
    return serveUp(this.#mustOpen(), batch);
  }

  /** The entries behind `after`, for a relay. */
  entries(after: number): Entries {
    return serveEntries(this.#mustOpen(), after);
  }

  /** An AUTH_REFRESH that came to a relay. */
  refresh(from: Refreshing, bytes: Uint8Array): Promise<Answer> {
    return serveRefresh(this.#mustOpen(), from, bytes);
  }

  /** Figures of the room now. */
  stats(): RoomStats {
    const { log, archive, connections, relays } = this.#mustOpen();
    const { queuedSeq, archivedSeq } = archive;
    return {
      headSeq: log.head,
      online: connections.people().size + relays.crowd.people,
      lastAt: log.lastAt,
      queuedSeq,
      archivedSeq,
    };
  }

  /** All that an admin sees of the room, now. */
  watch(): RoomWatch {
    return watch(this.#mustOpen());
  }

  /** Whose a connection is; null when it is gone. */
  whoseConnection(conn: number): string | null {
    return whoseConnection(this.#mustOpen(), conn);
  }

  /** Closes one connection that is behind: its client comes back and goes on where it was. False when it is gone. */
  disconnect(conn: number): boolean {
    return disconnect(this.#mustOpen(), conn);
  }

  /** Has all batches sent again that the archive has not reported, but for those of a moment ago; answers how many. */
  resendUnarchived(): number {
    return this.#mustOpen().archive.again();
  }

  /**
   * The archive has the entries from..to, and these read marks: the consumer of the archive's queue says so. Of another epoch than the
   * log's it says nothing: a restore came between.
   */
  archived(from: number, to: number, marks: readonly ArchivedMark[], epoch?: string): void {
    const room = this.#mustOpen();
    if (epoch !== undefined && epoch !== epochText(room.epoch)) return;
    const { archive, due, settings, totals } = room;
    const before = archive.archivedSeq;
    archive.done({ from, to });
    if (archive.archivedSeq > before) totals.stir();
    archive.marksDone(marks);
    due.provide("trim", settings.now() + settings.trimMs);
  }

  /** Takes over what the directory says of this room, if it is newer; those in it are told by SYSTEM entries of `actor`'s. */
  configure(config: RoomConfig, actor?: Identity | Actor): void {
    takeOver(this.#mustOpen(), config, actor);
  }

  /**
   * The room, opened on the first call. Never throws: a room that cannot be opened answers INTERNAL to everything, and
   * tries again at each call, so that it heals as soon as its storage does.
   */
  #open(): OpenRoom | undefined {
    const { refresh, onEntry, heeds = () => true } = this.#ports;
    try {
      if (this.#room === undefined && this.#restore.isUnderWay) return undefined;
      this.#room ??= openRoom(this.ctx, this.settings, {
        archived: this.#archive !== undefined,
        newEpoch,
        after,
        ...(this.#relays && { relayOf: (roomId: string, n: number) => this.#relayOf(roomId, n) }),
        ...(onEntry && { heeds }),
        ...(refresh && { admit: refresh.bind(undefined, this.env, this.ctx.id.name ?? "") }),
      });
    } catch (error) {
      logFailure("open a room", error);
    }
    return this.#room;
  }

  /** What was read of the storage holds no more. */
  #shut(): void {
    this.#room?.relays.end();
    this.#room?.fanOut.end();
    this.#room = undefined;
  }

  get #relays(): { getByName(name: string): RelayLine } | undefined {
    return (this.env as { readonly RELAY?: { getByName(name: string): RelayLine } }).RELAY;
  }

  #relayOf(roomId: string, n: number): RelayLine {
    const relays = this.#relays;
    if (relays === undefined) throw new Error("there are no relays here");
    return relays.getByName(`${roomId}/${n}`);
  }

  #mustOpen(): OpenRoom {
    const room = this.#open();
    if (room === undefined) throw new Error(REFUSAL.internal.text);
    return room;
  }
}
