// Which files a message may take, and that nothing is taken by halves.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { dropFiles, dropUnsent } from "./drop";
import { CLAIMABLE_MS, FILES_PER_MESSAGE_MAX, fileKey, toFact, toFileRow } from "./fact";
import { claimFiles, filesOfMessages, markSent } from "./file-table";

const NOW = 1_795_176_000_000;
let count = 0;

/** An uploaded file of Ann's in the room `den`, unless said otherwise; resolves to its id. */
async function uploaded(given: { room?: string; user?: string; age?: number; claim?: string } = {}): Promise<string> {
  const { room = "den", user = "ann", age = 0, claim = null } = given;
  count++;
  const id = `${String(count).padStart(21, "A")}A`;
  await env.FILES.put(fileKey(room, id), "bytes");
  await env.DB.prepare(
    "INSERT INTO file(id, room_id, user_id, claim, name, mime, size, width, height, created_at) VALUES (?, ?, ?, ?, ?, 'image/png', 5, 2, 3, ?)",
  )
    .bind(id, room, user, claim, `${count}.png`, NOW - age)
    .run();
  return id;
}

const cid = () => crypto.randomUUID();
const claim = async (ids: readonly string[], id = cid(), now = NOW) =>
  (await claimFiles(env.DB, "den", "ann", id, ids, now))?.map((fact) => toFileRow(fact).id) ?? null;

async function write(seq: number, id: string, deletedAt: number | null): Promise<void> {
  await env.DB.prepare(
    "INSERT OR REPLACE INTO message(room_id, seq, kind, version, user_id, cid, ts, text, deleted_at) VALUES ('den', ?, 'MSG', ?, 'ann', ?, ?, '', ?)",
  )
    .bind(seq, seq, id, NOW, deletedAt)
    .run();
}
const isThere = async (id: string) => (await env.FILES.head(fileKey("den", id))) !== null;
const hasRow = async (id: string) =>
  (await env.DB.prepare("SELECT 1 FROM file WHERE id = ?").bind(id).first()) !== null;

describe("claiming", () => {
  it("takes files in the order of their upload, and the same again for the same message", async () => {
    const ids = [await uploaded(), await uploaded()];
    const id = cid();
    expect(await claim(ids, id)).toEqual(ids);
    expect(await claim([...ids].reverse(), id)).toEqual(ids);
    const [fact] = (await claimFiles(env.DB, "den", "ann", id, ids, NOW)) ?? [];
    expect(fact).toMatchObject({ name: `${count - 1}.png`, mime: "image/png", size: 5, width: 2, height: 3 });
    expect(fact?.fileId).toHaveLength(16);
    expect(await claim([])).toEqual([]);
  });

  it("takes none when one of them may not be taken", async () => {
    const own = await uploaded();
    const taken = await uploaded();
    await claim([taken]);
    const refused = {
      "of another message": taken,
      "of another room": await uploaded({ room: "elsewhere" }),
      "of another user": await uploaded({ user: "bob" }),
      "still coming": await uploaded({ claim: "" }),
      "too old": await uploaded({ age: CLAIMABLE_MS }),
      "the same again": own,
      "not there": "AAAAAAAAAAAAAAAAAAAAAA",
      "no id": "' OR 1 --",
    };
    for (const [why, id] of Object.entries(refused)) expect([why, await claim([own, id])]).toEqual([why, null]);
    expect(await claim([own])).toEqual([own]);
  });

  it("takes no more than a message may have", async () => {
    const ids = await Promise.all(Array.from({ length: FILES_PER_MESSAGE_MAX + 1 }, () => uploaded()));
    expect(await claim(ids)).toBeNull();
    expect(await claim(ids.slice(1))).toHaveLength(FILES_PER_MESSAGE_MAX);
  });

  it("gives a file to one of two messages that want it at once", async () => {
    const id = await uploaded();
    const both = await Promise.all([claim([id]), claim([id])]);
    expect(both.filter((ids) => ids !== null)).toEqual([[id]]);
  });

  it("repeats for what was sent, however late", async () => {
    const id = await uploaded();
    const message = cid();
    await claim([id], message);
    await markSent(env.DB, "den", JSON.stringify([{ id, seq: 7 }])).run();
    expect(await claim([id], message, NOW + 10 * CLAIMABLE_MS)).toEqual([id]);
    expect(await claim([id])).toBeNull();
    expect([...(await filesOfMessages(env.DB, "den", [6, 7]))].map(([seq, files]) => [seq, files.length])).toEqual([
      [7, 1],
    ]);
  });
});

describe("dropping", () => {
  it("removes the files of an erased message, twice if need be, and no others", async () => {
    const [sent, unheard, kept] = [await uploaded(), await uploaded(), await uploaded()];
    const ids = [cid(), cid(), cid()];
    for (const [at, id] of [sent, unheard, kept].entries()) await claim([id], ids[at]);
    const told = [sent, kept].map((id, at) => ({ id, seq: 21 + 2 * at }));
    await markSent(env.DB, "den", JSON.stringify(told)).run();
    await write(21, ids[0]!, NOW);
    // erased before the archive heard of it: no seq was ever written down
    await write(22, ids[1]!, NOW);
    await write(23, ids[2]!, null);
    for (let time = 0; time < 2; time++) {
      await dropFiles(env, "den", [21, 22, 23]);
      expect(await Promise.all([sent, unheard, kept].map(isThere))).toEqual([false, false, true]);
      expect(await Promise.all([sent, unheard, kept].map(hasRow))).toEqual([false, false, true]);
    }
  });

  it("leaves a row whose bytes it could not remove, so that it comes again", async () => {
    const id = await uploaded();
    const message = cid();
    await claim([id], message);
    await write(31, message, NOW);
    const FILES = { delete: () => Promise.reject(new Error("no bucket")) };
    await expect(dropFiles({ DB: env.DB, FILES }, "den", [31])).rejects.toThrow("no bucket");
    expect(await hasRow(id)).toBe(true);
    await dropFiles(env, "den", [31]);
    expect([await isThere(id), await hasRow(id)]).toEqual([false, false]);
  });

  it("removes what a user gave to no message, and no more", async () => {
    const [unclaimed, coming, claimed] = [
      await uploaded({ user: "eve" }),
      await uploaded({ user: "eve", claim: "" }),
      await uploaded({ user: "eve", claim: cid() }),
    ];
    const others = await uploaded();
    await dropUnsent(env, "eve");
    const all = [unclaimed, coming, claimed, others];
    expect(await Promise.all(all.map(isThere))).toEqual([false, false, true, true]);
    expect(await Promise.all(all.map(hasRow))).toEqual([false, false, true, true]);
  });

  it("does not take another's file for the same client message id", async () => {
    const id = await uploaded({ user: "bob" });
    const message = cid();
    await claimFiles(env.DB, "den", "bob", message, [id], NOW);
    await write(41, message, NOW);
    await dropFiles(env, "den", [41]);
    expect(await isThere(id)).toBe(true);
  });
});

it("spells ids as the table does", () => {
  const fact = { name: "a", mime: "b", size: 1, width: 0, height: 0 };
  const fileId = Uint8Array.from({ length: 16 }, (_, at) => 255 - at);
  expect(toFileRow({ fileId, ...fact }).id).toBe("__79_Pv6-fj39vX08_Lx8A");
  expect(toFact(toFileRow({ fileId, ...fact }))).toEqual({ fileId, ...fact });
});
