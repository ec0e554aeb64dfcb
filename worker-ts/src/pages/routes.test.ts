// What only the main Worker does with pages: the way to Python and what it says when there is none, the index, the table.
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ask } from "../../../tests/worker/pages";
import { pageRoutes } from "./routes";

afterEach(() => vi.restoreAllMocks());

/** A Python Worker that does this. */
const python = (fetch: (request: Request) => Promise<Response>) => ({ PY: { fetch } });

describe("/py", () => {
  it("P24 leads to /py/, whatever the method, and keeps the query", async () => {
    for (const method of ["GET", "POST"]) {
      const { status, headers } = await ask("/py?a=b", { method, redirect: "manual" });
      expect([status, headers.get("location")]).toEqual([308, "/py/?a=b"]);
    }
  });

  it("hands every request on as it is, and the answer back as it is", async () => {
    const seen: unknown[] = [];
    const worker = python(async (request) => {
      seen.push([request.method, request.url, request.headers.get("x-a"), await request.text()]);
      return new Response("as it is", { status: 418, headers: { "x-frame-options": "SAMEORIGIN", vary: "accept" } });
    });
    for (const method of ["GET", "PUT", "OPTIONS"]) {
      const body = method === "GET" ? {} : { body: "text" };
      const answer = await ask("/py/any/path?q=%20", { method, headers: { "x-a": "b" }, ...body }, worker);
      expect([answer.status, answer.text]).toEqual([418, "as it is"]);
      expect(answer.headers.get("x-frame-options")).toBe("SAMEORIGIN");
      expect(answer.headers.get("vary")).toBe("accept, origin");
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    }
    const url = "http://localhost:8787/py/any/path?q=%20";
    expect(seen).toEqual([
      ["GET", url, "b", ""],
      ["PUT", url, "b", "text"],
      ["OPTIONS", url, "b", "text"],
    ]);
  });

  it("P25 says why there is no Python; the other pages are there", async () => {
    for (const [vars, reason] of [
      [{ PYTHON_OFF: "pip was not found." }, "pip was not found."],
      [{ PY: undefined }, "no Python Worker is bound"],
    ] as const) {
      const answer = await ask("/py/hello", {}, vars);
      expect([answer.status, answer.text]).toEqual([503, `The Python pages are off: ${reason}`]);
      expect(answer.headers.get("retry-after")).toBe("60");
      expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect((await ask("/hello", {}, vars)).status).toBe(200);
      const index = await ask("/pages", {}, vars);
      expect(index.text).toContain(`off: ${reason}`);
      expect(index.text).not.toContain('href="/py');
    }
  });

  it("is 502 without a word of it when Python throws; the log says all", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const broken = python(async () => {
      throw new Error("secret=hunter2");
    });
    const { status, text } = await ask("/py/hello", {}, broken);
    expect([status, text]).toEqual([502, "The Python Worker did not answer."]);
    expect(log.mock.calls.join()).toContain("hunter2");
  });
});

describe("/pages", () => {
  it("links what is served, and what others hand in, as text", async () => {
    const { status, headers, text } = await ask("/pages");
    expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; style-src 'unsafe-inline'");
    const links = [...text.matchAll(/<a href="([^"]*)">/g)].map(([, href]) => href);
    expect(links).toEqual([
      ...[
        "/",
        "/kernel",
        "/operations",
        "/workflows",
        "/docs/",
        "/docs/api",
        "/openapi.json",
        "/api/health",
        "/kernel/demo",
        "/hello",
        "/form",
        "/counter",
      ],
      ...["/py/hello", "/py/form", "/py/counter"],
    ]);
    expect(text).toContain('<html lang="en">');
    expect(text.match(/<h1>/g)).toHaveLength(1);

    const hostile = { group: "<G>", title: '"<b>"', href: '/"><script>', line: "a & b" };
    const index = pageRoutes({ links: [hostile], api: expect.unreachable }).find(({ path }) => path === "/pages")!;
    const call = { env, request: new Request("http://localhost:8787/pages"), requestId: "r" };
    const made = await (await index.serve(call as unknown as Parameters<typeof index.serve>[0])).text();
    expect(made).toContain("<h2>&lt;G&gt;</h2>");
    expect(made).toContain('<a href="/&quot;&gt;&lt;script&gt;">&quot;&lt;b&gt;&quot;</a><p>a &amp; b</p>');
  });
});

describe("the form", () => {
  it("P13 counts what comes: a length that is too small does not let more in", async () => {
    const stream = new ReadableStream({
      start(controller) {
        for (let part = 0; part < 65; part++) controller.enqueue(new Uint8Array(1024).fill(0x61));
        controller.close();
      },
    });
    const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": "10" };
    const { status, text } = await ask("/form", { method: "POST", headers, body: stream });
    expect(status).toBe(413);
    expect(text).toContain('data-code="too_large"');
  });
});

describe("the table page_views", () => {
  it("is strict: a count is a number", async () => {
    const row = await env.DB.prepare("SELECT sql FROM sqlite_schema WHERE name = 'page_views'").first<{
      sql: string;
    }>();
    expect(row?.sql).toMatch(/\)\s*STRICT$/);
    const wrong = env.DB.prepare("INSERT INTO page_views VALUES ('/x', 'many')").run();
    await expect(wrong).rejects.toThrow("cannot store TEXT value in INTEGER column");
  });
});
