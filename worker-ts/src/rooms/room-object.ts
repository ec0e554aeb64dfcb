// The room's shell: the Durable Object that workerd constructs, with clock, randomness, timer and alarm. It opens the room,
// hands each event on, and turns failures into INTERNAL; rules and tables are below it.
import { DurableObject } from "cloudflare:workers";
import { ERROR_CODE, encodeText, PRESENCE_STATE, relay, WireError } from "@ferrule/core";
import { ADMISSION_HEADER, decodeAdmission } from "./admission";
import { type ArchiveQueue, archiveQueue, flush, resend } from "./archive/flush";
import { trim } from "./archive/trim";
import { writeConfig } from "./log/config";
import type { DueKind } from "./log/due";
import type { ArchivedMark } from "./log/outbox";
import { messagePage, messagesOf } from "./log/page";
import type { Counts } from "./log/totals";
import { writeMessage } from "./log/write";
import { type OpenRoom, openRoom } from "./open-room";
import type {
  Actor,
  Admission,
  Operation,
  Outcome,
  PageAnswer,
  PageQuery,
  RefusalCode,
  Revocation,
  RoomConfig,
  RoomStats,
} from "./operation";
import { SUBPROTOCOL } from "./protocol";
import { REFUSAL } from "./room";
import { type RoomSettings, roomSettings } from "./settings";
import { unlimited } from "./socket/buckets";
import { Connection, isOpen } from "./socket/connection";
import { publishEntry, receive } from "./socket/dialogue";
import { readUpTo } from "./socket/live/receipts";
import { endExpired, revoke, tellRole } from "./socket/refresh";

/** What the composition may hand to every room. */
export interface RoomPorts {
  /**
   * What a ticket is worth in this room now, looked up anew: null when it is bad, over, of another room, or its person may no
   * longer be here. Whether it was used before is the room's to know. Absent: AUTH_REFRESH is answered with UNSUPPORTED.
   */
  readonly refresh?: (env: object, roomId: string, ticket: string) => Promise<Admission | null>;
  /** What a room has counted since it last said so here, by the names of TotalName; each thing once, or lost with a crash. */
  readonly counted?: (env: object, roomId: string, counts: Counts) => void;
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

/** Whether a close code may be sent: some may only be told (RFC 6455 section 7.4.1), and a client may send any number. */
const isSendable = (code: number) => code >= 1000 && code < 5000 && ![1004, 1005, 1006, 1015].includes(code);

/** What failed is tried again after this time, for ever and never in a storm. */
const ALARM_RETRY_MS = 5_000;

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
    hello: (room, now) => this.#endSilence(room, now),
    sweep: (room, now) => this.#sweep(room, now),
    flush: (room, now) => this.#archive && flush(room, this.#archive, now),
    resend: (room, now) => this.#archive && resend(room, this.#archive, now),
    totals: (room) => {
      const grown = room.totals.save();
      this.#ports.counted?.(this.env, room.id, grown);
      room.archive.noteRead();
    },
    trim,
    expiry: endExpired,
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
    if (room === undefined) return refuse(500, "internal");
    const admission = decodeAdmission(request.headers.get(ADMISSION_HEADER));
    if (admission === null) return refuse(401, "unauthenticated");
    const { connections, settings, due, totals } = room;
    if (connections.count() >= settings.socketsPerRoomMax) {
      totals.refused(ERROR_CODE.ROOM_FULL);
      return refuse(503, "room_full");
    }
    const now = settings.now();
    if (admission.ticket !== undefined && !room.tickets.use(admission.ticket)) return refuse(401, "unauthenticated");
    this.#takeOver(room, admission.room);
    const older = connections.ofUser(admission.userId);
    for (const oldest of older.slice(0, Math.max(0, older.length - settings.connectionsPerUserMax + 1)))
      oldest.fail("REPLACED", "opened somewhere else");
    tellRole(room, admission.userId, admission.role);

    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [`u:${admission.userId}`]);
    connections.add(this.#accepted(room, server, admission, now));
    totals.count("opened");
    due.provide("hello", now + settings.helloTimeoutMs);
    due.provide("sweep", now + settings.sweepMs);
    due.provide("expiry", admission.expiresAt + settings.admissionGraceMs);
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { "sec-websocket-protocol": SUBPROTOCOL },
    });
  }

  #accepted(room: OpenRoom, socket: WebSocket, admission: Admission, now: number): Connection {
    const conn = room.meta.find("next_conn") ?? 1;
    room.meta.set("next_conn", conn + 1);
    const { userId, sessionId, role, expiresAt } = admission;
    const ref = this.#meet(room, admission);
    const fresh = {
      hello: false,
      features: 0,
      presence: PRESENCE_STATE.HERE,
      typing: 0,
      missed: 0,
      seen: now,
      replayAt: null,
      sent: 0,
      unsure: 0,
      consumed: 0,
      pages: [],
    };
    return Connection.accepted(
      socket,
      { conn, ref, userId, sessionId, role, expiresAt, ...unlimited(), ...fresh },
      room.settings,
      room.totals,
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
      console.error(error);
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
    const failures: unknown[] = [];
    for (const row of room.due.list(now)) {
      room.due.take(row);
      try {
        await this.#work[row.kind](room, now, row.key);
      } catch (error) {
        failures.push(error);
        room.due.provide(row.kind, now + ALARM_RETRY_MS, row.key);
      }
    }
    room.due.arm();
    // For the runtime's log; what has been done of the failed work already is done twice, which changes nothing.
    if (failures.length > 0) throw failures[0];
  }

  /** Closes sockets that have not said HELLO in time, and comes again for the younger ones. */
  #endSilence(room: OpenRoom, now: number): void {
    for (const connection of room.connections.all()) {
      if (connection.state.hello) continue;
      const end = connection.state.seen + room.settings.helloTimeoutMs;
      if (end <= now) connection.fail("BAD_STATE", "no HELLO in time");
      else room.due.provide("hello", end);
    }
  }

  /**
   * Closes dead sockets: those from which neither a message nor a ping came for DEAD_AFTER_MS. And forgets tickets: not as soon as
   * they end, for one that was good when the Worker looked may come late.
   */
  #sweep(room: OpenRoom, now: number): void {
    room.tickets.sweep(now - room.settings.sweepMs);
    let left = false;
    for (const connection of room.connections.all()) {
      const ping = this.ctx.getWebSocketAutoResponseTimestamp(connection.socket)?.getTime() ?? 0;
      if (now - Math.max(ping, connection.state.seen) > room.settings.deadAfterMs)
        connection.fail("IDLE", "no ping for too long");
      else left = true;
    }
    if (left) room.due.provide("sweep", now + room.settings.sweepMs);
  }

  /** Writes for an actor that comes by HTTP: the same path as a frame, from the decoded frame on. */
  apply(actor: Actor, operation: Operation): Outcome {
    const room = this.#open();
    if (room === undefined) return refusal("internal");
    const outcome = this.#write(room, actor, operation);
    if (!outcome.ok) room.totals.refused(REFUSAL[outcome.code].code);
    else if (!outcome.duplicate) room.totals.count("messages");
    return outcome;
  }

  #write(room: OpenRoom, actor: Actor, operation: Operation): Outcome {
    const ref = this.#meet(room, actor);
    try {
      const frame = encodeText("MSG", operation.id, operation.replyTo, operation.text);
      const kind = relay.read("up", frame);
      if (kind < 0) throw new WireError(-kind);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return refusal(error.code === "over_limit" ? "too_large" : "bad_request");
    }
    const wait = room.limits.write(ref);
    if (wait > 0) return refusal("rate_limited", wait);
    const { id } = operation;
    const writing = { id, ref, role: actor.role, config: room.config, now: room.settings.now() };
    const written = writeMessage(room.log, writing);
    if (written.status === "refused") return refusal(written.code, written.retryAfterMs);
    const stored = written.status === "stored";
    if (stored) publishEntry(room, ref, written.frame);
    const frame = stored ? written.frame : room.log.frame(written.seq);
    const [message] = messagesOf(room.people, [{ ref, frame }]);
    return message === undefined ? refusal("internal") : { ok: true, duplicate: !stored, message };
  }

  /** The ref of whoever comes; those who are here and knew another name are told. */
  #meet(room: OpenRoom, actor: Actor): number {
    const { ref, changed } = room.people.provide(actor);
    if (changed) room.presence.introduce(ref);
    return ref;
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
    revoke(this.#mustOpen(), revocation);
  }

  /** Messages as they stand now. */
  page(query: PageQuery): PageAnswer {
    const room = this.#mustOpen();
    return messagePage(room.log, room.people, query);
  }

  /** The actor has read everything up to `seq`: the same mark as by RECEIPT. */
  read(actor: Actor, seq: number): void {
    const room = this.#mustOpen();
    readUpTo(room, this.#meet(room, actor), seq);
  }

  /** Figures of the room now. */
  stats(): RoomStats {
    const { log, archive, connections } = this.#mustOpen();
    const { queuedSeq, archivedSeq } = archive;
    return { headSeq: log.head, online: connections.people().size, lastAt: log.lastAt, queuedSeq, archivedSeq };
  }

  /** The archive has the entries from..to, and these read marks: the consumer of the archive's queue says so. */
  archived(from: number, to: number, marks: readonly ArchivedMark[]): void {
    const { archive, due, settings, totals } = this.#mustOpen();
    const before = archive.archivedSeq;
    archive.done({ from, to });
    if (archive.archivedSeq > before) totals.stir();
    archive.marksDone(marks);
    due.provide("trim", settings.now() + settings.trimMs);
  }

  /** Takes over what the directory says of this room, if it is newer; those in it are told by SYSTEM entries of `actor`'s. */
  configure(config: RoomConfig, actor?: Actor): void {
    this.#takeOver(this.#mustOpen(), config, actor);
  }

  #takeOver(room: OpenRoom, config: RoomConfig, actor?: Actor): void {
    if (config.version <= room.config.version) return;
    const by = actor === undefined ? 0 : this.#meet(room, actor);
    const frames = writeConfig(room.meta, room.log, config, by, room.settings.now());
    room.config = config;
    for (const frame of frames) publishEntry(room, by, frame);
  }

  /**
   * The room, opened on the first call. Never throws: a room that cannot be opened answers INTERNAL to everything, and
   * tries again at each call, so that it heals as soon as its storage does.
   */
  #open(): OpenRoom | undefined {
    const { refresh } = this.#ports;
    try {
      this.#room ??= openRoom(this.ctx, this.settings, {
        archived: this.#archive !== undefined,
        newEpoch: () => crypto.getRandomValues(new Uint8Array(8)),
        after: (ms, run) => void setTimeout(run, ms),
        ...(refresh && { admit: refresh.bind(undefined, this.env, this.ctx.id.name ?? "") }),
      });
    } catch (error) {
      console.error(error);
    }
    return this.#room;
  }

  #mustOpen(): OpenRoom {
    const room = this.#open();
    if (room === undefined) throw new Error(REFUSAL.internal.text);
    return room;
  }
}

function refuse(status: number, code: string): Response {
  return Response.json({ error: { code, message: code.replaceAll("_", " ") } }, { status });
}

function refusal(code: RefusalCode, retryAfterMs = 0): Outcome {
  return { ok: false, code, message: REFUSAL[code].text, ...(retryAfterMs > 0 && { retryAfterMs }) };
}
