// Files on their way: progress, refusals, taking back, and the limits.
import { beforeEach, expect, it } from "vitest";
import type { FileInfo } from "../../../src/client";
import { FILE_BYTES_MAX, FILES_MAX, Uploads } from "./uploads";

interface Under {
  readonly file: File;
  readonly progress: (share: number) => void;
  readonly signal: AbortSignal;
  readonly resolve: (info: FileInfo) => void;
  readonly reject: (error: Error) => void;
}
let under: Under[];
let refused: string[];
let uploads: Uploads;
const info: FileInfo = { id: "f", name: "a.txt", mime: "text/plain", size: 1, width: 0, height: 0 };
const file = (name: string, size = 1): File => {
  const made = new File(["x"], name);
  Object.defineProperty(made, "size", { value: size });
  return made;
};
const states = () => uploads.list.map(({ state, share, reason }) => [state, share, reason]);

beforeEach(() => {
  under = [];
  refused = [];
  uploads = new Uploads({
    send: (file, progress, signal) =>
      new Promise((resolve, reject) => under.push({ file, progress, signal, resolve, reject })),
    changed: () => {},
    refused: (reason) => refused.push(reason),
    reasonOf: (error) => (error as Error).message,
  });
});

it("tells how far each is, and has what the server says in the end", async () => {
  uploads.add([file("a.txt"), file("b.txt")]);
  under[0]!.progress(0.5);
  expect(states()).toEqual([
    ["sending", 0.5, undefined],
    ["sending", 0, undefined],
  ]);
  expect([uploads.busy, uploads.done]).toEqual([true, false]);
  under[0]!.resolve(info);
  under[1]!.resolve({ ...info, id: "g" });
  await expect.poll(() => uploads.done).toBe(true);
  expect(uploads.infos.map(({ id }) => id)).toEqual(["f", "g"]);
});

it("keeps what failed, with the reason, and tries it again when asked", async () => {
  uploads.add([file("a.txt")]);
  under[0]!.reject(new Error("no line"));
  await expect.poll(states).toEqual([["failed", 0, "no line"]]);
  expect([uploads.busy, uploads.done, uploads.infos]).toEqual([false, false, []]);
  uploads.retry(1);
  expect(uploads.busy).toBe(true);
  under[1]!.resolve(info);
  await expect.poll(() => uploads.done).toBe(true);
});

it("stops what is taken back, whatever comes of it later", async () => {
  uploads.add([file("a.txt"), file("b.txt")]);
  uploads.remove(1);
  expect(under[0]!.signal.aborted).toBe(true);
  under[0]!.reject(new Error("aborted"));
  await Promise.resolve();
  expect(uploads.list.map(({ file: { name } }) => name)).toEqual(["b.txt"]);
  uploads.clear();
  expect(under[1]!.signal.aborted).toBe(true);
  expect(uploads.list).toEqual([]);
});

it("takes no more than a message may have, none that is too large and none that is empty", () => {
  uploads.add([file("most", FILE_BYTES_MAX), file("over", FILE_BYTES_MAX + 1), file("empty", 0)]);
  expect(states()).toEqual([
    ["sending", 0, undefined],
    ["failed", 0, "Too large: 10 MB at most."],
    ["failed", 0, "It is empty."],
  ]);
  expect(under).toHaveLength(1);
  uploads.add([file("four"), file("five")]);
  expect(uploads.list).toHaveLength(FILES_MAX);
  expect(refused).toEqual(["A message takes 4 files at most."]);
});
