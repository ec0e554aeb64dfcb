// The API page: all of the document is on it, every link leads somewhere, and nothing in the document can become HTML.
import { beforeAll, describe, expect, it } from "vitest";
import { ask } from "../../../tests/worker/pages";
import { type ApiDocument, ERRORS } from "../platform";
import { apiPage } from "./api-page";
import { exampleOf, schemaHtml, typeHtml } from "./api-schema";

let answer: Awaited<ReturnType<typeof ask>>;
let document: ApiDocument;
beforeAll(async () => {
  answer = await ask("/docs/api");
  document = JSON.parse((await ask("/openapi.json")).text);
});

const idsOf = (html: string) => [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id!);
const operationsOf = ({ paths }: ApiDocument) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

describe("the API page", () => {
  it("R57 shows every operation of the document with its words, fields and refusals, every shape and every code", () => {
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const ids = idsOf(answer.text);
    for (const { method, path, operation } of operationsOf(document)) {
      expect(ids).toContain(operation.operationId);
      const from = answer.text.indexOf(`<section aria-labelledby="${operation.operationId}">`);
      const part = answer.text.slice(from, answer.text.indexOf("</section>", from));
      expect(part).toContain(`<code>${method} ${path}</code>`);
      for (const { name } of operation.parameters) expect(part).toContain(`<dt><code>${name}</code></dt>`);
      for (const status of Object.keys(operation.responses))
        expect([path, part]).toEqual([path, expect.stringContaining(status)]);
    }
    for (const name of Object.keys(document.components.schemas)) expect(ids).toContain(`shape-${name}`);
    for (const code of Object.keys(ERRORS)) expect(answer.text).toContain(`<code>${code}</code>`);
  });

  it("has links that lead somewhere, and no id twice", () => {
    const ids = idsOf(answer.text);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...answer.text.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id!);
    expect(targets.length).toBeGreaterThan(100);
    expect(targets.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it("may show itself and nothing else, and is on the index", async () => {
    expect(answer.headers.get("content-security-policy")).toBe("default-src 'none'; style-src 'unsafe-inline'");
    expect(answer.text).not.toMatch(/<script|<img|<iframe|javascript:/);
    expect((await ask("/pages")).text).toContain('href="/docs/api"');
  });

  it("shows what is in the document as text, whatever it is", () => {
    const hostile = `<script>alert(1)</script>"'&`;
    const made = {
      openapi: "3.1.0",
      info: { title: hostile, version: "1" },
      servers: [],
      tags: [{ name: hostile }],
      paths: {
        [`/${hostile}/{x}`]: {
          post: {
            operationId: "one",
            summary: `${hostile} \`${hostile}\``,
            tags: [hostile],
            security: [],
            parameters: [
              { name: hostile, in: "query", required: true, description: hostile, schema: { enum: [hostile] } },
            ],
            requestBody: { required: true, content: { [hostile]: { schema: { const: hostile } } } },
            responses: { 200: { description: hostile, content: { [hostile]: { schema: { type: hostile } } } } },
          },
        },
      },
      components: {
        schemas: { [hostile]: { description: hostile, pattern: hostile, type: "string" } },
        securitySchemes: {},
      },
    } as const satisfies ApiDocument;
    const html = apiPage(made, { [hostile]: 400 });
    expect(html).not.toContain("<script");
    expect(html).not.toMatch(/"'&(?!amp;|quot;|#x27;|lt;|gt;)/);
  });
});

describe("a schema in words", () => {
  it("says what a value may be", () => {
    const words = (schema: object) => typeHtml(schema as Parameters<typeof typeHtml>[0]).replaceAll(/<\/?code>/g, "");
    expect(words({ type: "string" })).toBe("text");
    expect(words({ type: "string", minLength: 1, maxLength: 64 })).toBe("text, 1 to 64 characters");
    expect(words({ type: "string", format: "uuid", pattern: "^.$" })).toBe("text (uuid)");
    expect(words({ type: "string", pattern: "^a+$" })).toBe("text like ^a+$");
    expect(words({ type: "integer", exclusiveMinimum: 0, maximum: Number.MAX_SAFE_INTEGER })).toBe(
      "whole number from 1",
    );
    expect(words({ type: "integer", minimum: 0, maximum: 9 })).toBe("whole number, 0 to 9");
    expect(words({ type: "integer", minimum: -Number.MAX_SAFE_INTEGER })).toBe("whole number");
    expect(words({ anyOf: [{ type: "boolean" }, { type: "null" }] })).toBe("boolean or null");
    expect(words({ enum: ["a", 1] })).toBe("&quot;a&quot; or 1");
    expect(words({ type: "array", items: { $ref: "#/components/schemas/Room" } })).toBe(
      'list of <a href="#shape-Room">Room</a>',
    );
    expect(words({ type: "object", properties: { a: { type: "boolean" } } })).toBe("{ a: boolean }");
    expect([words({ type: "object" }), words({})]).toEqual(["object", "anything"]);
  });

  it("tells of an input what may be left out, and of an answer that all is there", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "boolean" }, b: { type: "string", default: "x" } },
      required: [],
    };
    expect(schemaHtml(schema, true)).toContain("<dd>boolean; may be left out</dd>");
    expect(schemaHtml(schema, true)).toContain("<dd>text; <code>&quot;x&quot;</code> when left out</dd>");
    expect(schemaHtml(schema, false)).not.toContain("left out");
  });

  it("has an example that the schema takes", () => {
    const field = (part: object) => exampleOf({ type: "object", properties: { a: part }, required: ["a"] });
    expect(field({ type: "integer" })).toEqual({ a: 1 });
    expect(field({ type: "boolean" })).toEqual({ a: true });
    expect(field({ enum: ["one", "two"] })).toEqual({ a: "one" });
    expect(field({ type: "array", items: {} })).toEqual({ a: [] });
    expect(exampleOf({ type: "object", properties: { title: {}, topic: {} }, required: ["title"] })).toEqual({
      title: "A room",
    });
  });
});
