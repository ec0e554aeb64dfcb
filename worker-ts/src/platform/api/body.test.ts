// Bodies cross their limit whatever their headers say.
import { describe, expect, it } from "vitest";
import { JSON_BYTES_MAX, JSON_DEPTH_MAX, readJson } from "./body";

const request = (body: BodyInit, type = "application/json") =>
  new Request("http://localhost", { method: "POST", body, headers: { "content-type": type } });

/** A body without a content-length, in parts of 1 KiB. */
function stream(bytes: number): ReadableStream<Uint8Array> {
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      controller.enqueue(new Uint8Array(Math.min(1024, left)).fill(0x20));
      left -= 1024;
    },
  });
}

describe("readJson", () => {
  it("reads JSON, whatever parameters its type has", async () => {
    expect(await readJson(request('{"a":1}', "application/json; charset=utf-8"))).toEqual({ a: 1 });
  });

  it("takes a body of exactly the limit and refuses one byte more", async () => {
    const exact = `"${"x".repeat(JSON_BYTES_MAX - 2)}"`;
    expect(await readJson(request(exact))).toHaveLength(JSON_BYTES_MAX - 2);
    await expect(readJson(request(`${exact} `))).rejects.toMatchObject({ code: "too_large", field: "body" });
  });

  it("takes JSON that nests JSON_DEPTH_MAX deep and refuses one level more; what stands in strings counts for nothing", async () => {
    const nested = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
      ['[{"]":', "}]"],
    ] as const) {
      const levels = open.match(/[[{]/g)!.length;
      expect(await readJson(request(nested(open, close, JSON_DEPTH_MAX / levels)))).toBeTypeOf("object");
      await expect(readJson(request(nested(open, close, JSON_DEPTH_MAX / levels + 1)))).rejects.toMatchObject({
        code: "bad_request",
        field: "body",
      });
    }
    const text = `"${"[{".repeat(100)}\\\\"`;
    expect(await readJson(request(`[${text},{${text}:1}]`))).toHaveLength(2);
    expect(await readJson(request(`[${"[],".repeat(1_000)}[]]`))).toHaveLength(1_001);
  });

  it("counts what comes when nothing was claimed", async () => {
    await expect(readJson(request(stream(JSON_BYTES_MAX + 1)))).rejects.toMatchObject({ code: "too_large" });
  });

  it("refuses other types, no JSON, and bytes that are no UTF-8", async () => {
    for (const type of ["text/plain", "application/jsonp", "application/x-www-form-urlencoded", ""])
      await expect(readJson(request("{}", type))).rejects.toMatchObject({ code: "bad_request", field: "content-type" });
    for (const body of ["", "{", "{}x", new Uint8Array([0x22, 0xff, 0x22])])
      await expect(readJson(request(body))).rejects.toMatchObject({ code: "bad_request", field: "body" });
  });
});
