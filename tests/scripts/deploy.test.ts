// `npm run deploy` against a made-up account: what a first run makes, that a second changes nothing, that a run which broke off
// is finished by the next, that no secret is printed. What wrangler itself does is not tested here.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { leaveOut, merged, named, parseJsonc, resourcesOf } from "../../scripts/deploy/config.mjs";
import { deploy, lackingOf } from "../../scripts/deploy/steps.mjs";
import { addressOf } from "../../scripts/deploy/wrangler.mjs";

const CONFIG = `{
  // a house with every sort of binding
  "name": "ferrule", "main": "src/index.ts", "dev": { "port": 8787 },
  "assets": { "directory": "web/dist", "binding": "ASSETS" },
  "d1_databases": [
    { "binding": "DB", "database_name": "ferrule", "database_id": "0", "migrations_dir": "migrations", "migrations_pattern": "migrations/*/*.sql" },
    { "binding": "WORKFLOW_DB", "database_name": "ferrule", "database_id": "0" },
  ],
  "kv_namespaces": [{ "binding": "KV", "id": "0" }],
  "r2_buckets": [{ "binding": "FILES", "bucket_name": "ferrule-files" }],
  "queues": {
    "producers": [{ "binding": "ARCHIVE_QUEUE", "queue": "ferrule-archive" }],
    "consumers": [{ "queue": "ferrule-archive", "dead_letter_queue": "ferrule-archive-dead" }],
  },
  "worker_loaders": [{ "binding": "LOADER" }],
  "services": [{ "binding": "PY", "service": "ferrule-py" }], /* the last */
}`;
const EXAMPLE =
  "# Signs sessions.\nBETTER_AUTH_SECRET=<random>\nBETTER_AUTH_URL=http://localhost:8787\nADMIN_TOKEN=<random>\nADMIN_EMAILS=owner@localhost.localdomain\nTRUSTED_ORIGINS=\n";

interface Account {
  signedIn?: boolean;
  fail?: string;
  lacks: string[];
  calls: string[];
  d1: { uuid: string; name: string; applied: string[] }[];
  kv: { id: string; title: string }[];
  r2: string[];
  queues: string[];
  workers: Record<string, { uploads: number; secrets: Record<string, string>; config: Record<string, unknown> }>;
}

// A run starts a dozen processes; on a busy machine each takes its time.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let said: string[];
const file = (name: string) => join(folder, name);
const account = (): Account => JSON.parse(readFileSync(file("account.json"), "utf8"));
const change = (by: Partial<Account>) => writeFileSync(file("account.json"), JSON.stringify({ ...account(), ...by }));
/** The account without the list of calls: what a run may have changed. */
const things = () => ({ ...account(), calls: [] });
const calls = (start: string) => account().calls.filter((call) => call.startsWith(start));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ferrule-deploy-"));
  said = [];
  for (const name of ["bin", "src"]) mkdirSync(file(name));
  writeFileSync(file("src/index.ts"), "");
  writeFileSync(file("wrangler.jsonc"), CONFIG);
  writeFileSync(file(".dev.vars.example"), EXAMPLE);
  copyFileSync(fileURLToPath(new URL("fake-wrangler.mjs", import.meta.url)), file("bin/fake.mjs"));
  // The command that deploy finds on PATH.
  writeFileSync(file("bin/wrangler"), `#!/bin/sh\nexec "${process.execPath}" "${file("bin/fake.mjs")}" "$@"\n`);
  chmodSync(file("bin/wrangler"), 0o755);
  const empty: Account = { lacks: [], calls: [], d1: [], kv: [], r2: [], queues: [], workers: {} };
  writeFileSync(file("account.json"), JSON.stringify(empty));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Wish {
  env?: string;
  dryRun?: boolean;
  without?: string[];
  source?: string;
  build?: () => Promise<void>;
}
const go = ({ env = "production", dryRun = false, without, source = "v1", build = async () => {} }: Wish = {}) =>
  deploy({
    folder,
    env,
    dryRun,
    without,
    environment: {
      ...process.env,
      PATH: [file("bin"), process.env["PATH"]].join(delimiter),
      FAKE_ACCOUNT: file("account.json"),
    } as Record<string, string>,
    build,
    fingerprint: () => source,
    say: (line: string) => said.push(line),
  });

describe("deploy", () => {
  test("a first run makes what the bindings need, migrates, sets secrets, deploys and tells the address", async () => {
    expect(await go()).toBe("https://ferrule.ada.workers.dev");
    const { d1, kv, r2, queues, workers } = account();
    expect(d1.map(({ name, applied }) => [name, applied.length])).toEqual([["ferrule", 1]]);
    expect(kv.map(({ title }) => title)).toEqual(["ferrule-kv"]);
    expect([r2, queues]).toEqual([["ferrule-files"], ["ferrule-archive", "ferrule-archive-dead"]]);
    const { uploads, secrets, config } = workers["ferrule"]!;
    expect(uploads).toBe(1);
    expect(Object.keys(secrets).sort()).toEqual([
      "ADMIN_EMAILS",
      "ADMIN_TOKEN",
      "BETTER_AUTH_SECRET",
      "BETTER_AUTH_URL",
    ]);
    expect(secrets["BETTER_AUTH_URL"]).toBe("https://ferrule.ada.workers.dev");
    expect(secrets["BETTER_AUTH_SECRET"]!.length).toBeGreaterThanOrEqual(32);
    expect(secrets["BETTER_AUTH_SECRET"]).not.toBe(secrets["ADMIN_TOKEN"]);
    expect(config).toMatchObject({
      main: "../src/index.ts",
      assets: { directory: "../web/dist" },
      d1_databases: [
        {
          binding: "DB",
          database_id: d1[0]!.uuid,
          migrations_dir: "../migrations",
          migrations_pattern: "../migrations/*/*.sql",
        },
        { binding: "WORKFLOW_DB", database_id: d1[0]!.uuid },
      ],
      kv_namespaces: [{ id: kv[0]!.id }],
    });
  });

  test("a second run changes nothing", async () => {
    await go();
    const before = things();
    const remembered = readFileSync(file(".ferrule/production.json"), "utf8");
    said = [];
    expect(await go()).toBe("https://ferrule.ada.workers.dev");
    expect(things()).toEqual(before);
    expect(readFileSync(file(".ferrule/production.json"), "utf8")).toBe(remembered);
    expect(calls("deploy")).toHaveLength(1);
    expect(said).toContain("up to date ferrule");
  });

  test("changed code is uploaded, with the secrets as they were", async () => {
    await go();
    const { secrets } = account().workers["ferrule"]!;
    await go({ source: "v2" });
    expect(account().workers["ferrule"]).toMatchObject({ uploads: 2, secrets });
  });

  test.each([
    "d1 create",
    "kv namespace create",
    "r2 bucket create",
    "queues create ferrule-archive-dead",
    "d1 migrations apply",
    "secret list",
    "deploy",
    "secret bulk",
  ])("a run that broke off at `%s` is finished by the next", async (step) => {
    change({ fail: step });
    await expect(go()).rejects.toThrow(/wrangler .* failed/);
    expect(await go()).toBe("https://ferrule.ada.workers.dev");
    const { d1, kv, r2, queues, workers } = account();
    expect([d1.length, kv.length, r2.length, queues.length]).toEqual([1, 1, 1, 2]);
    expect(workers["ferrule"]!.uploads).toBe(1);
    expect(Object.keys(workers["ferrule"]!.secrets)).toHaveLength(4);
    const before = things();
    await go();
    expect(things()).toEqual(before);
  });

  test("secrets generated before a failed upload are the ones that are set afterwards", async () => {
    change({ fail: "deploy" });
    await expect(go()).rejects.toThrow();
    const written = readFileSync(file(".ferrule/production.vars"), "utf8");
    await go();
    expect(written).toContain(`BETTER_AUTH_SECRET=${account().workers["ferrule"]!.secrets["BETTER_AUTH_SECRET"]}`);
    expect(existsSync(file(".ferrule/production.secrets.json"))).toBe(false);
  });

  test("no secret is printed or put on a command line, and their file is its owner's alone", async () => {
    await go();
    const { secrets } = account().workers["ferrule"]!;
    for (const key of ["BETTER_AUTH_SECRET", "ADMIN_TOKEN"]) {
      expect(said.join("\n")).not.toContain(secrets[key]);
      expect(account().calls.join("\n")).not.toContain(secrets[key]);
      expect(readFileSync(file(".ferrule/production.json"), "utf8")).not.toContain(secrets[key]);
    }
    expect(statSync(file(".ferrule/production.vars")).mode & 0o077).toBe(0);
  });

  test.each([".ferrule", ".ferrule/production.vars"])(
    "secrets that are set stay as they are where %s is not, as on another machine",
    async (lost) => {
      await go();
      const { secrets } = account().workers["ferrule"]!;
      rmSync(file(lost), { recursive: true });
      await go();
      expect(account().workers["ferrule"]!.secrets).toEqual(secrets);
      expect(account().d1).toHaveLength(1);
    },
  );

  test("a value changed in the vars file is set again, and nothing else", async () => {
    await go();
    const { secrets } = account().workers["ferrule"]!;
    const vars = readFileSync(file(".ferrule/production.vars"), "utf8");
    writeFileSync(file(".ferrule/production.vars"), vars.replace("owner@localhost.localdomain", "ada@example.com"));
    await go();
    expect(account().workers["ferrule"]!.secrets).toEqual({ ...secrets, ADMIN_EMAILS: "ada@example.com" });
  });

  test("another environment has things of its own", async () => {
    await go();
    const { secrets } = account().workers["ferrule"]!;
    expect(await go({ env: "dev" })).toBe("https://ferrule-dev.ada.workers.dev");
    const { d1, kv, r2, queues, workers } = account();
    expect(d1.map(({ name }) => name)).toEqual(["ferrule", "ferrule-dev"]);
    expect(kv.map(({ title }) => title)).toEqual(["ferrule-kv", "ferrule-dev-kv"]);
    expect(r2).toEqual(["ferrule-files", "ferrule-files-dev"]);
    expect(queues).toContain("ferrule-archive-dead-dev");
    expect(workers["ferrule-dev"]!.config).toMatchObject({ services: [{ binding: "PY", service: "ferrule-py-dev" }] });
    expect(workers["ferrule-dev"]!.secrets["ADMIN_TOKEN"]).not.toBe(secrets["ADMIN_TOKEN"]);
    expect(workers["ferrule"]).toMatchObject({ uploads: 1, secrets });
  });

  test("a dry run makes nothing and needs no login", async () => {
    change({ signedIn: false });
    await go({ dryRun: true });
    expect(account().calls).toEqual([expect.stringMatching(/^deploy --dry-run --config /)]);
    expect(things()).toMatchObject({ d1: [], kv: [], r2: [], queues: [], workers: {} });
    expect(existsSync(file(".ferrule/production.json"))).toBe(false);
    expect(said.join("\n")).toMatch(/would make D1 database ferrule[\s\S]*would deploy ferrule[\s\S]*Total Upload/);
  });

  test("without a login one sentence says what to do, before anything is built", async () => {
    change({ signedIn: false });
    let built = false;
    const build = async () => {
      built = true;
    };
    await expect(go({ build })).rejects.toThrow(/wrangler login/);
    expect(built).toBe(false);
  });

  test("an optional binding that the account lacks is left out with a word, also the next time", async () => {
    change({ lacks: ["LOADER"] });
    await go();
    expect(said.join("\n")).toContain("left out   LOADER: this account does not have it");
    expect(account().workers["ferrule"]!.config).not.toHaveProperty("worker_loaders");
    expect(account().workers["ferrule"]!.config).toHaveProperty("services");
    const before = things();
    await go();
    expect(things()).toEqual(before);
  });

  test("--without leaves out what is named, and an empty list takes it back", async () => {
    await go({ without: ["LOADER", "PY"] });
    for (const kind of ["worker_loaders", "services"])
      expect(account().workers["ferrule"]!.config).not.toHaveProperty(kind);
    await go();
    expect(account().workers["ferrule"]!.uploads).toBe(1);
    await go({ without: [] });
    expect(account().workers["ferrule"]).toMatchObject({
      uploads: 2,
      config: { worker_loaders: [{ binding: "LOADER" }] },
    });
    await expect(go({ without: ["DB"] })).rejects.toThrow('"DB" is no optional binding; they are: LOADER, PY.');
  });

  test("a failure that is about no optional binding is told, not hidden", async () => {
    change({ fail: "deploy" });
    await expect(go()).rejects.toThrow("A request to the Cloudflare API failed");
    expect(said.join("\n")).not.toContain("left out");
  });
});

describe("the parts of deploy", () => {
  test("JSON with comments: strings that look like comments stay", () => {
    expect(parseJsonc('{ "a": "// no /* no */", /* x */ "b": [1, 2, /* y */ ], // z ]\n }')).toEqual({
      a: "// no /* no */",
      b: [1, 2],
    });
  });
  test("the house's own configuration can be read, named and merged", () => {
    const own = parseJsonc(readFileSync(new URL("../../wrangler.jsonc", import.meta.url), "utf8"));
    const config = named(own, "dev");
    const ids = Object.fromEntries(resourcesOf(config).map(({ kind, name }) => [`${kind}:${name}`, `id of ${name}`]));
    const made = JSON.stringify(merged(leaveOut(config, []), ids));
    expect(made).toContain('"database_id":"id of ferrule-dev"');
    expect(made).not.toContain("00000000");
  });
  test("only what an error names is left out", () => {
    const config = parseJsonc(CONFIG);
    expect(lackingOf(config, "binding LOADER of type worker_loader is not available on your plan")).toEqual(["LOADER"]);
    expect(lackingOf(config, "Could not resolve service binding 'PY'. Target script 'ferrule-py' not found.")).toEqual([
      "PY",
    ]);
    expect(lackingOf(config, "Could not connect")).toEqual([]);
    expect(lackingOf(config, "the LOADER went away")).toEqual([]);
  });
  test("the address comes from wrangler's report, else from its words", () => {
    const line = (targets: string[]) => JSON.stringify({ type: "deploy", targets });
    expect(addressOf(`{"type":"wrangler-session"}\n${line(["schedule: x", "https://a.b.workers.dev/"])}\n`, "")).toBe(
      "https://a.b.workers.dev",
    );
    expect(addressOf("", "Deployed\n  https://f.ada.workers.dev\n")).toBe("https://f.ada.workers.dev");
    expect(addressOf("", "nothing")).toBeUndefined();
  });
});
