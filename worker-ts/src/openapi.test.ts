// The OpenAPI document against the routes that are mounted, and each route against what the document says of it.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type * as z from "zod";
import {
  account,
  type CallOptions,
  call,
  guest,
  ORIGIN,
  openSocket,
  type Person,
  room,
} from "../../tests/worker/http-client";
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

/** How each operation is asked so that it succeeds: variable parts filled, and by whom. */
function requests(person: Person, id: string): Record<string, { path?: string } & CallOptions> {
  const { token } = person;
  const email = `${crypto.randomUUID()}@example.com`;
  const password = "correct horse battery";
  return {
    "GET /api/health": {},
    "GET /openapi.json": {},
    "GET /api/metrics": { token: env.METRICS_TOKEN },
    "POST /api/auth/sign-up/email": { body: { name: "N", email, password } },
    "POST /api/auth/sign-in/email": { body: { email, password } },
    "POST /api/auth/sign-in/anonymous": { body: {} },
    "POST /api/auth/sign-in/admin": { body: { token: env.ADMIN_TOKEN } },
    "POST /api/auth/sign-out": { body: {} },
    "GET /api/auth/get-session": { token },
    "GET /api/rooms": { token },
    "POST /api/rooms": { token, body: { title: "T" } },
    "GET /api/rooms/{id}": { token, path: `/api/rooms/${id}` },
    "PATCH /api/rooms/{id}": { token, path: `/api/rooms/${id}`, body: { topic: "what it is about" } },
    "PUT /api/rooms/{id}/members/{userId}": { token, path: `/api/rooms/${id}/members/self`, body: { role: "member" } },
    "POST /api/rooms/{id}/messages": { token, path: `/api/rooms/${id}/messages`, body: { text: "x" } },
    "PUT /api/rooms/{id}/read": { token, path: `/api/rooms/${id}/read`, body: { seq: 1 } },
    "GET /api/rooms/{id}/messages": { token, path: `/api/rooms/${id}/messages` },
    "GET /api/rooms/{id}/messages/{seq}": { token, path: `/api/rooms/${id}/messages/1` },
    "POST /api/messages": { token, body: { room: id, content: "x" } },
    "GET /api/messages": { token, path: `/api/messages?room=${id}` },
    "POST /api/rooms/{id}/ticket": { token, path: `/api/rooms/${id}/ticket` },
    "GET /api/rooms/{id}/socket": { token },
    "GET /api/users/me": { token },
  };
}

describe("the OpenAPI document", () => {
  it("R57 holds every route that is mounted, and nothing else", () => {
    const shown = pages.map(({ method, path }) => `${method} ${path}`);
    const mounted = app.routes
      .filter(({ method, path }) => method !== "ALL" && method !== "OPTIONS" && !shown.includes(`${method} ${path}`))
      .map(({ method, path }) => `${method} ${openApiPath(path)}`);
    expect(mounted.sort()).toEqual(
      operations()
        .map(({ name }) => name)
        .sort(),
    );
    expect(new Set(mounted).size).toBe(mounted.length);
    // what is mounted for all methods: the one frame around every route, what goes to Python, and 405 once for each address
    const all = app.routes.filter(({ method }) => method === "ALL").map(({ path }) => path);
    expect(all.slice(0, 3)).toEqual(["/*", "/py", "/py/*"]);
    const own = [...routes, ...pages].filter(({ method }) => method !== "ALL").map(({ path }) => path);
    expect(all.slice(3).sort()).toEqual([...new Set(own)].sort());
  });

  it("R57 is kept by every route: each answers as it says", async () => {
    const person = await account();
    const id = await room(person);
    const samples = requests(person, id);
    expect(Object.keys(samples).sort()).toEqual(
      operations()
        .map(({ name }) => name)
        .sort(),
    );
    for (const [name, { path, ...options }] of Object.entries(samples)) {
      const [method, pattern] = name.split(" ") as [string, string];
      const route = routes.find((entry) => entry.method === method && openApiPath(entry.path) === pattern)!;
      const answer = name.endsWith("/socket")
        ? await openSocket(id, options)
        : await call(method, path ?? pattern, options);
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
    const person = await guest();
    const samples = requests(person, await room(person));
    for (const { name, operation } of operations()) {
      const open =
        operation.security.length === 0 || operation.security.some((entry) => Object.keys(entry).length === 0);
      if (open) continue;
      expect(Object.keys(operation.responses), name).toContain("401");
      const { path, token: _, ...options } = samples[name]!;
      const [method, pattern] = name.split(" ") as [string, string];
      expect([name, (await call(method, path ?? pattern, options)).status]).toEqual([name, 401]);
    }
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
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
      expect(document.components.schemas).toHaveProperty(name!);
    expect(text).not.toMatch(/\$defs|"\$schema"/);
  });

  it("names the origin it was asked from", () => {
    expect((document as unknown as { servers: unknown }).servers).toEqual([{ url: ORIGIN }]);
  });
});
