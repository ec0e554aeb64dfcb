// Uploading and downloading files: limits, rights, what is shown and what is only saved, and names that mean harm.

import { env } from "cloudflare:workers";
import { crc32 as zlibCrc32 } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type Answer,
  account,
  call,
  guest,
  join,
  type Person,
  refusal,
  room,
} from "../../../../../tests/worker/support/http-client";
import { FILE_BYTES_MAX, FILES_PER_WINDOW_MAX, FILES_WINDOW_MS, fileKey } from "../../files/fact";
import { claimFiles } from "../../files/file-table";

const GIF = Uint8Array.from([..."GIF89a\x03\0\x02\0\0\0\0"].map((c) => c.charCodeAt(0)));
const hex = (sum: number) => sum.toString(16).padStart(8, "0");
const text = (words: string) => new TextEncoder().encode(words);

let owner: Person;
let id: string;
beforeAll(async () => {
  owner = await account();
  id = await room(owner);
});

interface Upload {
  readonly person?: Person;
  readonly room?: string;
  readonly name?: string;
  readonly type?: string;
  /** What content-length says; null for none. */
  readonly length?: number | string | null;
}

async function upload(body: Uint8Array | ReadableStream | undefined, given: Upload = {}): Promise<Answer> {
  const { person = owner, room = id, name, type = "application/octet-stream" } = given;
  const { length = body instanceof Uint8Array ? body.length : null } = given;
  const query = name === undefined ? "" : `?name=${encodeURIComponent(name)}`;
  const headers = { "content-type": type, ...(length !== null && { "content-length": String(length) }) };
  return call("POST", `/api/rooms/${room}/files${query}`, {
    token: person.token,
    headers,
    ...(body !== undefined && { body }),
  });
}

const fetchFile = (file: string, headers: Record<string, string> = {}, person: Person | null = owner, at = id) =>
  call("GET", `/api/rooms/${at}/files/${file}`, { headers, ...(person !== null && { token: person.token }) });

/** A body in parts of 64 KiB, `bytes` in all; it fails after `breaksAt`. */
function stream(bytes: number, breaksAt = Number.POSITIVE_INFINITY): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent >= breaksAt) return controller.error(new Error("the line is cut"));
      if (sent >= bytes) return controller.close();
      const part = new Uint8Array(Math.min(65_536, bytes - sent)).fill(sent / 65_536);
      sent += part.length;
      controller.enqueue(part);
    },
  });
}
const stored = async () => (await env.FILES.list({ prefix: fileKey(id, "") })).objects.map(({ key }) => key);
/** As if whoever it is had uploaded nothing yet. */
const forget = (person: Person) =>
  env.DB.prepare("UPDATE file SET created_at = created_at - ? WHERE user_id = ?")
    .bind(FILES_WINDOW_MS, person.id)
    .run();

describe("uploading", () => {
  it("answers with what the file is, by its own bytes", async () => {
    const picture = await upload(GIF, { name: "tiny.gif", type: "text/html" });
    expect([picture.status, picture.body]).toEqual([
      201,
      {
        id: expect.stringMatching(/^[\w-]{22}$/),
        name: "tiny.gif",
        mime: "image/gif",
        size: 13,
        width: 3,
        height: 2,
        crc32: hex(zlibCrc32(GIF)),
      },
    ]);
    const page = await upload(text("<script>alert(1)</script>"), { name: "x.png", type: "image/png" });
    expect(page.body).toMatchObject({ mime: "application/octet-stream", size: 25, width: 0, height: 0 });
    expect((await upload(text("x"))).body).toMatchObject({ name: "file" });
  });

  it("needs a length, exactly the body's, of at most FILE_BYTES_MAX", async () => {
    await forget(owner);
    const before = await stored();
    for (const length of [null, "", "-1", "1e3", "0x10", "9".repeat(16)])
      expect([length, ...refusal(await upload(text("x"), { length }))]).toEqual([length, 411, "length_required"]);
    expect(refusal(await upload(undefined, { length: 0 }))).toEqual([400, "bad_request"]);
    expect(refusal(await upload(text("x"), { length: FILE_BYTES_MAX + 1 }))).toEqual([413, "too_large"]);
    // whatever it says: no byte more is taken, and nothing less is kept
    expect(refusal(await upload(stream(1_000_000), { length: 999_999 }))).toEqual([400, "bad_request"]);
    expect(refusal(await upload(stream(1_000_000), { length: 1_000_001 }))).toEqual([400, "bad_request"]);
    expect(refusal(await upload(stream(1_000_000, 400_000), { length: 1_000_000 }))).toEqual([400, "bad_request"]);
    expect(refusal(await upload(stream(100), { length: 10 }))).toEqual([400, "bad_request"]);
    expect(await stored()).toEqual(before);
  });

  it("takes FILE_BYTES_MAX, and gives back what it took", async () => {
    await forget(owner);
    const { status, body } = await upload(stream(FILE_BYTES_MAX), { length: FILE_BYTES_MAX });
    expect([status, (body as unknown as { size: number }).size]).toEqual([201, FILE_BYTES_MAX]);
    const { bytes } = await fetchFile(body.id);
    expect(bytes.length).toBe(FILE_BYTES_MAX);
    expect([bytes[0], bytes[65_536], bytes.at(-1)]).toEqual([0, 1, 159]);
    expect((body as unknown as { crc32: string }).crc32).toBe(hex(zlibCrc32(bytes)));
  });

  it("is limited to twenty an hour, those that failed included", async () => {
    const person = await guest();
    await join(person, id);
    for (let n = 0; n < FILES_PER_WINDOW_MAX - 1; n++) expect((await upload(GIF, { person })).status).toBe(201);
    const both = await Promise.all([
      upload(text("x"), { person, length: 2 }),
      upload(text("x"), { person, length: 2 }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([400, 429]);
    const { status, body, headers } = await upload(GIF, { person });
    expect([status, body.error.code]).toEqual([429, "rate_limited"]);
    expect(body.error.retryAfterMs).toBeGreaterThan(FILES_WINDOW_MS - 60_000);
    expect(Number(headers.get("retry-after"))).toBe(Math.ceil((body.error.retryAfterMs ?? 0) / 1000));
    expect((await upload(GIF)).status).toBe(201);
    await forget(person);
    expect((await upload(GIF, { person })).status).toBe(201);
  });

  it("R59 is for members of open rooms; a private room is none to strangers", async () => {
    const stranger = await account();
    expect(refusal(await upload(GIF, { person: stranger }))).toEqual([403, "forbidden"]);
    expect(refusal(await call("POST", `/api/rooms/${id}/files`))).toEqual([401, "unauthenticated"]);
    const hidden = await room(owner, "private");
    expect(refusal(await upload(GIF, { person: stranger, room: hidden }))).toEqual([404, "not_found"]);
    expect(refusal(await upload(undefined, { person: stranger, room: hidden }))).toEqual([404, "not_found"]);
    const closed = await room(owner);
    await call("PATCH", `/api/rooms/${closed}`, { token: owner.token, body: { closed: true } });
    expect(refusal(await upload(GIF, { room: closed }))).toEqual([403, "room_closed"]);
    expect(refusal(await upload(GIF, { room: "no-such-room" }))).toEqual([404, "not_found"]);
    const foreign = await call("POST", `/api/rooms/${id}/files`, {
      cookie: owner.cookie,
      origin: "https://evil.example",
      headers: { "content-type": "text/plain" },
      body: "x",
    });
    expect(refusal(foreign)).toEqual([403, "origin_refused"]);
  });
});

describe("downloading", () => {
  it("shows pictures and has all else saved, and lets nothing of either run", async () => {
    await forget(owner);
    const always = {
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox",
      "cache-control": "private, no-cache",
      "accept-ranges": "bytes",
    };
    const picture = await fetchFile((await upload(GIF, { name: "a.gif" })).body.id);
    expect([picture.status, picture.bytes]).toEqual([200, GIF]);
    expect(Object.fromEntries(picture.headers)).toMatchObject({
      ...always,
      "content-type": "image/gif",
      "content-length": "13",
      "content-disposition": `inline; filename="a.gif"; filename*=UTF-8''a.gif`,
    });
    const harmful = {
      "x.svg": '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
      "x.html": "<!doctype html><script>alert(1)</script>",
      "x.xml": '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script/></html>',
      "x.js": "alert(1)",
      "x.pdf": "%PDF-1.7",
    };
    for (const [name, content] of Object.entries(harmful)) {
      const { headers } = await fetchFile((await upload(text(content), { name })).body.id);
      expect(Object.fromEntries(headers)).toMatchObject({
        ...always,
        "content-type": "application/octet-stream",
        "content-disposition": `attachment; filename="${name}"; filename*=UTF-8''${name}`,
      });
    }
  });

  it("sends names that mean harm as names", async () => {
    await forget(owner);
    const names = {
      '"; filename="evil.exe': "%22%3B%20filename%3D%22evil.exe",
      "a\r\nset-cookie: b=c": "aset-cookie%3A%20b%3Dc",
      "../../etc/passwd": "passwd",
      "C:\\Windows\\a.dll": "a.dll",
      "photo\u202egpj.exe": "photogpj.exe",
      "nul\0.txt": "nul.txt",
      "büro 🙂.txt": "b%C3%BCro%20%F0%9F%99%82.txt",
    };
    for (const [name, encoded] of Object.entries(names)) {
      const { headers } = await fetchFile((await upload(text("x"), { name })).body.id);
      const disposition = headers.get("content-disposition") ?? "";
      expect([name, disposition]).toEqual([
        name,
        expect.stringMatching(/^attachment; filename="[ !#-[\]-~]*"; filename\*=UTF-8''[\w%.~!#$&+^`|-]*$/),
      ]);
      expect([name, disposition.split("''")[1]]).toEqual([name, encoded]);
      expect(headers.has("set-cookie")).toBe(false);
    }
    const long = "x".repeat(1_025);
    expect(refusal(await upload(GIF, { name: long }))).toEqual([400, "bad_request"]);
  });

  it("answers a range, a part that is not there, and what is known already", async () => {
    await forget(owner);
    const file = (await upload(text("0123456789"))).body.id;
    const part = async (range: string, more: Record<string, string> = {}) => {
      const { status, headers, bytes } = await fetchFile(file, { range, ...more });
      return [status, headers.get("content-range"), new TextDecoder().decode(bytes)];
    };
    expect(await part("bytes=2-4")).toEqual([206, "bytes 2-4/10", "234"]);
    expect(await part("bytes=7-")).toEqual([206, "bytes 7-9/10", "789"]);
    expect(await part("bytes=-3")).toEqual([206, "bytes 7-9/10", "789"]);
    expect(await part("bytes=-99")).toEqual([206, "bytes 0-9/10", "0123456789"]);
    expect(await part("bytes=0-999999999999999")).toEqual([206, "bytes 0-9/10", "0123456789"]);
    for (const all of [
      "bytes=4-2",
      "bytes=0-1,3-4",
      "lines=1-2",
      "bytes=-",
      "bytes=a-b",
      "bytes=1-99999999999999999999",
    ])
      expect([all, ...(await part(all))]).toEqual([all, 200, null, "0123456789"]);
    for (const range of ["bytes=10-", "bytes=-0", "bytes=99-100"])
      expect([range, ...refusal(await fetchFile(file, { range }))]).toEqual([range, 416, "range_not_satisfiable"]);
    const { headers } = await fetchFile(file);
    const etag = headers.get("etag") ?? "";
    expect(await part("bytes=2-4", { "if-range": etag })).toEqual([206, "bytes 2-4/10", "234"]);
    expect(await part("bytes=2-4", { "if-range": '"another"' })).toEqual([200, null, "0123456789"]);
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
      const again = await fetchFile(file, { "if-none-match": known });
      expect([known, again.status, again.bytes.length, again.headers.get("etag")]).toEqual([known, 304, 0, etag]);
    }
    expect((await fetchFile(file, { "if-none-match": '"another"' })).status).toBe(200);
    const head = await call("HEAD", `/api/rooms/${id}/files/${file}`, { token: owner.token });
    expect([head.status, head.bytes.length]).toEqual([200, 0]);
  });

  it("asks each time who may read the room, before all else", async () => {
    await forget(owner);
    const [hidden, stranger] = [await room(owner, "private"), await account()];
    const file = (await upload(GIF, { room: hidden })).body.id;
    const { headers } = await fetchFile(file, {}, owner, hidden);
    const known = { "if-none-match": headers.get("etag") ?? "" };
    for (const person of [stranger, null])
      expect(refusal(await fetchFile(file, known, person, hidden))).toEqual([404, "not_found"]);
    // by way of a room that one may read, and with questions that need no bytes
    for (const headers of [{}, known]) {
      expect(refusal(await fetchFile(file, headers, owner, id))).toEqual([404, "not_found"]);
      expect((await call("HEAD", `/api/rooms/${id}/files/${file}`, { token: owner.token, headers })).status).toBe(404);
    }
    for (const none of ["A".repeat(22), "A", "..", "%2e%2e%2f", "a".repeat(500)])
      expect([none, ...refusal(await fetchFile(none))]).toEqual([none, 404, "not_found"]);
  });

  it("shows a file to others once a message has it, and to the banned never", async () => {
    await forget(owner);
    const reader = await account();
    const file = (await upload(GIF)).body.id;
    expect((await fetchFile(file)).status).toBe(200);
    for (const person of [reader, null]) expect(refusal(await fetchFile(file, {}, person))).toEqual([404, "not_found"]);
    await claimFiles(env.DB, id, owner.id, crypto.randomUUID(), [file], Date.now());
    for (const person of [reader, null]) expect((await fetchFile(file, {}, person)).status).toBe(200);
    await join(reader, id);
    await env.DB.prepare("UPDATE member SET role = 'banned' WHERE user_id = ?").bind(reader.id).run();
    expect(refusal(await fetchFile(file, {}, reader))).toEqual([403, "banned"]);
  });

  it("is not there for anybody while its bytes are coming, or when they never came", async () => {
    const broken = await upload(stream(100_000, 50_000), { length: 100_000 });
    expect(broken.status).toBe(400);
    const { results } = await env.DB.prepare("SELECT id FROM file WHERE claim = '' AND user_id = ?")
      .bind(owner.id)
      .all<{ id: string }>();
    expect(results.length).toBeGreaterThan(0);
    for (const { id: file } of results) {
      expect(refusal(await fetchFile(file))).toEqual([404, "not_found"]);
      expect((await call("HEAD", `/api/rooms/${id}/files/${file}`, { token: owner.token })).status).toBe(404);
      expect(await claimFiles(env.DB, id, owner.id, crypto.randomUUID(), [file], Date.now())).toBeNull();
    }
  });

  it("leaves nothing of a file whose room is purged while it comes", async () => {
    await forget(owner);
    const before = await stored();
    const FILES = {
      put: async (key: string, body: ReadableStream, options: R2PutOptions) => {
        const object = await env.FILES.put(key, body, options);
        await env.DB.prepare("DELETE FROM file WHERE claim = '' AND user_id = ?").bind(owner.id).run();
        return object;
      },
      delete: (key: string) => env.FILES.delete(key),
    };
    const { token } = owner;
    const options = { token, body: GIF, headers: { "content-length": "13" }, vars: { FILES } };
    expect(refusal(await call("POST", `/api/rooms/${id}/files`, options))).toEqual([404, "not_found"]);
    expect(await stored()).toEqual(before);
  });

  it("answers 404 when the bytes went a moment ago, and 500 when the bucket fails", async () => {
    await forget(owner);
    const file = (await upload(GIF)).body.id;
    await env.FILES.delete(fileKey(id, file));
    expect(refusal(await fetchFile(file))).toEqual([404, "not_found"]);
    const FILES = { put: async () => Promise.reject(new Error("no bucket")) };
    const failed = await call("POST", `/api/rooms/${id}/files`, {
      token: owner.token,
      body: GIF,
      headers: { "content-length": "13" },
      vars: { FILES },
    });
    expect(refusal(failed)).toEqual([500, "internal"]);
  });
});
