// What tests of relays share: rooms whose sockets are behind relays, people who come again and resend as a client does, and ways to
// lose, double and delay what goes between a room and its relays.
import { runInDurableObject } from "cloudflare:test";
import { decode, type Frame } from "@ferrule/core";
import { expect } from "vitest";
import {
  freshRoom,
  pause,
  query,
  type RelayStub,
  RoomClient,
  type RoomStub,
  tune,
  until,
} from "../../../../../tests/worker/support/room-client";
import type { Push } from "../../relay/shapes";
import type { RelayObject } from "../../relay-object";
import type { RoomObject } from "../../room-object";
import type { RoomSettings } from "../../settings";

/** A room that serves `socketsDirectMax` sockets itself (none); all others go to relays of `relaySocketsMax` (2). */
export async function bigRoom(settings: Partial<RoomSettings> = {}): Promise<RoomStub> {
  const stub = freshRoom("relayed");
  await grow(stub, settings);
  return stub;
}

/** The same for a room that has lost its memory. */
export const grow = (stub: RoomStub, settings: Partial<RoomSettings> = {}): Promise<void> =>
  tune(stub, { socketsDirectMax: 0, relaySocketsMax: 2, relayRetryMs: 60, relayAnswerMs: 400, ...settings });

/** Changes settings of a relay for the rest of this life. */
export const tuneRelay = (stub: RelayStub, settings: Partial<RoomSettings>): Promise<void> =>
  runInDurableObject(stub, (relay: RelayObject) => void Object.assign(relay.settings, settings));

/** What an object calls at another one, by the methods of the call. */
type Calls = Record<string, (...values: never[]) => unknown>;

/** Has all calls of an object to others of a namespace go through `wrap`, for the rest of this life. */
function wrap(
  stub: RoomStub | RelayStub,
  binding: "RELAY" | "ROOM",
  wrapped: (call: () => Promise<unknown>, method: string, name: string, values: readonly unknown[]) => Promise<unknown>,
): Promise<void> {
  return runInDurableObject(stub as RoomStub, (object: RoomObject) => {
    const env = Reflect.get(object, "env") as Record<string, { getByName(name: string): Calls }>;
    const real = env[binding]!;
    const getByName = (name: string) =>
      new Proxy(
        {},
        {
          get:
            (_, method: string) =>
            (...values: never[]) =>
              wrapped(async () => await real.getByName(name)[method]!(...values), method, name, values),
        },
      );
    Reflect.set(object, "env", { ...env, [binding]: { getByName } });
  });
}

/** Has a room's calls to its relays go through `wrapped`. */
export const wrapDown = (
  room: RoomStub,
  wrapped: (call: () => Promise<unknown>, name: string, push: Push) => Promise<unknown>,
) => wrap(room, "RELAY", (call, _method, name, [push]) => wrapped(call, name, push as Push));

/** Has a relay's calls to its room go through `wrapped`. */
export const wrapUp = (relay: RelayStub, wrapped: (call: () => Promise<unknown>, method: string) => Promise<unknown>) =>
  wrap(relay, "ROOM", (call, method) => wrapped(call, method));

/** The object ends at once, as by a crash: memory and sockets go, what was stored stays. */
export const abort = (stub: RoomStub | RelayStub): Promise<void> =>
  runInDurableObject(stub as RoomStub, (_object, state) => state.abort("by plan")).then(
    () => undefined,
    () => undefined,
  );

/** The answer of an object that may just have ended: who calls it while it does is told so. */
export async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (tries === 40 || !String(error).includes("by plan")) throw error;
    }
    await pause(25);
  }
}

/** The frames of a message. */
function framesOf(message: Uint8Array): Frame[] {
  const frame = decode("down", message);
  if ("skip" in frame) return [];
  return frame.kind === "BATCH" ? frame.body.list.filter((one): one is Frame => !("skip" in one)) : [frame];
}

/** One person over all their connections, as a client is one: what was not acknowledged is sent again after each WELCOME. */
export class Person {
  readonly name: string;
  readonly read: number[] = [];
  /** Seq by number of the message. */
  readonly acked = new Map<number, number>();
  readonly #unacked = new Map<number, string>();
  #client: RoomClient | undefined;
  #epoch = new Uint8Array(8);
  #start = 0;
  #taken = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Whether there is a socket, open as far as is known. */
  get here(): boolean {
    return this.#client !== undefined && this.#client.closed === undefined;
  }

  get client(): RoomClient {
    return this.#client!;
  }

  /** Everything up to this seq was read, or was there before. */
  get last(): number {
    this.take();
    return this.read.at(-1) ?? this.#start;
  }

  say(n: number, text = `message ${n}`): void {
    this.#unacked.set(n, text);
    this.#try((client) => client.say(n, text));
  }

  /** Says that everything received was handled. */
  credit(): void {
    this.#try((client) => client.credit());
  }

  /** Does something with the socket. One whose object has just ended throws, before its end is told. */
  #try(run: (client: RoomClient) => void): void {
    if (!this.here) return;
    try {
      run(this.client);
    } catch {
      this.take();
      this.#client = undefined;
    }
  }

  /** Opens a socket unless there is one; goes on where the one before has ended. */
  async come(stub: RoomStub): Promise<void> {
    if (this.here) return;
    this.take();
    const client = await RoomClient.open(stub, this.name);
    this.#client = client;
    this.#taken = 0;
    const lastSeq = this.last;
    const { welcome } = await client.hello({ epoch: this.#epoch, lastSeq });
    if (this.#epoch.every((byte) => byte === 0)) this.#start = welcome.body.startSeq;
    else expect(welcome.body.startSeq, `${this.name} recovers`).toBe(lastSeq);
    this.#epoch = Uint8Array.from(welcome.body.epoch);
    for (const [n, text] of this.#unacked) client.say(n, text);
  }

  async leave(): Promise<void> {
    if (this.here) await this.client.close().catch(() => undefined);
    this.take();
    this.#client = undefined;
  }

  /** Comes again, as often as it takes, until all is acknowledged that was said. */
  async settle(stub: RoomStub): Promise<void> {
    for (const end = Date.now() + 20_000; ; ) {
      await this.come(stub).catch(() => undefined);
      await until(() => this.isSettled || !this.here, `${this.name} to settle`);
      if (this.isSettled && this.here) return;
      if (Date.now() > end) throw new Error(`${this.name} does not settle`);
    }
  }

  get isSettled(): boolean {
    this.take();
    return this.#unacked.size === 0;
  }

  /** Everything from the first WELCOME to `head`, each once and in order, from people who were introduced. */
  async check(stub: RoomStub, head: number, what: string): Promise<void> {
    for (const end = Date.now() + 20_000; this.last < head; ) {
      await this.come(stub).catch(() => undefined);
      await until(
        () => this.last >= head || !this.here,
        `${what}: ${this.name} to reach ${head}, stands at ${this.last}`,
      );
      if (Date.now() > end) throw new Error(`${what}: ${this.name} stays at ${this.last} of ${head}`);
    }
    const all = Array.from({ length: head - this.#start }, (_, n) => this.#start + n + 1);
    expect(this.read, `${what}: ${this.name}`).toEqual(all);
    expect(this.#client?.strangers ?? [], `${what}: ${this.name}`).toEqual([]);
  }

  /** Takes what has come. */
  take(): void {
    const client = this.#client;
    if (client === undefined) return;
    this.read.push(...client.read.splice(0));
    for (const message of client.raw.slice(this.#taken)) {
      for (const frame of framesOf(message)) {
        if (frame.kind !== "ACK" || frame.id === null) continue;
        const n = new DataView(frame.id.buffer, frame.id.byteOffset).getUint32(0);
        const before = this.acked.get(n);
        if (before !== undefined) expect(frame.body.seq, `the second ACK of ${n}`).toBe(before);
        this.acked.set(n, frame.body.seq);
        this.#unacked.delete(n);
      }
    }
    this.#taken = client.raw.length;
  }
}

/** The log holds each message that was acknowledged once, at the place that was told, and none that nobody said. */
export async function checkLog(stub: RoomStub, people: readonly Person[], said: number, what: string): Promise<void> {
  const rows = await query<{ seq: number; cid: ArrayBuffer }>(
    stub,
    "SELECT seq, cid FROM log WHERE kind = 4 ORDER BY seq",
  );
  const stored = rows.map(({ seq, cid }) => [new DataView(cid).getUint32(0), seq] as const);
  expect(new Set(stored.map(([n]) => n)).size, `${what}: messages stored twice`).toBe(stored.length);
  expect(stored.length, `${what}: messages stored`).toBe(said);
  const seqs = new Map(stored);
  for (const { acked, name } of people)
    for (const [n, seq] of acked) expect(seqs.get(n), `${what}: ${name}'s ${n}`).toBe(seq);
}
