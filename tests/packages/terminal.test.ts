// `ferrule chat|say|tail` against a running Worker, as a shell uses them: pipes, exit codes, signals, a server that dies.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { account } from "../browser/support/cast.ts";
import { environment, root } from "../harness/environment.ts";
import { call, type Guest, history, join } from "../harness/people.ts";
import { type Server, startServer } from "../harness/server/server.ts";

const COMMAND = path(root, "worker-ts/bin/ferrule.mjs");

let server: Server;
let home: string;
let ann: Guest;

beforeAll(async () => {
  // as little as a room takes, so that a burst has to wait
  server = await startServer({ vars: { RATE_WRITE: "50/50" } });
  home = mkdtempSync(path(tmpdir(), "ferrule-terminal-"));
  ann = await account(server.url, "Ann"); // a guest may make three rooms
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  if (home) rmSync(home, { recursive: true, force: true });
});

/** A command under way. */
class Running {
  readonly process: ChildProcess;
  readonly out: Promise<string>;
  readonly err: Promise<string>;
  #printed = "";

  constructor(args: readonly string[], input: string | null, variables: Readonly<Record<string, string>> = {}) {
    const env = { ...environment, XDG_CONFIG_HOME: home, ...variables };
    this.process = spawn(process.execPath, [COMMAND, ...args], { env, cwd: home, stdio: "pipe" });
    this.process.stdout!.on("data", (chunk) => {
      this.#printed += String(chunk);
    });
    this.out = textOf(this.process.stdout!);
    this.err = textOf(this.process.stderr!);
    if (input !== null) this.process.stdin!.end(input);
  }

  /** The objects printed so far, once there are so many. */
  async objects(count: number): Promise<Record<string, unknown>[]> {
    for (const end = Date.now() + 30_000; ; ) {
      const lines = this.#printed.split("\n").slice(0, -1);
      if (lines.length >= count) return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      if (Date.now() > end || this.process.exitCode !== null)
        throw new Error(`${lines.length} lines of ${count}: ${this.#printed}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async ended(): Promise<{ code: number | null; out: string; err: string }> {
    const code = new Promise<number | null>((resolve) => {
      if (this.process.exitCode === null) this.process.once("exit", resolve);
      else resolve(this.process.exitCode);
    });
    return { code: await code, out: await this.out, err: await this.err };
  }
}

const run = (args: readonly string[], input = "", variables: Readonly<Record<string, string>> = {}) =>
  new Running(args, input, variables).ended();

async function room(id: string, visibility = "public"): Promise<string> {
  await call(server.url, "/api/rooms", ann, { id, title: id, visibility });
  return id;
}

const texts = async (id: string) => (await history(server.url, id, ann)).map(({ text }) => text);

test("say says its words, as a guest who stays the same and whose token only its owner can read", async () => {
  const id = await room("words");
  expect(await run(["say", server.url, id, "two", "words"])).toEqual({ code: 0, out: "", err: "" });
  expect(await run(["say", server.url.replace("http://", ""), id, "again", "--name", "Builder"])).toMatchObject({
    code: 0,
  });
  const said = await history(server.url, id, ann);
  expect(said.map(({ text }) => text)).toEqual(["two words", "again"]);
  expect(new Set(said.map(({ author }) => author.id)).size).toBe(1);
  const kept = path(home, "ferrule/guests.json");
  expect(statSync(kept).mode & 0o777).toBe(0o600);
  expect(Object.keys(JSON.parse(readFileSync(kept, "utf8")) as object)).toEqual([server.url]);
  expect(await run(["say", server.url, id, "as Ann"], "", { FERRULE_TOKEN: ann.token })).toMatchObject({ code: 0 });
  expect((await history(server.url, id, ann)).at(-1)?.author.id).toBe(ann.userId);
});

test("say makes messages of what comes by a pipe: lines together, no colours, no overwritten progress", async () => {
  const id = await room("pipe");
  const input = "\u001b[32mbuilding\u001b[0m\n10 %\r50 %\r100 %\r\n\ndone \u0007\n";
  expect(await run(["say", server.url, id, "--tee"], input)).toEqual({ code: 0, out: input, err: "" });
  expect(await texts(id)).toEqual(["building\n100 %\n\ndone"]);
  expect(await run(["say", server.url, id, "--each"], "one\ntwo\n\nthree")).toMatchObject({ code: 0 });
  expect((await texts(id)).slice(1)).toEqual(["one", "two", "three"]);
});

test("say loses nothing of a long input: more than a message takes, a line that is longer, more than the rates let by", async () => {
  const id = await room("long");
  const lines = Array.from({ length: 3_000 }, (_, at) => `line ${at}: ${"é".repeat(at % 40)}.`);
  const long = "𝄞".repeat(20_000);
  expect(await run(["say", server.url, id], `${lines.join("\n")}\n${long}\n`)).toEqual({ code: 0, out: "", err: "" });
  const said = await texts(id);
  expect(Math.max(...said.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(16_384);
  expect(said.join("\n").replaceAll("𝄞\n𝄞", "𝄞𝄞")).toBe(`${lines.join("\n")}\n${long}`);
  const many = Array.from({ length: 200 }, (_, at) => `many ${at}`);
  expect(await run(["say", server.url, id, "--each"], many.join("\n"))).toMatchObject({ code: 0 });
  expect((await texts(id)).slice(-200)).toEqual(many);
});

test("R52 R62 say waits for a server that is killed, and everything is stored once", async () => {
  const id = await room("killed");
  const saying = new Running(["say", server.url, id, "--each"], null);
  for (let at = 0; at < 60; at++) {
    saying.process.stdin!.write(`line ${at}\n`);
    if (at === 20) {
      while (!(await texts(id)).includes("line 0")) await new Promise((resolve) => setTimeout(resolve, 100));
      await server.kill();
    }
    if (at === 40) await server.restart();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  saying.process.stdin!.end();
  expect(await saying.ended()).toMatchObject({ code: 0, err: "" });
  expect(await texts(id)).toEqual(Array.from({ length: 60 }, (_, at) => `line ${at}`));
});

test("R20 say --json stores the same id once, and tells where each message stands", async () => {
  const id = await room("json");
  const uuid = "0199a0b0-c0d0-4e0f-8011-223344556677";
  const input = `${JSON.stringify({ text: "first", id: uuid })}\n${JSON.stringify({ text: "second", replyTo: 1 })}\n`;
  const { code, out } = await run(["say", server.url, id, "--json"], input);
  expect(code).toBe(0);
  expect(
    out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object),
  ).toMatchObject([{ id: uuid, seq: 1 }, { seq: 2 }]);
  expect(await run(["say", server.url, id, "--json"], input.split("\n")[0])).toMatchObject({
    code: 0,
    out: expect.stringContaining('"seq":1'),
  });
  expect(await texts(id)).toEqual(["first", "second"]);
  const refused = await run(["say", server.url, id, "--json"], '{"text":"third"}\n{"words":1}\n');
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("line 2 of standard input") });
  expect(await texts(id)).toEqual(["first", "second", "third"]);
  const late = await run(["say", server.url, id, "--json"], '{"text":"to nobody","replyTo":99}\n');
  expect(late).toMatchObject({ code: 1, err: expect.stringContaining("(not_found)") });
});

test("tail prints the last messages and what happens, as objects into a pipe, as text when asked", async () => {
  const id = await room("tailed");
  await join(server.url, id, ann);
  const post = (text: string) => call<{ seq: number }>(server.url, `/api/rooms/${id}/messages`, ann, { text });
  for (const text of ["one", "two", "three"]) await post(text);
  const following = new Running(["tail", server.url, id, "--lines", "2"], "");
  expect(await following.objects(2)).toMatchObject([
    { text: "two" },
    { text: "three", seq: 3, author: { id: ann.userId } },
  ]);
  await post("four \u001b[31mred");
  await call(server.url, `/api/rooms/${id}/messages/1`, ann, { text: "uno" }, "PATCH");
  await call(server.url, `/api/rooms/${id}/messages/2/reactions/${encodeURIComponent("👍")}`, ann, {}, "PUT");
  await call(server.url, `/api/rooms/${id}/messages/3`, ann, undefined, "DELETE");
  const objects = await following.objects(6);
  expect(objects.slice(2)).toMatchObject([
    { type: "message", seq: 4 },
    { type: "edit", target: 1, text: "uno", by: { id: ann.userId } },
    { type: "react", target: 2, emoji: "👍" },
    { type: "delete", target: 3 },
  ]);
  following.process.kill("SIGINT");
  expect((await following.ended()).code).toBe(0);
  const shown = await run(["tail", server.url, id, "--since", "0", "--once", "--text"]);
  expect(shown.code).toBe(0);
  expect(shown.out).toContain("uno (edited)");
  expect(shown.out).toContain("(deleted)");
  expect(shown.out).not.toContain("\u001b");
});

test("R09 tail --cursor goes on where it ended: nothing twice, nothing missing", async () => {
  const id = await room("cursor");
  await join(server.url, id, ann);
  const post = (text: string) => call(server.url, `/api/rooms/${id}/messages`, ann, { text });
  const file = path(home, "cursor.json");
  const tail = async (count: number) => {
    const following = new Running(["tail", server.url, id, "--cursor", file], "");
    const objects = await following.objects(count);
    following.process.kill("SIGKILL");
    return objects.map(({ text }) => text);
  };
  const first = tail(1);
  while (!existsSync(file)) {
    await post("a");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const heard = await first;
  await post("z");
  const { seq } = JSON.parse(readFileSync(file, "utf8")) as { seq: number };
  const rest = (await history(server.url, id, ann)).filter((message) => message.seq > seq).map(({ text }) => text);
  expect(heard.every((text) => text === "a")).toBe(true);
  expect(await tail(rest.length)).toEqual(rest);
});

test("chat on pipes takes objects and answers each, and ends with its input", async () => {
  const id = await room("chatted");
  const input = [
    { type: "message", text: "hello" },
    { type: "edit", target: 1, text: "hello!" },
    { type: "react", target: 1, emoji: "🎉" },
    { type: "delete", target: 9 },
    { type: "fly" },
  ];
  const { code, out } = await run(["chat", server.url, id], input.map((line) => JSON.stringify(line)).join("\n"));
  expect(code).toBe(0);
  const objects = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(objects.filter(({ type }) => type === "ack").map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(
    objects
      .filter(({ type }) => type === "refused")
      .map(({ code }) => code)
      .sort(),
  ).toEqual(["bad_request", "not_found"]);
  expect(objects).toContainEqual(expect.objectContaining({ type: "message", seq: 1, mine: true }));
});

test("chat on a terminal shows what was and is said, says what is typed, and obeys its commands", async ({ skip }) => {
  // gives a command a terminal; Debian has it everywhere
  if (!existsSync("/usr/bin/script")) return skip("there is no /usr/bin/script");
  const id = await room("typed");
  await join(server.url, id, ann);
  await call(server.url, `/api/rooms/${id}/messages`, ann, { text: "from before \u001b[2J\u202e" });
  const env = { ...environment, XDG_CONFIG_HOME: home, NO_COLOR: "1", TERM: "xterm" };
  const command = `${process.execPath} ${COMMAND} chat ${server.url} ${id}`;
  const chat = spawn("/usr/bin/script", ["-qfec", command, "/dev/null"], { env, cwd: home, stdio: "pipe" });
  let shown = "";
  chat.stdout.on("data", (chunk) => {
    shown += String(chunk);
  });
  const sees = async (pattern: RegExp) => {
    for (const end = Date.now() + 30_000; !pattern.test(shown); ) {
      if (Date.now() > end) throw new Error(`${pattern} is not to be seen in ${JSON.stringify(shown)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await sees(/you are /);
  expect(shown).toMatch(/#1 Ann {2}from before \ufffd\[2J\ufffd/u);
  chat.stdin.write("hello there\r");
  await sees(/#2 .+ {2}hello there/);
  chat.stdin.write("/edit 2 hello, there\r");
  await sees(/changed #2: hello, there/);
  chat.stdin.write("/react 1 🎉\r");
  await sees(/reacted to #1 with 🎉/);
  chat.stdin.write("/react 1 🎉\r");
  await sees(/took 🎉 back from #1/);
  chat.stdin.write("/reply 1 yes\r");
  await sees(/→ #1 {2}yes/);
  chat.stdin.write("/delete 2\r");
  await sees(/deleted #2/);
  chat.stdin.write("/edit 1 mine\r");
  await sees(/not stored: .*\(forbidden\)/);
  chat.stdin.write("/who\r");
  await sees(/here: /);
  chat.stdin.write("//slash\r");
  await sees(/ {2}\/slash/);
  chat.stdin.write("/quit\r");
  const ended = new Promise((resolve) => chat.once("exit", resolve));
  expect(await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 15_000, shown))])).toBe(0);
  expect((await history(server.url, id, ann)).map(({ text }) => text)).toEqual([
    "from before \u001b[2J\u202e",
    "",
    "yes",
    "/slash",
  ]);
});

test("R34 R59 what cannot be done is one sentence with its code: no such room, private, banned, bad token, no server", async () => {
  const id = await room("closed-circle", "private");
  const nobody = await run(["say", server.url, "no-such-room", "x"]);
  expect(nobody).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^ferrule say: there is no room .* \(not_found\)\n$/),
  });
  const stranger = await run(["say", server.url, id, "x"]);
  expect(stranger.err).toBe(nobody.err.replace("no-such-room", id));
  const { token } = await call<{ token: string }>(server.url, `/api/rooms/${id}/invites`, ann, {});
  expect(await run(["say", server.url, id, "let in", "--invite", token])).toMatchObject({ code: 0 });
  const [said] = await history(server.url, id, ann);
  await call(server.url, `/api/rooms/${id}/members/${said!.author.id}`, ann, { role: "banned" }, "PUT");
  expect(await run(["say", server.url, id, "x"])).toMatchObject({ code: 1, err: expect.stringContaining("(banned)") });
  expect(await run(["say", server.url, id, "x", "--token", "wrong"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("(unauthenticated)"),
  });
  expect(await run(["say", "http://127.0.0.1:1", id, "x"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("cannot be reached"),
  });
});

test("R34 tail ends with a sentence when its person is banned", async () => {
  const id = await room("strict");
  expect(await run(["say", server.url, id, "hello"])).toMatchObject({ code: 0 });
  const following = new Running(["tail", server.url, id, "--lines", "1"], null);
  await following.objects(1);
  const [said] = await history(server.url, id, ann);
  await call(server.url, `/api/rooms/${id}/members/${said!.author.id}`, ann, { role: "banned" }, "PUT");
  expect(await following.ended()).toMatchObject({ code: 1, err: expect.stringMatching(/^ferrule tail: .+\n$/) });
});

test("a wrong call is told with the help, and --help helps", async () => {
  for (const verb of ["chat", "say", "tail"]) {
    expect(await run([verb, "--help"])).toMatchObject({ code: 0, out: expect.stringContaining("Exit code:"), err: "" });
    expect(await run([verb, "--unknown"])).toMatchObject({ code: 2, out: "" });
    expect(await run([verb, server.url])).toMatchObject({
      code: 2,
      err: expect.stringContaining("takes the server's URL"),
    });
    expect(await run([verb, "ftp://somewhere", "lobby"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("no address"),
    });
  }
  for (const args of [["--lines", "201"], ["--since", "x"], ["--json", "--text"], ["more"]])
    expect((await run(["tail", server.url, "lobby", ...args])).code).toBe(2);
});
