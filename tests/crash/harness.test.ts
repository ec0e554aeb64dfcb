// The harness itself: what the crash tests rest on.
import { expect, test } from "vitest";
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
