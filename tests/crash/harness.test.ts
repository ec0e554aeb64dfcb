// The harness itself: what the crash tests rest on.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join as joinPath } from "node:path";
import { expect, test } from "vitest";
import { environment, root } from "../harness/environment";
import { call, guest, history, join } from "../harness/people";
import { startServer } from "../harness/server/server";

test("a killed server is gone, and comes back at the same place with what it had stored", async () => {
  await using server = await startServer();
  const ada = await guest(server.url);
  await join(server.url, "lobby", ada);
  await call(server.url, "/api/rooms/lobby/messages", ada, { text: "before" });
  await server.kill();
  await expect(fetch(`${server.url}/api/health`)).rejects.toThrow();
  const { url } = server;
  await server.restart();
  expect(server.url).toBe(url);
  expect((await history(url, "lobby", ada)).map((message) => message.text)).toEqual(["before"]);
});

test("drain waits for what goes on behind an answer, and gives up on what never ends", async () => {
  await using server = await startServer();
  const ada = await guest(server.url);
  await join(server.url, "lobby", ada);
  const late = new Promise((resolve) => setTimeout(resolve, 300)).then(() =>
    call(server.url, "/api/rooms/lobby/messages", ada, { text: "late" }),
  );
  await server.drain(async () => (await history(server.url, "lobby", ada)).length === 1);
  await late;
  await expect(server.drain(async () => false, 300)).rejects.toThrow("did not settle");
});

test("whoever is interrupted takes the server along, and what it had stored", async () => {
  const server = joinPath(root, "tests/harness/server/server.ts");
  const program = `
    import { startServer } from ${JSON.stringify(server)};
    process.on("SIGINT", () => process.exit(130));
    const { group, state } = await startServer();
    console.log(JSON.stringify([group(), state]));`;
  const child = spawn("node", ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program], {
    cwd: root,
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const told = await new Promise<Buffer>((resolve) => child.stdout.once("data", resolve));
  const [group, state] = JSON.parse(told.toString()) as [number, string];
  const isThere = () => {
    try {
      return process.kill(-group, 0);
    } catch {
      return false;
    }
  };
  expect([isThere(), existsSync(state)]).toEqual([true, true]);
  child.kill("SIGINT");
  expect(await ended).toBe(130);
  await expect.poll(isThere).toBe(false);
  expect(existsSync(state)).toBe(false);
});
