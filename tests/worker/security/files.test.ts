// Files that mean harm: what they are is never what they say, nothing of them runs in a page of ours, and no name or range gets more
// out of them than the bytes that somebody uploaded. (files.test.ts and sniff.test.ts: kinds, lengths, names in headers.)
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { FILE_BYTES_MAX } from "../../../worker-ts/src/rooms/files/fact";
import { type Account, type Answer, account, call, guest, room } from "../support/http-client";

const utf8 = new TextEncoder();
const SCRIPT = "<!doctype html><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script>";
const MZ = "MZ\u0090\u0000";

/** What is a picture by its first bytes and something else by the rest, or by its name. */
const POLYGLOTS: Readonly<Record<string, string>> = {
  "gif-js.html": `GIF89a\u0001\u0000\u0001\u0000=1;/*\u0000*/alert(1)//${SCRIPT}`,
  "late.svg": `${" ".repeat(600)}${SCRIPT}`,
  "bom.html": `\ufeff${SCRIPT}`,
  "png.svg": `\u0089PNG\r\n\u001a\n${SCRIPT}`,
  "mhtml.gif": `Content-Type: multipart/related\r\n\r\n${SCRIPT}`,
  "pdf.png": "%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>",
  "a.exe.png": MZ,
  "swf.jpg": "FWS\u0009\u0000\u0000\u0000\u0000",
  "webp.html": `RIFF\u0000\u0000\u0000\u0000WEBP${SCRIPT}`,
  "svg.gif": `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>${SCRIPT}`,
};
const SHOWN = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

let owner: Account;
let id: string;
beforeAll(async () => {
  owner = await account();
  id = await room(owner);
});

/** Uploads as somebody who has uploaded nothing this hour. */
async function upload(body: Uint8Array | string, name: string, headers: Record<string, string> = {}): Promise<Answer> {
  await env.DB.prepare("UPDATE file SET created_at = 1 WHERE user_id = ?").bind(owner.id).run();
  const length = String(typeof body === "string" ? utf8.encode(body).length : body.length);
  const sent = { "content-type": "image/png", "content-length": length, ...headers };
  return call("POST", `/api/rooms/${id}/files?name=${encodeURIComponent(name)}`, {
    token: owner.token,
    body,
    headers: sent,
  });
}

const download = (file: string, headers: Record<string, string> = {}) =>
  call("GET", `/api/rooms/${id}/files/${file}`, { token: owner.token, headers });

/** A PNG that says it is so large. */
function png(width: number, height: number): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return bytes;
}

describe("a file", () => {
  it("S23 that is two things at once is shown as a picture or saved, and runs as neither", async () => {
    for (const [name, content] of Object.entries(POLYGLOTS)) {
      const bytes = Uint8Array.from(content, (character) => character.charCodeAt(0) & 255);
      for (const type of ["text/html", "image/svg+xml", "application/javascript"]) {
        const { status, body } = await upload(bytes, name, { "content-type": type });
        expect([name, type, status]).toEqual([name, type, 201]);
        const { headers, bytes: back } = await download(body.id, { accept: "text/html" });
        const kind = headers.get("content-type")!;
        const picture = SHOWN.includes(kind);
        expect([name, picture || kind === "application/octet-stream"]).toEqual([name, true]);
        expect([name, headers.get("content-disposition")]).toEqual([
          name,
          expect.stringMatching(picture ? /^inline;/ : /^attachment;/),
        ]);
        expect([name, headers.get("x-content-type-options"), headers.get("content-security-policy")]).toEqual([
          name,
          "nosniff",
          "sandbox",
        ]);
        expect([name, headers.get("cross-origin-resource-policy")]).toEqual([name, "same-origin"]);
        expect(back).toEqual(bytes);
      }
    }
  });

  it("S23 that would be gigabytes once decoded is no picture", async () => {
    for (const [width, height] of [
      [65_535, 65_535],
      [0x7fffffff, 1],
      [0xffffffff, 0xffffffff],
    ] as const) {
      const { body } = await upload(png(width, height), "bomb.png");
      expect([width, height, (await download(body.id)).headers.get("content-type")]).toEqual([
        width,
        height,
        "application/octet-stream",
      ]);
      expect(body).toMatchObject({ width: 0, height: 0 });
    }
    expect((await upload(png(10, 10), "fine.png")).body).toMatchObject({ width: 10, height: 10 });
  });

  it("S24 gives no more than itself, whatever range is asked for", async () => {
    const file = (await upload("0123456789", "a.txt")).body.id;
    const many = Array.from({ length: 2_000 }, (_, n) => `${n % 10}-${n % 10}`).join(",");
    for (const range of [
      `bytes=${many}`,
      "bytes=0-0,0-0,0-0",
      "bytes=-18446744073709551615",
      "bytes=0-18446744073709551615",
      "bytes= 0 - 9",
      "bytes=0x0-0x9",
      "bytes=-1-5",
      "none",
    ]) {
      const { status, bytes, headers } = await download(file, { range });
      expect([range, status < 500, bytes.length <= 10 || status === 416]).toEqual([range, true, true]);
      if (status < 400) expect([range, headers.get("content-length")]).toEqual([range, String(bytes.length)]);
      expect([range, headers.get("content-type")]).toEqual([range, expect.not.stringContaining("multipart")]);
    }
  });

  it("S24 is nowhere but under its id: no spelling of a path leads out of the room", async () => {
    const file = (await upload("secret", "a.txt")).body.id;
    const other = await room(owner);
    const stranger = await guest();
    for (const path of [
      `/api/rooms/${other}/files/${file}`,
      `/api/rooms/${other}/files/..%2f..%2f${id}%2ffiles%2f${file}`,
      `/api/rooms/${other}/files/../../${id}/files/${file}/x`,
      `/api/rooms/${id}/files/${file}%00`,
      `/api/rooms/${id}/files/${file}.html`,
      `/api/rooms/${id}/files/%2e%2e`,
      `/api/rooms/files%2f${id}/files/${file}`,
      `/files/${id}/${file}`,
      `/avatars/${owner.id}`,
    ])
      for (const token of [owner.token, stranger.token])
        expect([path, (await call("GET", path, { token })).status]).toEqual([path, 404]);
  });

  it("S25 that is longer or shorter than it says, or says it oddly, leaves nothing behind", async () => {
    const before = (await env.FILES.list()).objects.length;
    for (const [length, status] of [
      ["3", 400],
      ["99", 400],
      ["-1", 411],
      ["1e3", 411],
      ["0x4", 411],
      ["4, 4", 411],
      ["+4", 411],
      [String(FILE_BYTES_MAX + 1), 413],
      ["999999999999999999999", 411],
    ] as const)
      expect([length, (await upload("four", "a.txt", { "content-length": length })).status]).toEqual([length, status]);
    expect((await env.FILES.list()).objects.length).toBe(before);
    const { results } = await env.DB.prepare("SELECT claim FROM file WHERE user_id = ? AND created_at > 1")
      .bind(owner.id)
      .all();
    expect(results.every(({ claim }) => claim === "")).toBe(true);
  });

  it("S25 of a person's picture is a picture, and what is drawn in its place holds nothing of a name that acts", async () => {
    const { token } = owner;
    const put = (content: string) =>
      call("PUT", "/api/users/me/avatar", {
        token,
        body: Uint8Array.from(content, (character) => character.charCodeAt(0) & 255),
        headers: { "content-type": "image/png", "content-length": String(content.length) },
      });
    for (const [name, content] of Object.entries(POLYGLOTS)) {
      const { status } = await put(content);
      expect([
        name,
        status === 400 || name.startsWith("gif") || name.startsWith("webp") || name.startsWith("png"),
      ]).toEqual([name, true]);
      const { headers } = await call("GET", `/api/users/${owner.id}/avatar`, { token });
      expect([name, headers.get("content-security-policy")]).toEqual([
        name,
        expect.stringMatching(/sandbox|default-src 'none'/),
      ]);
      expect([name, headers.get("content-type")]).toEqual([
        name,
        expect.stringMatching(/^image\/(png|jpeg|gif|webp|avif|svg\+xml)/),
      ]);
    }
    const evil = await account("<svg onload=alert(1)> &amp; \"'");
    const drawn = new TextDecoder().decode((await call("GET", `/api/users/${evil.id}/avatar`, { token })).bytes);
    expect(drawn).not.toMatch(/onload|script|&amp;|alert/);
  });
});
