// Our room as a contestant: the whole Worker, sign-in and archive included. Frames are read as little as can be: kind, seq and id.
import { randomBytes } from "node:crypto";
import { encode, encodeText } from "@ferrule/core";
import { root } from "../../harness/environment.ts";
import { call, type Guest, guest, join } from "../../harness/people.ts";
import { startWorker } from "../../harness/workerd.ts";
import { FrameReader } from "./frame-reader.ts";
import { RawSocket } from "./raw-socket.ts";
import { type Contestant, LINES_PER_PERSON, type Line } from "./talk.ts";

const ROOM = "lobby";
/** Half of what PROTOCOL.md section 11 asks for at least. */
const CREDIT_BYTES = 32_768;
const NO_EPOCH = new Uint8Array(8);

const WIDE = "1000000/1000000";

/** Variables of the Worker: limits wide, as the peers' are; each is still checked. */
const VARS = {
  AUTH_RATE_LIMIT: "off",
  BETTER_AUTH_SECRET: "bench-only-secret-0123456789-abcdefghij",
  BETTER_AUTH_URL: "http://localhost:8787",
  ADMIN_EMAILS: "",
  TRUSTED_ORIGINS: "",
  RATE_WRITE: WIDE,
  RATE_CONTROL: WIDE,
  RATE_BYTES: "1000000000/1000000000",
};

/** Id of message `number`: the number in its first four bytes, so that it can be read without looking anything up; the rest is random. */
function idOf(number: number): Uint8Array {
  const id = randomBytes(16);
  id.writeUInt32BE(number);
  return id;
}

const hello = (epoch: Uint8Array, lastSeq: number): Uint8Array =>
  encode({ kind: "HELLO", body: { epoch, lastSeq, features: 0, maxFrame: 1 << 20, client: "bench/1" } });

/** Starts the Worker. `vars` go over the benchmark's own. */
export async function startOurs(
  vars: Readonly<Record<string, string>> = {},
  inspectorPort?: number,
): Promise<Contestant> {
  const inspector = inspectorPort === undefined ? {} : { inspectorPort };
  const server = await startWorker({ config: `${root}wrangler.jsonc`, vars: { ...VARS, ...vars }, ...inspector });
  const url = `http://127.0.0.1:${server.port}`;
  const people = new Map<number, Promise<Guest>>();
  let epoch = NO_EPOCH;

  const person = (n: number): Promise<Guest> => {
    const which = Math.floor(n / LINES_PER_PERSON);
    const known = people.get(which) ?? guest(url).then(async (made) => join(url, ROOM, made).then(() => made));
    people.set(which, known);
    return known;
  };
  return {
    name: "ours",
    async open(n, heard, joined = true): Promise<Line> {
      const { token } = await person(n);
      let welcome = (): void => {};
      const welcomed = new Promise<void>((resolve) => {
        welcome = resolve;
      });
      const reader = new FrameReader(heard, (told) => {
        epoch = told;
        welcome();
      });
      let handled = 0;
      let told = 0;
      const socket = await RawSocket.open(
        {
          port: server.port,
          path: `/api/rooms/${ROOM}/socket`,
          headers: { authorization: `Bearer ${token}`, "sec-websocket-protocol": "ferrule.v1" },
        },
        (message, line, text) => {
          if (text) return;
          reader.frame(message, false);
          handled += message.length;
          if (handled - told < CREDIT_BYTES) return;
          told = handled;
          line.sendBinary(encode({ kind: "CREDIT", body: { consumed: handled } }));
        },
      );
      if (joined) {
        socket.sendBinary(hello(NO_EPOCH, 0));
        await welcomed;
      }
      return {
        publish: (number, text) => socket.sendBinary(encodeText("MSG", idOf(number), 0, text)),
        resume: (seq) => socket.sendBinary(hello(epoch, seq)),
        get bytes() {
          return socket.bytes;
        },
        cut: () => socket.cut(),
      };
    },
    head: async () => (await call<{ head: number }>(url, `/api/rooms/${ROOM}/messages?limit=1`, await person(0))).head,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
