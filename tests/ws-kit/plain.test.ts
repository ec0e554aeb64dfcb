// The adapter in a workerd without nodejs_compat, over real sockets: the Vitest plugin switches that flag on by itself, and its sockets
// cannot be torn.
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningServer, startWorker } from "../harness/server/workerd.ts";

const WAIT_MS = 10_000;
let server: RunningServer;
const config = fileURLToPath(new URL("../worker/ws-kit/plain/wrangler.jsonc", import.meta.url));

beforeAll(async () => {
  server = await startWorker({ config });
});
afterAll(() => server?.[Symbol.asyncDispose]());

const url = (scheme: string, path: string) => `${scheme}://127.0.0.1:${server.port}${path}`;

async function until<T>(find: () => T | undefined | Promise<T | undefined>, what: string): Promise<T> {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function join(path: string) {
  const socket = new WebSocket(url("ws", path));
  const frames: { type: string; payload: Record<string, unknown> }[] = [];
  const closed: { code: number; reason: string }[] = [];
  socket.onmessage = ({ data }) =>
    frames.push(String(data).startsWith("{") ? JSON.parse(data) : { type: data, payload: {} });
  socket.onclose = ({ code, reason }) => closed.push({ code, reason });
  const next = (type: string) =>
    until(() => {
      const at = frames.findIndex((frame) => frame.type === type);
      return at < 0 ? undefined : frames.splice(at, 1)[0];
    }, type);
  const { payload } = await next("WELCOME");
  return { socket, closed, next, id: payload["id"] };
}

/** `[clientId, code]` of each run of onClose, once there are any. */
const endedIn = (path: string): Promise<[string, number][]> =>
  until(async () => {
    const ended: [string, number][] = await (await fetch(url("http", path))).json();
    return ended.length > 0 ? ended : undefined;
  }, "onClose");

/** An upgrade by hand over a bare connection, so that it can be torn in the middle. */
async function bareClient(path: string) {
  const line = connect(server.port, "127.0.0.1");
  let received = "";
  line.on("data", (bytes) => {
    received += bytes.toString("latin1");
  });
  const key = randomBytes(16).toString("base64");
  line.write(
    `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  const id = await until(() => /"id":"([^"]+)"/.exec(received)?.[1], "WELCOME");
  return { line, id };
}

describe("without nodejs_compat", () => {
  it("A27 this workerd has no setImmediate of its own; shim: false says so", async () => {
    expect(await (await fetch(url("http", "/own"))).json()).toEqual({
      setImmediate: "undefined",
      process: "undefined",
      withoutShim: "CORE_UNSUPPORTED",
    });
  });

  describe.each([
    ["A27", "sleeping"],
    ["A32", "awake"],
  ])("%s", (id, mode) => {
    it(`${id} WELCOME, an answer and a publish arrive (${mode})`, async () => {
      const ann = await join(`/${mode}/chat`);
      const bob = await join(`/${mode}/chat`);
      ann.socket.send('{"type":"WHO","meta":{"correlationId":"1"},"payload":{}}');
      expect((await ann.next("ME")).payload).toEqual({ id: ann.id });
      bob.socket.send('{"type":"SAY","payload":{"text":"hi"}}');
      for (const client of [ann, bob]) expect((await client.next("SAID")).payload).toEqual({ text: "hi" });
      bob.socket.close(4001, "bye");
      await until(() => bob.closed[0], "the close");
      expect(bob.closed).toEqual([{ code: 4001, reason: "bye" }]);
      expect(await endedIn(`/${mode}/chat`)).toEqual([[bob.id, 4001]]);
      ann.socket.close();
    });

    it(`${id === "A27" ? "A28" : id} a binary frame is read (${mode})`, async () => {
      const ann = await join(`/${mode}/binary`);
      ann.socket.send(new TextEncoder().encode('{"type":"WHO","meta":{"correlationId":"1"},"payload":{}}'));
      expect((await ann.next("ME")).payload).toEqual({ id: ann.id });
      ann.socket.send("ping");
      expect((await ann.next("pong")).type).toBe("pong");
      ann.socket.close();
    });

    it(`A16 a torn line runs onClose once, with 1006 (${mode})`, async () => {
      const { line, id: torn } = await bareClient(`/${mode}/torn`);
      line.resetAndDestroy();
      expect(await endedIn(`/${mode}/torn`)).toEqual([[torn, 1006]]);
      // Whatever else comes of this socket comes before the answer to somebody who joins after it.
      const ann = await join(`/${mode}/torn`);
      expect(await endedIn(`/${mode}/torn`)).toEqual([[torn, 1006]]);
      ann.socket.close();
    });
  });
});
