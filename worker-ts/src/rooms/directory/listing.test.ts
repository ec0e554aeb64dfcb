// The list kept in KV: it is what nobody is shown, it heals, and it decides nothing.
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { account, call, room } from "../../../../tests/worker/support/http-client";
import { LISTED_MAX, provideListing, refreshListing } from "./listing";

const DIRECTORY = "directory:public";
const card = (id: string) => env.KV.get<Record<string, unknown>>(`room:${id}`, "json");
const put = (key: string, value: unknown) => env.KV.put(key, JSON.stringify(value));
const titles = async () => (await call("GET", "/api/rooms")).body.rooms.map(({ title }) => title);

beforeEach(async () => {
  await env.KV.delete(DIRECTORY);
});

describe("the list in KV", () => {
  it("is made when it is missing, and read when it is there", async () => {
    await titles();
    const lobby = await card("lobby");
    expect(lobby).toMatchObject({ id: "lobby", title: "Lobby", visibility: "public" });
    await put("room:lobby", { ...lobby, title: "From KV" });
    expect(await titles()).toContain("From KV");
    // an answer from D1, for somebody who is signed in, is not touched by it
    const { token } = await account();
    const { body } = await call("GET", "/api/rooms", { token });
    expect(body.rooms.map(({ title }) => title)).toContain("Lobby");
  });

  it("is made anew when a part is missing or not as it should be", async () => {
    await titles();
    const broken: (() => Promise<void>)[] = [
      () => env.KV.delete("room:lobby"),
      () => put("room:lobby", { id: "lobby" }),
      () => put("room:lobby", { id: "lobby", title: 1 }),
      () => put(DIRECTORY, { ids: "lobby", more: false }),
      () => put(DIRECTORY, { ids: [], more: false }),
      () => put(DIRECTORY, "nonsense"),
    ];
    for (const breakIt of broken) {
      await breakIt();
      expect(await titles()).toContain("Lobby");
      expect(await card("lobby")).toMatchObject({ title: "Lobby" });
    }
  });

  it("is read from D1 when KV cannot be asked, or holds no JSON", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const KV = new Proxy(env.KV, { get: () => () => Promise.reject(new Error("KV is down")) });
    const answer = await call("GET", "/api/rooms", { vars: { KV } });
    expect(answer.status).toBe(200);
    expect(answer.body.rooms.map(({ title }) => title)).toContain("Lobby");
    expect(log.mock.calls.join()).toContain("KV is down");
    await env.KV.put(DIRECTORY, "{");
    expect(await titles()).toContain("Lobby");
    log.mockRestore();
  });

  it("never lets anybody in: rights are read from D1", async () => {
    const owner = await account();
    const id = await room(owner, "private");
    await titles();
    await put(`room:${id}`, { ...(await card("lobby")), id, title: "Forged" });
    await put(DIRECTORY, { ids: [id], more: false });
    expect(await titles()).toEqual(["Forged"]);
    expect((await call("GET", `/api/rooms/${id}`)).status).toBe(404);
    expect((await call("GET", `/api/rooms/${id}/messages`)).status).toBe(404);
  });

  it("holds one page and says that there is more", async () => {
    const statement = env.DB.prepare("INSERT INTO room (id, title, created_at) VALUES (?, 'One of many', ?)");
    await env.DB.batch(Array.from({ length: LISTED_MAX + 1 }, (_, i) => statement.bind(`many-${i}`, Date.now() + i)));
    const { rooms, more } = await refreshListing(env);
    expect([rooms.length, more]).toEqual([LISTED_MAX, true]);
    expect(await provideListing(env)).toEqual({ rooms, more });
    const { body } = await call("GET", "/api/rooms");
    const rest = await call("GET", `/api/rooms?cursor=${body.next}`);
    const all = [...body.rooms, ...rest.body.rooms].map(({ id }) => id);
    expect(new Set(all).size).toBe(all.length);
    for (let i = 0; i <= LISTED_MAX; i++) expect(all).toContain(`many-${i}`);
  });
});
