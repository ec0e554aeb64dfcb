// What a socket of TCP can send and no client would: requests that two servers could read as different numbers of requests, and
// headers that are doubled, broken or endless. The server here is workerd; on Cloudflare its own front stands before it.
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { guest } from "../harness/people";
import { type Server, startServer } from "../harness/server/server";

let server: Server;
let token: string;
beforeAll(async () => {
  server = await startServer();
  ({ token } = await guest(server.url));
});
afterAll(() => server?.[Symbol.asyncDispose]());

const QUIET_MS = 1_500;

/** How long (ms) an answer that must come may take. */
const ANSWER_MS_MAX = 30_000;

/** Sends these bytes and gives all that comes back: `answers` of them, however long that takes, and what comes until the line is quiet. */
function talk(sent: string, answers = 0): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve) => {
    let came = "";
    const socket = connect(Number(port), hostname, () => socket.write(sent, "latin1"));
    const end = () => {
      socket.destroy();
      resolve(came);
    };
    socket.setTimeout(answers > 0 ? ANSWER_MS_MAX : QUIET_MS, end);
    socket.on("data", (data) => {
      came += data.toString("latin1");
      if (statuses(came).length >= answers) socket.setTimeout(QUIET_MS);
    });
    socket.on("close", end);
    socket.on("error", end);
  });
}

const statuses = (came: string) => [...came.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

/** A request whose effect could be seen: the answer of /api/users/me would name the guest. */
const hidden = () => `GET /api/users/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`;

test("S32 a request has one length: what is said twice or in two ways is refused, and nothing hides behind it", async () => {
  const post = "POST /api/auth/sign-in/anonymous HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
  const inside = hidden();
  // two requests that are said as two are answered as two: what hides would be seen
  const both = await talk(`${post}content-length: 2\r\n\r\n{}${inside}`, 2);
  expect([statuses(both), both.includes('"guest":true')]).toEqual([[200, 200], true]);
  for (const [name, request] of Object.entries({
    "length and chunks": `${post}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${inside}`,
    "two lengths": `${post}content-length: 0\r\ncontent-length: ${inside.length}\r\n\r\n${inside}`,
    "a length with a sign": `${post}content-length: +${inside.length}\r\n\r\n${inside}`,
    "an odd encoding": `${post}transfer-encoding: xchunked\r\ncontent-length: 2\r\n\r\n{}${inside}`,
    "a blank before the colon": `${post}content-length : 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${inside}`,
  })) {
    const came = await talk(request, 1);
    expect([name, statuses(came), came.includes('"guest":true')]).toEqual([name, [400], false]);
  }
  expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
});

test("S32 headers that are broken or endless, and addresses that are none, end that line and no other", async () => {
  for (const request of [
    `GET /api/health HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(1_000_000)}\r\n\r\n`,
    `GET /api/health HTTP/1.1\r\nhost: x\r\n${"x: y\r\n".repeat(50_000)}\r\n`,
    `GET /${"a".repeat(1_000_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
    "GET /api/health HTTP/1.1\r\nhost: x\r\nx: a\rset-cookie: b\r\n\r\n",
    "GET /api/health HTTP/1.1\r\nhost: x\r\nx: a\u0000b\r\n\r\n",
    "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001",
    "GET /api/health\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ]) {
    const came = await talk(request);
    expect([request.slice(0, 60), statuses(came).every((status) => status !== 500)]).toEqual([
      request.slice(0, 60),
      true,
    ]);
    expect(came).not.toMatch(/set-cookie: b|\bat \S+\.(ts|js|mjs):\d/);
  }
  expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
});
