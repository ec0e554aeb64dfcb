// `npm run queue:send`: what it sends where, from where it takes the message, and that the token of this machine stays on it.
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

const SCRIPT = join(import.meta.dirname, "../../scripts/queue-send.mjs");
const TOKEN = "the-admin-token";

let server: Server;
let url: string;
let asked: unknown[];
/** What the Worker answers. */
let answer: { status: number; body: string };
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { method, url: path, headers } = request;
    asked.push([method, path, headers.authorization, headers["content-type"], await text(request)]);
    response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked = [];
  answer = { status: 202, body: JSON.stringify({ queue: "ferrule-archive", bytes: 7 }) };
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** Runs the command. */
async function run(args: readonly string[], { input = "", token = TOKEN } = {}) {
  const child = spawn(process.execPath, [SCRIPT, ...args], { env: { ...process.env, ADMIN_TOKEN: token } });
  child.stdin.end(input);
  const [out, error, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.on("close", resolve)),
  ]);
  return { out: out.trim(), error: error.trim(), status };
}

const sent = (body: string) => [
  ["POST", "/api/admin/queues/ferrule-archive", `Bearer ${TOKEN}`, "application/json", body],
];

test("sends the JSON that is given, that of a file, or that of standard input, as it stands", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "queue-send-")), "message.json");
  writeFileSync(file, '{"é": 1}');
  for (const [args, input, body] of [
    [['{"a": 1}'], "", '{"a": 1}'],
    [["--file", file], "", '{"é": 1}'],
    [[], "[null]", "[null]"],
  ] as const) {
    asked = [];
    const { out, error, status } = await run(["ferrule-archive", ...args, "--url", url], { input });
    expect([out, error, status]).toEqual(["7 bytes are in ferrule-archive.", "", 0]);
    expect(asked).toEqual(sent(body));
  }
});

test("tells the refusal of the Worker, and one that does not answer", async () => {
  answer = { status: 404, body: '{"error":{"code":"not_found","message":"there is no such thing"}}' };
  const refused = await run(["no-queue", "{}", "--url", url]);
  expect([refused.error, refused.status]).toEqual(["404 not_found: there is no such thing", 1]);
  answer = { status: 502, body: "<html>" };
  expect((await run(["no-queue", "{}", "--url", url])).error).toBe("502 Bad Gateway");
  const dead = await run(["ferrule-archive", "{}", "--url", "http://127.0.0.1:1"]);
  expect([dead.error, dead.status]).toEqual([expect.stringContaining("does not answer"), 1]);
});

test("asks nobody for what is no message, and says what is missing", async () => {
  for (const [args, words] of [
    [[], "A queue is needed"],
    [["q", "{}", "--file", "x"], "A queue is needed"],
    [["q", "{}", "more"], "A queue is needed"],
    [["q", "{"], "no JSON"],
    [["q"], "no JSON"],
  ] as const) {
    const { error, status } = await run([...args, "--url", url]);
    expect([args, error, status]).toEqual([args, expect.stringContaining(words), 1]);
  }
  expect(asked).toEqual([]);
});

test("keeps the token of this machine on this machine", async () => {
  const { error, status } = await run(["q", "{}", "--url", "http://ferrule.invalid"], { token: "" });
  expect([error, status]).toEqual([expect.stringContaining("ADMIN_TOKEN is not set"), 1]);
});
