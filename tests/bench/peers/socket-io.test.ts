// The Socket.IO peer does what it is compared for, seen by its own client: it acknowledges, broadcasts, knows a repeated id, limits.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { io, type Socket } from "socket.io-client";
import { expect, test } from "vitest";
import { environment, root } from "../../harness/environment.ts";

const uuid = (n: number) => `${String(n).padStart(8, "0")}-1111-4111-8111-111111111111`;

test("a message is acknowledged, reaches everybody, counts once, and too many are refused", async () => {
  const child = spawn("node", [`${root}tests/bench/peers/socket-io/server.ts`], {
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const sockets: Socket[] = [];
  try {
    const [line] = await once(child.stdout, "data");
    const port = /port (\d+)/.exec(String(line))?.[1];
    for (const user of ["ada", "bob"]) {
      const socket = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], query: { user } });
      sockets.push(socket);
      await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
    }
    const [ada, bob] = sockets;
    const say = (n: number) =>
      ada!.emitWithAck("message", JSON.stringify({ type: "message", id: uuid(n), replyTo: 0, text: `message ${n}` }));
    const heard = new Promise((resolve) => bob!.once("message", resolve));
    const first = await say(1);
    expect(first).toEqual({ seq: 1, ts: expect.any(Number), duplicate: false });
    expect(await heard).toMatchObject({ type: "message", seq: 1, id: uuid(1), sender: 1, text: "message 1" });
    expect(await say(1)).toEqual({ ...first, duplicate: true });
    const answers = await Promise.all(Array.from({ length: 15 }, (_, n) => say(n + 2)));
    expect(answers.at(-1)).toMatchObject({ code: "rate_limited", retryAfterMs: expect.any(Number) });
  } finally {
    for (const socket of sockets) socket.close();
    child.kill("SIGKILL");
  }
});
