// A bare client for tests inside workerd: a raw socket to a room object by an admission of the test's choice, without the
// Worker's door, the client package or any reconnecting. And what tests do to rooms from outside: evict, alarm.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import {
  decode,
  EXT,
  encode,
  FEATURE,
  type Frame,
  type FrameInit,
  type FrameOf,
  findExt,
  type KindName,
  LIMIT,
  PRESENCE_OP,
  PRESENCE_STATE,
  readErased,
  type Skip,
} from "@ferrule/core";
import { vi } from "vitest";
import { ADMISSION_HEADER, encodeAdmission } from "../../../worker-ts/src/rooms/admission";
import type { Actor, Admission, RoomConfig } from "../../../worker-ts/src/rooms/operation";
import { enter as enterRoom } from "../../../worker-ts/src/rooms/relay/enter";
import type { RelayObject } from "../../../worker-ts/src/rooms/relay-object";
import type { RoomObject } from "../../../worker-ts/src/rooms/room-object";
import type { RoomSettings } from "../../../worker-ts/src/rooms/settings";
import { openSocket, type Person } from "./http-client";

const WAIT_MS = 15_000;
const TURN_MS = 8;

export type RoomStub = DurableObjectStub<RoomObject>;

/** The room of this id, as the Worker finds it. */
export const roomOf = (id: string): RoomStub => env.ROOM.getByName(id) as RoomStub;

export type RelayStub = DurableObjectStub<RelayObject>;

/** The relay `n` of a room. */
export const relayOf = (room: RoomStub, n: number): RelayStub => env.RELAY.getByName(`${room.name}/${n}`) as RelayStub;

let rooms = 0;

/** A room that no other test has. */
export function freshRoom(name = "room"): RoomStub {
  rooms++;
  return env.ROOM.getByName(`${name}-${rooms}`) as RoomStub;
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits until `check` holds; throws with `what` after `ms`. */
export async function until(check: () => boolean, what: string, ms = WAIT_MS): Promise<void> {
  for (const end = Date.now() + ms; !check(); await pause(1)) {
    if (Date.now() > end) throw new Error(`timed out: ${what}`);
  }
}

/**
 * Waits until nothing has come to these clients for `ms`. It counts turns of the event loop, which the room shares, and not the
 * clock: where the machine stands still for a while, so does the room.
 */
export async function quiet(clients: Iterable<RoomClient>, ms: number): Promise<void> {
  const all = [...clients];
  const heard = () =>
    all.reduce((sum, { raw, texts, closed }) => sum + raw.length + texts.length + (closed ? 1 : 0), 0);
  const turns = Math.ceil(ms / TURN_MS);
  for (let silent = 0, last = heard(); silent < turns; silent++) {
    await pause(Math.min(ms, TURN_MS));
    const now = heard();
    if (now !== last) silent = 0;
    last = now;
  }
}

/** Sixteen bytes that differ for every `n` (0..2^32-1). */
export function idOf(n: number): Uint8Array {
  const id = new Uint8Array(16).fill(0xa5);
  new DataView(id.buffer).setUint32(0, n);
  return id;
}

export const actorOf = (name: string): Actor => ({
  userId: `u_${name}`,
  name,
  guest: false,
  role: "member",
  roleAt: 0,
});

/** What the runtime does to an object after some idle seconds: memory goes, sockets stay. */
export const evict = (stub: RoomStub | RelayStub): Promise<void> => evictDurableObject(stub);

/** Every row of a query, read inside the object (which wakes it). */
export const query = <T extends Record<string, SqlStorageValue>>(stub: RoomStub, sql: string): Promise<T[]> =>
  runInDurableObject(stub, (_room: RoomObject, state) => state.storage.sql.exec<T>(sql).toArray());

/** Changes settings for the rest of this life of the object. */
export const tune = (stub: RoomStub, settings: Partial<RoomSettings>): Promise<void> =>
  runInDurableObject(stub, (room: RoomObject) => void Object.assign(room.settings, settings));

/** How many rows the queries of a room's own read while `work` runs. */
export async function rowsRead(stub: RoomStub, work: () => Promise<unknown>): Promise<number> {
  const exec = await runInDurableObject(stub, (_room: RoomObject, { storage }) => vi.spyOn(storage.sql, "exec"));
  await work();
  const rows = exec.mock.results.reduce((sum, { value }) => sum + value.rowsRead, 0);
  exec.mockRestore();
  return rows;
}

/** Makes everything due now and runs the alarm. */
export async function ring(stub: RoomStub): Promise<void> {
  await query(stub, "UPDATE due SET at = 1");
  await runDurableObjectAlarm(stub);
}

/** Where a client stands in the log. */
export interface Cursor {
  readonly epoch: Uint8Array;
  readonly lastSeq: number;
}

/** What the directory says of a test room: version 1 is what its first socket brings, a higher one a change. */
export const configOf = (version: number, changed: Partial<RoomConfig> = {}): RoomConfig => ({
  ...{ version, title: "Room", closed: false, slowModeMs: 0, editWindowMs: 0 },
  ...changed,
});

/** Everything that a server of v1 grants. */
export const LIVE = FEATURE.PRESENCE | FEATURE.TYPING | FEATURE.RECEIPTS;

const FRESH: Cursor = { epoch: new Uint8Array(8), lastSeq: 0 };

/** The refs that a frame takes to be known: its sender's, and those that it names. */
function refsIn(frame: Frame): number[] {
  const refs = frame.sender > 0 ? [frame.sender] : [];
  if (frame.kind === "RECEIPT") refs.push(...frame.body.list.map(({ ref }) => ref));
  if (frame.kind === "PRESENCE" && "list" in frame.body) refs.push(...frame.body.list.map(({ ref }) => ref));
  if (frame.kind === "SYSTEM" && frame.body.subject > 0) refs.push(frame.body.subject);
  const erased = readErased(findExt(frame, EXT.ERASED));
  if (erased !== undefined) refs.push(erased.by);
  return refs;
}

export class RoomClient {
  readonly socket: WebSocket;
  /** Binary messages as they came. */
  readonly raw: Uint8Array[] = [];
  readonly texts: string[] = [];
  /** Seqs of all logged frames, in the order they came. */
  readonly read: number[] = [];
  /** Senders who were not introduced before their frame (PROTOCOL.md section 5): must stay empty. */
  readonly strangers: number[] = [];
  closed: { code: number; reason: string } | undefined;
  /** Number of this connection, once `live` has read it. */
  conn = 0;
  /** Who is here as PRESENCE has told: `ref:state` by connection, or undefined while only totals are told. */
  here: Map<number, string> | undefined = new Map();
  /** Connections and people as PRESENCE told last. */
  crowd = { connections: 0, people: 0 };
  /** How far each ref has read, as RECEIPT has told. */
  readonly readers = new Map<number, number>();
  readonly #introduced = new Set<number>();
  readonly #unread: Frame[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") this.texts.push(data);
      else this.#take(new Uint8Array(data as ArrayBuffer));
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
    });
    socket.accept();
  }

  /** Asks the room for a socket and gives its answer as it is. */
  static knock(stub: RoomStub, name: string, more: Partial<Admission> = {}): Promise<Response> {
    const admission = {
      ...actorOf(name),
      sessionId: `s_${name}`,
      expiresAt: 4_102_444_800_000,
      room: configOf(1),
      ...more,
    };
    const headers = { upgrade: "websocket", [ADMISSION_HEADER]: encodeAdmission(admission) };
    return enterRoom(stub, (n) => relayOf(stub, n), "http://room/socket", headers);
  }

  /** The status of a refused socket. Its body is read, for an object with an answer under way is not evicted. */
  static async refused(stub: RoomStub, name: string, more: Partial<Admission> = {}): Promise<number> {
    const answer = await RoomClient.knock(stub, name, more);
    await answer.text();
    return answer.status;
  }

  /** A client on a socket that was opened in another way: by the Worker's door. */
  static on(socket: WebSocket): RoomClient {
    return new RoomClient(socket);
  }

  /** An open socket that has not said HELLO. */
  static async open(stub: RoomStub, name: string, more: Partial<Admission> = {}): Promise<RoomClient> {
    const answer = await RoomClient.knock(stub, name, more);
    if (answer.webSocket === null) throw new Error(`no socket: ${answer.status}`);
    return new RoomClient(answer.webSocket);
  }

  /** One that wants `features` (all by default), with its WELCOME read. */
  static async live(stub: RoomStub, name: string, features = LIVE, cursor = FRESH): Promise<RoomClient> {
    const client = await RoomClient.open(stub, name);
    client.conn = (await client.hello(cursor, features)).welcome.body.conn;
    return client;
  }

  /** A socket that has said HELLO, with its WELCOME and PEOPLE read. */
  static async join(stub: RoomStub, name: string, cursor = FRESH, features = 0): Promise<RoomClient> {
    const client = await RoomClient.open(stub, name);
    await client.hello(cursor, features);
    await client.expect("PEOPLE");
    return client;
  }

  /** Says HELLO and reads WELCOME, and RESET when there is one. */
  async hello(
    cursor = FRESH,
    features = 0,
  ): Promise<{ welcome: FrameOf<"WELCOME">; reset: FrameOf<"RESET"> | undefined }> {
    this.send({ kind: "HELLO", body: { ...cursor, features, maxFrame: 65_536, client: "test/1" } });
    const welcome = await this.expect("WELCOME");
    return { welcome, reset: welcome.body.outcome === 2 ? await this.expect("RESET") : undefined };
  }

  send(frame: FrameInit | Uint8Array | string): void {
    this.socket.send(frame instanceof Uint8Array || typeof frame === "string" ? frame : encode(frame));
  }

  /** Sends a MSG. */
  say(n: number, text: string, replyTo = 0): void {
    this.send({ kind: "MSG", id: idOf(n), body: { replyTo, text } });
  }

  /** Sends a MSG and waits for its ACK; other frames stay unread. */
  async write(n: number, text: string, replyTo = 0): Promise<FrameOf<"ACK">> {
    this.say(n, text, replyTo);
    return await this.pick("ACK");
  }

  /** Sends a frame that is answered by ACK or ERROR, and waits for that: the status, or the code of the error below 0. */
  async ask(frame: FrameInit | Uint8Array): Promise<{ status: number; seq: number; ts: number }> {
    this.send(frame);
    const isAnswer = ({ kind }: Frame) => kind === "ACK" || kind === "ERROR";
    await until(() => this.#unread.some(isAnswer), "an ACK or an ERROR");
    const [answer] = this.#unread.splice(this.#unread.findIndex(isAnswer), 1);
    if (answer?.kind === "ACK") return { ...answer.body };
    return { status: -(answer as FrameOf<"ERROR">).body.code, seq: 0, ts: 0 };
  }

  /** Says that every byte received was handled. */
  credit(): void {
    this.send({ kind: "CREDIT", body: { consumed: this.bytes } });
  }

  /** Bytes of binary messages received. */
  get bytes(): number {
    return this.raw.reduce((sum, message) => sum + message.byteLength, 0);
  }

  /** The next frame, which must be of this kind. Frames of a BATCH count one by one. */
  async expect<K extends KindName>(kind: K): Promise<FrameOf<K>> {
    await until(() => this.#unread.length > 0, `a ${kind}`);
    const frame = this.#unread.shift()!;
    if (frame.kind !== kind)
      throw new Error(`a ${frame.kind} came instead of a ${kind}: ${JSON.stringify(frame.body)}`);
    return frame as FrameOf<K>;
  }

  /** The next frame of this kind; those before it stay unread. */
  async pick<K extends KindName>(kind: K): Promise<FrameOf<K>> {
    await until(() => this.#unread.some((frame) => frame.kind === kind), `a ${kind}`);
    const at = this.#unread.findIndex((frame) => frame.kind === kind);
    return this.#unread.splice(at, 1)[0] as FrameOf<K>;
  }

  /** Texts of the next `count` messages, with nothing but PEOPLE between them. */
  async messages(count: number): Promise<{ seq: number; text: string }[]> {
    const found: { seq: number; text: string }[] = [];
    while (found.length < count) {
      await until(() => this.#unread.length > 0, `message ${found.length + 1} of ${count}`);
      if (this.#unread[0]!.kind === "PEOPLE") this.#unread.shift();
      else {
        const frame = await this.expect("MSG");
        found.push({ seq: frame.seq, text: frame.body.text });
      }
    }
    return found;
  }

  /**
   * What has come and was not asked for, once nothing more comes; by default longer than frames wait for each other. Only for what may
   * come or must not: what has to come is waited for, by `gather`, `until` or by its kind.
   */
  async rest(ms = 3 * LIMIT.COALESCE_MS): Promise<KindName[]> {
    await quiet([this], ms);
    return this.#unread.splice(0).map((frame) => frame.kind);
  }

  /** What has come, once it is `count` frames, however long that takes, and nothing more comes behind them. */
  async gather(count: number, ms?: number): Promise<KindName[]> {
    await until(() => this.#unread.length >= count, `${count} frames, where there are ${this.#unread.length}`);
    return this.rest(ms);
  }

  /** The fatal ERROR and the close that follows it. */
  async end(): Promise<{ error: number; close: number }> {
    const { body } = await this.pick("ERROR");
    await until(() => this.closed !== undefined, "the close");
    return { error: body.code, close: this.closed!.code };
  }

  async close(code = 1000): Promise<void> {
    this.socket.close(code, "done");
    await until(() => this.closed !== undefined, "the close");
  }

  #take(message: Uint8Array): void {
    this.raw.push(message);
    const frame = decode("down", message);
    for (const one of "skip" in frame || frame.kind !== "BATCH" ? [frame] : frame.body.list) {
      if ("skip" in one) continue;
      this.#unread.push(one);
      this.#fold(one);
      if (one.seq > 0) this.read.push(one.seq);
      if (one.kind === "HISTORY_PAGE") this.#meet(one.body.list, new Set());
      else this.#meet([one], this.#introduced);
    }
  }

  #meet(frames: readonly (Frame | Skip)[], introduced: Set<number>): void {
    for (const frame of frames) {
      if ("skip" in frame) continue;
      if (frame.kind === "PEOPLE") for (const { ref } of frame.body.list) introduced.add(ref);
      else for (const ref of refsIn(frame)) if (!introduced.has(ref)) this.strangers.push(ref);
    }
  }

  /** Keeps what PRESENCE and RECEIPT tell, as a client would. */
  #fold(frame: Frame): void {
    if (frame.kind === "RECEIPT") for (const { ref, upTo } of frame.body.list) this.readers.set(ref, upTo);
    if (frame.kind !== "PRESENCE" || frame.body.op === PRESENCE_OP.SELF) return;
    const { body } = frame;
    this.crowd = { connections: body.connections, people: body.people };
    if (body.op === PRESENCE_OP.TOTALS) this.here = undefined;
    else if (body.op === PRESENCE_OP.SNAPSHOT) this.here = new Map();
    if (body.op === PRESENCE_OP.TOTALS) return;
    if (this.here === undefined) throw new Error("a delta came in place of a snapshot");
    for (const { conn, ref, state } of body.list) {
      if (state === PRESENCE_STATE.GONE) this.here.delete(conn);
      else this.here.set(conn, `${ref}:${state}`);
    }
  }
}

/** Somebody's socket through the Worker's door, with its WELCOME and PEOPLE read. */
export async function enter(
  { token }: Pick<Person, "token">,
  id: string,
): Promise<{ client: RoomClient; welcome: FrameOf<"WELCOME"> }> {
  const { webSocket, status } = await openSocket(id, { token });
  if (webSocket === null) throw new Error(`no socket: ${status}`);
  const client = RoomClient.on(webSocket);
  const { welcome } = await client.hello();
  await client.expect("PEOPLE");
  return { client, welcome };
}
