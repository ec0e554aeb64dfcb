// Bytes that are not what was uploaded: found by the admin's check whatever the file's size, and never sent out as if they were.

import { env } from "cloudflare:workers";
import { crc32 as zlibCrc32 } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { account, call, type Person, refusal, room } from "../../../../../tests/worker/support/http-client";
import { CHECKED_BYTES_MAX, fileKey } from "../../files/fact";

let owner: Person;
let id: string;
beforeEach(async () => {
  // whatever other tests uploaded is not this one's matter
  await env.DB.prepare("DELETE FROM file").run();
  owner = await account();
  id = await room(owner);
});

/** Bytes without a pattern. */
const noise = (bytes: number) => Uint8Array.from({ length: bytes }, (_, i) => Math.imul(i, 2_654_435_761) >>> 13);
const hex = (sum: number) => sum.toString(16).padStart(8, "0");

async function upload(bytes: Uint8Array, name = "plan.bin"): Promise<string> {
  const headers = { "content-type": "application/octet-stream", "content-length": String(bytes.length) };
  return (await call("POST", `/api/rooms/${id}/files?name=${name}`, { token: owner.token, headers, body: bytes })).body
    .id;
}

const fetchFile = (file: string, headers: Record<string, string> = {}) =>
  call("GET", `/api/rooms/${id}/files/${file}`, { token: owner.token, headers });

/** As if the bucket had gone wrong. */
async function flip(file: string, at: number): Promise<void> {
  const object = (await env.FILES.get(fileKey(id, file)))!;
  const bytes = new Uint8Array(await object.arrayBuffer());
  bytes[at]! ^= 1;
  await env.FILES.put(fileKey(id, file), bytes);
}

interface Found {
  files: number;
  bytes: number;
  damaged: { room: string; id: string; name: string; damage: string }[];
  next: string | null;
}
async function check(query = ""): Promise<Found> {
  const { status, body } = await call("POST", `/api/admin/files/check${query}`, { token: env.ADMIN_TOKEN });
  expect(status).toBe(200);
  return body as unknown as Found;
}

describe("a file's sum", () => {
  it("R59 finds one flipped bit wherever it is, in small files and in large ones, and tells no other file", async () => {
    const [small, large] = [noise(5_000), noise(3 * CHECKED_BYTES_MAX + 17)];
    const files: [string, number, string][] = [];
    for (const [bytes, at] of [
      [small, 0],
      [small, 4_999],
      [large, 0],
      [large, 2_000_000],
      [large, large.length - 1],
    ] as const)
      files.push([await upload(bytes, `at-${at}.bin`), at, `at-${at}.bin`]);
    const sound = [await upload(small), await upload(large)];
    expect(await check()).toMatchObject({ files: 7, damaged: [], next: null });
    for (const [file, at] of files) await flip(file, at);
    const { bytes, damaged } = await check();
    expect(bytes).toBe(3 * small.length + 4 * large.length);
    expect(damaged).toEqual(files.map(([file, _, name]) => ({ room: id, id: file, name, damage: "sum" })));
    expect(damaged.filter(({ id }) => sound.includes(id))).toEqual([]);
  });

  it("tells bytes that are gone, too few, too many, and takes a file that goes meanwhile for none", async () => {
    const [gone, short, long, going] = [
      await upload(noise(10)),
      await upload(noise(11)),
      await upload(noise(12)),
      await upload(noise(13)),
    ];
    await env.FILES.delete(fileKey(id, gone));
    await env.FILES.put(fileKey(id, short), noise(10));
    await env.FILES.put(fileKey(id, long), noise(13));
    const FILES = {
      get: async (key: string) => {
        if (key !== fileKey(id, going)) return env.FILES.get(key);
        await env.DB.prepare("DELETE FROM file WHERE id = ?").bind(going).run();
        return null;
      },
    };
    const { body } = await call("POST", "/api/admin/files/check", { token: env.ADMIN_TOKEN, vars: { FILES } });
    expect((body as unknown as Found).damaged.map(({ id, damage }) => [id, damage])).toEqual([
      [gone, "missing"],
      [short, "length"],
      [long, "length"],
    ]);
  });

  it("goes through all files in pages, without those whose bytes never came", async () => {
    const files = [];
    for (let n = 0; n < 5; n++) files.push(await upload(noise(10 + n)));
    const broken = { "content-type": "application/octet-stream", "content-length": "99" };
    await call("POST", `/api/rooms/${id}/files`, { token: owner.token, headers: broken, body: noise(3) });
    for (const file of files) await flip(file, 0);
    const seen: string[] = [];
    let next: string | null = "0";
    for (let pages = 0; next !== null; pages++) {
      expect(pages).toBeLessThan(4);
      const page = await check(`?limit=2&cursor=${next}`);
      seen.push(...page.damaged.map(({ id }) => id));
      next = page.next;
    }
    expect(seen).toEqual(files);
  });

  it("is given to a file from before sums were kept when it is first checked", async () => {
    const file = await upload(noise(100));
    await env.DB.prepare("UPDATE file SET crc = NULL WHERE id = ?").bind(file).run();
    expect((await fetchFile(file)).headers.has("x-ferrule-crc32")).toBe(false);
    expect((await check()).damaged).toEqual([]);
    expect((await fetchFile(file)).headers.get("x-ferrule-crc32")).toBe(hex(zlibCrc32(noise(100))));
    await flip(file, 50);
    expect((await check()).damaged).toMatchObject([{ id: file, damage: "sum" }]);
  });

  it("is for admins alone", async () => {
    expect(refusal(await call("POST", "/api/admin/files/check", { token: owner.token }))).toEqual([403, "forbidden"]);
    expect(refusal(await call("POST", "/api/admin/files/check"))).toEqual([401, "unauthenticated"]);
  });
});

describe("a whole file on its way out", () => {
  it("is refused when it is damaged, up to CHECKED_BYTES_MAX; parts and larger ones are as they are", async () => {
    for (const size of [1, 5_000, CHECKED_BYTES_MAX]) {
      const file = await upload(noise(size));
      expect([size, (await fetchFile(file)).bytes.length]).toEqual([size, size]);
      await flip(file, size - 1);
      expect([size, ...refusal(await fetchFile(file))]).toEqual([size, 500, "damaged"]);
      expect((await fetchFile(file, { range: "bytes=0-0" })).status).toBe(206);
    }
    const large = await upload(noise(CHECKED_BYTES_MAX + 1));
    await flip(large, 7);
    const { status, bytes, headers } = await fetchFile(large);
    expect([status, bytes.length]).toEqual([200, CHECKED_BYTES_MAX + 1]);
    // whoever reads it can see what is wrong
    expect(headers.get("x-ferrule-crc32")).toBe(hex(zlibCrc32(noise(CHECKED_BYTES_MAX + 1))));
    expect(headers.get("x-ferrule-crc32")).not.toBe(hex(zlibCrc32(bytes)));
  });

  it("tells the sum of all of it whatever is asked: a part, nothing, what is known", async () => {
    const file = await upload(noise(1_000));
    const sum = hex(zlibCrc32(noise(1_000)));
    const { headers } = await fetchFile(file);
    expect(headers.get("x-ferrule-crc32")).toBe(sum);
    for (const asked of [{ range: "bytes=5-9" }, { "if-none-match": headers.get("etag") ?? "" }])
      expect((await fetchFile(file, asked)).headers.get("x-ferrule-crc32")).toBe(sum);
    const head = await call("HEAD", `/api/rooms/${id}/files/${file}`, { token: owner.token });
    expect(head.headers.get("x-ferrule-crc32")).toBe(sum);
  });
});
