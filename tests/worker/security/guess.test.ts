// Guessed ids: what is not for the caller answers as what does not exist, byte for byte and with the same questions to D1, so that
// neither words nor time tell. (R59 in openapi.test.ts: private rooms on every route.)
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { account, type CallOptions, call, guest, type Person, room } from "../support/http-client";
import { ask, endRestore, everyRoute, hangUp, said } from "./every-route";

beforeEach(endRestore);

/** A database that writes down what it is asked. */
function watched(): { readonly vars: { readonly DB: D1Database }; readonly asked: string[] } {
  const asked: string[] = [];
  const DB = new Proxy(env.DB, {
    get(target, name) {
      if (name === "prepare")
        return (sql: string) => {
          asked.push(sql);
          return target.prepare(sql);
        };
      const value = Reflect.get(target, name) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { vars: { DB }, asked };
}

/** Asks twice and expects the same answer, after the same questions to D1. */
async function alike(method: string, there: string, nowhere: string, options: CallOptions): Promise<number> {
  const [one, two] = [watched(), watched()];
  const first = await call(method, there, { ...options, vars: one.vars });
  const second = await call(method, nowhere, { ...options, vars: two.vars });
  expect([method, there, said(first)]).toEqual([method, there, said(second)]);
  expect([method, there, one.asked]).toEqual([method, there, two.asked]);
  return first.status;
}

async function upload(person: Person, id: string, text: string): Promise<string> {
  const headers = { "content-type": "application/octet-stream", "content-length": String(text.length) };
  return (await call("POST", `/api/rooms/${id}/files?name=a.txt`, { token: person.token, body: text, headers })).body
    .id;
}

describe("what is not for the caller", () => {
  it("S12 of a private room takes the same questions as a room that does not exist, on every route of rooms", async () => {
    const [[, asked], stranger] = [await everyRoute(({ path }) => path.startsWith("/api/rooms/:id")), await guest()];
    for (const { method, path, sample } of asked) {
      const [, id] = /^\/api\/rooms\/([a-z0-9-]+)/.exec(path)!;
      await env.DB.prepare("UPDATE room SET visibility = 'private' WHERE id = ?").bind(id!).run();
      const nowhere = path.replace(id!, `${id!.slice(0, -3)}xyz`);
      expect([path, await alike(method, path, nowhere, { ...sample, token: stranger.token })]).toEqual([path, 404]);
    }
  });

  it("S12 as a file that no message has, or of another room, is not there", async () => {
    const [owner, other] = [await account(), await guest()];
    const [id, elsewhere] = [await room(owner), await room(owner)];
    const [unsent, sent] = [await upload(owner, id, "mine"), await upload(owner, id, "ours")];
    await call("POST", `/api/rooms/${id}/messages`, { token: owner.token, body: { text: "x", files: [sent] } });
    const file = (of: string, fileId: string) => `/api/rooms/${of}/files/${fileId}`;
    const nothing = "A".repeat(22);
    for (const options of [{ token: other.token }, {}])
      expect(await alike("GET", file(id, unsent), file(id, nothing), options)).toBe(404);
    expect(await alike("GET", file(elsewhere, sent), file(elsewhere, nothing), { token: owner.token })).toBe(404);
    expect((await call("GET", file(id, sent))).status).toBe(200);
    // and a message cannot take what is somebody else's
    await call("PUT", `/api/rooms/${id}/members/self`, { token: other.token, body: { role: "member" } });
    const take = (files: string[]) =>
      call("POST", `/api/rooms/${id}/messages`, { token: other.token, body: { text: "x", files } });
    expect(said(await take([unsent]))).toBe(said(await take([nothing])));
  });

  it("S12 as a message of a room, by any number, is not there before it is written", async () => {
    const person = await account();
    const id = await room(person);
    for (const seq of ["1", "2", "999999999999999"])
      expect((await call("GET", `/api/rooms/${id}/messages/${seq}`)).status).toBe(404);
  });

  it("S13 shows no person's address, session or token, whoever asks and whatever for", async () => {
    const [[world, asked], stranger] = [await everyRoute(({ access }) => access !== "admin"), await guest()];
    const { results } = await env.DB.prepare("SELECT id, token FROM session WHERE user_id = ?")
      .bind(world.person.id)
      .all();
    const secrets = [
      world.person.email,
      world.person.password,
      ...results.flatMap((row) => Object.values(row).map(String)),
    ];
    for (const each of asked) {
      // what comes with a token of somebody else's is asked as the stranger, sign-in by password not at all
      if (each.path.startsWith("/api/auth/")) continue;
      const answer = await ask(each, { token: stranger.token });
      hangUp(answer);
      for (const secret of secrets) expect([each.name, said(answer).includes(secret)]).toEqual([each.name, false]);
    }
  });
});
