// A server that is restored while people are connected to it, a restore that is killed, and people who were erased after the backup.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, type RoomEvent, type Socket } from "../../worker-ts/src/client/index.ts";
import { call, type Guest, history, join } from "../harness/people.ts";
import type { Server } from "../harness/server/server.ts";
import { begin, Folder, must } from "./verbs.ts";
import {
  databaseRows,
  eventually,
  increment,
  launch,
  makeRoom,
  roomRows,
  say,
  serve,
  signIn,
  signUp,
  upload,
} from "./world.ts";

const MS_MAX = 240_000;

let [source, target]: [Server, Server] = [undefined, undefined] as never;
const folder = new Folder();
let [ada, bob]: [Guest, Guest] = [undefined, undefined] as never;

beforeAll(async () => {
  [source, target] = await Promise.all([serve(), serve()]);
  [ada, bob] = await Promise.all([signUp(source.url, "Ada"), signUp(source.url, "Bob")]);
  await makeRoom(source.url, ada, "garden", [bob]);
}, MS_MAX);
afterAll(async () => {
  await source?.[Symbol.asyncDispose]();
  await target?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** While it is lost, nothing that the room sends is heard. A line that loses something ends: `cut` does it. */
const hearing: { lost: boolean; cut(): void } = { lost: false, cut() {} };

class DeafSocket implements Socket {
  readonly #socket: WebSocket;

  constructor(url: string, protocols: string[]) {
    this.#socket = new WebSocket(url, protocols);
    hearing.cut = () => this.#socket.close();
  }

  set binaryType(type: "arraybuffer") {
    this.#socket.binaryType = type;
  }

  send(data: Uint8Array<ArrayBuffer> | string): void {
    this.#socket.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#socket.addEventListener(type, (event) => {
      if (!hearing.lost || type !== "message") listener(event as never);
    });
  }
}

/** Texts in a room's log, as they stand. */
const texts = async (server: Server, who: Guest): Promise<string[]> =>
  (await history(server.url, "garden", who)).map(({ text }) => text);

test("BK09 whoever is connected is told that the log is another one, and loses nothing unacknowledged", {
  timeout: MS_MAX,
}, async () => {
  const file = folder.file("live.backup");
  const [calm, deaf] = [
    connect({ url: source.url, room: "garden", token: () => ada.token }),
    connect({ url: source.url, room: "garden", token: () => bob.token, platform: { WebSocket: DeafSocket } }),
  ];
  const resets: RoomEvent[] = [];
  calm.on("reset", (event) => void resets.push(event));
  await calm.send("before").done;
  await deaf.send("bob before").done;
  const epoch = calm.cursor!.epoch;
  hearing.lost = true;
  // stored, and nobody told him; in the backup
  const kept = deaf.send("bob unheard, in the backup");
  await eventually("it is stored", async () =>
    (await texts(source, ada)).includes("bob unheard, in the backup") ? true : undefined,
  );
  await must(["backup", file], source);
  // perhaps stored, and nobody told him; not in the backup
  const lost = deaf.send("bob unheard, behind the backup");
  await calm.send("behind the backup, acknowledged").done;
  await pause(500);

  await must(["restore", file, "--yes"], source);
  hearing.lost = false;
  hearing.cut();
  deaf.retryNow();
  await eventually("the reset", async () => (resets.length > 0 ? true : undefined));
  expect(resets).toEqual([expect.objectContaining({ type: "reset", reason: "epoch_changed" })]);
  expect(calm.cursor!.epoch).not.toBe(epoch);
  await Promise.all([kept.done, lost.done]);
  await calm.send("after").done;
  expect(calm.state).toBe("open");
  const said = (await texts(source, ada)).sort();
  expect(said).toEqual([
    "after",
    "before",
    "bob before",
    "bob unheard, behind the backup",
    "bob unheard, in the backup",
  ]);
  await Promise.all([calm.close(), deaf.close()]);
});

test("BK10 an account that was deleted after the backup does not come back", { timeout: MS_MAX }, async () => {
  const [file, newer] = [folder.file("with-eve"), folder.file("without-eve")];
  const eve = await signUp(source.url, "Eve");
  await join(source.url, "garden", eve);
  const fileId = await upload(source.url, eve, "garden", new TextEncoder().encode("eves-bytes"));
  const seq = await say(source.url, eve, "garden", "evergreen words of hers", [fileId]);
  await eventually("the archive has it", async () =>
    databaseRows(source.state, "message").some(({ text }) => String(text).includes("evergreen")) ? true : undefined,
  );
  await must(["backup", file], source);
  await call(source.url, "/api/users/me?messages=erase", eve, undefined, "DELETE");
  await must(["backup", newer], source);

  const isGone = async (server: Server) => {
    expect(databaseRows(server.state, "user").filter(({ id }) => id === eve.userId)).toEqual([]);
    expect(JSON.stringify(databaseRows(server.state, "message"))).not.toContain("evergreen");
    expect(databaseRows(server.state, "file").filter(({ id }) => id === fileId)).toEqual([]);
    const log = JSON.stringify(roomRows(server.state, "garden", "log"));
    expect(log).not.toContain(Buffer.from("evergreen").toString("hex"));
    const reader = await signIn(server.url, "Ada");
    const [there] = (await history(server.url, "garden", reader)).filter((told) => told.seq === seq);
    expect(there).toMatchObject({ text: "", deletedAt: expect.any(Number), author: { name: "Deleted user" } });
    const { hits } = await call<{ hits: unknown[] }>(server.url, "/api/rooms/garden/search?q=evergreen", reader);
    expect(hits).toEqual([]);
    await expect(signIn(server.url, "Eve")).rejects.toThrow("401");
  };
  // in place: the server knows it
  await must(["restore", file, "--yes"], source);
  await isGone(source);
  // elsewhere: a newer backup knows it
  await must(["restore", file, "--erasures", newer], target);
  await isGone(target);
  // the limit: who has the old file alone, and a server that knows nothing, has her again
  await using third = await serve();
  await must(["restore", file], third);
  expect((await signIn(third.url, "Eve")).userId).toBe(eve.userId);
});

test("BK11 a restore that was killed is begun again, and comes to the same", { timeout: MS_MAX }, async () => {
  const file = folder.file("again");
  const root = await launch(source, "again");
  for (let n = 0; n < 3; n++) await increment(source, "again", root);
  // many enough to be met on the way, few enough for the limit of an hour
  for (let n = 0; n < 18; n++) await upload(source.url, ada, "garden", new Uint8Array(4_000_000).fill(n));
  await must(["backup", file], source);
  await using third = await serve();
  const first = begin(["restore", file], third);
  await eventually("rows have come", async () => {
    const begun = databaseRows(third.state, "backup_store", "1").filter(({ state }) => state !== "done");
    return begun.length > 1 && databaseRows(third.state, "user").length > 0 ? true : undefined;
  });
  first.process.kill("SIGKILL");
  expect((await first.done).status).toBe(null);
  expect(databaseRows(third.state, "backup_run", "1")).toHaveLength(1);
  await pause(200);
  // no --yes: it was this restore that left the target as it is
  await must(["restore", file], third);
  // both archives may still be told something
  const tables = (server: Server) =>
    ["user", "room", "member", "message", "file"].map((table) => databaseRows(server.state, table));
  await eventually("both are the same", async () =>
    JSON.stringify(tables(third)) === JSON.stringify(tables(source)) ? true : undefined,
  );
  expect(roomRows(third.state, "garden", "log")).toEqual(roomRows(source.state, "garden", "log"));
  expect(await increment(third, "again", root)).toBe(4);
  expect(databaseRows(third.state, "backup_run", "1")).toEqual([]);
});
