// The pages in both languages over real HTTP: what lies about its length, comes slowly or stops, and where /py leads.
import { afterAll, beforeAll, expect } from "vitest";
import { pythonTest as test } from "../harness/python/python.ts";
import { type Server, startServer } from "../harness/server/server.ts";
import { formHead, type Speech, speak } from "./line.ts";

const FORMS = ["/form", "/py/form"];
const BODY_BYTES_MAX = 65_536;

let server: Server;
beforeAll(async () => {
  server = await startServer({ python: true });
});
afterAll(() => server?.[Symbol.asyncDispose]());

const ask = (path: string, init: RequestInit = {}) => fetch(`${server.url}${path}`, { redirect: "manual", ...init });
const post = (path: string, fields: Record<string, string>) =>
  ask(path, { method: "POST", body: new URLSearchParams(fields) });
const told = (speech: Speech) => speak(server.url, speech);

/** Both languages still answer, and still read forms. */
async function expectAlive(): Promise<void> {
  for (const path of FORMS) {
    const answer = await post(path, { name: "Ada", message: "still there?" });
    expect([path, answer.status]).toEqual([path, 200]);
    expect(await answer.text()).toContain("still there?");
  }
}

test("P24: /py leads to /py/, with its query, by every method", async () => {
  for (const method of ["GET", "POST", "DELETE"]) {
    const answer = await ask("/py?a=1&b=%20", { method });
    expect([answer.status, answer.headers.get("location")]).toEqual([308, "/py/?a=1&b=%20"]);
  }
  const followed = await ask("/py", { redirect: "follow" });
  expect(new URL(followed.url).pathname).toBe("/py/");
  expect(await followed.text()).toMatch(/Python 3\.\d+/);
});

test("P24: no other address is taken for /py", async () => {
  for (const path of ["/pyx", "/python", "/api/py/", "/PY/hello"]) {
    expect([path, await (await ask(path)).text()]).toEqual([path, expect.not.stringContaining("Starlette")]);
  }
  expect((await ask("/py/nothing-here")).status).toBe(404);
});

test.each(FORMS)("P13: %s: what comes past the length that was told is no part of the form", async (path) => {
  const { statuses, text } = await told({
    say: [formHead(path, "content-length: 8"), `name=Ada&message=${"smuggled ".repeat(9_000)}`],
  });
  // A page of what was told; the rest, where the line is read on at all, is a request that is none.
  expect(statuses[0]).toBe(200);
  expect(statuses.slice(1).every((status) => status === 400)).toBe(true);
  expect(text).toContain("<dd>Ada</dd>");
  expect(text).not.toContain("smuggled");
  await expectAlive();
});

test.each(FORMS)("P13: %s: a second request behind a length that is too short is not answered", async (path) => {
  const { statuses, text } = await told({
    say: [formHead(path, "content-length: 8"), "name=Ada", "GET /hello HTTP/1.1\r\nhost: localhost\r\n\r\n"],
  });
  expect(statuses).toEqual([200]);
  expect(text).not.toContain("Hello World");
  await expectAlive();
});

test.each(FORMS)("P13: %s: less than was told, then the end of the line: nothing is taken", async (path) => {
  const { statuses, text } = await told({
    say: [formHead(path, "content-length: 500"), "name=Ada"],
    ending: "end",
  });
  expect(statuses).not.toContain(200);
  expect(text).not.toContain("Ada");
  await expectAlive();
});

test.each(FORMS)("P13: %s: a sender who is gone in the middle harms nobody", async (path) => {
  const gone = { say: [formHead(path, "content-length: 60000"), "name=Ada", 50], ending: "vanish" } as const;
  await Promise.all(Array.from({ length: 8 }, () => told(gone)));
  await expectAlive();
});

test.each(FORMS)("P13: %s: a slow body is waited for, and holds nobody up", async (path) => {
  let goOn = () => {};
  const meanwhile = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const slow = told({ say: [formHead(path, "content-length: 8"), "name", 400, "=A", meanwhile, "da"] });
  let arrived = false;
  slow.finally(() => {
    arrived = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  try {
    await expectAlive();
    expect(arrived, "others were answered before the slow body was whole").toBe(false);
  } finally {
    goOn();
  }
  const { statuses, text } = await slow;
  expect(statuses).toEqual([200]);
  expect(text).toContain("<dd>Ada</dd>");
});

test.each(FORMS)("P13: %s: a length that is no number, or two of them, is refused before it gets far", async (path) => {
  for (const length of ["-1", "1e1", "+8", "8, 3", "99999999999999999999999"]) {
    const { statuses } = await told({ say: [formHead(path, `content-length: ${length}`), "name=Ada"] });
    expect([length, statuses]).toEqual([length, [400]]);
  }
  const { statuses } = await told({
    say: [formHead(path, "content-length: 8", "content-length: 3"), "name=Ada"],
  });
  expect(statuses).toEqual([400]);
  await expectAlive();
});

test.each(FORMS)("P11: %s: pieces without a length are refused, whatever else is told of a length", async (path) => {
  const pieces = "8\r\nname=Ada\r\n0\r\n\r\n";
  for (const lengths of [["transfer-encoding: chunked"], ["content-length: 3", "transfer-encoding: chunked"]]) {
    const { statuses, text } = await told({ say: [formHead(path, ...lengths), pieces] });
    expect([lengths, statuses[0]]).toEqual([lengths, 411]);
    expect(text).toContain('data-code="length_required"');
  }
  const { statuses } = await told({ say: [formHead(path, "transfer-encoding: chunked"), "ZZ\r\nno piece"] });
  expect(statuses.every((status) => status >= 400)).toBe(true);
  await expectAlive();
});

/** Enough for an answer to arrive. */
const ANSWER_MS = 500;

test.each(FORMS)("P12: %s: the limit of 64 KiB holds on the line too", async (path) => {
  const body = (bytes: number) => `other=${"x".repeat(bytes - "other=".length)}`;
  for (const [bytes, status] of [
    [BODY_BYTES_MAX, 200],
    [BODY_BYTES_MAX + 1, 413],
    [BODY_BYTES_MAX * 16, 413],
  ] as const) {
    // A server that answers without reading closes the line, and TCP may then take the answer from a sender who still sends.
    const [first, rest] = [body(bytes).slice(0, BODY_BYTES_MAX + 1), body(bytes).slice(BODY_BYTES_MAX + 1)];
    const { statuses } = await told({ say: [formHead(path, `content-length: ${bytes}`), first, ANSWER_MS, rest] });
    expect([bytes, statuses]).toEqual([bytes, [status]]);
  }
  await expectAlive();
});

test("both languages answer a form with the same bytes", async () => {
  const fields = { name: `Ada "the 'first'" <b>`, message: "two\r\nlines & 😀\0\u202e" };
  const pages = await Promise.all(FORMS.map(async (path) => (await post(path, fields)).text()));
  expect(pages[1]).toBe(pages[0]);
  const empty = await Promise.all(FORMS.map(async (path) => (await ask(path)).text()));
  expect(empty[1]).toBe(empty[0]);
});
