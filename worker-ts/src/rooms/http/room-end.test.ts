// The end of a room: nobody finds it, its sockets end, its id stays taken; and where it was to be purged, nothing of it is left.
import { env } from "cloudflare:workers";
import { ERROR_CODE } from "@ferrule/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { deliver, HeldQueue } from "../../../../tests/worker/support/archive";
import {
  account,
  call,
  join,
  openSocket,
  type Person,
  refusal,
  room,
} from "../../../../tests/worker/support/http-client";
import { enter, evict, query, ring, roomOf } from "../../../../tests/worker/support/room-client";

afterEach(() => vi.restoreAllMocks());

const GONE = { error: ERROR_CODE.GONE, close: 4015 };
const remove = ({ token }: Person, id: string, more = "", vars = {}) =>
  call("DELETE", `/api/rooms/${id}${more}`, { token, vars });
const hold = () =>
  vi.spyOn(env.CHORES_QUEUE, "send").mockResolvedValue({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } });
const finish = (id: string) => deliver([{ chore: `remove-room:${id}` }], { name: "ferrule-chores" });
const rows = async (id: string) => {
  const counts: Record<string, number> = {};
  for (const table of ["message", "reaction", "pin", "file", "invite", "member", "chore"]) {
    const where = table === "chore" ? "id = 'remove-room:' || ?1" : "room_id = ?1";
    const row = await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where}`)
      .bind(id)
      .first<{ n: number }>();
    if (row!.n > 0) counts[table] = row!.n;
  }
  return counts;
};

describe("a deleted room", () => {
  it("ends its sockets with GONE, is 404 from then on, on no list, and its id stays taken", async () => {
    hold();
    const [owner, person] = [await account(), await account()];
    const id = await room(owner);
    await join(person, id);
    const sockets = [(await enter(owner, id)).client, (await enter(person, id)).client];
    await evict(roomOf(id));
    expect(refusal(await remove(person, id))).toEqual([403, "forbidden"]);
    expect((await remove(owner, id)).status).toBe(204);
    for (const client of sockets) expect(await client.end()).toEqual(GONE);
    const as = { token: owner.token };
    for (const answer of [
      await remove(owner, id),
      await call("GET", `/api/rooms/${id}`, as),
      await call("PATCH", `/api/rooms/${id}`, { ...as, body: { closed: false } }),
      await call("GET", `/api/rooms/${id}/messages`, as),
      await call("GET", `/api/rooms/${id}/members`, as),
      await join(person, id),
      await openSocket(id, as),
    ])
      expect(refusal(answer)).toEqual([404, "not_found"]);
    for (const token of [owner.token, undefined]) {
      const { body } = await call("GET", "/api/rooms?limit=100", token === undefined ? {} : { token });
      expect(body.rooms.map((entry) => entry.id)).not.toContain(id);
    }
    await finish(id);
    expect(refusal(await call("POST", "/api/rooms", { ...as, body: { id, title: "again" } }))).toEqual([
      409,
      "room_exists",
    ]);
    expect(await rows(id)).toEqual({ member: 2 });
    const { results } = await env.DB.prepare("SELECT action, actor_id, detail FROM audit WHERE room_id = ?")
      .bind(id)
      .all();
    expect(results).toEqual([{ action: "delete_room", actor_id: owner.id, detail: '{"purge":false}' }]);
  });

  it("lets nobody in who was looked up before, and takes nothing more", async () => {
    hold();
    const owner = await account();
    const id = await room(owner);
    const between = (name: "fetch" | "apply") => ({
      ROOM: {
        getByName: (room: string) =>
          new Proxy(roomOf(room), {
            get: (stub, key) =>
              key !== name
                ? Reflect.get(stub, key)
                : async (...args: unknown[]) => {
                    await remove(owner, id);
                    return (stub as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!(...args);
                  },
          }),
      },
    });
    const body = { text: "too late" };
    const late = { token: owner.token, body, vars: between("apply") };
    expect(refusal(await call("POST", `/api/rooms/${id}/messages`, late))).toEqual([403, "room_closed"]);
    const other = await room(owner);
    await roomOf(other).remove(false);
    expect(refusal(await openSocket(other, { token: owner.token }))).toEqual([404, "not_found"]);
  });

  it("is deleted though its object fails then: the chore ends what was open, and comes again until it could", async () => {
    hold();
    const owner = await account();
    const id = await room(owner);
    const { client } = await enter(owner, id);
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const lost = {
      ROOM: {
        getByName: (name: string) =>
          new Proxy(roomOf(name), {
            get: (stub, key) =>
              ["configure", "remove"].includes(String(key))
                ? () => Promise.reject(new Error("down"))
                : Reflect.get(stub, key),
          }),
      },
    };
    expect((await remove(owner, id, "", lost)).status).toBe(204);
    expect(client.closed).toBeUndefined();
    const chore = { chore: `remove-room:${id}` };
    expect((await deliver([chore], { name: "ferrule-chores", vars: lost })).delays.get(0)).toBe(10);
    expect((await deliver([chore], { name: "ferrule-chores", vars: lost, attempts: 3 })).delays.get(0)).toBe(90);
    expect((await rows(id))["chore"]).toBe(1);
    expect((await finish(id)).acked).toEqual([0]);
    expect(await client.end()).toEqual(GONE);
    expect((await rows(id))["chore"]).toBeUndefined();
  });
});

describe("a purged room", () => {
  it("has left nothing in log, archive, index and bucket; what the queue brings late changes that no more", async () => {
    hold();
    const queue = new HeldQueue();
    const owner = await account();
    const id = await room(owner);
    const token = owner.token;
    for (let i = 0; i < 3; i++)
      expect((await call("POST", `/api/rooms/${id}/messages`, { token, body: { text: `zebra ${i}` } })).status).toBe(
        201,
      );
    await call("PUT", `/api/rooms/${id}/messages/1/reactions/%F0%9F%91%8D`, { token });
    await call("PUT", `/api/rooms/${id}/messages/1/pin`, { token });
    await call("POST", `/api/rooms/${id}/invites`, { token, body: {} });
    await call("PATCH", `/api/rooms/${id}`, { token, body: { title: "Zebras", topic: "stripes", slowModeMs: 5 } });
    await env.FILES.put(`files/${id}/one`, "bytes");
    await ring(roomOf(id));
    const told = queue.take(roomOf(id));
    await deliver(told);
    expect((await rows(id))["message"]).toBeGreaterThanOrEqual(3);
    expect((await remove(owner, id, "?purge=1")).status).toBe(204);
    for (let i = 0; i < 2; i++) expect((await finish(id)).acked).toEqual([0]);
    await deliver(told);
    expect(await rows(id)).toEqual({});
    const left = await env.DB.prepare("SELECT count(*) AS n FROM message_fts WHERE text MATCH 'zebra'").first<{
      n: number;
    }>();
    expect(left!.n).toBe(0);
    expect((await env.FILES.list({ prefix: `files/${id}/` })).objects).toEqual([]);
    expect(await env.KV.get(`room:${id}`)).toBeNull();
    await evict(roomOf(id));
    expect(await query(roomOf(id), "SELECT count(*) AS n FROM log")).toEqual([{ n: 0 }]);
    expect((await roomOf(id).stats()).headSeq).toBe(0);
    const row = await env.DB.prepare("SELECT title, topic, purged_at FROM room WHERE id = ?").bind(id).first();
    expect(row).toEqual({ title: "", topic: "", purged_at: expect.any(Number) });
    const { results } = await env.DB.prepare("SELECT action, detail FROM audit WHERE room_id = ?").bind(id).all();
    expect(results).toContainEqual({ action: "change_room", detail: '{"slowModeMs":5}' });
    expect(refusal(await openSocket(id, { token }))).toEqual([404, "not_found"]);
  });
});
