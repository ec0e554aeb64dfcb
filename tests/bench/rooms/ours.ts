// Our room as a contestant: the whole Worker, sign-in and archive included. Frames are read as little as can be: kind, seq and id.

import { randomBytes } from "node:crypto";
import { encode, encodeText } from "@ferrule/core";
import { devArguments } from "../../../scripts/local.mjs";
import { root } from "../../harness/environment.ts";
import { call, type Guest, guest, join } from "../../harness/people.ts";
import { startWorker } from "../../harness/server/workerd.ts";
import { VARIABLES } from "../harness/variables.ts";
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
  ...VARIABLES,
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

/** Our room, which may be put to sleep where the Worker is the local one. */
export interface Ours extends Contestant {
  /** Takes the room's memory, as idle seconds do; its sockets stay. */
  evict(): Promise<void>;
}

/** How to start it. */
export interface OursOptions {
  /** The Worker of `npm start`, in which a room can be evicted, instead of the one that is deployed. */
  readonly local?: boolean;
  /** Port for the inspector, which profiles. */
  readonly inspectorPort?: number;
}

/** A person's line: a socket that counts what comes and gives credit for it. */
async function openLine(port: number, token: string, reader: FrameReader): Promise<RawSocket> {
  let handled = 0;
  let told = 0;
  const address = {
    port,
    path: `/api/rooms/${ROOM}/socket`,
    headers: { authorization: `Bearer ${token}`, "sec-websocket-protocol": "ferrule.v1" },
  };
  return RawSocket.open(address, (message, line, text) => {
    if (text) return;
    reader.frame(message, false);
    handled += message.length;
    if (handled - told < CREDIT_BYTES) return;
    told = handled;
    line.sendBinary(encode({ kind: "CREDIT", body: { consumed: handled } }));
  });
}

/** Starts the Worker. */
export async function startOurs({ local = false, ...inspector }: OursOptions = {}): Promise<Ours> {
  const words = devArguments();
  const entry = { main: words[1]!, flags: words.slice(words.indexOf("--compatibility-flags") + 1) };
  const config = `${root}wrangler.jsonc`;
  const server = await startWorker({ config, vars: VARS, ...(local ? { entry } : {}), ...inspector });
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
      const socket = await openLine(server.port, token, reader);
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
    async evict() {
      const { evicted } = await call<{ evicted: boolean }>(url, `/api/local/rooms/${ROOM}/evict`, undefined, {});
      if (!evicted) throw new Error("the room was not evicted");
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
