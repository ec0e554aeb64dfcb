// The running Worker together with the Python Worker, under one command: what was told to the one is not lost on the way to two, a
// kill takes both, and both come back on the same state. Also what the harness does without Python.
import { expect, test } from "vitest";
import { call, guest, history, join } from "../harness/people";
import { pythonTest } from "../harness/python/python";
import { startServer } from "../harness/server/server";

const COUNTED = /count=(\d+)/;

async function count(url: string): Promise<number> {
  const answer = await fetch(url, { headers: { accept: "text/plain" } });
  return Number(COUNTED.exec(await answer.text())?.[1]);
}

pythonTest(
  "with Python the local Worker is still the local one: page, secrets, eviction, and its death by request",
  async () => {
    await using server = await startServer({ python: true, breakable: true });
    const { url } = server;
    const ask = (path: string, method = "GET") => fetch(`${url}${path}`, { method });
    expect(await (await ask("/")).text()).toContain("<!doctype html>");
    expect(await (await ask("/py/hello")).text()).toMatch(/Python 3\.\d+\.\d+/);
    expect(await count(`${url}/py/counter`)).toBe(1);
    expect(await count(`${url}/counter`)).toBe(1);

    // `--var` holds for the public Worker, `unsafe_module` too: without either these two would not be.
    const ada = await guest(url);
    await join(url, "lobby", ada);
    await call(url, "/api/rooms/lobby/messages", ada, { text: "before" });
    expect(await (await ask("/api/local/rooms/lobby/evict", "POST")).json()).toEqual({ evicted: true });

    const status = async () =>
      (await ask("/api/local/status")).json() as Promise<{ process: string; supervised: boolean }>;
    const before = await status();
    expect(before.supervised).toBe(true);
    expect((await ask("/api/local/kill", "POST")).status).toBe(202);
    await expect
      .poll(async () => (await status().catch(() => before)).process, { timeout: 60_000, interval: 250 })
      .not.toBe(before.process);
    expect(await count(`${url}/py/counter`)).toBe(2);
    expect(await count(`${url}/counter`)).toBe(2);
    expect((await history(url, "lobby", ada)).map((message) => message.text)).toEqual(["before"]);
  },
);

test("P25 without Python the harness serves all but /py/*, which says why", async () => {
  await using server = await startServer();
  const off = await fetch(`${server.url}/py/hello`);
  expect([off.status, off.headers.get("retry-after")]).toEqual([503, "60"]);
  expect(await off.text()).toBe("The Python pages are off: this server was started without it");
  expect((await fetch(`${server.url}/hello`)).status).toBe(200);
});
