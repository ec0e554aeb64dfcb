// @ferrule/worker as somebody else gets it: packed, installed from the tarballs without a network, in a folder of its own.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { unstable_startWorker } from "wrangler";
import { environment, root } from "../harness/environment.ts";
import { Somebody } from "../harness/somebody.ts";

const somebody = new Somebody();
const { home } = somebody;

/** Somebody's Worker with rooms in it: it lets everybody in under the name in the address. */
const WORKER = `
import { ADMISSION_HEADER, defineRoomObject, encodeAdmission } from "@ferrule/worker/rooms";

export class RoomObject extends defineRoomObject() {}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const [, user, , room, what] = /^\\/as\\/(\\w+)(\\/api\\/rooms\\/(\\w+))\\/(ticket|socket)$/.exec(url.pathname) ?? [];
    if (user === undefined || room === undefined) return new Response(null, { status: 404 });
    if (what === "ticket") {
      const socket = \`ws://\${url.host}/as/\${user}/api/rooms/\${room}/socket\`;
      return Response.json({ ticket: "open.house", expiresAt: Date.now() + 60_000, url: socket }, { status: 201 });
    }
    const admission = encodeAdmission({
      userId: user,
      name: user,
      guest: true,
      role: "member",
      roleAt: 0,
      sessionId: user,
      expiresAt: Date.now() + 900_000,
      room: { version: 1, title: "Somebody's", closed: false, slowModeMs: 0, editWindowMs: 0 },
    });
    const headers = { upgrade: "websocket", "sec-websocket-protocol": "ferrule.v1", [ADMISSION_HEADER]: admission };
    return env.ROOM.getByName(room).fetch(new Request(request.url, { headers }));
  },
} satisfies ExportedHandler<Env>;
`;

/** Somebody's program: two people talk, one is told everything. Written to compile and to run as it stands. */
const TALK = `
import { connect, type Message, RoomError, RoomView } from "@ferrule/worker/client";

const [origin = ""] = process.argv.slice(2);
// Each person's requests go to their own address, which is how that Worker tells people apart.
const join = (user: string) =>
  connect({
    url: origin,
    room: "demo",
    platform: { fetch: (url, init) => fetch(url.replace("/api/", \`/as/\${user}/api/\`), init) },
  });

await using ada = join("ada");
await using bob = join("bob");
const heard: Message[] = [];
const view = new RoomView();
const both = new Promise<void>((resolve) => {
  bob.on("message", (event) => {
    view.apply(event);
    if (heard.push(event.message) === 2) resolve();
  });
});
const opened = new Promise<void>((resolve) => {
  bob.on("state", ({ state }) => {
    if (state === "open") resolve();
  });
});
await opened;
const { seq } = await ada.send("hello").done;
await bob.send("hi", { replyTo: seq }).done;
await both;
const refused = await ada.send("").done.catch((error: unknown) => (error instanceof RoomError ? error.code : "?"));
const page = await ada.history({ limit: 10 });
console.log(
  JSON.stringify({
    heard: heard.map(({ seq, text, author, mine, replyTo }) => ({ seq, text, author: author.name, mine, replyTo })),
    view: view.messages.length,
    page: page.messages.map(({ text }) => text),
    refused,
    title: bob.title,
  }),
);
`;

const tsconfig = (module: string, moduleResolution: string, types: string[], files: string[]) =>
  JSON.stringify({
    compilerOptions: {
      target: "es2022",
      module,
      moduleResolution,
      strict: true,
      skipLibCheck: false,
      outDir: "out",
      rewriteRelativeImportExtensions: true,
      lib: ["es2023", "esnext.disposable", ...(types.includes("node") ? ["dom", "dom.iterable"] : [])],
      types,
      typeRoots: [join(root, "node_modules/@types")],
    },
    files,
  });

beforeAll(() => {
  somebody.run(process.execPath, ["worker-ts/build.mjs"], root);
  somebody.install(["@ferrule/core", "@ferrule/worker"]);
  mkdirSync(join(home, "out"), { recursive: true });
  somebody.write("worker.ts", WORKER);
  somebody.write("talk.ts", TALK);
  const rooms = { bindings: [{ name: "ROOM", class_name: "RoomObject" }] };
  somebody.write(
    "wrangler.json",
    JSON.stringify({
      name: "somebody",
      main: "worker.ts",
      compatibility_date: "2026-11-01",
      durable_objects: rooms,
      migrations: [{ tag: "v1", new_sqlite_classes: ["RoomObject"] }],
    }),
  );
});
afterAll(() => somebody[Symbol.dispose]());

test("the tarball holds what package.json exports and none of the sources", () => {
  const { files, exported } = somebody.installed("@ferrule/worker");
  for (const path of exported) expect(files).toContain(path);
  expect(files.filter((name) => /\.test\.|^src\/|client\/testing|^dist\/local|[^d]\.ts$/.test(name))).toEqual([]);
});

/** E3 and R1 of PROTOCOL.md section 18. */
const HELLO = "57010400 00 00 10 0199a0b0c0d07e0f8011223344556677 00 07 | 00 05 68656c6c6f | 01965487";
const BOMB = "57010401 00 00 10 0199a0b0c0d07e0f8011223344556677 00 8080808004 01 00 | da5164b6";

/** Runs the installed command: what it prints, and its exit code. */
function ferrule(
  args: readonly string[],
  input: string | Uint8Array = "",
): { code: number | null; out: string; err: string } {
  const command = join(home, "node_modules/.bin/ferrule");
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: home, env: environment, encoding: "utf8", input });
  return { code: status, out: stdout, err: stderr };
}

test("the installed command explains a frame from the command line, a file or its input, and tells good from bad", () => {
  const good = ferrule(["inspect", HELLO]);
  expect(good).toMatchObject({ code: 0, err: "" });
  expect(good.out).toContain('MSG up: text "hello"\nup (guessed) · 36 bytes · CRC good');
  expect(good.out).toMatch(/^ {4}26 {2}05 68 65 6c 6c 6f +text {2}"hello" {2}5 bytes$/m);
  expect(good.out).not.toContain("\u001b");
  const bytes = Buffer.from(HELLO.replaceAll(/[ |]/g, ""), "hex");
  writeFileSync(join(home, "frame.bin"), bytes);
  expect(ferrule(["inspect", "frame.bin"])).toEqual(good);
  expect(ferrule(["inspect", "-"], bytes)).toEqual(good);
  expect(ferrule(["inspect", "-"], `${HELLO}\n`)).toEqual(good);

  const bad = ferrule(["inspect", "--up", BOMB]);
  expect(bad.code).toBe(1);
  expect(bad.out).toContain("reason 14 bad_length, at compLen, byte 29\nanswer ERROR 1 BAD_FRAME, then close 4001");
  const { refusal, rows } = JSON.parse(ferrule(["inspect", "--json", BOMB]).out);
  expect(refusal).toMatchObject({ reason: "bad_length", number: 14, code: "BAD_FRAME", fatal: true, field: "compLen" });
  expect(rows.map((row: { bytes: string }) => row.bytes).join("")).toBe(BOMB.replaceAll(/[ |]/g, ""));
});

test("the installed command helps, and says in a sentence what is wrong with a call", () => {
  expect(ferrule(["--help"])).toMatchObject({ code: 0, out: expect.stringContaining("inspect") });
  expect(ferrule(["inspect", "--help"])).toMatchObject({ code: 0, out: expect.stringContaining("Exit code:") });
  expect(ferrule([])).toMatchObject({ code: 2 });
  expect(ferrule(["explain"])).toMatchObject({ code: 2, err: expect.stringContaining('no verb "explain"') });
  for (const args of [
    ["inspect"],
    ["inspect", "xyz"],
    ["inspect", "575"],
    ["inspect", "--up", "--down", "57"],
    ["inspect", "--no"],
  ])
    expect(ferrule(args)).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/^ferrule inspect: /) });
});

test.each([
  ["nodenext", "nodenext"],
  ["esnext", "bundler"],
])("a program that uses the client compiles with module %s and moduleResolution %s", (module, resolution) => {
  somebody.write("tsconfig.json", tsconfig(module, resolution, ["node"], ["talk.ts"]));
  expect(somebody.run("tsc", ["-p", "."])).toBe("");
});

test("a page that connects carries no more than that: what explains frames stays out of its bundle", async () => {
  const bundle = async (name: string) => {
    somebody.write("page.js", `import { ${name} } from "@ferrule/worker/client"; globalThis.used = ${name};`);
    const rollupOptions = { input: join(home, "page.js") };
    const built = await build({
      root: home,
      configFile: false,
      logLevel: "error",
      build: { write: false, rollupOptions },
    });
    const chunks = [built].flat().flatMap((each) => ("output" in each ? each.output : []));
    return chunks.map((chunk) => (chunk.type === "chunk" ? chunk.code : "")).join("");
  };
  const explains = / is of a later version/;
  expect(await bundle("explainFrame")).toMatch(explains);
  const page = await bundle("connect");
  expect(page).toContain("ferrule.v1");
  expect(page).not.toMatch(explains);
});

test("a Worker with rooms compiles and bundles, and two people talk in it through the installed client", async () => {
  somebody.run("wrangler", ["types"]);
  somebody.write("tsconfig.worker.json", tsconfig("esnext", "bundler", [], ["worker.ts", "worker-configuration.d.ts"]));
  expect(somebody.run("tsc", ["-p", "tsconfig.worker.json"])).toBe("");
  somebody.run("wrangler", ["deploy", "--dry-run", "--outdir", "bundle"]);
  expect(readdirSync(join(home, "bundle")).some((name) => name.endsWith(".wasm"))).toBe(true);

  const worker = await unstable_startWorker({
    config: join(home, "wrangler.json"),
    dev: {
      server: { hostname: "127.0.0.1", port: 0 },
      inspector: false,
      logLevel: "error",
      persist: join(home, "state"),
    },
  });
  try {
    const { origin } = await worker.url;
    somebody.write("tsconfig.json", tsconfig("nodenext", "nodenext", ["node"], ["talk.ts"]));
    somebody.run("tsc", ["-p", "."]);
    const child = spawn(process.execPath, ["out/talk.js", origin], {
      cwd: home,
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (data: Buffer) => {
      text += data;
    });
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
    expect(JSON.parse(text)).toEqual({
      heard: [
        { seq: 1, text: "hello", author: "ada", mine: false, replyTo: null },
        { seq: 2, text: "hi", author: "bob", mine: true, replyTo: 1 },
      ],
      view: 2,
      page: ["hello", "hi"],
      refused: "bad_request",
      title: "Somebody's",
    });
  } finally {
    await worker.dispose();
  }
});
