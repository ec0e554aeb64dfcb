// A backup's file while it is written: whose it is, what others do to it, and that nothing takes the name but what was read again.
import { chmodSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { afterAll, beforeEach, expect, test } from "vitest";
import { KIND } from "../../worker-ts/bin/backup/format.mjs";
import { survey } from "../../worker-ts/bin/backup/walk.mjs";
import { Writer } from "../../worker-ts/bin/backup/writer.mjs";
import { Folder } from "./verbs.ts";

const folder = new Folder();
const file = folder.file("a.backup");
afterAll(() => folder[Symbol.dispose]());
beforeEach(() => {
  for (const path of [file, `${file}.part`]) rmSync(path, { force: true });
});

const head = JSON.stringify({ at: 1, from: "", schemas: { database: [] } });

test("BK17 what is written is for its owner's eyes, whatever somebody left under that name", async () => {
  writeFileSync(`${file}.part`, "left");
  chmodSync(`${file}.part`, 0o666);
  const writer = await Writer.begin(file);
  await writer.add(KIND.HEAD, "", head);
  expect(statSync(`${file}.part`).mode & 0o077).toBe(0);
  await writer.end();
  expect(statSync(file).mode & 0o077).toBe(0);
  expect((await survey(file)).head).toMatchObject({ at: 1 });
});

test("BK17 of two that write to one name the later goes on, and neither takes the other's away", async () => {
  const [first, second] = [await Writer.begin(file), await Writer.begin(file)];
  await first.add(KIND.HEAD, "", head);
  await second.add(KIND.HEAD, "", head.replace("1", "2"));
  await expect(first.end()).rejects.toMatchObject({ code: expect.any(String) });
  await first.drop();
  await second.end();
  expect((await survey(file)).head).toMatchObject({ at: 2 });
});

test("BK17 what the disk has made of it is read again, before a backup that was good is given up for it", async () => {
  writeFileSync(file, "the backup of yesterday");
  const writer = await Writer.begin(file);
  await writer.add(KIND.HEAD, "", head);
  const other = openSync(`${file}.part`, "r+");
  writeSync(other, Buffer.from([1]), 0, 1, 30);
  await expect(writer.end()).rejects.toMatchObject({ code: "damaged" });
  await writer.drop();
  expect([readFileSync(file, "utf8"), existsSync(`${file}.part`)]).toEqual(["the backup of yesterday", false]);
});
