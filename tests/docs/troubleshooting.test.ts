// docs/troubleshooting.md cannot go stale: every error, command, setting and name that it quotes is what really comes, or what the source
// says. What is cheap to provoke is provoked here, what workerd says in tests/worker/troubleshooting.test.ts; the rest names who does.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ERROR_CODE } from "@ferrule/core";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { environment, root } from "../harness/environment.ts";
import { type Server, startServer } from "../harness/server/server.ts";
import { read } from "./pages.ts";
import { callsOf, missingOf } from "./shell.ts";

const PAGE = "docs/troubleshooting.md";
const prose = read(PAGE).replaceAll(/^```[\s\S]*?^```$/gm, "");
const quotes = new Set([
  ...[...prose.matchAll(/`([^`]+)`/g)].map(([, quote]) => quote!),
  ...[...prose.replaceAll(/`[^`]+`/g, "").matchAll(/"([^"]+)"/g)].map(([, quote]) => quote!),
]);

/** Said by others, or with a name in it that is one of many: the file that provokes or asserts it, and the words that stand there. */
const ELSEWHERE: Readonly<Record<string, readonly [file: string, words: string]>> = {
  'Could not resolve "ses"': ["tests/packages/fresh.test.ts", 'Could not resolve "([^"]+)"'],
  "Cannot find package '@ws-kit/core'": ["tests/packages/fresh.test.ts", "Cannot find package '"],
  "esbuild is not installed": ["tests/packages/fresh.test.ts", "ferrule vat: esbuild is not installed"],
  QUICKJS_NOT_SEEDED: ["worker-ts/src/workflow/test/world.worker.test.ts", "QUICKJS_NOT_SEEDED"],
  no_core: ["worker-ts/src/client/test/core-missing.test.ts", '"no_core"'],
  RuntimeDecryptionError: ["worker-ts/src/workflow/http/test/kept.worker.test.ts", '"RuntimeDecryptionError"'],
  REPLAY_DIVERGENCE: ["node_modules/@workflow/errors/dist/error-codes.js", "REPLAY_DIVERGENCE"],
  "workflows need the variable WORKFLOW_VM": [
    "worker-ts/src/workflow/runtime/load-runtime.ts",
    "workflows need the variable WORKFLOW_VM",
  ],
  "Cannot read properties of undefined (reading 'prepare')": [
    "tests/worker/troubleshooting.test.ts",
    "(reading 'prepare')",
  ],
  "Wasm code generation disallowed by embedder": [
    "tests/worker/troubleshooting.test.ts",
    "Wasm code generation disallowed",
  ],
  "handle a frame": ["worker-ts/src/rooms/room-object.ts", 'logFailure("handle a frame"'],
};
/** Provoked below. */
const HERE = [
  "Port 8787 is taken",
  "The Python pages are off:",
  "no such table: room",
  'No loader is configured for ".wasm" files',
  "origin_refused",
  "0000_init.sql",
];
/** Names of the field, of browsers and of tools, which nothing of ours says. */
const FIELD = [
  ...["node:vm", "application/wasm", "script-src", "'wasm-unsafe-eval'", ".wasm", "new URL(…, import.meta.url)"],
  ...["moduleResolution", "node", "bundler", "nodenext", "await ready", "Upgrade", "Connection", "wrangler.jsonc"],
  ...[
    "npm install",
    "npx ferrule",
    "--remote",
    "migrations_dir",
    "migrations_pattern",
    "--persist-to",
    "database_id",
    "rules",
    "vars",
    "peerDependencies",
  ],
  ...[".wrangler/state", "d1 migrations apply", "dev", "quickjs", '"WORKFLOW_VM": "quickjs"', "requestId"],
];

/** Addresses: what is asked, and the status of whoever may not, or of a run that is not there. */
const ADDRESSES: Readonly<Record<string, readonly [request: string, status: number]>> = {
  "/py/*": ["GET /py/hello", 503],
  "/operations": ["GET /operations", 200],
  "/runs/ID": ["GET /runs/x", 200],
  "PUT /api/rooms/ID/members/self": ["PUT /api/rooms/lobby/members/self", 401],
};

const SOURCES = ["worker-ts/src", "worker-ts/web/src", "rust/wasm/npm/src", "scripts"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter(
      (name) => /(?<!\.test)\.(?:ts|tsx|mjs)$/.test(name) && !/(?:^|[\\/])(?:test|generated|dist)[\\/]/.test(name),
    )
    .map((name) => readFileSync(join(root, folder, name), "utf8")),
);
const isSaid = (pattern: RegExp) => SOURCES.some((text) => pattern.test(text));

/** Where a quotation is from; undefined for one of which nobody knows. */
function originOf(quote: string): string | undefined {
  const elsewhere = ELSEWHERE[quote];
  if (elsewhere !== undefined) return read(elsewhere[0]).includes(elsewhere[1]) ? elsewhere[0] : undefined;
  if (HERE.includes(quote) || FIELD.includes(quote)) return "here";
  if (Object.hasOwn(ADDRESSES, quote)) return "an address";
  if (/^(?:npm|npx|wrangler) /.test(quote) && quote !== "npm install" && quote !== "npx ferrule") {
    const { scripts } = JSON.parse(read("package.json"));
    const calls = callsOf(quote);
    return calls.length > 0 && calls.every((call) => missingOf(call, scripts).length === 0) ? "a command" : undefined;
  }
  const entry = /^@ferrule\/(core|worker)(\/.+)?$/.exec(quote);
  if (entry !== null) {
    const { exports } = JSON.parse(read(entry[1] === "core" ? "rust/wasm/npm/package.json" : "worker-ts/package.json"));
    return entry[2] === undefined || Object.hasOwn(exports, `.${entry[2]}`) ? "an entry" : undefined;
  }
  if (/^@?[\w/-]+$/.test(quote) && Object.hasOwn(JSON.parse(read("worker-ts/package.json")).peerDependencies, quote))
    return "a peer";
  // settings, bindings, codes, members of the client, addresses: as words of the source
  const escaped = quote.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  if (/^[A-Z][A-Z_]+$/.test(quote)) return isSaid(new RegExp(`\\b${escaped}\\b`)) ? "the source" : undefined;
  const [, member] = /^(?:await )?room\.(\w+)(?:\(\))?$/.exec(quote) ?? [];
  if (member !== undefined)
    return new RegExp(`\\b${member}\\b`).test(read("worker-ts/src/client/room.ts")) ? "the client" : undefined;
  if (Object.hasOwn(ERROR_CODE, quote.toUpperCase())) return "the protocol";
  return isSaid(new RegExp(`["'\`]${escaped}["'\`]|\\b${escaped}:`)) ? "the source" : undefined;
}

test("TD19 whatever the page quotes is known", () => {
  expect(quotes.size).toBeGreaterThan(40);
  expect([...quotes].filter((quote) => originOf(quote) === undefined)).toEqual([]);
  // and nothing is kept here that the page no longer says
  expect(
    [...Object.keys(ELSEWHERE), ...Object.keys(ADDRESSES), ...HERE, ...FIELD].filter((quote) => !quotes.has(quote)),
  ).toEqual([]);
});

test("TD19 close codes and statuses stand beside the names they have", () => {
  const closes = [...prose.matchAll(/\b(4\d{3}) `(\w+)`/g)];
  expect(closes.length).toBeGreaterThan(7);
  for (const [all, code, name] of closes)
    expect(4000 + ERROR_CODE[name!.toUpperCase() as keyof typeof ERROR_CODE], all).toBe(Number(code));
  for (const [, status, name] of prose.matchAll(/HTTP (\d{3}) `(\w+)`/g))
    expect(read("worker-ts/src/platform/errors.ts")).toContain(`  ${name}: ${status},`);
});

test("TD19 npm start on a port that is taken says which", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const { status, stderr, stdout } = spawnSync(process.execPath, ["scripts/start.mjs", "--port", String(port)], {
    cwd: root,
    env: environment,
    encoding: "utf8",
  });
  taken.close();
  expect(status).toBe(1);
  expect(stdout + stderr).toContain("Port 8787 is taken".replace("8787", String(port)));
});

test("TD19 a bundler that knows no WebAssembly says so", async () => {
  const stdin = { contents: 'export { crc32 } from "@ferrule/core";', resolveDir: join(root, "worker-ts") };
  const built = build({
    stdin,
    bundle: true,
    write: false,
    conditions: ["workerd"],
    format: "esm",
    logLevel: "silent",
  });
  await expect(built).rejects.toThrow('No loader is configured for ".wasm" files');
});

describe("D1", () => {
  const home = mkdtempSync(join(tmpdir(), "ferrule-tables-"));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const d1 = (migrations: object, ...args: readonly string[]) => {
    const database = { binding: "DB", database_name: "mine", database_id: "00000000-0000-0000-0000-000000000000" };
    const config = { name: "mine", compatibility_date: "2026-11-01", d1_databases: [{ ...database, ...migrations }] };
    writeFileSync(join(home, "wrangler.json"), JSON.stringify(config));
    const { status, stdout, stderr } = spawnSync("wrangler", ["d1", ...args], {
      cwd: home,
      env: environment,
      encoding: "utf8",
      shell: process.platform === "win32",
    });
    return { status, told: stdout + stderr };
  };
  const ask = (sql: string) => d1({}, "execute", "DB", "--local", "--command", sql);
  const migrate = (where: object) => d1(where, "migrations", "apply", "DB", "--local");

  test("TD19 a table that nobody made is missed by its name; of two folders whose files share a name one is left out", () => {
    for (const name of ["rooms", "kernel"]) {
      const bin = join(root, "worker-ts/bin/ferrule.mjs");
      const args = [bin, "migrations", name, "--out", `sql/${name}`];
      expect(spawnSync(process.execPath, args, { cwd: home }).status).toBe(0);
      expect(readdirSync(join(home, "sql", name))).toContain("0000_init.sql");
      // each as if it were alone
      expect(migrate({ migrations_dir: `sql/${name}` }).status).toBe(0);
    }
    const { status, told } = ask("SELECT id FROM room; SELECT kernel FROM kernel_row");
    expect(status).toBe(1);
    expect(told).toContain("no such table: room".replace("room", "kernel_row"));
    expect(told).not.toContain("no such table: room");
  }, 300_000);
});

/** The status by which a socket with this ticket is refused; a browser does not tell it. */
const refusal = (url: string, ticket: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-protocol": `ferrule.v1, ferrule.ticket.${ticket}`,
    };
    const asked = request(url, { headers });
    asked.on("response", (answer) => resolve(answer.resume().statusCode));
    asked.on("upgrade", (_, socket) => reject(socket.destroy() && new Error("it opened")));
    asked.on("error", reject);
    asked.end();
  });

describe("against a running server", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  const json = { "content-type": "application/json" };

  test("TD19 addresses that the page names are there", async () => {
    for (const [quote, [request, status]] of Object.entries(ADDRESSES)) {
      const [method, path] = request.split(" ");
      const answer = await fetch(`${server.url}${path}`, { method: method!, headers: json });
      expect([quote, answer.status]).toEqual([quote, status]);
    }
  });

  test("TD19 Python that is off says so", async () => {
    const answer = await fetch(`${server.url}/py/hello`);
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining("The Python pages are off:")]);
  });

  test("TD19 sockets are refused and closed as the page says", async () => {
    const signedIn = await fetch(`${server.url}/api/auth/sign-in/anonymous`, {
      method: "POST",
      headers: json,
      body: "{}",
    });
    const authorization = `Bearer ${signedIn.headers.get("set-auth-token")}`;
    const member = { method: "PUT", headers: { ...json, authorization }, body: '{"role":"member"}' };
    expect((await fetch(`${server.url}/api/rooms/lobby/members/self`, member)).ok).toBe(true);
    const ticketOf = async () => {
      const answer = await fetch(`${server.url}/api/rooms/lobby/ticket`, {
        method: "POST",
        headers: { authorization },
      });
      return (await answer.json()) as { ticket: string; url: string };
    };
    const { ticket, url } = await ticketOf();
    const at = url.replace(/^ws/, "http");
    expect((await fetch(at, { headers: { authorization } })).status).toBe(426);
    const elsewhere = {
      ...json,
      authorization: "",
      origin: "https://elsewhere.example",
      cookie: "better-auth.session_token=x",
    };
    const refused = await fetch(`${server.url}/api/rooms/lobby/ticket`, { method: "POST", headers: elsewhere });
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('"origin_refused"')]);

    const open = (with_: string) => new WebSocket(url, ["ferrule.v1", `ferrule.ticket.${with_}`]);
    const ended = (socket: WebSocket) =>
      new Promise<number>((resolve) => {
        socket.onclose = ({ code }) => resolve(code);
      });
    const first = open(ticket);
    await new Promise((resolve, reject) => Object.assign(first, { onopen: resolve, onerror: reject }));
    // used once, it opens nothing
    expect(await refusal(at, ticket)).toBe(401);
    first.send(new Uint8Array([1, 2, 3]));
    expect(await ended(first)).toBe(4001);
    const second = open((await ticketOf()).ticket);
    second.onopen = () => second.send(new Uint8Array(12));
    expect([4001, 4002, 4014]).toContain(await ended(second));
  });
});
