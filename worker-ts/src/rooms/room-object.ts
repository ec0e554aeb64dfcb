// The room's shell: the Durable Object that workerd constructs, with clock, randomness, timer and alarm. It opens the room,
// hands each event on, and turns failures into INTERNAL; rules and tables are below it.
import { DurableObject } from "cloudflare:workers";
import { ERROR_CODE } from "@ferrule/core";
import { logFailure } from "../platform/log";
import { ADMISSION_HEADER, decodeAdmission } from "./admission";
import { epochText } from "./archive/epoch";
import { type ArchiveQueue, archiveQueue, flush, resend } from "./archive/flush";
import { trim } from "./archive/trim";
import { writeConfig } from "./log/config";
import type { DueKind } from "./log/due";
import type { ArchivedMark } from "./log/outbox";
import { type HeardEntry, heardEntry } from "./log/page/heard";
import { messagePage } from "./log/page/messages";
import { GONE_NAME, People } from "./log/people";
import { adoptRows } from "./log/restore";
import { Meta, openTables } from "./log/tables";
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
import { SUBPROTOCOL } from "./protocol";
import { placeIn } from "./relay/enter";
import { serveEntries, serveRefresh, serveUp } from "./relay/room/serve";
import type { Answer, Entries, Place, Refreshing, RelayLine, UpAnswer, UpBatch } from "./relay/shapes";
import { REFUSAL } from "./room";
import { type RoomSettings, roomSettings } from "./settings";
import { newAttachment } from "./socket/attachment";
import { Connection, isOpen } from "./socket/connection";
import { receive } from "./socket/dialogue";
import { greetAnew, readmit } from "./socket/frame/greeting";
import { isSendable, refuseUpgrade } from "./socket/frame/upgrade";
import { endSilence, lookAfter, replaceOldest, sweepDead } from "./socket/frame/upkeep";
import { readUpTo } from "./socket/live/receipts";
import { changeRole, endRoom, eraseMessages, forgetUser, isRemoved, meet, rename } from "./socket/live/standing";
import { endExpired, isUnwanted, revokeEverywhere, standingOf, tellRole } from "./socket/refresh";
import { disconnect, watch, whoseConnection } from "./socket/watch";
import { applyOperation, publishEntries, refusal } from "./socket/write";

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

/** Eight random bytes. */
const newEpoch = (): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(8));

/** What failed is tried again after this time, for ever and never in a storm. */
const ALARM_RETRY_MS = 5_000;

/** Stands in the storage while the room is being filled from a backup; and which call emptied it last, which stays. */
const RESTORING = "restoring";
const EMPTIED = "emptied";

/** What outlives a restore, for there are sockets of before: the relays that have them, and a number that none of them has. */
interface Before {
  readonly relays: readonly number[];
  readonly nextConn: number;
}

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
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    this.#open();
  }

  /** Opens a socket for the admission in the header `ferrule-admission`; only the Worker can call this. */
  override async fetch(request: Request): Promise<Response> {
    const room = this.#open();
    if (room === undefined) return refuseUpgrade(500, "internal");
    const admission = decodeAdmission(request.headers.get(ADMISSION_HEADER));
    if (admission === null) return refuseUpgrade(401, "unauthenticated");
    const { connections, settings, totals } = room;
    if (isRemoved(room)) return refuseUpgrade(404, "not_found");
    const direct = connections.count();
    const before = placeIn(request);
    if (before !== null) room.relays.full(before.n);
    const n = before !== null || direct >= settings.socketsDirectMax ? room.relays.place(admission.userId) : undefined;
    if (
      n === undefined &&
      (before !== null || direct >= Math.min(settings.socketsDirectMax, settings.socketsPerRoomMax))
    ) {
      totals.refused(ERROR_CODE.ROOM_FULL);
      return refuseUpgrade(503, "room_full");
    }
    // a place is asked for again by the same socket: its ticket has been used for it
    if (before === null && admission.ticket !== undefined && !room.tickets.use(admission.ticket))
      return refuseUpgrade(401, "unauthenticated");
    const role = standingOf(room, admission);
    if (isUnwanted(role)) return refuseUpgrade(role === "unauthenticated" ? 401 : 403, role);
    this.#takeOver(room, admission.room);
    const now = settings.now();
    if (n !== undefined) return Response.json(this.#placeAt(room, n, { ...admission, role }, before));
    replaceOldest(room, admission.userId);
    tellRole(room, admission.userId, { role, roleAt: admission.roleAt });

    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [`u:${admission.userId}`]);
    connections.add(this.#accepted(room, server, { ...admission, role }, now));
    totals.count("opened");
    lookAfter(room, admission.expiresAt);
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { "sec-websocket-protocol": SUBPROTOCOL },
    });
  }

  /** Where the relay `n` is to open a socket for this admission; with the numbers of a place that was full, if one was. */
  #placeAt(room: OpenRoom, n: number, admission: Admission, before: Place | null): Place {
    const { connections, settings } = room;
    const conn = before?.conn ?? this.#nextConn(room);
    const ref = before?.ref ?? meet(room, admission);
    const tabs = connections.ofUser(admission.userId).length;
    if (tabs >= settings.connectionsPerUserMax) replaceOldest(room, admission.userId);
    const epoch = [...room.epoch];
    return { n, conn, ref, role: admission.role, epoch, tabs: Math.min(tabs, settings.connectionsPerUserMax - 1) };
  }

  #nextConn({ meta }: OpenRoom): number {
    const conn = meta.find("next_conn") ?? 1;
    meta.set("next_conn", conn + 1);
    return conn;
  }

  #accepted(room: OpenRoom, socket: WebSocket, admission: Admission, now: number): Connection {
    const conn = this.#nextConn(room);
    const { userId, sessionId, role, roleAt, expiresAt } = admission;
    const ref = meet(room, admission);
    const state = newAttachment({ conn, ref, userId, sessionId, role, roleAt, expiresAt }, now);
    return Connection.accepted(socket, state, room.settings, room.totals);
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
        room.due.provide(row.kind, now + ALARM_RETRY_MS, row.key);
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
    return this.#erase(this.#mustOpen(), userId, messages, after, guests);
  }

  #erase(room: OpenRoom, userId: string, messages: boolean, after: number, guests: readonly string[]): number | null {
    for (const guestId of guests) room.people.adopt(guestId, { userId, name: GONE_NAME });
    const refs = forgetUser(room, userId);
    const newId = () => crypto.getRandomValues(new Uint8Array(16));
    return messages ? eraseMessages(room, refs, after, newId) : null;
  }

  /** The room is deleted: its sockets end with GONE. `purge` also erases all that it holds, but that it was deleted. */
  async remove(purge: boolean): Promise<void> {
    endRoom(this.#mustOpen());
    if (!purge) return;
    await this.ctx.storage.deleteAll();
    this.#shut();
    endRoom(this.#mustOpen());
  }

  /** The epoch of the log that this turn of `emptied` would end, as the archive is told it, "" of none; null when it came already. */
  ending(turn: string): string | null {
    const { storage } = this.ctx;
    if ((storage.kv.get<string>(EMPTIED) ?? "") >= turn) return null;
    const made = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'meta'").toArray().length > 0;
    const epoch = made ? new Meta(storage.sql).find("epoch") : undefined;
    return epoch === undefined ? "" : epochText(new Uint8Array(epoch));
  }

  /**
   * All that the room holds is gone, and what a backup holds is about to come. Until `restored` everybody is answered INTERNAL. `turn` is
   * greater with each call that means something new: the same again, or one that comes late, empties nothing.
   */
  async emptied(turn?: string): Promise<void> {
    const { storage } = this.ctx;
    if (turn !== undefined && (storage.kv.get<string>(EMPTIED) ?? "") >= turn) return;
    // once more, after a restore that was interrupted: those that stood before the first
    const room = this.#open();
    const before = storage.kv.get<Before>(RESTORING) ?? {
      relays: room?.relays.numbers ?? [],
      nextConn: room?.meta.find("next_conn") ?? 1,
    };
    this.#shut();
    await storage.deleteAll();
    storage.kv.put(RESTORING, before);
    storage.kv.put(EMPTIED, turn ?? "");
    openTables(storage, newEpoch);
  }

  /** All that the room holds is gone, and nothing comes: the directory knows no such room. */
  async clear(): Promise<void> {
    this.#shut();
    for (const socket of this.ctx.getWebSockets()) socket.close(1001, "the room is not here any more");
    const turn = this.ctx.storage.kv.get<string>(EMPTIED);
    await this.ctx.storage.deleteAll();
    if (turn !== undefined) this.ctx.storage.kv.put(EMPTIED, turn);
  }

  /**
   * The rows of a backup have come. Accounts that were erased since are forgotten here before anybody gets in; the log has a new epoch,
   * and whoever is connected is told (PROTOCOL.md section 8). May be called again.
   */
  restored(erased: readonly ErasedUser[]): void {
    const { storage } = this.ctx;
    const meta = openTables(storage, newEpoch);
    adoptRows(storage, meta, newEpoch());
    const { relays = [], nextConn = 1 } = storage.kv.get<Before>(RESTORING) ?? {};
    const sockets = this.ctx.getWebSockets().filter(isOpen);
    meta.set("next_conn", readmit(sockets, new People(storage.sql), Math.max(nextConn, meta.find("next_conn") ?? 1)));
    this.#shut();
    storage.kv.delete(RESTORING);
    const room = this.#mustOpen();
    room.due.arm();
    greetAnew(room);
    room.relays.restored(relays);
    // behind the greeting, as entries of the new log; and in the same turn, so that nobody can read what goes
    for (const { userId, messages } of erased)
      if (room.people.refOf(userId) !== undefined)
        for (let next: number | null = 0; next !== null; ) next = this.#erase(room, userId, messages, next, []);
  }

  /** Messages as they stand now. */
  page(query: PageQuery): PageAnswer {
    const room = this.#mustOpen();
    return messagePage(room, query);
  }

  /** The actor has read everything up to `seq`: the same mark as by RECEIPT. */
  read(actor: Actor, seq: number): void {
    const room = this.#mustOpen();
    if (!isUnwanted(standingOf(room, actor))) readUpTo(room, meet(room, actor), seq);
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
    this.#takeOver(this.#mustOpen(), config, actor);
  }

  #takeOver(room: OpenRoom, config: RoomConfig, actor?: Identity): void {
    if (config.version <= room.config.version || isRemoved(room)) return;
    const by = actor === undefined ? 0 : meet(room, actor);
    const frames = writeConfig(room.meta, room.log, config, by, room.settings.now());
    room.config = config;
    publishEntries(room, [by], frames);
  }

  /**
   * The room, opened on the first call. Never throws: a room that cannot be opened answers INTERNAL to everything, and
   * tries again at each call, so that it heals as soon as its storage does.
   */
  #open(): OpenRoom | undefined {
    const { refresh, onEntry, heeds = () => true } = this.#ports;
    try {
      if (this.#room === undefined && this.ctx.storage.kv.get(RESTORING) !== undefined) return undefined;
      this.#room ??= openRoom(this.ctx, this.settings, {
        archived: this.#archive !== undefined,
        newEpoch,
        after: (ms, run) => {
          const timer = setTimeout(run, ms);
          return () => clearTimeout(timer);
        },
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
