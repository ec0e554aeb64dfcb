// The OpenAPI document against the routes that are mounted, and each route against what the document says of it.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type * as z from "zod";
import { makeWorld, SAMPLES } from "../../tests/worker/api-samples";
import { type Answer, account, call, guest, ORIGIN, refusal } from "../../tests/worker/support/http-client";
import { app, pages, routes } from "./app";
import { openApiPath } from "./platform/api/openapi";

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly security: readonly Record<string, readonly string[]>[];
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, unknown>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
}

let document: Document;
beforeAll(async () => {
  document = (await call("GET", "/openapi.json")).body as unknown as Document;
});

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  );

const names = () =>
  operations()
    .map(({ name }) => name)
    .sort();

const bodyText = (body: unknown) => (typeof body === "string" ? body : JSON.stringify(body));

/** The room that a sample is about, if it is about one. */
function roomIn(path: string, body: unknown): string | undefined {
  const [, id] =
    /\/api\/rooms\/([a-z0-9-]{3,48})|\/api\/messages\/([a-z0-9-]+)\.|[?&]room=([a-z0-9-]+)/
      .exec(path)
      ?.filter((part) => part !== undefined) ?? [];
  return id ?? (body as { room?: string } | undefined)?.room;
}

describe("the OpenAPI document", () => {
  it("R57 holds every route that is mounted, and nothing else", () => {
    const shown = pages.map(({ method, path }) => `${method} ${path}`);
    const mounted = app.routes
      .filter(({ method, path }) => method !== "ALL" && method !== "OPTIONS" && !shown.includes(`${method} ${path}`))
      .map(({ method, path }) => `${method} ${openApiPath(path)}`);
    expect(mounted.sort()).toEqual(names());
    expect(new Set(mounted).size).toBe(mounted.length);
    // what is mounted for all methods: the one frame around every route, what goes to Python, webhooks, and 405 once for each address
    const all = app.routes.filter(({ method }) => method === "ALL").map(({ path }) => path);
    expect(all.slice(0, 4)).toEqual(["/*", "/py", "/py/*", "/.well-known/workflow/v1/webhook/:token"]);
    const own = [...routes, ...pages].filter(({ method }) => method !== "ALL").map(({ path }) => path);
    expect(all.slice(4).sort()).toEqual([...new Set(own)].sort());
  });

  it("R57 is kept by every route: each answers as it says", async () => {
    expect(Object.keys(SAMPLES).sort()).toEqual(names());
    const world = await makeWorld();
    for (const [name, sample] of Object.entries(SAMPLES)) {
      const { path, ...options } = await sample(world);
      const [method, pattern] = name.split(" ") as [string, string];
      const route = routes.find((entry) => entry.method === method && openApiPath(entry.path) === pattern)!;
      const answer = await call(method, path ?? pattern, options);
      expect([name, Object.keys(route.answers)]).toEqual([name, expect.arrayContaining([String(answer.status)])]);
      const schema = route.answers[answer.status] as z.ZodObject | null;
      if (schema === null) expect(answer.body).toBeNull();
      // equal to what the schema knows of it: no field is missing, none is there that the document does not tell
      else expect([name, schema.parse(answer.body)]).toEqual([name, answer.body]);
      answer.webSocket?.accept();
      answer.webSocket?.close(1000);
    }
  });

  it("R57 tells the refusals of every route: nobody is let in where it says that a session is needed", async () => {
    const world = await makeWorld();
    for (const { name, operation } of operations()) {
      const open =
        operation.security.length === 0 || operation.security.some((entry) => Object.keys(entry).length === 0);
      if (open) continue;
      expect(Object.keys(operation.responses), name).toContain("401");
      const { path, token: _, ...options } = await SAMPLES[name]!(world);
      const [method, pattern] = name.split(" ") as [string, string];
      expect([name, (await call(method, path ?? pattern, options)).status]).toEqual([name, 401]);
    }
  });

  it("R57 tells every status there is, whatever is sent: nothing comes back that it does not name", async () => {
    const { id } = await makeWorld();
    const parts = [id, "x", "%00", "%ff", "..%2f..", "x".repeat(300), "-1"];
    const bodies = ["{", "[]", '{"a":1}', "null", `"${"x".repeat(200_000)}"`];
    for (const { name, path, operation } of operations()) {
      const [method] = name.split(" ") as [string];
      const told = Object.keys(operation.responses);
      const { token } = await guest();
      const ask = async (part: string, query: string, body?: string) => {
        const asked = path.replaceAll(/\{\w+\}/g, part) + query;
        const answer = await call(method, asked, { token, ...(body !== undefined && { body }) });
        const where = [name, asked.slice(0, 80), body?.slice(0, 10)];
        expect([...where, told.includes(String(answer.status)) ? "told" : answer.status]).toEqual([...where, "told"]);
        if (answer.status >= 400) expect(refusal(answer)[1], where.join(" ")).toEqual(expect.any(String));
      };
      for (const part of parts) await ask(part, "");
      for (const query of ["?limit=-1", "?cursor=%00", "?q=%00", "?before=x"]) await ask(id, query);
      if (method !== "GET") for (const body of bodies) await ask(id, "", body);
    }
  });

  it("R59 private rooms are not there for strangers: every route answers as for a room that does not exist", async () => {
    const [world, stranger] = [await makeWorld(), await account()];
    const asked: string[] = [];
    for (const [name, sample] of Object.entries(SAMPLES)) {
      const [method, pattern] = name.split(" ") as [string, string];
      const { path = pattern, token: _, body, ...options } = await sample(world);
      const id = roomIn(path, body);
      if (id === undefined) continue;
      asked.push(name);
      await env.DB.prepare("UPDATE room SET visibility = 'private' WHERE id = ?1").bind(id).run();
      const elsewhere = (text: string) => text.replaceAll(id, `${id.slice(0, -3)}xyz`);
      for (const token of [stranger.token, undefined]) {
        const who = { ...options, ...(token !== undefined && { token }) };
        const ask = (change: (text: string) => string) =>
          call(method, change(path), { ...who, ...(body !== undefined && { body: change(bodyText(body)) }) });
        const [there, nowhere] = [await ask((text) => text), await ask(elsewhere)];
        // whoever is nobody may be told to sign in first, whatever room it is
        const unknown = token === undefined && there.status === 401;
        expect([name, ...refusal(there)]).toEqual([name, ...(unknown ? [401, "unauthenticated"] : [404, "not_found"])]);
        const { requestId: __, ...shown } = there.body.error;
        expect([name, nowhere.status, nowhere.body.error]).toEqual([
          name,
          there.status,
          { ...shown, requestId: expect.any(String) },
        ]);
        const headers = ({ headers }: Answer) => [...headers].filter(([header]) => header !== "x-request-id");
        expect([name, headers(there)]).toEqual([name, headers(nowhere)]);
      }
    }
    const inRooms = names().filter((name) => /\/api\/rooms\/\{id\}|\/api\/messages/.test(name));
    expect(asked.sort()).toEqual(inRooms);
  });

  it("is OpenAPI 3.1: names are unique, parts of paths described, every reference leads somewhere", () => {
    expect(document.openapi).toBe("3.1.0");
    const names = operations().map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, path, operation } of operations()) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const described = operation.parameters.filter((parameter) => parameter.in === "path");
      expect([name, described.map((parameter) => parameter.name)]).toEqual([name, inPath]);
      expect(described.every(({ required }) => required)).toBe(true);
      expect(operation.summary).not.toBe("");
      for (const answer of Object.values(operation.responses)) expect(answer.description).not.toBe("");
      for (const scheme of operation.security.flatMap((entry) => Object.keys(entry)))
        expect(document.components.securitySchemes).toHaveProperty(scheme);
    }
    const text = JSON.stringify(document);
    for (const [, to] of text.matchAll(/"\$ref":"([^"]*)"/g))
      expect(Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`)).toContain(to);
    expect(text).not.toMatch(/\$defs|"\$schema"/);
  });

  it("names the origin it was asked from", () => {
    expect((document as unknown as { servers: unknown }).servers).toEqual([{ url: ORIGIN }]);
  });
});
