// A file from its upload to its end: with a message, in the archive, and gone with what it belonged to.
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deliver, HeldQueue } from "../../../../../tests/worker/support/archive";
import { account, call, type Person, refusal, room } from "../../../../../tests/worker/support/http-client";
import { ring, roomOf } from "../../../../../tests/worker/support/room-client";
import { fileKey } from "../../files/fact";

let queue: HeldQueue;
let owner: Person;
let id: string;
beforeEach(async () => {
  queue = new HeldQueue();
  owner = await account();
  id = await room(owner);
});
afterEach(() => queue.release());

const file = async (name: string): Promise<string> => {
  const headers = { "content-length": "5" };
  const path = `/api/rooms/${id}/files?name=${name}`;
  return (await call("POST", path, { token: owner.token, body: "bytes", headers })).body.id;
};
const post = (body: object, key?: string) =>
  call("POST", `/api/rooms/${id}/messages`, {
    token: owner.token,
    body,
    ...(key !== undefined && { headers: { "idempotency-key": key } }),
  });
const erase = (seq: number) => call("DELETE", `/api/rooms/${id}/messages/${seq}`, { token: owner.token });
const download = (name: string) => call("GET", `/api/rooms/${id}/files/${name}`);
const take = async () => {
  await ring(roomOf(id));
  return queue.take(roomOf(id));
};
const left = async (name: string) => [
  await env.FILES.head(fileKey(id, name)),
  await env.DB.prepare("SELECT 1 FROM file WHERE id = ?").bind(name).first(),
];
const seqOf = (name: string) => env.DB.prepare("SELECT seq FROM file WHERE id = ?").bind(name).first("seq");

describe("a file of a message", () => {
  it("is to be had as soon as the message is there, and its place is written down by the archive", async () => {
    const [plan, notes] = [await file("plan.txt"), await file("notes.txt")];
    const { status, body } = await post({ files: [plan, notes] });
    expect([status, body]).toMatchObject([201, { text: "plan.txt, notes.txt", files: [{ id: plan }, { id: notes }] }]);
    expect(String((await download(plan)).body)).toBe("bytes");
    expect(await seqOf(plan)).toBeNull();
    await deliver(await take());
    expect([await seqOf(plan), await seqOf(notes)]).toEqual([1, 1]);
    // one message each: what was sent is not sent again
    expect(refusal(await post({ files: [plan] }))).toEqual([404, "not_found"]);
    expect(String((await download(plan)).body)).toBe("bytes");
  });

  it("R20 is sent once however often it is asked for under one key, and is given back when that was refused", async () => {
    const [plan, key] = [await file("plan.txt"), crypto.randomUUID()];
    const first = await post({ text: "look", files: [plan] }, key);
    const again = await post({ text: "look", files: [plan] }, key);
    expect([first.status, again.status, again.body]).toEqual([201, 200, { ...first.body, duplicate: true }]);
    const other = await file("other.txt");
    expect(refusal(await post({ text: "look", files: [plan, other] }, key))).toEqual([409, "conflict"]);
    expect(refusal(await post({ text: "to nothing", files: [await file("x")], replyTo: 99 }))).toEqual([
      404,
      "not_found",
    ]);
    const lost = await file("lost.txt");
    expect(refusal(await post({ replyTo: 99, files: [lost] }))).toEqual([404, "not_found"]);
    expect((await post({ files: [lost] })).status).toBe(201);
  });

  it("R30 is gone with the message, bytes and row, in whatever order the archive hears of it", async () => {
    for (const order of ["as it came", "turned round", "erased before it was heard of"]) {
      const plan = await file("plan.txt");
      const { seq } = (await post({ files: [plan] })).body;
      const written = order === "erased before it was heard of" ? [] : await take();
      expect((await erase(seq)).status).toBe(204);
      const erased = await take();
      const all = order === "turned round" ? [...erased, ...written] : [...written, ...erased];
      expect([order, (await download(plan)).status]).toEqual([order, 200]);
      for (const message of all) expect((await deliver([message])).acked).toEqual([0]);
      expect([order, ...(await left(plan))]).toEqual([order, null, null]);
      expect([order, ...refusal(await download(plan))]).toEqual([order, 404, "not_found"]);
      const shown = await call("GET", `/api/rooms/${id}/messages/${seq}`);
      expect(shown.body).toMatchObject({ text: "", files: [] });
      // once more, all of it
      for (const message of all) expect((await deliver([message])).acked).toEqual([0]);
      expect([order, ...(await left(plan))]).toEqual([order, null, null]);
    }
  });

  it("R30 goes with the next delivery when the bucket could not be reached", async () => {
    const plan = await file("plan.txt");
    const { seq } = (await post({ files: [plan] })).body;
    await erase(seq);
    const messages = await take();
    const FILES = { delete: () => Promise.reject(new Error("no bucket")) };
    const failed = await deliver(messages, { vars: { FILES } });
    expect([failed.acked, failed.delays.size]).toEqual([[], messages.length]);
    expect((await left(plan)).includes(null)).toBe(false);
    await deliver(messages);
    expect(await left(plan)).toEqual([null, null]);
  });

  it("stays through an edit, and keeps to its room", async () => {
    const plan = await file("plan.txt");
    const { seq } = (await post({ text: "helo", files: [plan] })).body;
    const edited = await call("PATCH", `/api/rooms/${id}/messages/${seq}`, {
      token: owner.token,
      body: { text: "hello" },
    });
    expect(edited.body).toMatchObject({ text: "hello", files: [{ id: plan }] });
    await deliver(await take());
    expect((await download(plan)).status).toBe(200);
    const elsewhere = await room(owner);
    expect(refusal(await call("GET", `/api/rooms/${elsewhere}/files/${plan}`))).toEqual([404, "not_found"]);
  });
});
