// Messages with files: what the room stamps on them, and how long it stays.
import { ACK_STATUS, ERROR_CODE, EXT, type FileFact, findExt, LIMIT, readFiles } from "@ferrule/core";
import { expect, it } from "vitest";
import { edit, erase } from "../../../../../tests/worker/support/changes";
import { actorOf, freshRoom, idOf, query, RoomClient } from "../../../../../tests/worker/support/room-client";
import type { PostOperation } from "../../operation";

const fact = (n: number, name = `file ${n}.png`): FileFact => ({
  ...{ fileId: new Uint8Array(16).fill(n), name, mime: "image/png", size: 1_000 + n, width: 640, height: 480 },
});
const post = (n: number, text: string, files?: FileFact[]): PostOperation => ({
  ...{ type: "post", id: idOf(n), text, replyTo: 0 },
  ...(files && { files }),
});

it("files stand on the message for everybody: live, by page, by replay, by HTTP; without a word their names are its text", async () => {
  const stub = freshRoom("files");
  const ann = await RoomClient.join(stub, "ann");
  const { epoch } = (await (await RoomClient.open(stub, "eve")).hello()).welcome.body;
  const files = [fact(1, "a b.png"), fact(2, "Ünïcode 🙂.pdf")];
  const stored = await stub.apply(actorOf("ann"), post(1, "", files));
  expect(stored).toMatchObject({ ok: true, message: { text: "a b.png, Ünïcode 🙂.pdf", files } });
  await stub.apply(actorOf("ann"), post(2, "with a word", [fact(3)]));
  const live = [await ann.pick("MSG"), await ann.pick("MSG")];
  const bob = await RoomClient.join(stub, "bob", { epoch, lastSeq: 0 });
  const replayed = [await bob.pick("MSG"), await bob.pick("MSG")];
  bob.send({ kind: "HISTORY_REQ", id: idOf(1), body: { direction: 0, from: 0, limit: 5 } });
  const { list } = (await bob.pick("HISTORY_PAGE")).body;
  const paged = list.flatMap((frame) => ("skip" in frame || frame.kind !== "MSG" ? [] : [frame]));
  for (const messages of [live, replayed, paged]) {
    expect(messages.map((message) => readFiles(findExt(message, EXT.FILES)))).toEqual([files, [fact(3)]]);
    expect(messages[1]!.body.text).toBe("with a word");
  }
  expect((await stub.page({ limit: 5, reader: null })).messages.map((message) => message.files)).toEqual([
    files,
    [fact(3)],
  ]);
});

it("an edit keeps the files, a DELETE takes them away with the text, names and all", async () => {
  const stub = freshRoom("files");
  const ann = await RoomClient.join(stub, "ann");
  await stub.apply(actorOf("ann"), post(1, "", [fact(1, "private.png")]));
  expect((await ann.ask(edit(2, 1, "new words"))).status).toBe(ACK_STATUS.STORED);
  const shown = async () => (await stub.page({ limit: 5, reader: null })).messages[0]!;
  expect(await shown()).toMatchObject({ text: "new words", files: [fact(1, "private.png")] });
  await ann.ask(erase(3, 1));
  expect(await shown()).toMatchObject({ text: "", files: [] });
  const rows = await query<{ frame: ArrayBuffer }>(stub, "SELECT frame FROM log");
  for (const { frame } of rows) expect(Buffer.from(frame).toString("latin1")).not.toContain("private");
});

it("R20 the same id again is a duplicate; with other files, or with none by a socket, it is CONFLICT", async () => {
  const stub = freshRoom("files");
  const ann = await RoomClient.join(stub, "ann");
  const apply = (operation: PostOperation) => stub.apply(actorOf("ann"), operation);
  await apply(post(1, "look", [fact(1)]));
  expect(await apply(post(1, "look", [fact(1)]))).toMatchObject({ ok: true, status: "duplicate", message: { seq: 1 } });
  for (const files of [[fact(2)], [fact(1), fact(2)], []])
    expect(await apply(post(1, "look", files))).toMatchObject({ ok: false, code: "conflict" });
  const said = await ann.ask({ kind: "MSG", id: idOf(1), body: { replyTo: 0, text: "look" } });
  expect(said.status).toBe(-ERROR_CODE.CONFLICT);
  await ann.ask(erase(2, 1));
  expect(await apply(post(1, "anything", [fact(9)]))).toMatchObject({ ok: true, status: "duplicate" });
  expect((await stub.stats()).headSeq).toBe(2);
});

it("a message has at most FILES_PER_MESSAGE_MAX files, of names and types that fit; the largest of all fit together", async () => {
  const stub = freshRoom("files");
  const apply = (operation: PostOperation) => stub.apply(actorOf("ann"), operation);
  const most = { name: "n".repeat(LIMIT.FILE_NAME_BYTES_MAX), mime: "m".repeat(LIMIT.FILE_MIME_BYTES_MAX) };
  const huge = {
    ...most,
    size: Number.MAX_SAFE_INTEGER,
    width: Number.MAX_SAFE_INTEGER,
    height: Number.MAX_SAFE_INTEGER,
  };
  const full = Array.from({ length: LIMIT.FILES_PER_MESSAGE_MAX }, (_, n) => ({ ...fact(n), ...huge }));
  expect(await apply(post(1, "", full))).toMatchObject({ ok: true, message: { files: full } });
  expect(await apply(post(2, "x", [...full, fact(9)]))).toMatchObject({ ok: false, code: "too_large" });
  expect(await apply(post(3, "x", [{ ...fact(1), name: "n".repeat(LIMIT.FILE_NAME_BYTES_MAX + 1) }]))).toMatchObject({
    ...{ ok: false, code: "bad_request" },
  });
  expect(await apply(post(4, "x", [{ ...fact(1), fileId: new Uint8Array(15) }]))).toMatchObject({
    code: "bad_request",
  });
  expect(await apply(post(5, ""))).toMatchObject({ ok: false, code: "bad_request" });
  expect((await stub.stats()).headSeq).toBe(1);
});
