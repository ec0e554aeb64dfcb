// The partyserver peer does what it is compared for: it stores, acknowledges, broadcasts, knows a repeated id, limits, and tells what was missed.
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../harness/environment.ts";
import { type RunningServer, startWorker } from "../../harness/server/workerd.ts";
import type { Answer, ChatMessage } from "./chat.ts";

const uuid = (n: number) => `${String(n).padStart(8, "0")}-1111-4111-8111-111111111111`;

let server: RunningServer;
beforeAll(async () => {
  server = await startWorker({ config: `${root}tests/bench/peers/partyserver/wrangler.jsonc` });
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** A client that keeps everything and hands it out in order. */
class Client {
  readonly #socket: WebSocket;
  readonly #came: (Answer | ChatMessage)[] = [];

  constructor(room: string, user: string) {
    this.#socket = new WebSocket(`ws://127.0.0.1:${server.port}/parties/room/${room}?user=${user}`);
    this.#socket.addEventListener("message", ({ data }) => this.#came.push(JSON.parse(String(data))));
  }

  async open(): Promise<this> {
    await once(this.#socket, "open");
    return this;
  }

  send(value: object): void {
    this.#socket.send(JSON.stringify(value));
  }

  say(n: number, text = `message ${n}`, replyTo = 0): void {
    this.send({ type: "message", id: uuid(n), replyTo, text });
  }

  /** The next answer or message of this type, without the others before it. */
  async next(type: string): Promise<Answer | ChatMessage> {
    for (;;) {
      const at = this.#came.findIndex((one) => one.type === type);
      if (at >= 0) return this.#came.splice(at, 1)[0]!;
      await once(this.#socket, "message");
    }
  }

  close(): void {
    this.#socket.close();
  }
}

test("a message is acknowledged to its author and reaches everybody with all fields", async () => {
  const ada = await new Client("talk", "ada").open();
  const bob = await new Client("talk", "bob").open();
  ada.say(1);
  const ack = { type: "ack", id: uuid(1), seq: 1, ts: expect.any(Number), duplicate: false };
  expect(await ada.next("ack")).toEqual(ack);
  const message = { type: "message", seq: 1, ts: expect.any(Number), id: uuid(1), sender: 1, replyTo: 0 };
  for (const one of [ada, bob]) expect(await one.next("message")).toEqual({ ...message, text: "message 1" });
  bob.say(2, "an answer", 1);
  expect(await ada.next("message")).toMatchObject({ seq: 2, sender: 2, replyTo: 1 });
});

test("the same id again is acknowledged as the first one and stored once", async () => {
  const ada = await new Client("twice", "ada").open();
  ada.say(1);
  const first = await ada.next("ack");
  ada.say(1);
  expect(await ada.next("ack")).toEqual({ ...first, duplicate: true });
  ada.send({ type: "resume", after: 0 });
  expect(await ada.next("missed")).toMatchObject({ messages: [{ seq: 1 }] });
});

test("what was missed comes in order, from storage", async () => {
  const ada = await new Client("missed", "ada").open();
  for (let n = 1; n <= 5; n++) ada.say(n);
  for (let n = 1; n <= 5; n++) await ada.next("ack");
  const bob = await new Client("missed", "bob").open();
  bob.send({ type: "resume", after: 2 });
  const told = [3, 4, 5].map((seq) => ({ type: "message", seq, id: uuid(seq), text: `message ${seq}`, sender: 1 }));
  expect(await bob.next("missed")).toMatchObject({ messages: told });
});

test("too long, no JSON, an answer to nothing and too many are refused, each by its code", async () => {
  const ada = await new Client("limits", "ada").open();
  ada.say(1, "é".repeat(8_193));
  expect(await ada.next("error")).toMatchObject({ code: "too_large" });
  ada.send({ type: "message", id: "none", replyTo: 0, text: "x" });
  expect(await ada.next("error")).toMatchObject({ code: "bad_request" });
  ada.say(2, "an answer", 99);
  expect(await ada.next("error")).toMatchObject({ code: "not_found" });
  for (let n = 3; n <= 15; n++) ada.say(n);
  expect(await ada.next("error")).toMatchObject({ code: "rate_limited", retryAfterMs: expect.any(Number) });
});
