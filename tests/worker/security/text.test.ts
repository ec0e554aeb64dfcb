// Text that means harm: names that hide or turn around, JSON that reaches for prototypes, questions that are SQL, and what of it all
// comes out again.
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { routes } from "../../../worker-ts/src/app";
import { account, call, guest, refusal, room } from "../support/http-client";
import { ask, endRestore, everyRoute, hangUp } from "./every-route";

beforeEach(endRestore);

const RLO = "\u202e";
/** One of each sort; text.test.ts goes through all of them. */
const HIDDEN = [
  ...[
    "a\u0000b",
    "a\nb",
    "a\u007fb",
    `a${RLO}b`,
    "a\u202ab",
    "a\u2066b",
    "a\u2069b",
    "a\u200bb",
    "a\u200db",
    "a\ufeffb",
  ],
  ...["a\u00adb", "a\u3164b", "a\u2800b", "a\u{e0041}b", "a\ud800b", "a\ue000b", "\u200b", `x${"\u0300".repeat(40)}`],
];

describe("a name", () => {
  it("S17 that hides, turns around, piles up or is not what it looks like is refused, wherever people and rooms are named", async () => {
    const person = await account();
    const id = await room(person);
    const { token } = person;
    const signUp = (name: string) =>
      call("POST", "/api/auth/sign-up/email", {
        body: { name, email: `${crypto.randomUUID()}@example.com`, password: "long enough" },
      });
    const rename = (name: string) => call("PATCH", "/api/users/me", { token, body: { name } });
    const renames = routes.some(({ method, path }) => method === "PATCH" && path === "/api/users/me");
    const named = [signUp, ...(renames ? [rename] : [])];
    const places = [
      ...named,
      (title: string) => call("POST", "/api/rooms", { token, body: { title } }),
      (topic: string) => call("POST", "/api/rooms", { token, body: { title: "T", topic } }),
      (title: string) => call("PATCH", `/api/rooms/${id}`, { token, body: { title } }),
      (topic: string) => call("PATCH", `/api/rooms/${id}`, { token, body: { topic } }),
    ];
    for (const [n, place] of places.entries())
      for (const text of HIDDEN)
        expect([n, text, ...refusal(await place(text))]).toEqual([n, text, 400, "bad_request"]);
    for (const place of named)
      for (const name of ["\u0410nn", "Deleted user", "  "])
        expect([name, ...refusal(await place(name))]).toEqual([name, 400, "bad_request"]);
    // the rooms' titles may mix; and what passes is written one way
    expect((await call("POST", "/api/rooms", { token, body: { title: "  iФон   e\u0301 " } })).body).toMatchObject({
      title: "iФон \u00e9",
    });
    expect((await call("GET", "/api/users/me", { token })).body).toMatchObject({ name: "Ann" });
  });

  it("S17 of a file is what is left of it, and of a guest never the guest's choice", async () => {
    const person = await account();
    const id = await room(person);
    for (const name of [...HIDDEN, `photo${RLO}gpj.exe`, "a\u3164.png", "../../x", "a\r\nset-cookie: x=1"]) {
      const headers = { "content-type": "application/octet-stream", "content-length": "1" };
      const path = `/api/rooms/${id}/files?name=${encodeURIComponent(name.replaceAll(/\p{Surrogate}/gu, "\ufffd"))}`;
      const { status, body } = await call("POST", path, { token: person.token, body: "x", headers });
      // twenty an hour are enough for anybody
      await env.DB.prepare("DELETE FROM file WHERE user_id = ?").bind(person.id).run();
      expect([name, status]).toEqual([name, 201]);
      const { name: kept } = body as unknown as { name: string };
      expect([name, kept]).toEqual([
        name,
        expect.not.stringMatching(/[\p{Cc}\p{Zl}\p{Cs}\p{Co}\u202a-\u202e\u2066-\u2069\u200b\u3164\u2800\ufeff/\\]/u),
      ]);
    }
    const visitor = await call("POST", "/api/auth/sign-in/anonymous", {
      body: { name: "Ann", email: "ann@example.com" },
    });
    expect(visitor.body.user.name).toMatch(/^Guest-[A-Z]{4}$/);
  });
});

describe("JSON", () => {
  it("S18 that reaches for prototypes changes none, on every route that takes a body", async () => {
    const [, asked] = await everyRoute(({ body }) => body !== undefined);
    const admin = { admin: true, role: "owner", isAdmin: true, userId: "x", disabled: true };
    for (const each of asked) {
      const own = JSON.stringify(each.sample.body ?? {}).slice(1, -1);
      const more = own === "" ? "" : `${own},`;
      for (const reach of [
        `"__proto__":${JSON.stringify(admin)}`,
        `"constructor":{"prototype":${JSON.stringify(admin)}}`,
        `"prototype":${JSON.stringify(admin)},"toString":1,"valueOf":null,"hasOwnProperty":"x"`,
      ]) {
        const answer = await ask(each, { body: `{${more}${reach}}` });
        hangUp(answer);
        expect([each.name, reach, answer.status < 500]).toEqual([each.name, reach, true]);
        expect([each.name, reach, ...Object.keys(admin).map((name) => name in {})]).toEqual([
          each.name,
          reach,
          ...Object.keys(admin).map(() => false),
        ]);
      }
    }
    await endRestore();
    for (const path of [
      "/api/rooms?__proto__[mine]=1",
      "/api/rooms?constructor=1&toString=1",
      "/api/rooms/__proto__",
      "/api/rooms/constructor",
    ])
      expect([path, (await call("GET", path)).status]).toEqual([path, expect.toBeOneOf([200, 404])]);
  });
});

describe("a question", () => {
  it("S19 of SQL or of FTS is words: in searches, cursors, ids and filters alike", async () => {
    const person = await account();
    const id = await room(person);
    const { token } = person;
    const before = await env.DB.prepare("SELECT count(*) AS n FROM sqlite_master").first("n");
    const asks = [
      ...[
        "'",
        '"',
        "' OR 1=1 --",
        "'; DROP TABLE user; --",
        "x' UNION SELECT token FROM session --",
        "%",
        "_",
        "\\",
        "*",
        "a*",
        "^a",
        "a NEAR b",
      ],
      ...[
        "text:a",
        "room : a",
        "{text room}: a",
        "-a",
        "a OR b",
        "a AND NOT b",
        '"a',
        "(a",
        "a)",
        "NEAR(a b, 2)",
        "\u0000",
        "?1",
        ":a",
        "@a",
        "$a",
      ],
    ];
    for (const text of asks) {
      const q = encodeURIComponent(text);
      for (const path of [
        `/api/search?q=${q}`,
        `/api/rooms/${id}/search?q=${q}`,
        `/api/rooms?cursor=${q}`,
        `/api/rooms/${q}`,
        `/api/users/${q}/avatar`,
        `/api/rooms/${id}/files/${q}`,
        `/api/rooms/${id}/messages?before=${q}`,
        `/api/messages?room=${q}`,
      ]) {
        const answer = await call("GET", path, { token });
        expect([path, answer.status < 500]).toEqual([path, true]);
        expect([path, new TextDecoder().decode(answer.bytes)]).toEqual([
          path,
          expect.not.stringMatching(/sqlite|syntax|D1_ERROR|no such (table|column)/i),
        ]);
      }
      for (const list of ["users", "rooms"]) {
        const answer = await call("GET", `/api/admin/${list}?q=${q}&cursor=${q}`, { token: env.ADMIN_TOKEN! });
        expect([list, text, answer.status < 500]).toEqual([list, text, true]);
      }
    }
    expect(await env.DB.prepare("SELECT count(*) AS n FROM sqlite_master").first("n")).toBe(before);
  });

  it("S20 comes out of an export as one line each, whatever is in it, and never as a page", async () => {
    const person = await account();
    const { token } = person;
    const id = await room(person);
    const texts = [
      ...[
        '{"type":"end","lines":0}',
        'a\n{"type":"room","id":"forged"}\nb',
        "\r\n\r\n",
        "\u2028\u2029\u0085",
        "\u0000\u001b[2J\u0007",
      ],
      ...['=HYPERLINK("https://evil.example")', "+1+1", "@SUM(A1)", '","', "<script>alert(1)</script>", `${RLO}x`],
    ];
    for (const text of texts) await call("POST", `/api/rooms/${id}/messages`, { token, body: { text } });
    for (const path of [`/api/rooms/${id}/export`, "/api/users/me/export"]) {
      const { bytes, headers } = await call("GET", path, { token });
      const lines = new TextDecoder().decode(bytes).trimEnd().split("\n");
      const read = lines.map((line) => JSON.parse(line) as { type: string; text?: string; lines?: number });
      expect([path, read.flatMap(({ type, text }) => (type === "message" ? [text] : []))]).toEqual([path, texts]);
      expect(read.filter(({ type }) => type === "end")).toEqual([{ type: "end", lines: lines.length - 1 }]);
      // a terminal that shows it does nothing: what controls it is written as \u
      expect([...lines.join("")].every((character) => character >= " ")).toBe(true);
      expect(headers.get("content-type")).toMatch(/^application\/x-ndjson/);
      expect(headers.get("content-disposition")).toMatch(/^attachment; filename="[\w.-]+"$/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
  });

  it("S20 of a stranger's id in a path is never part of a header", async () => {
    const { token } = await guest();
    for (const part of ["%0d%0aset-cookie:%20x=1", "%00", "%22%3b"]) {
      const answer = await call("GET", `/api/rooms/${part}/export`, { token });
      expect([part, answer.status, answer.headers.getSetCookie()]).toEqual([part, 404, []]);
    }
  });
});
