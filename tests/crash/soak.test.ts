// R66: a hundred thousand frames through one room, and the Worker is as large as it was after the first thousand: the core's memory to
// the byte, its handles, and the heap of its isolate. FERRULE_SOAK_FRAMES sets how many.
import { encode, encodeText, type FrameInit } from "@ferrule/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { devArguments } from "../../scripts/local.mjs";
import { FrameReader } from "../bench/rooms/frame-reader.ts";
import { RawSocket } from "../bench/rooms/raw-socket.ts";
import { root } from "../harness/environment.ts";
import { call, type Guest, guest, join } from "../harness/people.ts";
import { freePort } from "../harness/server/free-port.ts";
import { Inspector } from "../harness/server/inspector.ts";
import { type RunningServer, startWorker } from "../harness/server/workerd.ts";

const FRAMES = Number(process.env["FERRULE_SOAK_FRAMES"] ?? 100_000);
/** How many frames are through when the Worker counts as warm. */
const WARM = 1_000;
const LINES = 8;
const ROOM = "lobby";
/** Frames of a line that wait for their answer at most. */
const UNDER_WAY = 32;
/** Half of what PROTOCOL.md section 11 asks for at least. */
const CREDIT_BYTES = 32_768;
/** One frame in so many comes broken, from a stranger who is closed for it. */
const BROKEN_EVERY = 2_000;
const HEAP_BYTES_MORE_MAX = 8 * 1024 * 1024;
const ALL_FEATURES = 0x0e;
const WIDE = "1000000/1000000";
const VARS = {
  AUTH_RATE_LIMIT: "off",
  BETTER_AUTH_SECRET: "test-only-secret-0123456789-abcdefghij",
  RATE_WRITE: WIDE,
  RATE_SOFT: WIDE,
  RATE_READ: WIDE,
  RATE_CONTROL: WIDE,
  RATE_BYTES: "1000000000/1000000000",
};

/** What the Worker says of itself. */
interface Status {
  readonly core: { readonly memoryBytes: number; readonly liveHandles: number };
}

let server: RunningServer;
let url: string;
let inspector: Inspector;

beforeAll(async () => {
  const inspectorPort = await freePort();
  const words = devArguments();
  const entry = { main: words[1]!, flags: words.slice(words.indexOf("--compatibility-flags") + 1) };
  server = await startWorker({ config: `${root}wrangler.jsonc`, entry, vars: VARS, inspectorPort });
  url = `http://127.0.0.1:${server.port}`;
  inspector = await Inspector.of(inspectorPort);
});
afterAll(async () => {
  inspector?.[Symbol.dispose]();
  await server?.[Symbol.asyncDispose]();
});

/** How large the Worker is. */
async function size() {
  const heapBytes = await inspector.heapBytes();
  return { ...(await call<Status>(url, "/api/local/status")).core, heapBytes };
}

const upgrade = ({ token }: Guest) => ({
  port: server.port,
  path: `/api/rooms/${ROOM}/socket`,
  headers: { authorization: `Bearer ${token}`, "sec-websocket-protocol": "ferrule.v1" },
});

const hello = (features: number): FrameInit => ({
  kind: "HELLO",
  body: { epoch: new Uint8Array(8), lastSeq: 0, features, maxFrame: 1 << 20, client: "soak" },
});

/** A line that sends frames of all sorts and keeps count of the messages whose ACK is still to come. */
class Talker {
  sent = 0;
  waiting = 0;
  #wake = (): void => {};
  readonly #socket: RawSocket;

  private constructor(socket: RawSocket) {
    this.#socket = socket;
  }

  static async open(person: Guest): Promise<Talker> {
    let handled = 0;
    let told = 0;
    let talker: Talker | undefined;
    const heard = {
      delivery() {},
      acknowledgement() {
        if (talker === undefined) return;
        talker.waiting -= 1;
        talker.#wake();
      },
      refusal(why: string) {
        throw new Error(why);
      },
    };
    const reader = new FrameReader(heard, () => {});
    const socket = await RawSocket.open(upgrade(person), (message, line, text) => {
      if (text) return;
      reader.frame(message, false);
      handled += message.length;
      if (handled - told < CREDIT_BYTES) return;
      told = handled;
      line.sendBinary(encode({ kind: "CREDIT", body: { consumed: handled } }));
    });
    socket.sendBinary(encode(hello(ALL_FEATURES)));
    talker = new Talker(socket);
    return talker;
  }

  /** Sends frames until it has sent `count`. */
  async talk(count: number): Promise<void> {
    while (this.sent < count) {
      if (this.waiting >= UNDER_WAY) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      this.#send(this.sent);
      this.sent += 1;
    }
  }

  /** Mostly messages, short and long; in between what is not stored, and a page. */
  #send(n: number): void {
    if (n % 50 === 1) this.#put({ kind: "TYPING", body: { state: (n / 50) & 1 } });
    else if (n % 50 === 11) this.#put({ kind: "PRESENCE", body: { op: 2, state: 1 + (n & 1) } });
    else if (n % 50 === 21) this.#put({ kind: "RECEIPT", body: { list: [{ ref: 0, upTo: n }] } });
    else if (n % 500 === 31) {
      const id = crypto.getRandomValues(new Uint8Array(16));
      this.#put({ kind: "HISTORY_REQ", id, body: { direction: 0, from: 0, limit: 20 } });
    } else {
      const text = n % 100 === 41 ? "a long one, again and again ".repeat(1 + (n % 200)) : `message ${n}`;
      this.waiting += 1;
      this.#socket.sendBinary(encodeText("MSG", crypto.getRandomValues(new Uint8Array(16)), 0, text));
    }
  }

  #put(frame: FrameInit): void {
    this.#socket.sendBinary(encode(frame));
  }
}

/** A line that says HELLO and then something broken, and is closed for it. */
async function stranger(person: Guest, n: number): Promise<void> {
  const socket = await RawSocket.open(upgrade(person), () => {});
  socket.sendBinary(encode(hello(0)));
  const broken = encode(hello(0));
  broken[n % broken.length]! ^= 1 << (n % 8);
  socket.sendBinary(broken);
  while (!socket.ended) await new Promise((resolve) => setTimeout(resolve, 5));
}

test(`R66: ${FRAMES} frames through one room leave the Worker as large as it was after ${WARM}`, {
  timeout: 900_000,
}, async () => {
  const people: Guest[] = [];
  for (let n = 0; n < LINES; n++) people.push(await guest(url));
  for (const person of people) await join(url, ROOM, person);
  const talkers = await Promise.all(people.map((person) => Talker.open(person)));
  const through = async (frames: number): Promise<void> => {
    await Promise.all(talkers.map((talker) => talker.talk(frames / LINES)));
    await stranger(people[0]!, frames);
  };

  await through(WARM);
  const warm = await size();
  for (let frames = BROKEN_EVERY; frames <= FRAMES; frames += BROKEN_EVERY) await through(frames);
  const end = await size();

  expect(warm.memoryBytes).toBeGreaterThan(0);
  expect(end.memoryBytes, "the core's memory").toBe(warm.memoryBytes);
  expect(end.liveHandles, "the core's handles").toBe(warm.liveHandles);
  expect(end.heapBytes - warm.heapBytes, "bytes of heap").toBeLessThan(HEAP_BYTES_MORE_MAX);
  console.log(
    `heap ${warm.heapBytes} bytes after ${WARM} frames, ${end.heapBytes} after ${FRAMES}; core ${end.memoryBytes}`,
  );
});
