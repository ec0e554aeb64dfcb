// Pages of a search, what is refused, and that nobody finds what they may not read.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { account, call, join, type Person, room } from "../../../../../tests/worker/support/http-client";
import { archive, ask, find, inRoom, seqs } from "../../../../../tests/worker/support/search";
import { QUERY_CHARS_MAX, QUERY_WORDS_MAX } from "../../archive/read/match";

describe("R56 pages and limits", () => {
  it("pages hold every hit once, in one room and over several, also where a batch came late into the archive", async () => {
    const ann = await account("Ann");
    const [one, two] = [await room(ann), await room(ann, "private")];
    await archive(
      one,
      ann.id,
      [1, 2, 6, 7].map((seq) => ({ seq, text: `tree ${seq}` })),
    );
    await archive(
      two,
      ann.id,
      [1, 2, 3].map((seq) => ({ seq, text: `tree ${seq}` })),
    );
    await archive(
      one,
      ann.id,
      [3, 4, 5].map((seq) => ({ seq, text: `tree ${seq}` })),
    );
    for (const limit of ["1", "2", "3", "7", "50"]) {
      const found: string[] = [];
      for (let before: string | null = ""; before !== null; ) {
        const page = await find("/api/search", "tree", ann, { limit, ...(before !== "" && { before }) });
        expect(page.hits.length).toBeLessThanOrEqual(Number(limit));
        found.push(...page.hits.map(({ message }) => message.id));
        before = page.next === null ? null : String(page.next);
      }
      expect([limit, found]).toEqual([
        limit,
        [5, 4, 3]
          .map((seq) => `${one}.${seq}`)
          .concat(
            [3, 2, 1].map((seq) => `${two}.${seq}`),
            [7, 6, 2, 1].map((seq) => `${one}.${seq}`),
          ),
      ]);
      const own: number[] = [];
      for (let before: string | null = ""; before !== null; ) {
        const page = await find(inRoom(one), "tree", ann, { limit, ...(before !== "" && { before }) });
        own.push(...seqs(page));
        before = page.next === null ? null : String(page.next);
      }
      expect(own).toEqual([5, 4, 3, 7, 6, 2, 1]);
    }
    // a seq that is no message: what comes before the one behind it
    expect(seqs(await find(inRoom(one), "tree", ann, { before: "900" }))).toEqual([5, 4, 3, 7, 6, 2, 1]);
  });

  it("refuses what is too long, too much or nothing", async () => {
    const ann = await account("Ann");
    const id = await room(ann);
    const words = (count: number) => Array.from({ length: count }, () => "w").join(" ");
    const status = async (q: string, query: Record<string, string> = {}) =>
      Promise.all([inRoom(id), "/api/search"].map(async (path) => (await ask(path, q, ann, query)).status));
    expect(await status("x".repeat(QUERY_CHARS_MAX))).toEqual([200, 200]);
    expect(await status("x".repeat(QUERY_CHARS_MAX + 1))).toEqual([400, 400]);
    expect(await status(words(QUERY_WORDS_MAX))).toEqual([200, 200]);
    expect(await status(words(QUERY_WORDS_MAX + 1))).toEqual([400, 400]);
    expect(await status("")).toEqual([400, 400]);
    for (const limit of ["0", "51", "x", "-1", "1.5"])
      expect([limit, await status("x", { limit })]).toEqual([limit, [400, 400]]);
    expect(await status("x", { limit: "50" })).toEqual([200, 200]);
    for (const before of ["x", "0", "-1", "1e3"])
      expect([before, await status("x", { before })]).toEqual([before, [400, 400]]);
    const foreign = await room(await account("Eve"));
    for (const before of [`${id}.0`, `${id}.x`, `${foreign}.1`, ".1", `${id}`, `${id}.1.1`])
      expect([before, (await ask("/api/search", "x", ann, { before })).status]).toEqual([before, 400]);
    expect((await call("GET", "/api/search", { token: ann.token })).status).toBe(400);
  });
});

describe("R59 who finds what", () => {
  it("a public room is for everybody, a private one for its members; over all rooms one finds in one's own alone", async () => {
    const [ann, bob, eve] = [await account("Ann"), await account("Bob"), await account("Eve")];
    const [open, secret] = [await room(ann), await room(ann, "private")];
    for (const id of [open, secret]) await archive(id, ann.id, ["treasure"]);
    await env.DB.prepare("INSERT INTO member VALUES(?, ?, 'member', 1, 0, 1)").bind(secret, bob.id).run();
    await join(eve, open);
    const all = async (person: Person) =>
      (await find("/api/search", "treasure", person)).hits.map(({ message }) => message.roomId).sort();
    expect([await all(ann), await all(bob), await all(eve)]).toEqual([[open, secret].sort(), [secret], [open]]);
    expect(seqs(await find(inRoom(open), "treasure"))).toEqual([1]);
    expect(seqs(await find(inRoom(secret), "treasure", bob))).toEqual([1]);
    for (const person of [undefined, eve]) {
      const [there, nowhere] = [
        await ask(inRoom(secret), "treasure", person),
        await ask(inRoom("no-such"), "x", person),
      ];
      expect([there.status, there.body.error.code]).toEqual([404, "not_found"]);
      expect(there.body.error.message).toBe(nowhere.body.error.message);
    }
    expect((await ask("/api/search", "treasure")).status).toBe(401);
  });

  it("who is banned finds nothing more; a room that is deleted is in no search", async () => {
    const [ann, bob] = [await account("Ann"), await account("Bob")];
    const [open, gone] = [await room(ann), await room(ann)];
    for (const id of [open, gone]) {
      await archive(id, ann.id, ["treasure"]);
      await join(bob, id);
    }
    expect((await find("/api/search", "treasure", bob)).hits).toHaveLength(2);
    await env.DB.prepare("UPDATE member SET role = 'banned' WHERE room_id = ? AND user_id = ?")
      .bind(open, bob.id)
      .run();
    await env.DB.prepare("UPDATE room SET deleted_at = 1 WHERE id = ?").bind(gone).run();
    expect((await find("/api/search", "treasure", bob)).hits).toEqual([]);
    expect((await ask(inRoom(open), "treasure", bob)).body.error.code).toBe("banned");
    expect((await ask(inRoom(gone), "treasure", ann)).status).toBe(404);
  });

  it("rooms of similar names are not each other's", async () => {
    const ann = await account("Ann");
    const add = "INSERT INTO room(id, title, created_at) VALUES(?, 't', 1)";
    const ids = ["ops-2", "ops", "2-ops-2", "ops-2-ops", "opso2", "ops--2", "---", "----"];
    for (const id of ids) {
      await env.DB.prepare(add).bind(id).run();
      await archive(id, ann.id, [`here is ${id}`, "and here"]);
    }
    for (const id of ids) {
      const { hits } = await find(inRoom(id), "here", ann);
      expect(hits.map(({ message }) => message.id)).toEqual([`${id}.2`, `${id}.1`]);
    }
  });
});
