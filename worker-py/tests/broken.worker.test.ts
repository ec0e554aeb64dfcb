// What breaks inside Python, and what Python is not handed. It takes the table away, so it has a file of its own.
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { ask, post } from "../../tests/worker/pages";

it("P32 an exception is 500 without a word of it", async () => {
  await env.DB.prepare("DROP TABLE page_views").run();
  const { status, headers, text } = await ask("/py/counter");
  expect([status, text]).toEqual([500, "Something went wrong on the server."]);
  expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
  expect((await ask("/py/hello")).status).toBe(200);
});

it("P12 a body of many MiB is refused by its length, and the Worker lives", async () => {
  const large = new Uint8Array(16 * 1024 * 1024);
  for (const path of ["/py/form", "/form"])
    expect((await post(path, "application/x-www-form-urlencoded", large)).status).toBe(413);
  expect((await post("/py/hello", "text/plain", large)).status).toBe(405);
  expect((await ask("/py/hello")).status).toBe(200);
});

it("P18 a method that Python's list does not know is 405 too, and OPTIONS is Python's to answer", async () => {
  for (const method of ["PROPFIND", "OPTIONS"]) {
    const { status, headers } = await ask("/py/form", { method });
    expect([method, status, headers.get("allow")]).toEqual([method, 405, "GET, HEAD, POST"]);
  }
});
