// Everything too large, generated from the document: each is refused with a stable code, nothing breaks, and nothing of it is kept.
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ERRORS } from "../../../worker-ts/src/platform";
import { JSON_BYTES_MAX } from "../../../worker-ts/src/platform/api/body";
import { type Answer, call, guest, refusal } from "../support/http-client";
import { type Asked, ask, endRestore, everyRoute, hangUp } from "./every-route";

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly $ref?: string;
}

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
}

let operations: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
let asked: Asked[];
beforeAll(async () => {
  const { body } = await call("GET", "/openapi.json");
  ({ paths: operations } = body as unknown as { paths: typeof operations });
  [, asked] = await everyRoute();
});
beforeEach(endRestore);

const operationOf = ({ name }: Asked): Operation => {
  const [method, path] = name.split(" ") as [string, string];
  return operations[path]![method.toLowerCase()]!;
};

/** The place of the body that is longer than the route's may be. */
const TOO_LONG = 0;

/** Names of the fields of a JSON body. */
function fieldsOf(each: Asked): [name: string, schema: Schema][] {
  const schema = operationOf(each).requestBody?.content["application/json"]?.schema;
  const parts = [schema, ...(schema?.anyOf ?? [])];
  return parts.flatMap((part) => Object.entries(part?.properties ?? {}));
}

const isRefused = (answer: Answer) => {
  const [status, code] = refusal(answer);
  return code !== undefined && code !== "internal" && ERRORS[code as keyof typeof ERRORS] === status && status < 500;
};

function refused(where: readonly unknown[], answer: Answer): void {
  hangUp(answer);
  expect([
    ...where,
    isRefused(answer) ? "refused" : [answer.status, JSON.stringify(answer.body)?.slice(0, 200)],
  ]).toEqual([...where, "refused"]);
}

describe("what is too large", () => {
  it("S14 in a field of a body is refused with a code, field by field of the document", async () => {
    const seen: string[] = [];
    for (const each of asked) {
      for (const [field, schema] of fieldsOf(each)) {
        const sample = (each.sample.body ?? {}) as object;
        const kinds = JSON.stringify(schema);
        const values = [
          ...(kinds.includes('"string"')
            ? ["x".repeat(100_000), "é".repeat(50_000), "\ud800", ["x"], { toString: "x" }]
            : []),
          ...(kinds.includes('"array"') ? [Array.from({ length: 10_000 }, () => "A".repeat(8)), "x"] : []),
          ...(/"(integer|number)"/.test(kinds) ? [1e308, -1, 0.5, "9".repeat(400), Number.MAX_SAFE_INTEGER + 1] : []),
          ...(kinds.includes('"boolean"') ? ["true", 1] : []),
        ];
        for (const value of values) {
          seen.push(`${each.name} ${field}`);
          refused([each.name, field, typeof value], await ask(each, { body: { ...sample, [field]: value } }));
        }
      }
    }
    expect(new Set(seen).size).toBeGreaterThan(20);
  });

  it("S14 in a query or a part of the path is refused with a code", async () => {
    for (const each of asked) {
      const { parameters } = operationOf(each);
      for (const { name } of parameters.filter((parameter) => parameter.in === "query")) {
        if (name === "purge" || name === "messages") continue;
        const path = `${each.path}${each.path.includes("?") ? "&" : "?"}${name}=`.replace(
          new RegExp(`([?&])${name}=[^&]*&`),
          "$1",
        );
        for (const value of ["x".repeat(10_000), "%F0%9F%98%80".repeat(2_000)])
          refused([each.name, name], await ask({ ...each, path: path + value }));
      }
      const long = each.route.path.replaceAll(/:\w+/g, "x".repeat(5_000));
      if (long !== each.route.path) refused([each.name, "path"], await ask({ ...each, path: long }));
    }
  });

  it("S15 as JSON that is deep, wide, or no end of it is refused, and the next request is answered", async () => {
    const deep = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times);
    const bodies = [
      "",
      deep("[", "]", 60_000),
      deep('{"a":', "}", 20_000).replace(":}", ":1}"),
      `{"text":${deep("[", "]", 50_000)}}`,
      `[${"0,".repeat(60_000)}0]`,
      `{${Array.from({ length: 9_000 }, (_, i) => `"k${i}":1`).join(",")}}`,
      `"${"\\u0000".repeat(20_000)}"`,
      `{"text":1e${"9".repeat(1_000)}}`,
    ];
    for (const each of asked.filter(({ route }) => route.body !== undefined)) {
      const { bodyBytesMax = JSON_BYTES_MAX } = each.route;
      bodies[TOO_LONG] = `{"text":"${"x".repeat(bodyBytesMax)}"}`;
      for (const [n, body] of bodies.entries()) {
        const answer = await ask(each, { body });
        // where nothing is needed, what nobody knows is nothing; more than may come is refused everywhere
        if (answer.status >= 300 || n === TOO_LONG) refused([each.name, n], answer);
      }
    }
    expect((await call("GET", "/api/health")).status).toBe(200);
  });

  it("S15 in headers is refused or left alone", async () => {
    const { token } = await guest();
    const huge = "x".repeat(60_000);
    const headers = { authorization: `Bearer ${huge}` };
    expect(refusal(await call("GET", "/api/users/me", { headers }))).toEqual([401, "unauthenticated"]);
    expect(refusal(await call("GET", "/api/users/me", { cookie: `better-auth.session_token=${huge}` }))).toEqual([
      401,
      "unauthenticated",
    ]);
    const cookies = Array.from({ length: 5_000 }, (_, i) => `c${i}=1`).join("; ");
    expect(refusal(await call("GET", "/api/users/me", { cookie: cookies }))).toEqual([401, "unauthenticated"]);
    expect((await call("GET", "/api/users/me", { token, cookie: cookies })).status).toBe(200);
    for (const each of asked.filter(({ route }) => route.headers !== undefined)) {
      for (const name of Object.keys(each.route.headers!).filter((entry) => entry !== "upgrade")) {
        const answer = await ask(each, { headers: { [name]: huge } });
        hangUp(answer);
        expect([each.name, name, answer.status < 500]).toEqual([each.name, name, true]);
      }
    }
  });

  it("S16 said twice counts once: of headers and parameters that are doubled no second one slips in", async () => {
    const [one, two] = [await guest(), await guest()];
    const both = { authorization: `Bearer ${one.token}, Bearer ${two.token}` };
    expect(refusal(await call("GET", "/api/users/me", { headers: both }))).toEqual([401, "unauthenticated"]);
    const cookies = `${one.cookie}; ${two.cookie}`;
    const { body } = await call("GET", "/api/users/me", { cookie: cookies });
    expect(body.id).toBe((await call("GET", "/api/users/me", { cookie: cookies })).body.id);
    const key = `${crypto.randomUUID()}, ${crypto.randomUUID()}`;
    const posted = await call("POST", "/api/messages", {
      token: one.token,
      body: { text: "x" },
      headers: { "idempotency-key": key },
    });
    expect(refusal(posted)[0]).toBeGreaterThanOrEqual(400);
    const types = { "content-type": "text/plain, application/json" };
    expect(
      refusal(await call("POST", "/api/rooms", { token: one.token, body: '{"title":"T"}', headers: types })),
    ).toEqual([400, "bad_request"]);
    expect((await call("GET", "/api/rooms?limit=1&limit=100000")).status).toBe(200);
    expect(refusal(await call("GET", "/api/rooms?limit=100000&limit=1"))).toEqual([400, "bad_request"]);
  });

  it("S30 in a page is refused: each list ends where it says", async () => {
    const most: Readonly<Record<string, number>> = {
      "GET /api/rooms": 100,
      "GET /api/rooms/{id}/members": 100,
      "GET /api/rooms/{id}/audit": 100,
      "GET /api/rooms/{id}/messages": 200,
      "GET /api/messages": 200,
      "GET /api/rooms/{id}/search": 50,
      "GET /api/search": 50,
      "GET /api/admin/users": 100,
      "GET /api/admin/rooms": 100,
      "GET /api/admin/rooms/live": 25,
      "GET /api/admin/chores": 100,
      "POST /api/admin/files/check": 100,
      "GET /api/admin/dead-letters": 100,
      "GET /api/admin/audit": 100,
      "GET /api/admin/kernels": 100,
      "GET /api/workflow/runs": 100,
      "GET /api/workflow/runs/{id}/events": 100,
    };
    const lists = asked.filter((each) => operationOf(each).parameters.some(({ name }) => name === "limit"));
    expect(Object.fromEntries(lists.map(({ name }) => [name, most[name]]))).toStrictEqual(most);
    for (const each of lists) {
      const at = (limit: number | string) =>
        ask({ ...each, path: `${each.path}${each.path.includes("?") ? "&" : "?"}limit=${limit}` });
      expect([each.name, (await at(most[each.name]!)).status]).toEqual([each.name, 200]);
      for (const limit of [most[each.name]! + 1, 0, -1, "1e1", "0x10", "9".repeat(20), ""])
        expect([each.name, limit, ...refusal(await at(limit))]).toEqual([each.name, limit, 400, "bad_request"]);
    }
  });
});
