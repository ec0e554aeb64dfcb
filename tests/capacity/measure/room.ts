// A room with sockets for the measurements: opens them, says things, and waits until everybody has heard.

import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { encode, encodeText } from "@ferrule/core";
import { FrameReader } from "../../bench/rooms/frame-reader.ts";
import { RawSocket } from "../../bench/rooms/raw-socket.ts";
import { call, type Guest, guest, join } from "../../harness/people.ts";
import type { Counting } from "./server.ts";

/** Sockets of one person. */
const PER_PERSON = 10;
/** People who come at the same time. */
const AT_ONCE = 8;
const HEAR_MS_MAX = 60_000;
/** Words of the messages: made up, so that the search index grows as with a real language's. */
const WORDS = Array.from({ length: 4_000 }, (_, at) => at.toString(36).padStart(2, "o") + "aeiou"[at % 5]);
/** Letters of a message; about what people write. */
export const TEXT_LENGTH = 60;

/** Message `number`: words picked by a fixed rule, always as long. */
export function textOf(number: number): string {
  let text = "";
  for (let at = number * 7 + 1; text.length < TEXT_LENGTH; at = (at * 31 + number) % 100_003)
    text += `${WORDS[at % WORDS.length]} `;
  return text.slice(0, TEXT_LENGTH);
}

function idOf(number: number): Uint8Array {
  const id = randomBytes(16);
  id.writeUInt32BE(number);
  return id;
}

const NO_EPOCH = new Uint8Array(8);
const HELLO = encode({
  kind: "HELLO",
  body: { epoch: NO_EPOCH, lastSeq: 0, features: 0, maxFrame: 1 << 20, client: "capacity/1" },
});

/** A room in which everybody listens. */
export class Room {
  readonly id: string;
  readonly owner: Guest;
  readonly #server: Counting;
  readonly #sockets: RawSocket[] = [];
  readonly #people: Guest[] = [];
  /** Those of newcomers too. */
  readonly #opened: RawSocket[] = [];
  #heard = 0;
  #said = 0;

  private constructor(server: Counting, id: string, owner: Guest) {
    this.#server = server;
    this.id = id;
    this.owner = owner;
    this.#people.push(owner);
  }

  /** A fresh public room with its owner, who has no socket yet. */
  static async make(server: Counting, title: string): Promise<Room> {
    const owner = await guest(server.url);
    const { id } = await call<{ id: string }>(server.url, "/api/rooms", owner, { title });
    return new Room(server, id, owner);
  }

  get sockets(): number {
    return this.#sockets.length;
  }

  /** Adds sockets until there are `count`, ten of each person; those who come have joined before. */
  async fill(count: number): Promise<void> {
    const people = Math.ceil(count / PER_PERSON);
    while (this.#people.length < people) {
      const some = Array.from({ length: Math.min(AT_ONCE, people - this.#people.length) }, () => this.meet());
      this.#people.push(...(await Promise.all(some)));
    }
    while (this.#sockets.length < count) {
      const from = this.#sockets.length;
      const some = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, at) =>
        this.open(this.#people[Math.floor((from + at) / PER_PERSON)]!),
      );
      this.#sockets.push(...(await Promise.all(some)));
    }
  }

  /** A new guest who is a member. */
  async meet(): Promise<Guest> {
    const made = await guest(this.#server.url);
    await join(this.#server.url, this.id, made);
    return made;
  }

  /** A socket of somebody's that has joined. */
  async open({ token }: Guest): Promise<RawSocket> {
    let welcome = (): void => {};
    const welcomed = new Promise<void>((resolve) => {
      welcome = resolve;
    });
    const heard = {
      delivery: () => {
        this.#heard += 1;
      },
      acknowledgement: () => {},
      refusal: (why: string) => {
        throw new Error(`the room refused: ${why}`);
      },
    };
    const reader = new FrameReader(heard, welcome);
    const headers = { authorization: `Bearer ${token}`, "sec-websocket-protocol": "ferrule.v1" };
    const address = { port: this.#server.port, path: `/api/rooms/${this.id}/socket`, headers };
    let handled = 0;
    let credited = 0;
    const socket = await RawSocket.open(address, (message, line, text) => {
      if (text) return;
      reader.frame(message, false);
      handled += message.length;
      if (handled - credited < CREDIT_BYTES) return;
      credited = handled;
      line.sendBinary(encode({ kind: "CREDIT", body: { consumed: handled } }));
    });
    this.#opened.push(socket);
    socket.sendBinary(HELLO);
    await welcomed;
    return socket;
  }

  /** Says so many things on a socket, `gapMs` apart (0 = at once), and waits until each socket has heard all. */
  async say(count: number, gapMs = 0, socket = 0): Promise<void> {
    const from = this.#heard;
    for (let at = 0; at < count; at++) {
      if (at > 0 && gapMs > 0) await pause(gapMs);
      const number = ++this.#said;
      this.#sockets[socket]!.sendBinary(encodeText("MSG", idOf(number), 0, textOf(number)));
    }
    await this.#until(from + count * this.sockets);
  }

  /** The same, each only when all have heard the one before. */
  async talk(count: number): Promise<void> {
    for (let at = 0; at < count; at++) await this.say(1);
  }

  /** So many people mark everything up to `seq` as read. */
  async read(people: number, seq: number): Promise<void> {
    const ones = this.#sockets.filter((_, at) => at % PER_PERSON === 0).slice(0, people);
    if (ones.length < people) throw new Error(`${this.id} has no ${people} people`);
    for (const socket of ones) socket.sendBinary(encode({ kind: "RECEIPT", body: { list: [{ ref: 0, upTo: seq }] } }));
  }

  /** Uploads a file of so many bytes; its id. */
  async upload(bytes: number): Promise<string> {
    const answer = await fetch(`${this.#server.url}/api/rooms/${this.id}/files?name=capacity.bin`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.owner.token}`, "content-type": "application/octet-stream" },
      body: randomBytes(bytes),
    });
    if (!answer.ok) throw new Error(`the file was refused: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { id: string }).id;
  }

  /** Fetches a file. */
  async download(id: string): Promise<void> {
    const headers = { authorization: `Bearer ${this.owner.token}` };
    const answer = await fetch(`${this.#server.url}/api/rooms/${this.id}/files/${id}`, { headers });
    if (!answer.ok) throw new Error(`the file was not to be had: ${answer.status}`);
    await answer.arrayBuffer();
  }

  /** The newest entry's seq. */
  async head(): Promise<number> {
    return (await call<{ head: number }>(this.#server.url, `/api/rooms/${this.id}/messages?limit=1`, this.owner)).head;
  }

  cut(): void {
    for (const socket of this.#opened) socket.cut();
  }

  async #until(heard: number): Promise<void> {
    const deadline = performance.now() + HEAR_MS_MAX;
    while (this.#heard < heard) {
      if (performance.now() > deadline) throw new Error(`${this.#heard} of ${heard} deliveries came`);
      await pause(1);
    }
  }
}

/** Half of what PROTOCOL.md section 11 asks for at least. */
const CREDIT_BYTES = 32_768;
