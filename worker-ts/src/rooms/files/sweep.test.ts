// What was uploaded and never sent goes after a day; what a message has stays, however late the archive hears of it.
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deliver, HeldQueue } from "../../../../tests/worker/support/archive";
import { account, call, type Person, room } from "../../../../tests/worker/support/http-client";
import { ring, roomOf } from "../../../../tests/worker/support/room-client";
import { archivedUntil } from "../http/files/archived-until";
import { sweepRooms } from "../routes";
import { fileKey, UNSENT_MS } from "./fact";
import { claimFiles } from "./file-table";
import { sweepFiles } from "./sweep";

let queue: HeldQueue;
beforeEach(() => {
  queue = new HeldQueue();
});
afterEach(() => queue.release());

let owner: Person;
let id: string;
beforeEach(async () => {
  owner = await account();
  id = await room(owner);
});

async function upload(): Promise<string> {
  const headers = { "content-length": "1" };
  return (await call("POST", `/api/rooms/${id}/files`, { token: owner.token, body: "x", headers })).body.id;
}
const post = (files: readonly string[], text = "") =>
  call("POST", `/api/rooms/${id}/messages`, { token: owner.token, body: { text, files } });
/** As if a day and an hour had passed. */
const later = () =>
  env.DB.prepare("UPDATE file SET created_at = created_at - ? WHERE room_id = ?")
    .bind(UNSENT_MS + 3_600_000, id)
    .run();
const there = async (file: string) =>
  [
    (await env.FILES.head(fileKey(id, file))) !== null,
    (await env.DB.prepare("SELECT 1 FROM file WHERE id = ?").bind(file).first()) !== null,
  ].filter(Boolean).length;
const archive = async () => {
  await ring(roomOf(id));
  await deliver(queue.take(roomOf(id)));
};

describe("the daily sweep", () => {
  it("removes what is a day old and in no message, bytes and row", async () => {
    const [young, old] = [await upload(), await upload()];
    await env.DB.prepare("UPDATE file SET created_at = created_at - ? WHERE id = ?").bind(UNSENT_MS, old).run();
    await env.DB.prepare("UPDATE file SET created_at = created_at - ? WHERE id = ?")
      .bind(UNSENT_MS - 60_000, young)
      .run();
    await sweepRooms(env);
    expect([await there(young), await there(old)]).toEqual([2, 0]);
  });

  it("removes what never arrived whole", async () => {
    const headers = { "content-length": "2" };
    await call("POST", `/api/rooms/${id}/files`, { token: owner.token, body: "x", headers });
    await later();
    await sweepRooms(env);
    const rows = await env.DB.prepare("SELECT count(*) AS n FROM file WHERE room_id = ?").bind(id).first("n");
    expect(rows).toBe(0);
  });

  it("never removes a file of a message, whether or not the archive has heard of it", async () => {
    const file = await upload();
    expect((await post([file])).status).toBe(201);
    await later();
    await sweepRooms(env);
    expect(await there(file)).toBe(2);
    await archive();
    await sweepRooms(env);
    expect(await there(file)).toBe(2);
    expect((await call("GET", `/api/rooms/${id}/files/${file}`)).status).toBe(200);
  });

  it("removes what was claimed for a message that was never written, once the archive would know of it", async () => {
    const file = await upload();
    await claimFiles(env.DB, id, owner.id, crypto.randomUUID(), [file], Date.now());
    await later();
    await post([], "not archived yet");
    await sweepRooms(env);
    expect(await there(file)).toBe(2);
    // what came before is in the archive, what comes now is not: a room that people talk in is never quite archived
    await archive();
    await post([], "one more");
    expect(await archivedUntil(env, id)).toBeGreaterThan(Date.now() - 60_000);
    await sweepRooms(env);
    expect(await there(file)).toBe(0);
  });

  it("leaves all that a room does not answer for, and goes on with the rest", async () => {
    const [claimed, unclaimed] = [await upload(), await upload()];
    await claimFiles(env.DB, id, owner.id, crypto.randomUUID(), [claimed], Date.now());
    await later();
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const ROOM = { getByName: () => ({ stats: () => Promise.reject(new Error("no room")) }) };
    await sweepRooms({ ...env, ROOM } as unknown as typeof env);
    expect(log.mock.calls.join()).toContain("no room");
    log.mockRestore();
    expect([await there(claimed), await there(unclaimed)]).toEqual([2, 0]);
    await sweepRooms(env);
    expect(await there(claimed)).toBe(0);
  });

  it("reads what is unsent and nothing that was sent, and comes past what has to stay", async () => {
    const insert = `INSERT INTO file(id, room_id, user_id, claim, seq, name, mime, size, width, height, created_at)
      SELECT ?1 || value, ?2, 'u', ?3, iif(?4 > 0, value, NULL), 'n', 'm', 1, 0, 0, value FROM json_each(?5)`;
    const rows = (prefix: string, claim: string | null, sent: number, count: number) =>
      env.DB.prepare(insert)
        .bind(`${id}${prefix}`, id, claim, sent, JSON.stringify(Array.from({ length: count }, (_, n) => n + 1)))
        .run();
    await rows("sent", "x", 1, 3_000);
    await rows("kept", "x", 0, 700);
    await rows("gone", null, 0, 700);
    const prepare = vi.spyOn(env.DB, "prepare");
    await sweepFiles(env, Date.now(), async () => 0);
    const reads = prepare.mock.calls.filter(([sql]) => sql.includes("seq IS NULL"));
    prepare.mockRestore();
    expect(reads.length).toBeGreaterThanOrEqual(3);
    const left = await env.DB.prepare(
      "SELECT count(*) FILTER (WHERE seq IS NULL) AS unsent, count(*) AS all_of_them FROM file WHERE room_id = ?",
    )
      .bind(id)
      .first();
    expect(left).toEqual({ unsent: 700, all_of_them: 3_700 });
    const { meta } = await env.DB.prepare(reads[0]![0]).bind(Date.now(), 0, 0).run();
    expect(meta.rows_read).toBeLessThanOrEqual(1_000);
    await env.DB.prepare("DELETE FROM file WHERE room_id = ?").bind(id).run();
  });
});
