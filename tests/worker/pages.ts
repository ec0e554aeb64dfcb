// What the pages must do in either language: the same tests for the same pages, by the path they lie under. A call goes to the whole
// Worker, so those of Python pass the main one.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { app } from "../../worker-ts/src/app";
import acceptVectors from "../vectors/accept.json";
import formVectors from "../vectors/form.json";
import { ORIGIN } from "./support/http-client";

/** A piece of a body: text, a repeated text, or bytes that are no text. */
type Piece = string | { readonly repeat: string; readonly times: number } | { readonly hex: string };

/** A posted form and what comes back. */
export interface FormVector {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly body: readonly Piece[];
  /** False: sent without a Content-Length. */
  readonly length?: boolean;
  readonly status: number;
  readonly holds: readonly string[];
  readonly lacks?: readonly string[];
}

/** The cases of tests/vectors/form.json, which worker-py/tests/test_form.py reads too. */
export const FORM_VECTORS = formVectors as readonly FormVector[];

/** Bytes of a vector's body. */
export function bodyOf(pieces: readonly Piece[]): Uint8Array<ArrayBuffer> {
  const parts = pieces.map((piece) => {
    if (typeof piece === "string") return piece;
    if ("hex" in piece) return Uint8Array.from(piece.hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    return piece.repeat.repeat(piece.times);
  });
  const encoder = new TextEncoder();
  return Uint8Array.from(parts.flatMap((part) => [...(typeof part === "string" ? encoder.encode(part) : part)]));
}

/** What came back, read to its end. */
export interface Shown {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Calls the Worker. `vars` replace variables or bindings for this one. */
export async function ask(path: string, init: RequestInit = {}, vars: object = {}): Promise<Shown> {
  const context = createExecutionContext();
  const response = await app.fetch(new Request(`${ORIGIN}${path}`, init), { ...env, ...vars }, context);
  const text = await response.text();
  await waitOnExecutionContext(context);
  return { status: response.status, headers: response.headers, text };
}

/** Posts a form; without a length it is streamed, as a client does that does not know it. */
export function post(path: string, type: string, body: Uint8Array<ArrayBuffer>, length = true): Promise<Shown> {
  const headers = { "content-type": type, ...(length && { "content-length": String(body.length) }) };
  return ask(path, { method: "POST", headers, body: length ? body : streamOf(body) });
}

/** A stream that does not know how much is to come. */
function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** Declares the tests of the pages under `base`: nothing for TypeScript, `/py` for Python. */
export function testPages(base: "" | "/py", greeting: RegExp): void {
  const form = `${base}/form`;
  const counter = `${base}/counter`;
  const other = base === "" ? "/py/counter" : "/counter";

  describe(`${base}/hello`, () => {
    it("P01 is plain text", async () => {
      const { status, headers, text } = await ask(`${base}/hello`);
      expect([status, headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
      expect(text).toMatch(greeting);
    });
  });

  describe(form, () => {
    it("P02 shows both fields, and may do nothing but post to where it came from", async () => {
      const { status, headers, text } = await ask(form);
      expect(status).toBe(200);
      expect(text).toContain('<form method="post">');
      expect(text).toMatch(/<label for="name">[\s\S]*<input id="name" name="name" maxlength="200"/);
      expect(text).toMatch(/<label for="message">[\s\S]*<textarea id="message" name="message" maxlength="10000"/);
      expect(text).not.toContain("data-code");
      expectGuarded(headers);
    });

    it.each(FORM_VECTORS.map((vector) => [`${vector.id} ${vector.name}`, vector] as const))(
      "%s",
      async (_, { type, body, length, status, holds, lacks }) => {
        const answer = await post(form, type, bodyOf(body), length);
        expect(answer.status, answer.text).toBe(status);
        for (const piece of holds) expect(answer.text).toContain(piece);
        for (const piece of lacks ?? []) expect(answer.text).not.toContain(piece);
        expectGuarded(answer.headers);
      },
    );

    it("P02 a form is taken from any origin, because browsers post ours with none", async () => {
      const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": "6" };
      for (const origin of ["null", "https://evil.example", ORIGIN]) {
        const init = { method: "POST", headers: { ...headers, origin, cookie: "a=b" }, body: "name=a" };
        expect((await ask(form, init)).status).toBe(200);
      }
    });
  });

  describe("addresses and methods", () => {
    it("P18 a method that an address has not is 405 with those that it has", async () => {
      for (const [path, allow] of [
        [form, "GET, HEAD, POST"],
        [counter, "GET, HEAD"],
        [`${base}/hello`, "GET, HEAD"],
      ] as const) {
        const { status, headers } = await ask(path, { method: "DELETE" });
        expect([path, status, headers.get("allow")]).toEqual([path, 405, allow]);
      }
    });

    it("P19 an unknown path is 404, and so is a known one with a slash behind it", async () => {
      for (const path of [`${base}/hello/x`, `${base}/form/`, `${base}/nothing`])
        expect([path, (await ask(path)).status]).toEqual([path, 404]);
    });

    it("P18 HEAD is answered as GET, without the text", async () => {
      const { status, headers, text } = await ask(form, { method: "HEAD" });
      expect([status, headers.get("content-type"), text]).toEqual([200, "text/html; charset=utf-8", ""]);
    });
  });

  describe(counter, () => {
    it("P20 counts 1, 2, 3 and is not kept", async () => {
      await empty();
      for (const count of [1, 2, 3]) {
        const { status, headers, text } = await ask(counter);
        expect([status, text, headers.get("content-type")]).toEqual([
          200,
          `count=${count}`,
          "text/plain; charset=utf-8",
        ]);
        expect(headers.get("cache-control")).toBe("no-store");
        expect(headers.get("vary")?.split(/, */)).toContain("accept");
      }
    });

    it.each(acceptVectors)("P20 is HTML for $accept: $html", async ({ accept, html }) => {
      const { headers, text } = await ask(counter, { headers: { accept } });
      expect(headers.get("content-type")).toBe(`text/${html ? "html" : "plain"}; charset=utf-8`);
      expect(text).toMatch(html ? /<p>count=\d+<\/p>/ : /^count=\d+$/);
      expect(headers.get("vary")?.split(/, */)).toContain("accept");
    });

    it("P21 601 requests, 16 at a time, are 601 different answers", async () => {
      await empty();
      const seen: number[] = [];
      let left = 601;
      const visitor = async () => {
        while (left-- > 0) seen.push(Number((await ask(counter)).text.replace("count=", "")));
      };
      await Promise.all(Array.from({ length: 16 }, visitor));
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 601 }, (_, at) => at + 1));
      expect(await rows()).toEqual({ [counter]: 601 });
    });

    it("P23 leaves the other language's count alone", async () => {
      await empty();
      await env.DB.prepare("INSERT INTO page_views VALUES (?, 41)").bind(other).run();
      await ask(counter);
      await ask(counter);
      expect(await rows()).toEqual({ [counter]: 2, [other]: 41 });
    });
  });
}

/** The policy of the form, and what every answer carries. */
function expectGuarded(headers: Headers): void {
  expect(Object.fromEntries(headers)).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
  });
}

async function empty(): Promise<void> {
  await env.DB.prepare("DELETE FROM page_views").run();
}

async function rows(): Promise<Record<string, unknown>> {
  const { results } = await env.DB.prepare("SELECT page, count FROM page_views").all<{ page: string; count: number }>();
  return Object.fromEntries(results.map(({ page, count }) => [page, count]));
}
